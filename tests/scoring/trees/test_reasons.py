from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scoring.trees.trees_for_tests import (
    ensemble_of,
    rows_for,
    shapley_by_definition,
    shapley_of_product,
    small_ensembles,
)

from leadloop.scoring.trees.reasons import TreeReasons

BUDGETS = [0, 2_000, 1 << 20]
"""Bytes at which small ensembles are kept mostly as sums, as a mix, and as tables."""


def deep_forest(n_features: int = 30, trees: int = 12, splits: int = 40, seed: int = 0):
    """Trees that grow where they are deepest, as leaf-wise boosting does."""
    rng = np.random.default_rng(seed)

    def grow(splits: int) -> tuple:
        if splits == 0:
            return (float(rng.normal()), float(rng.integers(1, 200)))
        left = int(rng.integers(splits)) if rng.random() < 0.3 else 0
        split = (int(rng.integers(n_features)), float(np.float32(rng.normal())), bool(rng.integers(2)))
        return (*split, grow(left), grow(splits - 1 - left))

    return ensemble_of(*(grow(splits) for _ in range(trees)), n_features=n_features, base=0.25)


def rows_of(n: int, n_features: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, n_features)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows


@pytest.mark.parametrize("most_bytes", BUDGETS)
@settings(deadline=None)
@given(data=st.data())
def test_reasons_are_what_every_order_of_learning_the_features_gives_on_average(most_bytes, data):
    ensemble = data.draw(small_ensembles())
    rows = data.draw(rows_for(ensemble.n_features))
    said = TreeReasons.of(ensemble, most_bytes).contributions(rows)
    owed = np.array([shapley_by_definition(ensemble, row) for row in rows])
    assert said == pytest.approx(owed, abs=1e-12)


@pytest.mark.parametrize("most_bytes", [0, 100_000, 1 << 25])
def test_reasons_and_what_is_expected_add_up_to_the_margin(most_bytes):
    ensemble, rows = deep_forest(), rows_of(300, 30)
    said = TreeReasons.of(ensemble, most_bytes).contributions(rows)
    assert said.sum(axis=1) + ensemble.expected == pytest.approx(ensemble.margins(rows), abs=1e-9)


@pytest.mark.parametrize("most_bytes", [0, 100_000, 1 << 25])
def test_a_row_has_the_same_reasons_alone_and_in_a_batch_bit_for_bit(most_bytes):
    reasons, rows = TreeReasons.of(deep_forest(), most_bytes), rows_of(300, 30)
    together = reasons.contributions(rows)
    assert all((reasons.contributions(rows[i : i + 1])[0] == together[i]).all() for i in range(len(rows)))
    assert (reasons.contributions(rows[40:90]) == together[40:90]).all()


def test_the_budget_buys_time_not_truth():
    ensemble, rows = deep_forest(), rows_of(50, 30)
    small, large = (TreeReasons.of(ensemble, most_bytes) for most_bytes in (0, 1 << 25))
    assert small.nbytes < large.nbytes / 10
    assert len(small.sums) > 1
    assert small.contributions(rows) == pytest.approx(large.contributions(rows), abs=1e-12)


@pytest.mark.parametrize("most_bytes", [1_500_000, 3_000_000, 6_000_000])
def test_tables_and_sums_use_the_budget_and_stay_within_it(most_bytes):
    assert 0.6 * most_bytes < TreeReasons.of(deep_forest(), most_bytes).nbytes < 1.05 * most_bytes


def test_a_path_of_thirty_features_is_explained_exactly():
    rng = np.random.default_rng(5)
    n = 30
    inside, outside = rng.integers(1, 9, n).tolist(), rng.integers(1, 9, n).tolist()
    tree: tuple = (3.0, float(inside[-1]))
    cover, shares = Fraction(inside[-1]), []
    for feature in range(n):
        tree = (feature, 0.0, bool(rng.integers(2)), tree, (0.0, float(outside[feature])))
        shares.append(cover / (cover + outside[feature]))
        cover += outside[feature]
    row = rows_of(1, n, seed=6)
    goes_left = [bool(left) for left in np.where(np.isnan(row[0]), False, row[0] <= 0)]
    missing = np.isnan(row[0])
    ensemble = ensemble_of(tree, n_features=n)
    node = 0
    for feature in reversed(range(n)):  # the last split made is the first asked
        if missing[feature]:
            goes_left[feature] = bool(ensemble.missing_left[node])
        node = int(ensemble.left[node])
    owed = np.array([float(one) for one in shapley_of_product(Fraction(3), goes_left, shares)])
    for most_bytes in (0, 1 << 25):
        said = TreeReasons.of(ensemble, most_bytes).contributions(row)[0]
        assert said == pytest.approx(owed, rel=1e-9, abs=1e-15)


def test_a_feature_that_no_tree_asks_about_has_no_part_in_it():
    ensemble = ensemble_of((1, 0.0, True, (1.0, 3), (2.0, 1)), n_features=3)
    assert ensemble.contributions(rows_of(5, 3))[:, [0, 2]].tolist() == [[0.0, 0.0]] * 5


def test_a_forest_without_splits_has_no_reasons():
    ensemble = ensemble_of((0.7, 10), (0.1, 10), n_features=2)
    assert ensemble.contributions(rows_of(40, 2)).tolist() == [[0.0, 0.0]] * 40
    assert ensemble.contributions(rows_of(1, 2)).tolist() == [[0.0, 0.0]]
    assert ensemble.expected == pytest.approx(0.8)


def test_no_rows_have_no_reasons():
    assert deep_forest(trees=2).contributions(np.empty((0, 30), np.float32)).shape == (0, 30)


def test_one_table_serves_a_whole_tree_of_equal_levels():
    """An oblivious tree, as CatBoost grows them: every level asks the same question on every path."""

    def level(depth: int, values: list[float]) -> tuple:
        if depth == 3:
            return (values.pop(), 4.0)
        return (depth, 0.5, False, level(depth + 1, values), level(depth + 1, values))

    ensemble = ensemble_of(level(0, [float(v) for v in range(8)]), n_features=3)
    reasons = TreeReasons.of(ensemble)
    assert len(reasons.tables.start) == 1
    assert reasons.tables.cells.size == 8 * 3
    row = np.array([[0.4, 0.6, np.nan]], np.float32)
    assert reasons.contributions(row)[0] == pytest.approx(shapley_by_definition(ensemble, row[0]))
