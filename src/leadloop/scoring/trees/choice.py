"""Which subtrees' reasons are kept as tables and which are summed: the fastest mix that a memory budget allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from leadloop.scoring.trees.ensemble import TreeEnsemble

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]
Number = TypeVar("Number", int, Whole)

MOST_PATTERNS = 1 << 12
"""No table has more patterns than this: it would no longer stay in a processor's cache."""
MOST_PATTERNS_SUMMED = 1 << 8
FEATURES_A_PART = 5

# What a lookup costs, in nanoseconds a row: only the proportions matter (fitted to `benchmarks/trees.py`).
_TABLE_NS, _TABLE_ENTRY_NS = 12.0, 2.0
_SUM_NS, _SUM_POINT_NS, _SUM_PART_NS, _SUM_TERM_NS = 20.0, 4.0, 1.5, 2.5
# What a byte costs even when memory is plentiful: it crowds out another from the cache.
_LEAST_BYTE_NS = 1e-4


@dataclass(frozen=True)
class Choice:
    """Nodes that together stand above every leaf once: `tables[k]` and `sums[k]` are those of tree `k`."""

    tables: list[list[int]]
    sums: list[list[int]]


def points_for(features: Number) -> Number:
    """How many points the sums of a path of so many features use: half as many, made even so that many share one rule."""
    return (features + 3) // 4 * 2


def choose(ensemble: TreeEnsemble, most_bytes: int) -> Choice:
    """The fastest mix of tables and sums that takes about `most_bytes` (or the smallest, where none fits).

    For a given price of a byte the best choice follows from the leaves upwards: a table for all leaves below a node, a sum
    for all of them, or what its two children chose. The lowest price at which the whole fits is found by bisection.
    """
    sizes = _Sizes.of(ensemble)
    leaf = ensemble.feature < 0
    parents = [level[~leaf[level]] for level in ensemble.levels]
    roots = ensemble.tree_offsets[:-1]

    def at(price: float) -> tuple[float, Bits, Bits]:
        tabled = sizes.table_ns + price * sizes.table_bytes < sizes.sum_ns + price * sizes.sum_bytes
        time = np.where(tabled, sizes.table_ns, sizes.sum_ns)
        memory = np.where(tabled, sizes.table_bytes, sizes.sum_bytes)
        here = leaf.copy()
        for level in reversed(parents):
            yes, no = ensemble.left[level], ensemble.right[level]
            apart_time, apart_memory = time[yes] + time[no], memory[yes] + memory[no]
            together = time[level] + price * memory[level] <= apart_time + price * apart_memory
            here[level] = together
            time[level] = np.where(together, time[level], apart_time)
            memory[level] = np.where(together, memory[level], apart_memory)
        return float(memory[roots].sum()), here, tabled

    used, here, tabled = at(_LEAST_BYTE_NS)
    if used > most_bytes:
        low, high = np.log(_LEAST_BYTE_NS), np.log(1e6)
        _, here, tabled = at(1e6)
        for _ in range(28):
            middle = (low + high) / 2
            used, here_then, tabled_then = at(float(np.exp(middle)))
            if used > most_bytes:
                low = middle
            else:
                high, here, tabled = middle, here_then, tabled_then

    reached = np.zeros(ensemble.n_nodes, bool)
    reached[roots] = True
    for level in parents:
        for side in (ensemble.left, ensemble.right):
            reached[side[level]] = reached[level] & ~here[level]
    chosen = reached & here
    # The value of a tree without a split moves no reason.
    chosen[roots[leaf[roots]]] = False
    return Choice(_by_tree(chosen & tabled, ensemble), _by_tree(chosen & ~tabled, ensemble))


def _by_tree(chosen: Bits, ensemble: TreeEnsemble) -> list[list[int]]:
    nodes = np.flatnonzero(chosen)
    return [part.tolist() for part in np.split(nodes, np.searchsorted(nodes, ensemble.tree_offsets[1:-1]))]


@dataclass(frozen=True)
class _Sizes:
    """What a table, or a sum, for all leaves below each node would take: memory in bytes, time in nanoseconds a row.

    Infinite where there would be too many patterns.
    """

    table_bytes: Floats
    table_ns: Floats
    sum_bytes: Floats
    sum_ns: Floats

    @classmethod
    def of(cls, ensemble: TreeEnsemble) -> _Sizes:
        patterns, below, outside, widest = _counts(ensemble)
        all_patterns = patterns * 2.0 ** np.minimum(outside, 64)
        table_bytes = 8 * all_patterns * (below + outside)
        table_bytes[(patterns < 0) | (all_patterns > MOST_PATTERNS)] = np.inf
        points = points_for(widest)
        parts = -(-outside // FEATURES_A_PART)
        in_parts = outside // FEATURES_A_PART * 2.0**FEATURES_A_PART + 2.0 ** (outside % FEATURES_A_PART)
        sum_bytes = 8.0 * points * (in_parts + outside + patterns * (1 + below))
        term_ns = _SUM_PART_NS * parts + _SUM_TERM_NS * (below + outside)
        return cls(
            table_bytes,
            np.asarray(_TABLE_NS + _TABLE_ENTRY_NS * (below + outside), dtype=np.float64),
            np.where((patterns >= 0) & (patterns <= MOST_PATTERNS_SUMMED), sum_bytes, np.inf),
            np.asarray(_SUM_NS + points * (_SUM_POINT_NS + term_ns), dtype=np.float64),
        )


def _counts(ensemble: TreeEnsemble) -> tuple[Whole, Whole, Whole, Whole]:
    """For each node: patterns of the features asked below it (-1: too many), how many such features there are, how many
    only its path asks about, and the most features on any path through it.

    A feature with k thresholds below the node has k + 1 classes, and one more (off the path) if the path asks about it too.
    Missing values may add a class; that is left out, so a budget is kept to within a few per cent.
    """
    patterns, below, outside, widest = (np.zeros(ensemble.n_nodes, np.int64) for _ in range(4))
    feature, threshold = ensemble.feature.tolist(), ensemble.threshold.tolist()
    left, right = ensemble.left.tolist(), ensemble.right.tolist()
    nothing: dict[int, frozenset[float]] = {}
    for start, end in zip(ensemble.tree_offsets[:-1].tolist(), ensemble.tree_offsets[1:].tolist(), strict=True):
        asked: dict[int, frozenset[int]] = {start: frozenset()}
        for node in range(start, end):
            if (own := feature[node]) >= 0:
                asked[left[node]] = asked[right[node]] = asked[node] | {own}
        cuts: dict[int, dict[int, frozenset[float]]] = {}
        for node in range(end - 1, start - 1, -1):
            path = asked[node]
            if (own := feature[node]) < 0:
                cuts[node] = nothing
                patterns[node], outside[node], widest[node] = 1, len(path), len(path)
                continue
            widest[node] = max(widest[left[node]], widest[right[node]])
            patterns[node] = -1
            if left[node] not in cuts or right[node] not in cuts:
                continue
            ours = cuts[left[node]] | {own: cuts[left[node]].get(own, frozenset()) | {threshold[node]}}
            for other, more in cuts[right[node]].items():
                ours[other] = ours.get(other, frozenset()) | more
            count = 1
            for one, limits in ours.items():
                count *= len(limits) + 1 + (one in path)
            if count <= MOST_PATTERNS:
                cuts[node], patterns[node], below[node] = ours, count, len(ours)
                outside[node] = sum(1 for one in path if one not in ours)
    return patterns, below, outside, widest
