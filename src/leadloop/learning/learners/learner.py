"""What every learner is: it chooses its settings on held-out leads, then learns from all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.scoring.members import Member

Settings = Mapping[str, float | int | str]


@dataclass(frozen=True)
class Examples:
    """Leads to learn from: a float32 feature matrix with NaN for missing, and 0 or 1 a lead."""

    matrix: np.ndarray
    positive: np.ndarray

    def __len__(self) -> int:
        return len(self.positive)


@dataclass(frozen=True)
class Fold:
    """Leads to learn from, and later (or other) leads to be judged on. Features were fitted on the first alone."""

    train: Examples
    held_out: Examples


@dataclass(frozen=True)
class Search:
    """What a search found: the settings, and under them a margin (log-odds) for every held-out lead, fold after fold."""

    settings: Settings
    margins: np.ndarray


class Learner(Protocol):
    """One way to learn. `name` is shown to people; margins are log-odds of the outcome.

    The columns of a fold's matrices need not be those of another fold's (each fold fits its own features), which is why
    every call names its own.
    """

    name: ClassVar[str]

    def search(self, folds: Sequence[tuple[Fold, Sequence[FeatureColumn]]], *, seed: int) -> Search:
        """Choose settings by log-loss on the held-out leads of the folds."""

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> Member:
        """Learn from all examples with these settings."""


def held_out_log_loss(margins: np.ndarray, positive: np.ndarray) -> float:
    """The mean surprise at held-out outcomes under these margins."""
    return float(np.mean(np.logaddexp(0.0, np.where(positive == 1, -margins, margins))))
