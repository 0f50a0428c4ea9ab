"""Gradient-boosted trees by CatBoost: every level of a tree asks one question, which holds noise back on small data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.boosting import MOST_ROUNDS, PATIENCE, threads_for
from leadloop.learning.learners.columns import NOT_THE_LIBRARYS, Seen, native_or_not, suggest_native
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.learning.tree_models import catboost_rows, ensemble_from_catboost
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import optuna
    from catboost import CatBoost, Pool


class CatBoostLearner:
    """CatBoost: symmetric trees; which leaf a lead falls into is a few comparisons, and its reasons one look-up."""

    name: ClassVar[str] = "CatBoost"
    cost: ClassVar[float] = 0.55
    start: ClassVar[float] = 0.08

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {
            "depth": round(task.grown(4, 7)),
            "learning_rate": 0.06,
            "l2_leaf_reg": 5.0,
            "rsm": 0.5,
            **native_or_not(task),
        }

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {
            "depth": trial.suggest_int("depth", 2, round(task.grown(6, 8))),
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.12, log=True),
            "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 1.0, 50.0, log=True),
            "rsm": trial.suggest_float("rsm", 0.2, 1.0),
            **suggest_native(trial, task),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        seen = Seen.by(settings, fold.columns)
        model = _model(fold.train, seen, settings, seed, MOST_ROUNDS, early_stopping_rounds=PATIENCE)
        held_out = _pool(fold.held_out, seen)
        model.fit(_pool(fold.train, seen), eval_set=held_out, use_best_model=False)
        curve = np.array(model.get_evals_result()["validation"]["Logloss"])

        def margins(rounds: int) -> np.ndarray:
            return np.asarray(model.predict(held_out, prediction_type="RawFormulaVal", ntree_end=rounds))

        return Judged(margins, curve)

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> TreeMember:
        seen = Seen.by(settings, columns)
        model = _model(examples, seen, settings, seed, int(settings["rounds"]))
        model.fit(_pool(examples, seen))
        sets = seen.sets()
        return seen.member(ensemble_from_catboost(model, sets), sets)


def _pool(examples: Examples, seen: Seen) -> Pool:
    from catboost import Pool

    rows = catboost_rows(seen.matrix(examples.matrix), len(seen.levels))
    return Pool(rows, label=examples.positive, weight=examples.weight)


def _model(examples: Examples, seen: Seen, settings: Settings, seed: int, rounds: int, **more: Any) -> CatBoost:
    from catboost import CatBoostClassifier

    chosen = {name: value for name, value in settings.items() if name not in NOT_THE_LIBRARYS}
    directed = {place: way for place, way in enumerate(seen.directions) if way}
    return CatBoostClassifier(
        iterations=rounds,
        loss_function="Logloss",
        border_count=64,
        bootstrap_type="Bernoulli",
        subsample=0.8,
        boosting_type="Plain",
        # A question about two categories at once has no answer for each alone.
        max_ctr_complexity=1,
        one_hot_max_size=16,
        **({"monotone_constraints": directed} if directed else {}),
        # Left alone, CatBoost takes 1 below 200 rounds and 10 above: the final fit would be another model than was judged.
        leaf_estimation_iterations=10,
        random_seed=seed,
        thread_count=threads_for(examples.matrix),
        verbose=False,
        allow_writing_files=False,
        **chosen,
        **more,
    )
