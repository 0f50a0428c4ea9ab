"""Exact reasons of a tree ensemble: how much each field moved a row's margin, by looking it up instead of working it out.

The values are the Shapley values of path-dependent TreeSHAP (Lundberg et al. 2020, arXiv 1905.04610): where a feature is
not known, both sides of its splits count by the training rows that went there. `shapley` has the arithmetic,
`tables` and `sums` the two ways to keep it, and `choice` decides between them, leaf by leaf.

One row goes through all trees at once; many rows go tree by tree, so that a tree's tables stay in the processor's cache.
Both add the same numbers in the same order: a row's reasons are the same bits alone as in a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadloop.scoring.trees.answers import Question, Questions, columns_of
from leadloop.scoring.trees.choice import FEATURES_A_PART, choose, points_for
from leadloop.scoring.trees.ensemble import TreeEnsemble
from leadloop.scoring.trees.paths import Path, Subtree, paths_of
from leadloop.scoring.trees.sums import SumList, Sums, polynomials_of_leaves
from leadloop.scoring.trees.tables import TableList, Tables, tables_of_leaves

MOST_BYTES = 32 << 20
"""What the reasons of one ensemble may take in memory: more is faster where trees are deep."""

_MOST_ROWS_AT_ONCE, _CELLS_AT_ONCE = 2048, 1 << 20
_ROWS_ONE_BY_ONE = 64
_TREES_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class TreeReasons:
    """What exact reasons are looked up in; made from an ensemble by `TreeReasons.of`."""

    n_features: int
    questions: Questions
    tables: Tables
    sums: tuple[Sums, ...]

    @classmethod
    def of(cls, ensemble: TreeEnsemble, most_bytes: int = MOST_BYTES) -> TreeReasons:
        """Works out what to look up, in about `most_bytes` of memory."""
        return _Build(ensemble, most_bytes).done()

    @property
    def nbytes(self) -> int:
        """The memory that tables and sums take, without their indexes."""
        return self.tables.cells.nbytes + sum(one.nbytes for one in self.sums)

    def contributions(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """The contributions of each row: float32 (rows, features) in, float64 of the same shape out."""
        said = np.empty(rows.shape)
        if len(rows) < _ROWS_ONE_BY_ONE:
            for number, row in enumerate(rows):
                said[number] = self._of_one(row)
        else:
            step = max(1, min(_MOST_ROWS_AT_ONCE, _CELLS_AT_ONCE // self.n_features))
            for start in range(0, len(rows), step):
                some = slice(start, start + step)
                said[some] = self._of_many(rows[some]).T
        return said

    def _of_one(self, row: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        answers = self.questions.of_one(row)
        said = self.tables.of_one(answers, self.n_features)
        for one in self.sums:
            said += one.of_one(answers, self.n_features)
        return said

    def _of_many(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        columns = columns_of(np.ascontiguousarray(rows.T))
        # Tables and each kind of sums add up on their own first, as they do for one row.
        said, *others = np.zeros((1 + len(self.sums), self.n_features, len(rows)))
        for tree in range(len(self.questions.offsets) - 1):
            answers = self.questions.of_many(tree, columns)
            self.tables.add_many(tree, answers, said)
            for one, into in zip(self.sums, others, strict=True):
                one.add_many(tree, answers, into)
        for into in others:
            said += into
        return said


class _Build:
    """Tables and sums while they are made."""

    def __init__(self, ensemble: TreeEnsemble, most_bytes: int) -> None:
        self.ensemble = ensemble
        self.paths = [paths_of(ensemble, tree) for tree in range(ensemble.n_trees)]
        choice = choose(ensemble, most_bytes)
        self.tabled, self.summed = (
            [[Subtree.below(ensemble, node) for node in nodes] for nodes in trees]
            for trees in (choice.tables, choice.sums)
        )
        self.tables = TableList(ensemble.n_features)
        parts: dict[int, int] = {}
        for tree, subtree in self._all_summed():
            points, n_parts = self._kind(tree, subtree)
            parts[points] = max(n_parts, parts.get(points, 1))
        self.sums = {points: SumList(ensemble.n_features, points, parts[points]) for points in sorted(parts)}

    def _all_summed(self) -> Iterator[tuple[int, Subtree]]:
        return ((tree, subtree) for tree, subtrees in enumerate(self.summed) for subtree in subtrees)

    def _kind(self, tree: int, subtree: Subtree) -> tuple[int, int]:
        """With how many points a subtree is summed, and how many parts the path above it has."""
        paths = [self.paths[tree][leaf] for leaf in subtree.leaves]
        above = sum(feature not in subtree.asked for feature in paths[0])
        return points_for(max(map(len, paths))), -(-above // FEATURES_A_PART)

    def done(self) -> TreeReasons:
        """Goes through the trees, some at a time."""
        asked: list[dict[Question, int]] = [{} for _ in self.paths]
        for first in range(0, len(asked), _TREES_AT_ONCE):
            self._add(range(first, min(first + _TREES_AT_ONCE, len(asked))), asked)
        questions = Questions.of(asked)
        sums = tuple(one.frozen(questions) for one in self.sums.values())
        return TreeReasons(self.ensemble.n_features, questions, self.tables.frozen(questions), sums)

    def _add(self, trees: range, asked: list[dict[Question, int]]) -> None:
        values = self.ensemble.value
        paths: dict[int, Path] = {}
        for tree in trees:
            paths |= self.paths[tree]
        own = tables_of_leaves(values, paths, (subtree for tree in trees for subtree in self.tabled[tree]))
        for tree in trees:
            for subtree in self.tabled[tree]:
                self.tables.add(tree, [(paths[leaf], own[leaf]) for leaf in subtree.leaves], asked[tree])
        summed: dict[int, list[tuple[int, Subtree]]] = {}
        for tree in trees:
            for subtree in self.summed[tree]:
                summed.setdefault(self._kind(tree, subtree)[0], []).append((tree, subtree))
        for points, subtrees in summed.items():
            own = polynomials_of_leaves(values, paths, (subtree for _, subtree in subtrees), points)
            for tree, subtree in subtrees:
                leaves = [(paths[leaf], own[leaf]) for leaf in subtree.leaves]
                self.sums[points].add(tree, subtree.asked, leaves, asked[tree])
