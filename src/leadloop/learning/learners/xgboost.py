"""Gradient-boosted trees by XGBoost: all leaves of a level are split together, by histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.boosting import MOST_ROUNDS, PATIENCE, threads_for
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings
from leadloop.learning.tree_models import ensemble_from_xgboost, to_onnx
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import optuna


class XGBoostLearner:
    """XGBoost: trees of equal depth, each fitted to a share of leads and columns."""

    name: ClassVar[str] = "XGBoost"
    cost: ClassVar[float] = 0.35
    start: ClassVar[float] = 0.1

    def usual(self) -> Settings:
        return {"max_depth": 3, "min_child_weight": 5.0, "eta": 0.06, "colsample_bytree": 0.5, "reg_lambda": 5.0}

    def suggest(self, trial: optuna.Trial) -> Settings:
        return {
            "max_depth": trial.suggest_int("max_depth", 2, 6),
            "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 30.0, log=True),
            "eta": trial.suggest_float("eta", 0.03, 0.12, log=True),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.5, 50.0, log=True),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        import xgboost

        held_out = _matrix(fold.held_out)
        curve: dict[str, dict[str, list[float]]] = {}
        booster = xgboost.train(
            _parameters(fold.train, settings, seed),
            _matrix(fold.train),
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

        booster = xgboost.train(
            _parameters(examples, settings, seed), _matrix(examples), num_boost_round=int(settings["rounds"])
        )
        ensemble = ensemble_from_xgboost(booster)
        return TreeMember(ensemble, to_onnx(ensemble))


def _matrix(examples: Examples) -> Any:
    import xgboost

    return xgboost.DMatrix(examples.matrix, label=examples.positive, weight=examples.weight)


def _parameters(examples: Examples, settings: Settings, seed: int) -> dict[str, Any]:
    chosen = {name: value for name, value in settings.items() if name != "rounds"}
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "max_bin": 128,
        "subsample": 0.8,
        "nthread": threads_for(examples.matrix),
        "seed": seed,
        "verbosity": 0,
        **chosen,
    }
