import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scoring.trees.trees_for_tests import child_of, ensemble_of, rows_for, small_ensembles

from leadloop.errors import VersionError
from leadloop.scoring.trees.ensemble import DEEPEST, TreeEnsemble

# Few employees: unlikely. More: it depends on whether a budget was named (missing goes left, with "no").
LEADS = ensemble_of(
    (0, 9.5, True, (-1.0, 60), (1, 0.5, True, (-0.2, 30), (0.9, 10))),
    (1, 0.5, False, (-0.1, 80), (0.3, 20)),
    n_features=2,
    base=-0.5,
)


def row(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def test_a_margin_is_the_base_and_one_leaf_of_every_tree():
    assert LEADS.margins(row(50, 1)).tolist() == [pytest.approx(-0.5 + 0.9 + 0.3)]


def test_a_value_on_a_threshold_goes_left():
    assert LEADS.margins(row(9.5, 1)).tolist() == [pytest.approx(-0.5 - 1.0 + 0.3)]
    assert LEADS.margins(row(np.nextafter(np.float32(9.5), np.float32(10)), 1)) == pytest.approx(-0.5 + 0.9 + 0.3)


def test_a_missing_value_goes_where_each_split_sends_it():
    assert LEADS.margins(row(50, np.nan)).tolist() == [pytest.approx(-0.5 - 0.2 + 0.3)]


def test_infinities_are_values_like_others():
    assert LEADS.margins(row(-np.inf, np.inf)).tolist() == [pytest.approx(-0.5 - 1.0 + 0.3)]


def test_the_expected_margin_weighs_leaves_by_the_training_rows_that_reached_them():
    assert LEADS.expected == pytest.approx(-0.5 + (-60 - 6 + 9) / 100 + (-8 + 6) / 100)


@given(data=st.data())
def test_margins_are_those_of_a_walk_from_root_to_leaf_bit_for_bit(data):
    ensemble = data.draw(small_ensembles())
    rows = data.draw(rows_for(ensemble.n_features))
    for one, margin in zip(rows, ensemble.margins(rows), strict=True):
        walked = ensemble.base
        for root in ensemble.tree_offsets[:-1]:
            node = int(root)
            while ensemble.feature[node] >= 0:
                node = child_of(ensemble, node, one)
            walked += ensemble.value[node]
        assert margin == walked


def test_a_row_gives_the_same_margin_alone_and_among_many():
    rng = np.random.default_rng(3)
    trees = [(0, float(t), False, (float(rng.normal()), 5), (float(rng.normal()), 5)) for t in rng.normal(size=200)]
    ensemble = ensemble_of(*trees, n_features=1)
    rows = rng.normal(size=(1000, 1)).astype(np.float32)
    together = ensemble.margins(rows)
    assert all(ensemble.margins(rows[i : i + 1])[0] == together[i] for i in range(len(rows)))


def test_no_rows_have_no_margins():
    assert LEADS.margins(np.empty((0, 2), np.float32)).shape == (0,)


@pytest.mark.parametrize("matrix", [np.zeros((1, 2)), np.zeros((1, 3), np.float32), np.zeros(2, np.float32)])
def test_a_matrix_of_another_type_or_width_is_refused(matrix):
    with pytest.raises(ValueError, match="float32 matrix of 2 columns"):
        LEADS.margins(matrix)
    with pytest.raises(ValueError, match="float32 matrix of 2 columns"):
        LEADS.contributions(matrix)


def test_an_ensemble_survives_a_file_that_cannot_hold_code():
    file = io.BytesIO()
    np.savez(file, **LEADS.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = TreeEnsemble.from_arrays(arrays)
    rows = np.array([[1, 0], [50, 1], [np.nan, np.nan]], np.float32)
    assert again.margins(rows).tolist() == LEADS.margins(rows).tolist()
    assert again.contributions(rows).tolist() == LEADS.contributions(rows).tolist()
    assert again.to_arrays().keys() == LEADS.to_arrays().keys()


def damaged(**changes: object) -> dict[str, np.ndarray]:
    """Copies of the arrays of LEADS, some elements changed (`value={1: nan}`) or a whole array replaced."""
    arrays = {name: array.copy() for name, array in LEADS.to_arrays().items()}
    for name, change in changes.items():
        if isinstance(change, dict):
            for place, element in change.items():
                arrays[name][place] = element
        else:
            arrays[name] = np.asarray(change)
    return arrays


def test_what_was_read_cannot_be_changed_from_outside():
    arrays = damaged()
    ensemble = TreeEnsemble.from_arrays(arrays)
    arrays["value"][:] = 7
    assert ensemble.margins(row(50, 1)) == LEADS.margins(row(50, 1))
    with pytest.raises(ValueError, match="read-only"):
        ensemble.value[0] = 7


@pytest.mark.parametrize(
    ("arrays", "where"),
    [
        (damaged(left={0: 0}), "left[0]"),  # a loop to itself
        (damaged(left={2: 0}), "left[2]"),  # a loop back to the root
        (damaged(right={0: 6}), "right[0]"),  # into the next tree
        (damaged(right={0: 99}), "right[0]"),
        (damaged(left={0: -7}), "left[0]"),
        (damaged(left={1: 3}), "left[1]"),  # on from a leaf
        (damaged(right={0: 1}), "nodes[1]"),  # two parents, and a node without one
        (damaged(feature={0: 2}), "feature[0]"),
        (damaged(feature={0: -2}), "feature[0]"),
        (damaged(threshold={0: np.nan}), "threshold[0]"),
        (damaged(value={1: np.inf}), "value[1]"),
        (damaged(value={1: np.nan}), "value[1]"),
        (damaged(cover={1: -1}), "cover[1]"),
        (damaged(cover={1: 61}), "cover[0]"),
        (damaged(cover={0: np.nan}), "cover[0]"),
        (damaged(base=np.nan), "base"),
        (damaged(n_features=np.array(0, np.int64)), "n_features"),
        (damaged(n_features=np.array(10**9, np.int64)), "n_features"),
        (damaged(tree_offsets={0: 1}), "tree_offsets"),
        (damaged(tree_offsets={1: 8}), "tree_offsets"),
        (damaged(tree_offsets=np.array([0, 8], np.int32)), "nodes[5]"),  # two trees said to be one
        (damaged(tree_offsets=np.zeros(0, np.int32)), "tree_offsets"),
        (damaged(value=np.zeros(3)), "nodes"),
        (damaged(value=np.zeros((8, 1))), "value"),
        (damaged(value=np.zeros(8, np.float32)), "value"),
        (damaged(feature=np.array(["x"] * 8)), "feature"),
        (damaged(feature=np.array([None] * 8, dtype=object)), "feature"),
        (damaged(surprise=np.zeros(1)), "surprise"),
    ],
)
def test_damaged_arrays_are_refused_with_the_place(arrays, where):
    with pytest.raises(VersionError) as refused:
        TreeEnsemble.from_arrays(arrays, "champion/trees.npz")
    assert refused.value.subject == "champion/trees.npz"
    assert where in [problem.where for problem in refused.value.problems]


def test_a_missing_array_is_named():
    arrays = LEADS.to_arrays()
    del arrays["cover"]
    with pytest.raises(VersionError, match=r"cover +is missing"):
        TreeEnsemble.from_arrays(arrays)


def test_all_that_is_wrong_is_said_at_once_and_each_thing_once():
    with pytest.raises(VersionError) as refused:
        TreeEnsemble.from_arrays(damaged(value={1: np.nan, 3: np.nan, 4: np.nan}, feature={0: 9}, base=np.inf))
    said = {problem.where: problem.what for problem in refused.value.problems}
    assert said.keys() == {"value[1]", "feature[0]", "base"}
    assert "2 more" in said["value[1]"]


def combs(*lengths: int) -> dict[str, np.ndarray]:
    """A tree of each length: so many splits one below the other, each with a leaf at its side."""
    sizes = 2 * np.array(lengths) + 1
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    node = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
    split = (node % 2 == 0) & (node < np.repeat(sizes, sizes) - 1)
    here = np.arange(len(node))
    return {
        "feature": np.where(split, 0, -1).astype(np.int32),
        "threshold": -node.astype(np.float32),
        "left": np.where(split, here + 2, -1).astype(np.int32),
        "right": np.where(split, here + 1, -1).astype(np.int32),
        "missing_left": np.zeros(len(node), bool),
        "value": np.zeros(len(node)),
        "cover": np.zeros(len(node)),
        "tree_offsets": offsets,
        "n_features": np.array(1, np.int64),
        "base": np.array(0.0),
    }


def test_a_tree_too_deep_to_serve_is_refused():
    assert TreeEnsemble.from_arrays(combs(DEEPEST)).n_nodes == 2 * DEEPEST + 1
    with pytest.raises(VersionError, match=f"tree 1 deeper than {DEEPEST}"):
        TreeEnsemble.from_arrays(combs(DEEPEST, DEEPEST + 1))


def test_trees_whose_paths_would_take_too_long_to_walk_are_refused():
    # The leaves of a comb of length n lie 1, 2, ... n and again n splits below the root.
    steps = {length: length * (length + 3) // 2 for length in (255, 112, 10, 1)}
    lengths = [255] * 243 + [112] + [10] + [1] * 5
    assert sum(steps[length] for length in lengths) == 8_000_000
    assert TreeEnsemble.from_arrays(combs(*lengths)).n_features == 1
    with pytest.raises(VersionError, match="8,000,001 splits in all; 8,000,000 can be served"):
        TreeEnsemble.from_arrays(combs(*lengths[:-2], 2))


def test_a_million_nodes_can_be_served_and_not_one_more():
    assert TreeEnsemble.from_arrays(combs(*[1] * 333_333, 0)).n_nodes == 1_000_000
    with pytest.raises(VersionError, match="number 1,000,001; 1 to 1,000,000 can be served"):
        TreeEnsemble.from_arrays(combs(*[1] * 333_333, 0, 0))


@settings(max_examples=300)
@given(data=st.data())
def test_whatever_is_done_to_the_arrays_they_are_refused_or_answer_in_numbers(data):
    ensemble = data.draw(small_ensembles())
    arrays = {name: array.copy() for name, array in ensemble.to_arrays().items()}
    for _ in range(data.draw(st.integers(1, 3))):
        array = arrays[data.draw(st.sampled_from(sorted(arrays)))]
        place = data.draw(st.integers(0, array.size - 1))
        if array.dtype.kind == "f":
            array.flat[place] = data.draw(st.floats(width=32))
        elif array.dtype.kind == "b":
            array.flat[place] = not array.flat[place]
        else:
            array.flat[place] = data.draw(st.integers(-3, array.size + 3) | st.sampled_from([-(2**31), 2**31 - 1]))
    try:
        read = TreeEnsemble.from_arrays(arrays)
    except VersionError:
        return
    rows = np.array([[np.nan] * read.n_features, [0.5] * read.n_features], np.float32)
    assert np.isfinite(read.margins(rows)).all()
    assert np.isfinite(read.contributions(rows)).all()
