"""What the report says of a version, summed up."""

import numpy as np
import polars as pl

from leadloop.learning.leakage import MovedField, PartsApart, compare_parts
from leadloop.learning.summary import name_telling


def test_a_field_that_moved_is_named_with_how_well_it_tells_and_others_are_not():
    random = np.random.default_rng(3)
    old, new = ({"size": random.normal(shift, 1, 800), "noise": random.normal(size=800)} for shift in (0.0, 1.5))
    apart = compare_parts(pl.DataFrame(old), pl.DataFrame(new), {"size": "number", "noise": "number"})
    (field, auc, note), *others = name_telling(apart)
    assert field == "size"
    assert 0.8 < auc < 0.9
    assert note.endswith("% of what tells them apart")
    assert all(auc < 0.6 for _, auc, _ in others)


def test_where_old_and_new_leads_look_alike_no_field_is_blamed():
    moved = (MovedField("size", 0.9, 0.52),)
    assert name_telling(PartsApart(0.51, 0.48, 0.54, 1_000, moved, "")) == ()
    assert name_telling(PartsApart(0.58, 0.55, 0.61, 1_000, moved, "")) == (
        ("size", 0.52, "90% of what tells them apart"),
    )
