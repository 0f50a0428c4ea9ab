"""Gradient-boosted trees by LightGBM: deterministic, small enough to explain every score exactly and fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.boosting import MOST_ROUNDS, PATIENCE, threads_for
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings
from leadloop.learning.tree_models import ensemble_from_lightgbm, to_onnx
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import lightgbm
    import optuna


class LightGBMLearner:
    """LightGBM: leaves are split where it helps most, so few splits already say much."""

    name: ClassVar[str] = "LightGBM"
    cost: ClassVar[float] = 0.3
    start: ClassVar[float] = 0.05

    def usual(self) -> Settings:
        return {
            "num_leaves": 6,
            "min_data_in_leaf": 20,
            "learning_rate": 0.06,
            "feature_fraction": 0.6,
            "lambda_l2": 5.0,
        }

    def suggest(self, trial: optuna.Trial) -> Settings:
        return {
            "num_leaves": trial.suggest_int("num_leaves", 3, 31, log=True),
            "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 10, 100, log=True),
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.12, log=True),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 1.0),
            "lambda_l2": trial.suggest_float("lambda_l2", 0.5, 50.0, log=True),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        import lightgbm

        curve: dict[str, dict[str, list[float]]] = {}
        data = _dataset(fold.train)
        booster = lightgbm.train(
            _parameters(fold.train, settings, seed),
            data,
            num_boost_round=MOST_ROUNDS,
            valid_sets=[_dataset(fold.held_out, reference=data)],
            valid_names=["held_out"],
            callbacks=[lightgbm.record_evaluation(curve), lightgbm.early_stopping(PATIENCE, verbose=False)],
        )

        def margins(rounds: int) -> np.ndarray:
            return np.asarray(booster.predict(fold.held_out.matrix, raw_score=True, num_iteration=rounds))

        return Judged(margins, np.array(curve["held_out"]["binary_logloss"]))

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> TreeMember:
        import lightgbm

        parameters = _parameters(examples, settings, seed)
        booster = lightgbm.train(parameters, _dataset(examples), num_boost_round=int(settings["rounds"]))
        ensemble = ensemble_from_lightgbm(booster)
        return TreeMember(ensemble, to_onnx(ensemble))


def _dataset(examples: Examples, reference: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
    import lightgbm

    return lightgbm.Dataset(examples.matrix, label=examples.positive, weight=examples.weight, reference=reference)


def _parameters(examples: Examples, settings: Settings, seed: int) -> dict[str, Any]:
    chosen = {name: value for name, value in settings.items() if name != "rounds"}
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
        **chosen,
        "min_data_in_leaf": max(5, min(int(settings["min_data_in_leaf"]), len(examples) // 20)),
    }
