"""Reasons of subtrees whose paths ask of too many features for a table: summed up for each row, still exactly.

A path of m features shows 2^m patterns. Such a subtree is kept in pieces instead, at the points of Gauss's rule (see
`shapley`): what the features asked below its node bring, for every pattern of those; and the products over the features
that only the path to the node asks about, a few at a time, for every pattern of those few. A row multiplies a handful of
numbers at each point, and all leaves below the node and all features above it share the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadloop.scoring.trees.answers import CounterList, Counters, Question, Questions
from leadloop.scoring.trees.choice import FEATURES_A_PART
from leadloop.scoring.trees.paths import Classes, Path, Subtree, classes_of, in_one_number
from leadloop.scoring.trees.shapley import gauss, leaf_polynomials, products, slope_if_not, slope_if_so
from leadloop.scoring.trees.tables import add_up, alike

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

# Terms times rows that are worked on together: more would leave the processor's cache between one point and the next.
_CELLS_AT_ONCE = 1 << 15


@dataclass(frozen=True, eq=False)
class Sums:
    """Subtrees that are summed at the same points. A term is one feature of one subtree.

    At point q, `parts_at[q]` holds the products of all parts of all paths (`part[k]` says where a row finds the k-th part of
    each subtree) and `below_at[q]` what the leaves bring (`below` says where a row finds each subtree's: first the sum itself,
    then a number for each feature asked below). Terms of features above a node (`above_*`) and below (`below_*`) follow the
    order of trees; `order` brings both together tree by tree.
    """

    parts_at: Floats
    part: tuple[Counters, ...]
    below_at: Floats
    below_start: Whole
    below_width: Whole
    below: Counters
    satisfied: Counters
    slope_if_not: Floats
    slope_if_so: Floats
    above_subtree: Whole
    above_feature: Whole
    below_subtree: Whole
    below_place: Whole
    below_feature: Whole
    below_offsets: Whole
    order: Whole

    @property
    def nbytes(self) -> int:
        """The memory of what is looked up."""
        return self.parts_at.nbytes + self.below_at.nbytes + self.slope_if_so.nbytes

    def of_one(self, answers: npt.NDArray[np.bool_], n_features: int) -> Floats:
        """The contributions of one row through all these subtrees: shape (features,)."""
        everything = slice(None)
        terms = self._terms(
            [part.of_one(answers)[:, None] for part in self.part],
            self.below.of_one(answers)[:, None],
            self.satisfied.of_one(answers)[:, None],
            (everything, everything, everything),
        )
        feature = np.concatenate([self.above_feature, self.below_feature])
        sums = np.bincount(feature.take(self.order), terms[:, 0].take(self.order), n_features)
        return sums.astype(np.float64, copy=False)

    def add_many(self, tree: int, answers: npt.NDArray[np.float32], into: Floats) -> None:
        """Adds the contributions of many rows through the subtrees of one tree: `into` is (features, rows)."""
        subtrees, above, below = (
            slice(offsets[tree], offsets[tree + 1])
            for offsets in (self.below.offsets, self.satisfied.offsets, self.below_offsets)
        )
        if subtrees.start == subtrees.stop:
            return
        parts = [part.of_many(tree, answers) for part in self.part]
        patterns, satisfied = self.below.of_many(tree, answers), self.satisfied.of_many(tree, answers)
        features = (*self.above_feature[above], *self.below_feature[below])
        step = max(1, _CELLS_AT_ONCE // len(features))
        for start in range(0, answers.shape[1], step):
            rows = slice(start, start + step)
            terms = self._terms(
                [part[:, rows] for part in parts], patterns[:, rows], satisfied[:, rows], (subtrees, above, below)
            )
            for feature, term in zip(features, terms, strict=True):
                of_feature = into[feature, rows]
                of_feature += term

    def _terms(self, parts: Sequence[Whole], below: Whole, satisfied: Whole, of: tuple[slice, slice, slice]) -> Floats:
        """Terms by rows, those above a node before those below, from subtrees by rows and bits by rows."""
        subtrees, of_above, of_below = of
        first = subtrees.start or 0
        above_subtree, below_subtree = self.above_subtree[of_above] - first, self.below_subtree[of_below] - first
        address = below * self.below_width[subtrees, None] + self.below_start[subtrees, None]
        below_address = address.take(below_subtree, axis=0) + self.below_place[of_below, None]
        if_not, if_so = np.zeros(address.shape), np.zeros(satisfied.shape)
        terms = np.zeros((len(satisfied) + len(below_address), address.shape[1]))
        of_below_terms = terms[len(satisfied) :]
        points = zip(self.parts_at, self.below_at, self.slope_if_not, self.slope_if_so, strict=True)
        for parts_at, below_at, never, rise in points:
            product = parts_at.take(parts[0])
            for part in parts[1:]:
                product *= parts_at.take(part)
            of_below_terms += product.take(below_subtree, axis=0) * below_at.take(below_address)
            product *= below_at.take(address)
            if_not += product * never
            if_so += product.take(above_subtree, axis=0) * rise[of_above, None]
        terms[: len(satisfied)] = np.where(satisfied == 1, if_so, if_not.take(above_subtree, axis=0))
        return terms


class SumList:
    """Subtrees while they are collected, tree after tree: all summed at as many points, with as many parts to a path."""

    def __init__(self, n_features: int, points: int, n_parts: int) -> None:
        self.points = points
        self.at, _ = gauss(points)
        self.below, self.satisfied = CounterList(n_features), CounterList(n_features)
        self.part = [CounterList(n_features) for _ in range(max(1, n_parts))]
        # The first product stands for a part that a shorter path does not have.
        self.parts_at: list[Floats] = [np.ones((self.points, 1))]
        self.n_products = 1
        self.below_at: list[Floats] = []
        self.trees: list[int] = []
        self.above_features: list[list[int]] = []
        self.above_shares: list[float] = []
        self.below_features: list[list[int]] = []

    def add(
        self, tree: int, below: list[int], leaves: Sequence[tuple[Path, Floats]], asked: dict[Question, int]
    ) -> None:
        """One more subtree: the features asked below its node, and its leaves with what they bring for those features."""
        path = leaves[0][0]
        above = [feature for feature in path if feature not in below]
        above_classes = [classes_of([path[feature]]) for feature in above]
        below_classes = [classes_of([path.get(feature) for path, _ in leaves]) for feature in below]

        self.trees.append(tree)
        self.below.add(tree, asked, 0, list(zip(below, below_classes, in_one_number(below_classes), strict=True)))
        self.below_at.append(self._below_at(below, below_classes, leaves))
        self.below_features.append(below)
        for feature, one in zip(above, above_classes, strict=True):
            self.satisfied.add(tree, asked, 0, [(feature, one, one.satisfied)])
        self.above_features.append(above)
        self.above_shares += [path[feature].share for feature in above]
        for number, part in enumerate(self.part):
            some = slice(number * FEATURES_A_PART, (number + 1) * FEATURES_A_PART)
            if not above[some]:
                part.add(tree, asked, 0, [])
                continue
            worth = [[held << bit for held in one.satisfied] for bit, one in enumerate(above_classes[some])]
            part.add(tree, asked, self.n_products, list(zip(above[some], above_classes[some], worth, strict=True)))
            shares = np.array([[path[feature].share for feature in above[some]]])
            self.parts_at.append(products(shares, self.at)[:, 0])
            self.n_products += self.parts_at[-1].shape[1]

    def _below_at(self, below: list[int], classes: list[Classes], leaves: Sequence[tuple[Path, Floats]]) -> Floats:
        """What the leaves bring together, at each point: shape (points, patterns times numbers)."""
        place = {feature: 1 + column for column, feature in enumerate(below)}
        rows = []
        for path, own in leaves:
            asks = [feature for feature in path if feature in place]
            wide = np.zeros((len(own), 1 + len(below), self.points))
            wide[:, [0, *(place[feature] for feature in asks)]] = own
            rows.append((asks, wide))
        return add_up(below, classes, rows).reshape(-1, self.points).T

    def frozen(self, questions: Questions) -> Sums:
        """The sums as arrays, when all trees have been asked."""
        sizes = [block.shape[1] for block in self.below_at]
        above_subtree = [subtree for subtree, features in enumerate(self.above_features) for _ in features]
        below_subtree = [subtree for subtree, features in enumerate(self.below_features) for _ in features]
        tree = np.array(self.trees, np.int64)
        below_tree = tree[below_subtree]
        return Sums(
            parts_at=np.ascontiguousarray(np.concatenate(self.parts_at, axis=1)),
            part=tuple(part.frozen(questions) for part in self.part),
            below_at=np.ascontiguousarray(np.concatenate(self.below_at, axis=1)),
            below_start=np.cumsum([0, *sizes], dtype=np.int64)[:-1],
            below_width=np.array([1 + len(features) for features in self.below_features], np.int64),
            below=self.below.frozen(questions),
            satisfied=self.satisfied.frozen(questions),
            slope_if_not=slope_if_not(self.at),
            slope_if_so=slope_if_so(np.array(self.above_shares), self.at),
            above_subtree=np.array(above_subtree, np.int64),
            above_feature=np.array([one for features in self.above_features for one in features], np.int64),
            below_subtree=np.array(below_subtree, np.int64),
            below_place=np.array(
                [place for features in self.below_features for place in range(1, 1 + len(features))], np.int64
            ),
            below_feature=np.array([one for features in self.below_features for one in features], np.int64),
            below_offsets=np.searchsorted(below_tree, np.arange(len(questions.offsets))),
            order=np.argsort(np.concatenate([tree[above_subtree], below_tree]), kind="stable"),
        )


def polynomials_of_leaves(
    values: Floats, paths: dict[int, Path], subtrees: Iterable[Subtree], points: int
) -> dict[int, Floats]:
    """What each leaf of these subtrees brings for the features asked below its node: shape (2**m, 1 + m, points)."""
    shares = {}
    for subtree in subtrees:
        for leaf in subtree.leaves:
            shares[leaf] = [one.share for feature, one in paths[leaf].items() if feature in subtree.asked]
    found: dict[int, Floats] = {}
    for some, of_some in alike(shares, (1 << 18) // points):
        found.update(zip(some, leaf_polynomials(values[some], of_some, points), strict=True))
    return found
