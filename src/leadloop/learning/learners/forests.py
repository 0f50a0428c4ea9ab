"""Forests: many trees that each saw other leads and other columns, and speak with one voice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from leadloop.features import FeatureColumn
from leadloop.learning.learners.boosting import threads_for
from leadloop.learning.learners.columns import Seen
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings, judge_by_fit
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.learning.tree_models import StandIns, ensemble_from_forest
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import optuna

TREES = 150
_SHRINK = 2.0
_ASKED = 60
"""A question of a tree looks at three columns in ten, but at no more than so many: the many columns of words differ little."""


class _ForestLearner:
    """What random forests and extra trees have in common.

    A forest's margin is the mean of its leaves' log-odds, each leaf held back towards the base rate by two leads of its
    own: that adds up field by field, which a mean of probabilities would not.
    """

    name: ClassVar[str]
    cost: ClassVar[float] = 1.0
    start: ClassVar[float] = 0.3

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {
            "max_leaf_nodes": round(task.grown(48, 128)),
            "min_samples_leaf": round(task.grown(8, 40)),
            "max_features": min(0.3, _ASKED / max(task.columns, 1)),
        }

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {
            "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 8, round(task.grown(64, 128)), log=True),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 3, round(task.grown(60, 300)), log=True),
            "max_features": trial.suggest_float("max_features", 0.05, 0.8, log=True),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        return judge_by_fit(self, fold, settings, seed=seed)

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> TreeMember:
        seen = Seen.of(columns)
        matrix, stand_ins = seen.matrix(examples.matrix), None
        if seen.constrained:
            stand_ins = StandIns.of(matrix, seen.directions)
            matrix = stand_ins.filled(matrix)
        forest = self._forest(
            n_estimators=TREES,
            random_state=seed,
            n_jobs=threads_for(matrix),
            monotonic_cst=None if stand_ins is None else stand_ins.directions,
            **settings,
        )
        forest.fit(matrix, examples.positive, sample_weight=examples.weight)
        return seen.member(ensemble_from_forest(forest, _SHRINK, stand_ins))

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
