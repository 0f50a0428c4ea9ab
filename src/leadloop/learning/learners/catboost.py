"""Gradient-boosted trees by CatBoost: every level of a tree asks one question, which holds noise back on small data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.boosting import MOST_ROUNDS, PATIENCE, threads_for
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings
from leadloop.learning.tree_models import ensemble_from_catboost, to_onnx
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import optuna
    from catboost import CatBoost


class CatBoostLearner:
    """CatBoost: symmetric trees; which leaf a lead falls into is a few comparisons, and its reasons one look-up."""

    name: ClassVar[str] = "CatBoost"
    cost: ClassVar[float] = 0.9
    start: ClassVar[float] = 0.1

    def usual(self) -> Settings:
        return {"depth": 4, "learning_rate": 0.06, "l2_leaf_reg": 5.0, "rsm": 0.5}

    def suggest(self, trial: optuna.Trial) -> Settings:
        return {
            "depth": trial.suggest_int("depth", 2, 6),
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.12, log=True),
            "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 1.0, 50.0, log=True),
            "rsm": trial.suggest_float("rsm", 0.2, 1.0),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        from catboost import Pool

        model = _model(fold.train, settings, seed, MOST_ROUNDS, early_stopping_rounds=PATIENCE)
        held_out = Pool(fold.held_out.matrix, fold.held_out.positive, weight=fold.held_out.weight)
        model.fit(
            fold.train.matrix,
            fold.train.positive,
            sample_weight=fold.train.weight,
            eval_set=held_out,
            use_best_model=False,
        )
        curve = np.array(model.get_evals_result()["validation"]["Logloss"])

        def margins(rounds: int) -> np.ndarray:
            return np.asarray(model.predict(fold.held_out.matrix, prediction_type="RawFormulaVal", ntree_end=rounds))

        return Judged(margins, curve)

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> TreeMember:
        model = _model(examples, settings, seed, int(settings["rounds"]))
        model.fit(examples.matrix, examples.positive, sample_weight=examples.weight)
        ensemble = ensemble_from_catboost(model)
        return TreeMember(ensemble, to_onnx(ensemble))


def _model(examples: Examples, settings: Settings, seed: int, rounds: int, **more: Any) -> CatBoost:
    from catboost import CatBoostClassifier

    chosen = {name: value for name, value in settings.items() if name != "rounds"}
    return CatBoostClassifier(
        iterations=rounds,
        loss_function="Logloss",
        border_count=64,
        bootstrap_type="Bernoulli",
        subsample=0.8,
        boosting_type="Plain",
        # Left alone, CatBoost takes 1 below 200 rounds and 10 above: the final fit would be another model than was judged.
        leaf_estimation_iterations=10,
        random_seed=seed,
        thread_count=threads_for(examples.matrix),
        verbose=False,
        allow_writing_files=False,
        **chosen,
        **more,
    )
