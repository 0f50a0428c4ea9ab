"""The learners: each is one way to learn from examples; `LEARNERS` has them by name."""

from collections.abc import Mapping

from leadloop.learning.learners.by_category import ByCategoryLearner
from leadloop.learning.learners.catboost import CatBoostLearner
from leadloop.learning.learners.forests import ExtraTreesLearner, RandomForestLearner
from leadloop.learning.learners.gradient_boosting import GradientBoostingLearner
from leadloop.learning.learners.learner import (
    Examples,
    Fold,
    Judged,
    Learner,
    Settings,
    held_out_log_loss,
    judge_by_fit,
    lead_log_loss,
)
from leadloop.learning.learners.lightgbm import LightGBMLearner
from leadloop.learning.learners.logistic import LogisticLearner, shape_terms
from leadloop.learning.learners.prior import PriorLearner
from leadloop.learning.learners.rules import RulesLearner
from leadloop.learning.learners.smote import SmoteLearner
from leadloop.learning.learners.task import Task
from leadloop.learning.learners.xgboost import XGBoostLearner

LEARNERS: Mapping[str, type[Learner]] = {
    learner.name: learner
    for learner in (
        LogisticLearner,
        ByCategoryLearner,
        LightGBMLearner,
        XGBoostLearner,
        CatBoostLearner,
        GradientBoostingLearner,
        RandomForestLearner,
        ExtraTreesLearner,
        SmoteLearner,
    )
}
"""Every learner that a playbook may name under `[training] learners`; the prior and the rules compete always."""

__all__ = [
    "LEARNERS",
    "ByCategoryLearner",
    "CatBoostLearner",
    "Examples",
    "ExtraTreesLearner",
    "Fold",
    "GradientBoostingLearner",
    "Judged",
    "Learner",
    "LightGBMLearner",
    "LogisticLearner",
    "PriorLearner",
    "RandomForestLearner",
    "RulesLearner",
    "Settings",
    "SmoteLearner",
    "Task",
    "XGBoostLearner",
    "held_out_log_loss",
    "judge_by_fit",
    "lead_log_loss",
    "shape_terms",
]
