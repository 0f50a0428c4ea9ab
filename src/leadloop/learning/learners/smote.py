"""The documented baseline: logistic regression on scaled columns, the rarer outcome multiplied by SMOTE.

Invented leads make the rarer outcome look commoner than it is. So the model is recalibrated on the real training leads
before it may speak: what SMOTE changed about the average probability is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from leadloop.features import FeatureColumn
from leadloop.learning.calibration import fit_platt
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings, judge_by_fit
from leadloop.learning.learners.logistic import shape_terms, signs_of, solve
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.scoring.members import LinearModel

if TYPE_CHECKING:
    import optuna

_NEIGHBOURS = 5
_MOST_LEADS = 50_000
_LEAST = _NEIGHBOURS + 1


class SmoteLearner:
    """Logistic regression with SMOTE (Chawla et al. 2002, arXiv 1106.1813), made inside each fold alone."""

    name: ClassVar[str] = "logistic regression with SMOTE"
    cost: ClassVar[float] = 0.25
    start: ClassVar[float] = 0.03

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {"strength": 1.0}

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {"strength": trial.suggest_float("strength", 1e-3, 10.0, log=True)}

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        return judge_by_fit(self, fold, settings, seed=seed)

    def fit(
        self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int
    ) -> LinearModel:
        from imblearn.over_sampling import SMOTE

        train = examples.newest(_MOST_LEADS)
        plain = [replace(column, binary=True) for column in columns]  # straight terms alone, without hinges
        blank = shape_terms(train.matrix, plain)
        design = blank.design(train.matrix)
        rarer = min(train.positive.sum(), len(train) - train.positive.sum())
        if rarer >= _LEAST and design.shape[1]:
            grown, positive = SMOTE(k_neighbors=_NEIGHBOURS, random_state=seed).fit_resample(design, train.positive)
        else:
            grown, positive = design, train.positive
        intercept, weight = solve(
            grown, Examples(grown, positive), float(settings["strength"]), 1e-6, signs_of(blank, columns)
        )
        found = replace(blank, intercept=intercept, weight=weight)
        calibrator = fit_platt(found.margins(train.matrix), train.positive, train.weight)
        return replace(
            found,
            intercept=calibrator.slope * intercept + calibrator.shift,
            weight=calibrator.slope * weight,
        )
