import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadloop.features.lookup import Lookup

keys = st.integers(0, 2**64 - 2) | st.integers(0, 40)


@given(st.dictionaries(keys, st.integers(1, 2**31 - 1)), st.lists(keys))
def test_a_lookup_answers_as_a_dictionary_does(table, asked):
    asked = [*asked, *table]
    found = Lookup(list(table), list(table.values())).find(np.array(asked, dtype=np.uint64))
    assert found.tolist() == [table.get(key, 0) for key in asked]
