"""Which columns of the feature matrix a tree library is given, and how its trees come back to the whole matrix.

A field with many values stands in the matrix twice: as flags and an outcome rate, which any learner can read, and as the number
of its category, which only learners that split categories into sets may read. A learner sees the one or the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.learner import Settings
from leadloop.learning.learners.task import Task
from leadloop.learning.tree_models import SetList, to_onnx
from leadloop.scoring.tree_member import TreeMember
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    import optuna

NATIVE = "native_categories"
"""The setting: 1 gives the library the categories themselves, 0 flags for them. Their outcome rates it is given either way."""
NOT_THE_LIBRARYS = frozenset({"rounds", NATIVE})
"""Settings that are ours, and unknown to the libraries."""


def native_or_not(task: Task) -> Settings:
    """The setting as it usually is: flags, which are as good on most leads, and make trees that are quicker to explain."""
    return {NATIVE: 0} if task.categories else {}


def suggest_native(trial: optuna.Trial, task: Task) -> Settings:
    """The setting as a search may choose it; nothing where there are no categories to choose it for."""
    return {NATIVE: trial.suggest_categorical(NATIVE, (0, 1))} if task.categories else {}


@dataclass(frozen=True, eq=False)
class Seen:
    """The columns that a library is given, by their places in the matrix; numbers of categories stand last."""

    places: np.ndarray
    columns: tuple[FeatureColumn, ...]
    width: int

    @classmethod
    def by(cls, settings: Settings, columns: Sequence[FeatureColumn], *, most_levels: int = 1 << 20) -> Self:
        """What is seen of these columns under these settings."""
        return cls.of(columns, native=bool(settings.get(NATIVE, 0)), most_levels=most_levels)

    @classmethod
    def of(cls, columns: Sequence[FeatureColumn], *, native: bool = False, most_levels: int = 1 << 20) -> Self:
        """What is seen of these columns: with `native` the numbers of categories, where there are not too many of them,
        in place of the flags of the same field."""
        numbered = [place for place, column in enumerate(columns) if native and 0 < column.levels <= most_levels]
        fields = {columns[place].field for place in numbered}
        plain = [
            place
            for place, column in enumerate(columns)
            if not column.levels and not (column.binary and column.field in fields)
        ]
        places = np.array([*plain, *numbered], dtype=np.int64)
        return cls(places, tuple(columns[place] for place in places), len(columns))

    def matrix(self, matrix: np.ndarray) -> np.ndarray:
        """The matrix as the library is given it; the same one where it sees everything."""
        if len(self.places) == self.width and np.array_equal(self.places, np.arange(self.width)):
            return matrix
        return np.take(matrix, self.places, axis=1)

    @property
    def directions(self) -> list[int]:
        """For each column which way the margin may move as it rises: 1 only up, -1 only down, 0 any."""
        return [column.direction for column in self.columns]

    @property
    def constrained(self) -> bool:
        """Whether any column has a direction."""
        return any(self.directions)

    @property
    def levels(self) -> Mapping[int, int]:
        """The columns that hold numbers of categories, and how many categories each has."""
        return {place: column.levels for place, column in enumerate(self.columns) if column.levels}

    def sets(self) -> SetList:
        """A list for the sets of categories that the trees ask about."""
        return SetList(len(self.columns), self.levels)

    def member(self, ensemble: TreeEnsemble, sets: SetList | None = None) -> TreeMember:
        """The trees, which ask about the columns that were given, as a member that reads the whole matrix."""
        asked = sets.frozen(self.places) if sets else None
        behind = self.width + np.arange(len(asked) if asked else 0)
        place = np.concatenate([self.places, behind, [-1]])  # the last is what -1, the feature of a leaf, finds
        feature = place[ensemble.feature].astype(np.int32)
        whole = replace(ensemble, feature=feature, n_features=self.width + len(behind))
        return TreeMember(whole, to_onnx(whole), asked)
