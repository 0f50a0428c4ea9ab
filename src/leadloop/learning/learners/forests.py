"""Forests: many trees that each saw other leads and other columns, and speak with one voice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from leadloop.features import FeatureColumn
from leadloop.learning.learners.boosting import threads_for
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings, judge_by_fit
from leadloop.learning.tree_models import ensemble_from_forest, to_onnx
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import optuna

TREES = 150
_SHRINK = 2.0


class _ForestLearner:
    """What random forests and extra trees have in common.

    A forest's margin is the mean of its leaves' log-odds, each leaf held back towards the base rate by two leads of its
    own: that adds up field by field, which a mean of probabilities would not.
    """

    name: ClassVar[str]
    cost: ClassVar[float] = 1.2
    start: ClassVar[float] = 0.2

    def usual(self) -> Settings:
        return {"max_leaf_nodes": 48, "min_samples_leaf": 8, "max_features": 0.3}

    def suggest(self, trial: optuna.Trial) -> Settings:
        return {
            "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 8, 64, log=True),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 3, 60, log=True),
            "max_features": trial.suggest_float("max_features", 0.05, 0.8, log=True),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        return judge_by_fit(self, fold, settings, seed=seed)

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> TreeMember:
        forest = self._forest(
            n_estimators=TREES,
            random_state=seed,
            n_jobs=threads_for(examples.matrix),
            **settings,
        )
        forest.fit(examples.matrix, examples.positive, sample_weight=examples.weight)
        ensemble = ensemble_from_forest(forest, _SHRINK)
        return TreeMember(ensemble, to_onnx(ensemble))

    def _forest(self, **settings: Any) -> Any:
        raise TypeError("a forest of no kind cannot be grown")


class RandomForestLearner(_ForestLearner):
    """A random forest (Breiman 2001): each tree sees a bootstrap sample, and asks the best question of a few columns."""

    name: ClassVar[str] = "random forest"

    def _forest(self, **settings: Any) -> Any:
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(**settings)


class ExtraTreesLearner(_ForestLearner):
    """Extra trees (Geurts et al. 2006): thresholds are drawn at random, so that trees differ even more."""

    name: ClassVar[str] = "extra trees"

    def _forest(self, **settings: Any) -> Any:
        from sklearn.ensemble import ExtraTreesClassifier

        return ExtraTreesClassifier(**settings)
