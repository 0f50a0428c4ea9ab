import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from tests.scoring.trees.trees_for_tests import small_ensembles

from leadloop.learning.tree_models.nodes import Nodes, apart, join, lowered

float32s = st.floats(width=32, allow_nan=False)


@given(small_ensembles())
def test_trees_taken_apart_and_joined_again_are_the_same(ensemble):
    again = join(list(apart(ensemble)), ensemble.n_features, ensemble.base)
    for name, array in ensemble.to_arrays().items():
        assert np.array_equal(array, again.to_arrays()[name]), name


@given(small_ensembles(), st.randoms(use_true_random=False))
def test_nodes_in_any_numbering_become_the_same_tree(ensemble, random):
    for tree in apart(ensemble):
        others = list(range(1, len(tree.feature)))
        random.shuffle(others)
        old = np.array([0, *others])  # the root stays where it is
        new = np.append(np.argsort(old), -1)
        shuffled = Nodes.of(
            tree.feature[old],
            tree.threshold[old],
            new[tree.left[old]],
            new[tree.right[old]],
            tree.missing_left[old],
            tree.value[old],
            tree.cover[old],
        )
        rows = np.array([[0.5] * ensemble.n_features, [np.nan] * ensemble.n_features, [-2] * ensemble.n_features])
        one, other = join([tree], ensemble.n_features), join([shuffled], ensemble.n_features)
        assert (one.margins(rows.astype(np.float32)) == other.margins(rows.astype(np.float32))).all()
        assert (shuffled.left[shuffled.left >= 0] == np.flatnonzero(shuffled.left >= 0) + 1).all()


def test_nodes_out_of_reach_of_the_root_are_left_out():
    tree = Nodes.of(
        [0, -1, 5, -1], [1, 0, 9, 0], [1, -1, 1, -1], [3, -1, 1, -1], [True] * 4, [0, 7, 0, 8], [2, 1, 9, 1]
    )
    assert (tree.value.tolist(), tree.feature.tolist()) == ([0, 7, 8], [0, -1, -1])


@given(st.floats(allow_nan=False), float32s)
@example(-3.4028234663852888e38, 0.0)
@example(3.4028234663852888e38, 0.0)
def test_a_lowered_threshold_leaves_every_float32_on_its_side(threshold, value):
    low = lowered(np.array([threshold]))[0]
    with np.errstate(over="ignore"):
        near = np.nextafter(low, np.float32(np.inf))
    for x in (np.float32(value), low, near):
        assert (float(x) <= threshold) == (x <= low)
