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
    """Leads to learn from: a float32 feature matrix with NaN for missing, 0 or 1 a lead, and how much each lead counts.

    Weights have a mean of 1; None lets all count the same.
    """

    matrix: np.ndarray
    positive: np.ndarray
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.positive)

    def newest(self, most: int) -> Self:
        """The last leads, at most so many."""
        weight = None if self.weight is None else self.weight[-most:]
        return replace(self, matrix=self.matrix[-most:], positive=self.positive[-most:], weight=weight)

    def fading(self, half_life: float) -> Self:
        """The same leads, in time order, where a lead counts half as much as one that is `half_life` of all leads newer.

        A half-life of 0 lets all count the same.
        """
        if not half_life:
            return replace(self, weight=None)
        age = np.arange(len(self))[::-1] / (half_life * len(self))
        weight = 0.5**age
        return replace(self, weight=weight / weight.mean())


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


def held_out_log_loss(margins: np.ndarray, positive: np.ndarray) -> float:
    """The mean surprise at held-out outcomes under these margins."""
    return float(np.mean(lead_log_loss(margins, positive)))


def lead_log_loss(margins: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """The surprise at each held-out outcome under these margins."""
    loss: np.ndarray = np.logaddexp(0.0, np.where(positive == 1, -margins, margins))
    return loss
