"""A row's answers to everything that the trees ask, and the whole numbers that are read off from them.

Every question of a tree ("is this value above that threshold?") is answered once. Which pattern a row shows to a table is a
whole number that changes by a fixed step with each yes, so the patterns of all tables are one sparse sum over the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadloop.scoring.trees.paths import Classes

Whole = npt.NDArray[np.int64]
Question = tuple[int, float]
"""A column of `columns_of`, and the threshold that its value may be above: then the answer is yes."""


def columns_of(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What questions look at: the features (minus infinity where missing), then for each whether it is missing (0 or 1).

    Features run along the first axis.

    >>> columns_of(np.array([1.5, np.nan], np.float32)).tolist()
    [1.5, -inf, 0.0, 1.0]
    """
    missing = np.isnan(values)
    return np.concatenate([np.where(missing, np.float32(-np.inf), values), missing], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Questions:
    """All questions of all trees; tree `k` asks those from `offsets[k]` to `offsets[k + 1]`."""

    column: Whole
    threshold: npt.NDArray[np.float32]
    offsets: Whole

    @classmethod
    def of(cls, asked: Sequence[dict[Question, int]]) -> Questions:
        """The questions that each tree asks, in the order of their numbers."""
        questions = [question for tree in asked for question in tree]
        return cls(
            np.array([column for column, _ in questions], np.int64),
            np.array([threshold for _, threshold in questions], np.float32),
            np.cumsum([0, *map(len, asked)], dtype=np.int64),
        )

    def of_one(self, row: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Where the answer for one row is yes."""
        return columns_of(row).take(self.column) > self.threshold

    def of_many(self, tree: int, columns: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The answers to one tree, 0.0 or 1.0: from the columns of rows to (questions, rows)."""
        some = slice(self.offsets[tree], self.offsets[tree + 1])
        return (columns.take(self.column[some], axis=0) > self.threshold[some, None]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Counters:
    """Whole numbers, each a base plus a step for every yes.

    Counter `i` owns the steps from `starts[i]` on; tree `k` owns counters `offsets[k]` to `offsets[k + 1]`.
    """

    base: Whole
    starts: Whole
    question: Whole
    step: npt.NDArray[np.int32]
    offsets: Whole
    question_offsets: Whole

    def of_one(self, answers: npt.NDArray[np.bool_]) -> Whole:
        """All counters of one row."""
        if not len(self.starts):
            return self.base
        counted: Whole = self.base + np.add.reduceat(self.step * answers.take(self.question), self.starts)
        return counted

    def of_many(self, tree: int, answers: npt.NDArray[np.float32]) -> Whole:
        """The counters of one tree for many rows: shape (its counters, rows)."""
        # Whole numbers below 2**24 are exact in float32, in whatever order they are added.
        counted: Whole = (self._matrices[tree] @ answers).astype(np.int64)
        counted += self.base[self.offsets[tree] : self.offsets[tree + 1], None]
        return counted

    @cached_property
    def _matrices(self) -> list[npt.NDArray[np.float32]]:
        """The steps of each tree as a matrix (its counters, its questions)."""
        ends = np.append(self.starts, len(self.question))
        owner = np.repeat(np.arange(len(self.starts)), np.diff(ends))
        matrices = []
        for tree in range(len(self.offsets) - 1):
            first, last = self.offsets[tree], self.offsets[tree + 1]
            steps, questions = slice(ends[first], ends[last]), self.question_offsets[tree : tree + 2]
            matrix = np.zeros((last - first, questions[1] - questions[0]), np.float32)
            matrix[owner[steps] - first, self.question[steps] - questions[0]] = self.step[steps]
            matrices.append(matrix)
        return matrices


@dataclass
class CounterList:
    """Counters while they are collected, tree after tree."""

    n_features: int
    base: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    question: list[int] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    trees: list[int] = field(default_factory=list)

    def add(
        self, tree: int, asked: dict[Question, int], base: int, of: Sequence[tuple[int, Classes, Sequence[int]]]
    ) -> None:
        """One more counter: the sum of what each feature's class is worth; `asked` learns questions it does not hold yet.

        `of` holds features, their classes, and the worth of each class.
        """
        steps: dict[Question, int] = {}
        for feature, classes, worth in of:
            base += worth[0]
            at = 0
            for threshold, change in classes.cuts:
                steps[feature, threshold] = worth[at + change] - worth[at]
                at += change
            # A missing value stands in the lowest class, being minus infinity there; this question moves it to its own.
            steps[self.n_features + feature, 0.5] = worth[classes.missing] - worth[0]
        # An empty run of steps cannot be summed; nothing is above infinity, so this step is never taken.
        steps = {question: step for question, step in steps.items() if step} or {(0, np.inf): 0}
        self.base.append(base)
        self.starts.append(len(self.question))
        self.question += [asked.setdefault(question, len(asked)) for question in steps]
        self.step += steps.values()
        self.trees.append(tree)

    def frozen(self, questions: Questions) -> Counters:
        """The counters as arrays, when all trees have been asked."""
        starts = np.array(self.starts, np.int64)
        tree = np.repeat(np.array(self.trees, np.int64), np.diff(starts, append=len(self.question)))
        offsets = np.searchsorted(np.array(self.trees, np.int64), np.arange(len(questions.offsets)))
        return Counters(
            np.array(self.base, np.int64),
            starts,
            np.array(self.question, np.int64) + questions.offsets[tree],
            np.array(self.step, np.int32),
            offsets,
            questions.offsets,
        )
