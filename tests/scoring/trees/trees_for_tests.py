"""Small tree ensembles for tests, and the slow, obvious ways to work out what the fast code must say."""

import itertools
import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from leadloop.scoring.trees.ensemble import TreeEnsemble

VALUES = (-np.inf, -2.0, -0.0, 0.5, 1.0, 1.5, np.inf, np.nan)
THRESHOLDS = (-np.inf, -2.0, 0.0, 0.5, 1.0, 3.0)


def ensemble_of(*trees: tuple, n_features: int, base: float = 0.0) -> TreeEnsemble:
    """Trees written as nested tuples: a leaf is (value, cover), a split (feature, threshold, missing_left, left, right)."""
    columns: dict[str, list] = {
        name: [] for name in ("feature", "threshold", "left", "right", "missing_left", "value", "cover")
    }
    offsets = [0]

    def add(tree: tuple) -> int:
        at = len(columns["feature"])
        leaf = len(tree) == 2
        row = (-1, 0, -1, -1, False, *tree) if leaf else (tree[0], tree[1], -1, -1, tree[2], 0.0, 0.0)
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
        if not leaf:
            columns["left"][at], columns["right"][at] = add(tree[3]), add(tree[4])
            columns["cover"][at] = columns["cover"][columns["left"][at]] + columns["cover"][columns["right"][at]]
        return at

    for tree in trees:
        add(tree)
        offsets.append(len(columns["feature"]))
    types = {"threshold": np.float32, "missing_left": bool, "value": float, "cover": float}
    arrays = {name: np.array(column, types.get(name, np.int32)) for name, column in columns.items()}
    arrays |= {"tree_offsets": np.array(offsets, np.int32), "n_features": np.array(n_features, np.int64)}
    return TreeEnsemble.from_arrays(arrays | {"base": np.array(base)})


@st.composite
def small_ensembles(draw: st.DrawFn) -> TreeEnsemble:
    """A few small trees over few features: splits repeat, thresholds coincide, leaves may be out of reach or empty."""
    n_features = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))

    def grow(splits: int) -> tuple:
        if splits == 0:
            return (float(rng.normal()), float(rng.choice([0, 1, 5, 40])))
        left = int(rng.integers(splits))
        split = (int(rng.integers(n_features)), float(rng.choice(THRESHOLDS)), bool(rng.integers(2)))
        return (*split, grow(left), grow(splits - 1 - left))

    sizes = draw(st.lists(st.integers(0, 7), min_size=1, max_size=4))
    return ensemble_of(*map(grow, sizes), n_features=n_features, base=draw(st.sampled_from([0.0, -1.5])))


@st.composite
def rows_for(draw: st.DrawFn, n_features: int) -> np.ndarray:
    """Rows whose values lie on and between thresholds, at the ends of the scale, or are missing."""
    row = st.lists(st.sampled_from(VALUES), min_size=n_features, max_size=n_features)
    return np.array(draw(st.lists(row, min_size=1, max_size=6)), np.float32).reshape(-1, n_features)


def child_of(ensemble: TreeEnsemble, node: int, row: np.ndarray) -> int:
    """Where a row goes from a split."""
    value = row[ensemble.feature[node]]
    goes_left = ensemble.missing_left[node] if np.isnan(value) else value <= ensemble.threshold[node]
    return int((ensemble.left if goes_left else ensemble.right)[node])


def margin_with(ensemble: TreeEnsemble, row: np.ndarray, known: frozenset[int]) -> float:
    """The margin of a row of which only some features are known: other splits go both ways, by cover."""

    def below(node: int) -> float:
        if ensemble.feature[node] < 0:
            return float(ensemble.value[node])
        if int(ensemble.feature[node]) in known:
            return below(child_of(ensemble, node, row))
        left, right = int(ensemble.left[node]), int(ensemble.right[node])
        cover = ensemble.cover[node]
        share = ensemble.cover[left] / cover if cover else 0.5
        return float(share * below(left) + (1 - share) * below(right))

    return ensemble.base + sum(below(int(root)) for root in ensemble.tree_offsets[:-1])


def shapley_by_definition(ensemble: TreeEnsemble, row: np.ndarray) -> np.ndarray:
    """What each feature adds on average over all orders in which the features could become known."""
    n = ensemble.n_features
    owed = np.zeros(n)
    for feature in range(n):
        others = [other for other in range(n) if other != feature]
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - 1 - size) / math.factorial(n)
            for known in map(frozenset, itertools.combinations(others, size)):
                gain = margin_with(ensemble, row, known | {feature}) - margin_with(ensemble, row, known)
                owed[feature] += weight * gain
    return owed


def shapley_of_product(value: Fraction, satisfied: list[bool], shares: list[Fraction]) -> list[Fraction]:
    """The same for one leaf of many features, in whole fractions: by how many of the others are known."""
    owed = []
    for feature in range(len(shares)):
        by_size = [Fraction(1)]  # by_size[k]: the products over all ways in which k of the others are known, added up
        for other, (one, share) in enumerate(zip(satisfied, shares, strict=True)):
            if other != feature:
                grown = [Fraction(0)] * (len(by_size) + 1)
                for size, total in enumerate(by_size):
                    grown[size] += total * share
                    grown[size + 1] += total * one
                by_size = grown
        m = len(shares)
        average = sum(
            Fraction(math.factorial(size) * math.factorial(m - 1 - size), math.factorial(m)) * total
            for size, total in enumerate(by_size)
        )
        owed.append(value * (satisfied[feature] - shares[feature]) * average)
    return owed
