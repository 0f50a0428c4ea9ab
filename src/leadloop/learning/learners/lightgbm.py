"""Gradient-boosted trees by LightGBM: deterministic, small enough to explain every score exactly and fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.boosting import MOST_ROUNDS, PATIENCE, threads_for
from leadloop.learning.learners.columns import NOT_THE_LIBRARYS, Seen, native_or_not, suggest_native
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.learning.tree_models import ensemble_from_lightgbm
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import lightgbm
    import optuna


class LightGBMLearner:
    """LightGBM: leaves are split where it helps most, so few splits already say much."""

    name: ClassVar[str] = "LightGBM"
    cost: ClassVar[float] = 0.25
    start: ClassVar[float] = 0.04

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {
            "num_leaves": round(task.grown(6, 31)),
            "min_data_in_leaf": round(task.grown(20, 100)),
            "learning_rate": 0.06,
            "feature_fraction": 0.6,
            "lambda_l2": 5.0,
            **native_or_not(task),
        }

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {
            "num_leaves": trial.suggest_int("num_leaves", 3, round(task.grown(31, 63)), log=True),
            "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 10, round(task.grown(100, 1000)), log=True),
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.12, log=True),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 1.0),
            "lambda_l2": trial.suggest_float("lambda_l2", 0.5, 50.0, log=True),
            **suggest_native(trial, task),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        import lightgbm

        curve: dict[str, dict[str, list[float]]] = {}
        seen = Seen.by(settings, fold.columns)
        data, held_out = _dataset(fold.train, seen), seen.matrix(fold.held_out.matrix)
        booster = lightgbm.train(
            _parameters(fold.train, seen, settings, seed),
            data,
            num_boost_round=MOST_ROUNDS,
            valid_sets=[_dataset(fold.held_out, seen, reference=data)],
            valid_names=["held_out"],
            callbacks=[lightgbm.record_evaluation(curve), lightgbm.early_stopping(PATIENCE, verbose=False)],
        )

        def margins(rounds: int) -> np.ndarray:
            return np.asarray(booster.predict(held_out, raw_score=True, num_iteration=rounds))

        return Judged(margins, np.array(curve["held_out"]["binary_logloss"]))

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> TreeMember:
        import lightgbm

        seen = Seen.by(settings, columns)
        parameters = _parameters(examples, seen, settings, seed)
        booster = lightgbm.train(parameters, _dataset(examples, seen), num_boost_round=int(settings["rounds"]))
        sets = seen.sets()
        return seen.member(ensemble_from_lightgbm(booster, sets), sets)


def _dataset(examples: Examples, seen: Seen, reference: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
    import lightgbm

    return lightgbm.Dataset(
        seen.matrix(examples.matrix),
        label=examples.positive,
        weight=examples.weight,
        categorical_feature=list(seen.levels),
        reference=reference,
        free_raw_data=True,
    )


def _parameters(examples: Examples, seen: Seen, settings: Settings, seed: int) -> dict[str, Any]:
    chosen = {name: value for name, value in settings.items() if name not in NOT_THE_LIBRARYS}
    directed = {"monotone_constraints": seen.directions, "monotone_constraints_method": "intermediate"}
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "verbosity": -1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads_for(examples.matrix),
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 127,
        # Categories of a few dozen leads may speak, but quietly.
        "min_data_per_group": 20,
        "cat_smooth": 30.0,
        "cat_l2": 20.0,
        **(directed if seen.constrained else {}),
        **chosen,
        "min_data_in_leaf": max(5, min(int(settings["min_data_in_leaf"]), len(examples) // 20)),
    }
