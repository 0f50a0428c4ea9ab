import numpy as np
import pytest
from tests.scoring.trees.test_reasons import deep_forest
from tests.scoring.trees.trees_for_tests import ensemble_of

from leadloop.scoring.trees.choice import choose, points_for
from leadloop.scoring.trees.ensemble import TreeEnsemble
from leadloop.scoring.trees.reasons import TreeReasons


def leaves_below(ensemble: TreeEnsemble, node: int) -> list[int]:
    if ensemble.feature[node] < 0:
        return [node]
    return [leaf for side in (ensemble.left, ensemble.right) for leaf in leaves_below(ensemble, int(side[node]))]


@pytest.mark.parametrize("most_bytes", [0, 100_000, 1 << 22, 1 << 40])
def test_every_leaf_of_a_tree_with_a_split_stands_below_one_chosen_node(most_bytes):
    ensemble = deep_forest()
    choice = choose(ensemble, most_bytes)
    for tree, (tables, sums) in enumerate(zip(choice.tables, choice.sums, strict=True)):
        nodes = np.arange(*ensemble.tree_offsets[tree : tree + 2])
        covered = [leaf for node in tables + sums for leaf in leaves_below(ensemble, node)]
        assert sorted(covered) == nodes[ensemble.feature[nodes] < 0].tolist()


def test_a_tree_with_more_patterns_than_any_table_is_taken_apart_without_a_warning():
    """The root asks about everything: infinitely many patterns, times no feature asked elsewhere, is no number."""
    ensemble = deep_forest(n_features=40, trees=3, splits=60)
    with np.errstate(all="raise"):
        choice = choose(ensemble, 1 << 40)
    roots = set(ensemble.tree_offsets[:-1].tolist())
    assert not any(roots & set(nodes) for nodes in (*choice.tables, *choice.sums))


def test_more_memory_is_never_slower():
    ensemble = deep_forest()
    tables = [sum(map(len, choose(ensemble, most_bytes).sums)) for most_bytes in (0, 1_000_000, 4_000_000, 1 << 40)]
    assert tables == sorted(tables, reverse=True)
    assert tables[-1] < tables[0]


@pytest.mark.parametrize("most_bytes", [2_000_000, 4_000_000])
def test_the_memory_there_is_is_used_and_kept_to(most_bytes):
    taken = TreeReasons.of(deep_forest(), most_bytes).nbytes
    assert 0.65 * most_bytes < taken < 1.03 * most_bytes


def test_a_small_tree_is_one_table_and_a_lone_leaf_nothing():
    ensemble = ensemble_of((0.7, 10), (0, 0.5, True, (-1.0, 3), (2.0, 1)), n_features=1)
    choice = choose(ensemble, 1 << 20)
    assert choice.tables == [[], [1]]
    assert choice.sums == [[], []]


def test_paths_of_any_length_have_points_enough():
    features = np.arange(200)
    assert (2 * points_for(features) >= features).all()
    assert (points_for(features) % 2 == 0).all()
