"""The prior: every lead gets the average outcome. What any model must beat, and what is said when nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings, judge_by_fit
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.scoring.members import PriorModel

if TYPE_CHECKING:
    import optuna


class PriorLearner:
    """The share of won leads, with half a lead of each outcome added (Jeffreys' prior)."""

    name: ClassVar[str] = "prior"
    cost: ClassVar[float] = 0.0
    start: ClassVar[float] = 0.0

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {}

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {}

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        return judge_by_fit(self, fold, settings, seed=seed)

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> PriorModel:
        weight = np.ones(len(examples)) if examples.weight is None else examples.weight
        won = float(weight @ examples.positive)
        return PriorModel(float(np.log((won + 0.5) / (weight.sum() - won + 0.5))))
