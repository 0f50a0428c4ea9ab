"""The prior: every lead gets the average outcome. What any model must beat, and what is said when nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.learner import Examples, Fold, Search, Settings
from leadloop.scoring.members import PriorModel


class PriorLearner:
    """The share of won leads, with half a lead of each outcome added (Jeffreys' prior)."""

    name: ClassVar[str] = "prior"

    def search(self, folds: Sequence[tuple[Fold, Sequence[FeatureColumn]]], *, seed: int) -> Search:
        margins = [np.full(len(fold.held_out), _log_odds(fold.train.positive)) for fold, _ in folds]
        return Search({}, np.concatenate(margins))

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> PriorModel:
        return PriorModel(_log_odds(examples.positive))


def _log_odds(positive: np.ndarray) -> float:
    won = float(positive.sum())
    return float(np.log((won + 0.5) / (len(positive) - won + 0.5)))
