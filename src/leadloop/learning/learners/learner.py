"""What every learner is: it is judged on held-out leads under some settings, and learns from all leads under the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.scoring.members import Member

if TYPE_CHECKING:
    import optuna

Settings = Mapping[str, float | int | str]


@dataclass(frozen=True)
class Examples:
    """Leads to learn from: a float32 feature matrix with NaN for missing, 0 or 1 a row, and how much each row counts.

    Weights have a mean of 1; None lets all count the same. A lead with a grade between is two rows, one won and one lost,
    that share its weight: `first` then holds the first row of each lead (None: each row is a lead).
    """

    matrix: np.ndarray
    positive: np.ndarray
    weight: np.ndarray | None = None
    first: np.ndarray | None = None

    @classmethod
    def of(cls, matrix: np.ndarray, positive: np.ndarray, counts: np.ndarray | None = None) -> Self:
        """Examples of leads with these outcomes (0, 1 or a grade between), of which each counts so much.

        >>> some = Examples.of(np.array([[5.0], [7.0]], dtype=np.float32), np.array([1.0, 0.25]))
        >>> some.matrix[:, 0].tolist(), some.positive.tolist(), some.weight.tolist()
        ([5.0, 7.0, 7.0], [1.0, 1.0, 0.0], [1.5, 0.375, 1.125])
        """
        weight = None if counts is None or (counts == counts[0]).all() else counts
        between = (positive > 0) & (positive < 1)
        if not between.any():
            return cls(matrix, positive, None if weight is None else weight / weight.mean())
        rows = np.repeat(np.arange(len(positive)), np.where(between, 2, 1))
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        share = positive[rows]
        won = np.where(between[rows], 0.0, share)
        won[first] = np.where(between, 1.0, positive)
        share = np.where(between[rows], np.where(won == 1, share, 1 - share), 1.0)
        weight = share if weight is None else share * weight[rows]
        return cls(matrix[rows], won, weight / weight.mean(), first)

    def __len__(self) -> int:
        return len(self.positive)

    @property
    def counts(self) -> np.ndarray:
        """How much each row counts."""
        return np.ones(len(self)) if self.weight is None else self.weight

    def newest(self, most: int) -> Self:
        """The last rows, at most so many."""
        weight = None if self.weight is None else self.weight[-most:]
        return replace(self, matrix=self.matrix[-most:], positive=self.positive[-most:], weight=weight, first=None)

    def fading(self, half_life: float) -> Self:
        """The same leads, in time order, where a lead counts half as much as one that is `half_life` of all leads newer.

        A half-life of 0 lets them count as they did.
        """
        if not half_life:
            return self
        age = np.arange(len(self))[::-1] / (half_life * len(self))
        weight = 0.5**age if self.weight is None else self.weight * 0.5**age
        return replace(self, weight=weight / weight.mean())

    def pick(self, chosen: np.ndarray) -> Self:
        """The rows of some leads, told by a flag a lead."""
        if self.first is None:
            rows, first = chosen, None
        else:
            lead = np.cumsum(np.isin(np.arange(len(self)), self.first)) - 1
            rows = chosen[lead]
            first = np.flatnonzero(np.diff(lead[rows], prepend=-1))
        weight = None if self.weight is None else self.weight[rows]
        if weight is not None:
            weight = weight / weight.mean()
        return replace(self, matrix=self.matrix[rows], positive=self.positive[rows], weight=weight, first=first)

    def by_lead(self, values: np.ndarray) -> np.ndarray:
        """Values of rows as values of leads."""
        return values if self.first is None else values[self.first]


@dataclass(frozen=True)
class Fold:
    """Leads to learn from, and later (or other) leads to be judged on.

    Features were fitted on the first alone, so the `columns` of a fold need not be those of another.
    """

    train: Examples
    held_out: Examples
    columns: Sequence[FeatureColumn]


@dataclass(frozen=True)
class Judged:
    """What a learner says of held-out leads.

    `margins` gives their log-odds after so many rounds; `curve` holds the log-loss after each round for learners that go in
    rounds, and is empty for others (whose `margins` do not depend on the number).
    """

    margins: Callable[[int], np.ndarray]
    curve: np.ndarray


class Learner(Protocol):
    """One way to learn. `name` is shown to people; margins are log-odds of the outcome.

    `cost` is about how many CPU seconds a million cells of training matrices take, with `start` seconds for each model:
    how many settings are tried depends on it, and not on a clock, so that the same leads always give the same version.
    """

    name: ClassVar[str]
    cost: ClassVar[float]
    start: ClassVar[float]

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        """The settings that are tried first, as they suit the task; empty where there is nothing to choose."""

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        """Other settings worth trying."""

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        """Learn from one side of a fold, and say what that makes of the other."""

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> Member:
        """Learn from all examples with these settings, which name the `rounds` where there are any."""


def judge_by_fit(learner: Learner, fold: Fold, settings: Settings, *, seed: int) -> Judged:
    """What a learner without rounds says of held-out leads: it is fitted, and asked."""
    margins = learner.fit(fold.train, fold.columns, settings, seed=seed).margins(fold.held_out.matrix)
    return Judged(lambda rounds: margins, np.empty(0))


def held_out_log_loss(margins: np.ndarray, positive: np.ndarray, counts: np.ndarray | None = None) -> float:
    """The mean surprise at held-out outcomes under these margins, each as much as it counts."""
    return float(np.average(lead_log_loss(margins, positive), weights=counts))


def lead_log_loss(margins: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """The surprise at each held-out outcome (0, 1 or a grade between) under these margins."""
    loss: np.ndarray = np.logaddexp(0.0, margins) - positive * margins
    return loss
