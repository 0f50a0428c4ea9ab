"""Scoring: from a feature matrix to probabilities, scores, bands, routes and reasons. Nothing here learns."""

from leadloop.scoring.blend import Blend
from leadloop.scoring.rule_scorer import RuleScorer
from leadloop.scoring.score_card import Reason, ScoreCard, TargetScore
from leadloop.scoring.target_model import TargetModel
from leadloop.scoring.trained import Scorer, TrainedPlaybook

__all__ = ["Blend", "Reason", "RuleScorer", "ScoreCard", "Scorer", "TargetModel", "TargetScore", "TrainedPlaybook"]
