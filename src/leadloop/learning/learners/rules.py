"""Rules: points that people gave to what they believe in, turned into log-odds by two numbers learned from outcomes.

The points stay as they were written. A model taught to imitate a rule would only repeat it, so a rule stays a rule, and is
judged beside the models as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.calibration import fit_platt
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings, judge_by_fit
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.scoring.members import MISSING, STRAIGHT, LinearModel

if TYPE_CHECKING:
    import optuna


class RulesLearner:
    """The playbook's own rules: `points` gives each rule's column its points; where a rule is unknown it adds none."""

    name: ClassVar[str] = "rules"
    cost: ClassVar[float] = 0.0
    start: ClassVar[float] = 0.0

    def __init__(self, points: Mapping[str, float]) -> None:
        self.points = dict(points)

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {}

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {}

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        return judge_by_fit(self, fold, settings, seed=seed)

    def fit(
        self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int
    ) -> LinearModel:
        places = np.array([place for place, column in enumerate(columns) if column.name in self.points], dtype=np.int64)
        worth = np.array([self.points[columns[place].name] for place in places])
        flags = np.nan_to_num(examples.matrix[:, places].astype(np.float64))
        totals = flags @ worth
        # Rules count up to hundreds of points; on that scale Newton's first step would be wild.
        spread = float(totals.std()) or 1.0
        calibrator = fit_platt((totals - totals.mean()) / spread, examples.positive, examples.weight)
        weights, means = worth * calibrator.slope / spread, flags.mean(axis=0)
        # Two terms a rule: where it is unknown, the second takes the term of the mean away, and so leaves no points.
        blank = np.zeros_like(weights)
        count = 2 * len(places)
        return LinearModel(
            intercept=calibrator.shift,
            column=places.repeat(2),
            term=np.tile([STRAIGHT, MISSING], len(places)),
            knot=np.zeros(count),
            low=np.full(count, -np.inf),
            high=np.full(count, np.inf),
            centre=np.column_stack([means, blank]).ravel(),
            scale=np.ones(count),
            weight=np.column_stack([weights, -means * weights]).ravel(),
        )
