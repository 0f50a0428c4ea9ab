"""The path to each leaf of a tree, and how the values of a feature fall into classes that a set of leaves treats alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from leadloop.scoring.trees.ensemble import TreeEnsemble


@dataclass(frozen=True, slots=True)
class Condition:
    """What one path asks of one feature: above `low` (None: no limit), at most `high`, or missing where that passes."""

    low: float | None = None
    high: float | None = None
    missing: bool = True
    share: float = 1.0
    """The share of training rows that passed all splits on this feature, of those that came to them (z)."""


Path = dict[int, Condition]


def paths_of(ensemble: TreeEnsemble, tree: int) -> dict[int, Path]:
    """The path to each leaf of a tree, the splits on one feature drawn together into one condition."""
    feature, threshold = ensemble.feature, ensemble.threshold
    left, right, missing_left, share = ensemble.left, ensemble.right, ensemble.missing_left, ensemble.share
    start, end = (int(offset) for offset in ensemble.tree_offsets[tree : tree + 2])
    pending: dict[int, Path] = {start: {}}
    leaves: dict[int, Path] = {}
    for node in range(start, end):
        path = pending.pop(node)
        asked = int(feature[node])
        if asked < 0:
            leaves[node] = path
            continue
        was, at = path.get(asked, Condition()), float(threshold[node])
        low = at if was.low is None else max(at, was.low)
        high = at if was.high is None else min(at, was.high)
        goes_left, yes, no = bool(missing_left[node]), int(left[node]), int(right[node])
        pending[yes] = path | {
            asked: Condition(was.low, high, was.missing and goes_left, was.share * float(share[yes]))
        }
        pending[no] = path | {
            asked: Condition(low, was.high, was.missing and not goes_left, was.share * float(share[no]))
        }
    return leaves


@dataclass(frozen=True, slots=True)
class Subtree:
    """All that a tree has below one node: its leaves, left to right, and the features asked about on the way to them."""

    node: int
    leaves: list[int]
    asked: list[int]

    @classmethod
    def below(cls, ensemble: TreeEnsemble, node: int) -> Subtree:
        """The subtree below a node; a leaf is below itself."""
        leaves, asked, pending = [], dict[int, None](), [node]
        while pending:
            at = pending.pop()
            if (feature := int(ensemble.feature[at])) < 0:
                leaves.append(at)
            else:
                asked[feature] = None
                pending += [int(ensemble.right[at]), int(ensemble.left[at])]
        return cls(node, leaves, list(asked))


@dataclass(frozen=True)
class Classes:
    """How the values of one feature fall into classes that a set of leaves treats alike.

    `cuts` are (threshold, change of class when the value is above it), in order; class 0 is the lowest values'. `missing`
    is the class of a missing value. `satisfied[c]` has bit i set where a value of class c meets what leaf i asks.
    """

    cuts: list[tuple[float, int]]
    missing: int
    satisfied: list[int]


def classes_of(conditions: Sequence[Condition | None]) -> Classes:
    """The classes of one feature for leaves that ask this of it (None: a leaf does not ask).

    >>> classes_of([Condition(low=None, high=3.0), Condition(low=3.0, high=None, missing=False)])
    Classes(cuts=[(3.0, 1)], missing=0, satisfied=[1, 2])
    >>> classes_of([Condition(low=1.0, high=3.0, missing=False)])
    Classes(cuts=[(1.0, 1), (3.0, -1)], missing=0, satisfied=[0, 1])
    """
    limits = sorted(
        {one for asked in conditions if asked is not None for one in (asked.low, asked.high) if one is not None}
    )
    place = {limit: position for position, limit in enumerate(limits)}
    positions = [0] * (len(limits) + 1)
    missing = 0
    for leaf, asked in enumerate(conditions):
        bit = 1 << leaf
        first = 0 if asked is None or asked.low is None else place[asked.low] + 1
        last = len(limits) if asked is None or asked.high is None else place[asked.high]
        for position in range(first, last + 1):
            positions[position] |= bit
        if asked is None or asked.missing:
            missing |= bit
    number: dict[int, int] = {}
    for mask in (*positions, missing):
        number.setdefault(mask, len(number))
    held = [number[mask] for mask in positions]
    cuts = [(limit, held[i + 1] - held[i]) for i, limit in enumerate(limits) if held[i + 1] != held[i]]
    return Classes(cuts, number[missing], list(number))


def in_one_number(classes: Sequence[Classes]) -> list[range]:
    """What each class of each feature is worth in the number of a pattern; the last feature changes fastest.

    >>> in_one_number([Classes([], 0, [0, 1]), Classes([], 0, [0, 1, 2])])
    [range(0, 6, 3), range(0, 3)]
    """
    sizes = [len(one.satisfied) for one in classes]
    strides = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
    return [range(0, size * stride, stride) for size, stride in zip(sizes, strides, strict=True)]
