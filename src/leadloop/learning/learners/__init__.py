"""The learners: each is one way to learn from examples, and all speak the same three words (search, fit, name)."""

from leadloop.learning.learners.learner import Examples, Fold, Learner, Search, Settings, held_out_log_loss
from leadloop.learning.learners.lightgbm import LightGBMLearner
from leadloop.learning.learners.logistic import LogisticLearner
from leadloop.learning.learners.prior import PriorLearner
from leadloop.learning.learners.rules import RulesLearner

__all__ = [
    "Examples",
    "Fold",
    "Learner",
    "LightGBMLearner",
    "LogisticLearner",
    "PriorLearner",
    "RulesLearner",
    "Search",
    "Settings",
    "held_out_log_loss",
]
