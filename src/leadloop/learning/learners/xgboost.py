"""Gradient-boosted trees by XGBoost: all leaves of a level are split together, by histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.boosting import MOST_ROUNDS, PATIENCE, threads_for
from leadloop.learning.learners.columns import NOT_THE_LIBRARYS, Seen, native_or_not, suggest_native
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.learning.tree_models import ensemble_from_xgboost
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import optuna


class XGBoostLearner:
    """XGBoost: trees of equal depth, each fitted to a share of leads and columns."""

    name: ClassVar[str] = "XGBoost"
    cost: ClassVar[float] = 0.3
    start: ClassVar[float] = 0.06

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {
            "max_depth": round(task.grown(3, 6)),
            "min_child_weight": task.grown(5, 20),
            "eta": 0.06,
            "colsample_bytree": 0.5,
            "reg_lambda": 5.0,
            **native_or_not(task),
        }

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {
            "max_depth": trial.suggest_int("max_depth", 2, round(task.grown(6, 8))),
            "min_child_weight": trial.suggest_float("min_child_weight", 1.0, task.grown(30, 300), log=True),
            "eta": trial.suggest_float("eta", 0.03, 0.12, log=True),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.5, 50.0, log=True),
            **suggest_native(trial, task),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        import xgboost

        seen = Seen.by(settings, fold.columns)
        held_out = _matrix(fold.held_out, seen)
        curve: dict[str, dict[str, list[float]]] = {}
        booster = xgboost.train(
            _parameters(fold.train, seen, settings, seed),
            _matrix(fold.train, seen),
            num_boost_round=MOST_ROUNDS,
            evals=[(held_out, "held_out")],
            evals_result=curve,
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
        )

        def margins(rounds: int) -> np.ndarray:
            found = booster.predict(held_out, output_margin=True, iteration_range=(0, rounds))
            return np.asarray(found, dtype=np.float64)

        return Judged(margins, np.array(curve["held_out"]["logloss"]))

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> TreeMember:
        import xgboost

        seen = Seen.by(settings, columns)
        parameters = _parameters(examples, seen, settings, seed)
        booster = xgboost.train(parameters, _matrix(examples, seen), num_boost_round=int(settings["rounds"]))
        sets = seen.sets()
        return seen.member(ensemble_from_xgboost(booster, sets), sets)


def _matrix(examples: Examples, seen: Seen) -> Any:
    import xgboost

    return xgboost.DMatrix(
        seen.matrix(examples.matrix),
        label=examples.positive,
        weight=examples.weight,
        feature_types=["c" if column.levels else "q" for column in seen.columns],
        enable_categorical=True,
    )


def _parameters(examples: Examples, seen: Seen, settings: Settings, seed: int) -> dict[str, Any]:
    chosen = {name: value for name, value in settings.items() if name not in NOT_THE_LIBRARYS}
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "max_bin": 128,
        "max_cat_to_onehot": 16,
        **({"monotone_constraints": tuple(seen.directions)} if seen.constrained else {}),
        "subsample": 0.8,
        "nthread": threads_for(examples.matrix),
        "seed": seed,
        "verbosity": 0,
        **chosen,
    }
