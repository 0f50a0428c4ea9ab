"""Gradient-boosted trees by scikit-learn: the best leaf is split next, by histograms, and missing values choose their side."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.boosting import MOST_ROUNDS, PATIENCE, threads_for
from leadloop.learning.learners.columns import NOT_THE_LIBRARYS, Seen, native_or_not, suggest_native
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.learning.tree_models import ensemble_from_gradient_boosting
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import optuna
    from sklearn.ensemble import HistGradientBoostingClassifier

_BINS = 127


class GradientBoostingLearner:
    """scikit-learn's `HistGradientBoostingClassifier`: a random share of the columns at every split, all leads in every tree."""

    name: ClassVar[str] = "gradient boosting"
    cost: ClassVar[float] = 1.0
    start: ClassVar[float] = 0.15

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {
            "max_leaf_nodes": round(task.grown(6, 31)),
            "min_samples_leaf": round(task.grown(20, 100)),
            "learning_rate": 0.06,
            "max_features": 0.5,
            "l2_regularization": 5.0,
            **native_or_not(task),
        }

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {
            "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 3, round(task.grown(31, 63)), log=True),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 10, round(task.grown(100, 1000)), log=True),
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.12, log=True),
            "max_features": trial.suggest_float("max_features", 0.1, 1.0),
            "l2_regularization": trial.suggest_float("l2_regularization", 0.5, 50.0, log=True),
            **suggest_native(trial, task),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        seen = Seen.by(settings, fold.columns, most_levels=_BINS)
        train, later = seen.matrix(fold.train.matrix), seen.matrix(fold.held_out.matrix)
        model = _model(fold.train, seen, settings, seed, MOST_ROUNDS, early_stopping=True, n_iter_no_change=PATIENCE)
        judged_on = {"y_val": fold.held_out.positive, "sample_weight_val": fold.held_out.weight}
        _fit(model, fold.train, train, X_val=later, **judged_on)

        def margins(rounds: int) -> np.ndarray:
            with _threads(later):
                return np.asarray(next(islice(model.staged_decision_function(later), rounds - 1, None)))

        # What it says before the first round comes first.
        return Judged(margins, -np.array(model.validation_score_[1:]))

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> TreeMember:
        seen = Seen.by(settings, columns, most_levels=_BINS)
        model = _model(examples, seen, settings, seed, int(settings["rounds"]), early_stopping=False)
        _fit(model, examples, seen.matrix(examples.matrix))
        sets = seen.sets()
        return seen.member(ensemble_from_gradient_boosting(model, sets), sets)


def _model(
    examples: Examples, seen: Seen, settings: Settings, seed: int, rounds: int, **more: Any
) -> HistGradientBoostingClassifier:
    from sklearn.ensemble import HistGradientBoostingClassifier

    chosen = {name: value for name, value in settings.items() if name not in NOT_THE_LIBRARYS}
    chosen["min_samples_leaf"] = max(5, min(int(settings["min_samples_leaf"]), len(examples) // 20))
    return HistGradientBoostingClassifier(
        max_iter=rounds,
        max_bins=_BINS,
        categorical_features=list(seen.levels) or None,
        monotonic_cst=seen.directions if seen.constrained else None,
        random_state=seed,
        **chosen,
        **more,
    )


def _fit(model: HistGradientBoostingClassifier, examples: Examples, matrix: np.ndarray, **more: Any) -> None:
    # It cannot bin a column of which nothing is known; one of zeros it never splits, whatever comes there later.
    unknown = np.isnan(matrix).all(axis=0)
    if unknown.any():
        matrix = np.where(unknown, np.float32(0), matrix)
    with _threads(matrix):
        model.fit(matrix, examples.positive, sample_weight=examples.weight, **more)


def _threads(matrix: np.ndarray) -> AbstractContextManager[Any]:
    """As many threads as the matrix is worth; left alone, scikit-learn takes every thread of the machine."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=threads_for(matrix))
    return limits
