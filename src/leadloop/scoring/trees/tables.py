"""Reasons of whole subtrees, worked out beforehand for every pattern that a row can show.

A feature's thresholds below a node cut its values into classes; a pattern is one class of every feature; the table holds, for
every pattern, what each feature contributes through all leaves below the node. This is the idea of Fast TreeSHAP v2 (Yang
2021, arXiv 2109.09847) for subtrees instead of leaves: two sibling leaves ask the same questions, so one table for both is no
larger than a table for either, and is read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadloop.scoring.trees.answers import CounterList, Counters, Question, Questions
from leadloop.scoring.trees.paths import Classes, Path, Subtree, classes_of, in_one_number
from leadloop.scoring.trees.shapley import leaf_tables

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tables:
    """All tables of an ensemble, one after another in `cells`, each pattern by pattern.

    Table `i` begins at `start[i]` and speaks of the features `feature[offsets[i]]` to `feature[offsets[i + 1]]`.
    """

    cells: Floats
    start: Whole
    offsets: Whole
    feature: Whole
    pattern: Counters

    def of_one(self, answers: npt.NDArray[np.bool_], n_features: int) -> Floats:
        """The contributions of one row through all tables: shape (features,)."""
        width = np.diff(self.offsets)
        first = self.start + self.pattern.of_one(answers) * width - self.offsets[:-1]
        read = self.cells.take(np.repeat(first, width) + np.arange(len(self.feature)))
        return np.bincount(self.feature, read, n_features).astype(np.float64, copy=False)

    def add_many(self, tree: int, answers: npt.NDArray[np.float32], into: Floats) -> None:
        """Adds the contributions of many rows through the tables of one tree: `into` has shape (features, rows)."""
        for table, pattern in enumerate(self.pattern.of_many(tree, answers), self.pattern.offsets[tree]):
            first, last = self.offsets[table], self.offsets[table + 1]
            pattern *= last - first
            for place, feature in enumerate(self.feature[first:last], self.start[table]):
                of_feature = into[feature]
                of_feature += self.cells[place:].take(pattern)


class TableList:
    """Tables while they are worked out, tree after tree."""

    def __init__(self, n_features: int) -> None:
        self.cells: list[Floats] = []
        self.features: list[list[int]] = []
        self.pattern = CounterList(n_features)

    def add(self, tree: int, leaves: Sequence[tuple[Path, Floats]], asked: dict[Question, int]) -> None:
        """One more table, for these leaves: their paths, and what each alone contributes for every pattern of its bits."""
        features = list(dict.fromkeys(feature for path, _ in leaves for feature in path))
        classes = [classes_of([path.get(feature) for path, _ in leaves]) for feature in features]
        place = {feature: column for column, feature in enumerate(features)}
        wide = []
        for path, own in leaves:
            wide.append(np.zeros((len(own), len(features))))
            wide[-1][:, [place[feature] for feature in path]] = own
        self.cells.append(
            add_up(features, classes, list(zip((list(path) for path, _ in leaves), wide, strict=True))).ravel()
        )
        self.features.append(features)
        self.pattern.add(tree, asked, 0, list(zip(features, classes, in_one_number(classes), strict=True)))

    def frozen(self, questions: Questions) -> Tables:
        """The tables as arrays, when all trees have been asked."""
        return Tables(
            np.concatenate([np.empty(0), *self.cells]),
            np.cumsum([0, *map(len, self.cells)], dtype=np.int64)[:-1],
            np.cumsum([0, *map(len, self.features)], dtype=np.int64),
            np.array([feature for features in self.features for feature in features], np.int64),
            self.pattern.frozen(questions),
        )


def add_up(
    features: Sequence[int], classes: Sequence[Classes], leaves: Sequence[tuple[Sequence[int], Floats]]
) -> Floats:
    """The rows of all leaves added up for every pattern of the features: shape (patterns, columns).

    A leaf comes as the features that it asks about and its rows, one for every pattern of their bits. The class of the last
    feature changes fastest from one pattern to the next.
    """
    whole: Floats | None = None
    for number, (asks, rows) in enumerate(leaves):
        bit_of = {feature: bit for bit, feature in enumerate(asks)}
        row = np.zeros(1, np.int64)
        for feature, one in zip(features, classes, strict=True):
            bit = bit_of.get(feature)
            if bit is None:
                step = np.zeros(len(one.satisfied), np.int64)
            else:
                step = np.array([(mask >> number & 1) << bit for mask in one.satisfied])
            row = (row[:, None] + step).ravel()
        read = rows.take(row, axis=0)
        whole = read if whole is None else np.add(whole, read, out=whole)
    assert whole is not None
    return whole


def tables_of_leaves(values: Floats, paths: dict[int, Path], subtrees: Iterable[Subtree]) -> dict[int, Floats]:
    """What each leaf of these subtrees alone contributes, shape (2**m, m)."""
    shares = {leaf: [one.share for one in paths[leaf].values()] for subtree in subtrees for leaf in subtree.leaves}
    tables: dict[int, Floats] = {}
    for some, of_some in alike(shares):
        tables.update(zip(some, leaf_tables(values[some], of_some), strict=True))
    return tables


def alike(shares: dict[int, list[float]], cells: int = 1 << 20) -> list[tuple[list[int], Floats]]:
    """Leaves with as many features, to be worked out together; no more at once than make about `cells` numbers."""
    by_width: dict[int, list[int]] = {}
    for leaf, own in shares.items():
        by_width.setdefault(len(own), []).append(leaf)
    groups = []
    for m, leaves in by_width.items():
        step = max(1, cells // (m + 1 << m))
        for first in range(0, len(leaves), step):
            some = leaves[first : first + step]
            groups.append((some, np.array([shares[leaf] for leaf in some]).reshape(len(some), m)))
    return groups
