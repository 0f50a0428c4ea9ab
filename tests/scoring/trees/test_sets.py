import numpy as np
import pytest

from leadloop.errors import VersionError
from leadloop.scoring.trees.sets import CategorySets

SETS = CategorySets.of([(1, 4, [0, 3]), (0, 3, [1]), (1, 4, [2])])


def test_each_set_has_a_column_behind_the_real_ones():
    rows = np.array([[1, 0], [2, 2], [0, 3]], np.float32)
    assert SETS.widen(rows).tolist() == [[1, 0, 1, 1, 0], [2, 2, 0, 0, 1], [0, 3, 1, 0, 0]]


def test_what_is_missing_counts_as_not_given_and_what_is_out_of_range_as_the_nearest():
    rows = np.array([[np.nan, np.nan], [0, 1e30], [0, -np.inf], [0, 2.9]], np.float32)
    assert SETS.widen(rows)[:, 2:].tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1]]


def test_contributions_come_back_to_the_column_that_was_looked_up():
    assert SETS.fold(np.array([[0.5, 0.25, 1.0, 2.0, 4.0]]), 2).tolist() == [[2.5, 5.25]]


def test_sets_survive_being_written_down():
    again = CategorySets.from_arrays(SETS.to_arrays(), 2)
    rows = np.array([[1, 0], [2, 2]], np.float32)
    assert again.widen(rows).tolist() == SETS.widen(rows).tolist()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("set_source", np.array([1, 2, 1]), "not among 2"),
        ("set_source", np.array([1, -1, 1]), "not among 2"),
        ("set_source", np.array([1.0, 0, 1]), "no line of int64"),
        ("set_start", np.array([0, 4, 4, 11]), "does not cut"),
        ("set_start", np.array([0, 4, 7, 12]), "does not cut"),
        ("set_start", np.array([0, 11]), "does not cut"),
        ("set_holds", np.zeros((1, 11), np.float32), "no line of float32"),
        ("set_holds", np.full(11, 0.5, np.float32), "not all 0 and 1"),
        ("set_holds", None, "is missing"),
    ],
)
def test_damaged_sets_are_refused(name, value, said):
    arrays = {key: array for key, array in {**SETS.to_arrays(), name: value}.items() if array is not None}
    with pytest.raises(VersionError, match=said):
        CategorySets.from_arrays(arrays, 2)
