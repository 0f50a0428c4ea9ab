"""The blend: several models, each heard by its weight, then calibrated, mapped to a score, and explained.

Models are blended as log-odds, so that the blend's contributions are the weighted contributions of its members and add up
exactly. Score points are given in proportion to them: the way from the average lead's score to this lead's score is shared
out among the fields as their log-odds are (the rescale rule of Shrikumar et al. 2017, arXiv 1704.02685).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.scoring.calibrator import Calibrator, logistic
from leadloop.scoring.members import Member
from leadloop.scoring.score_map import ScoreMap
from leadloop.scoring.secant import secant_rates
from leadloop.scoring.venn_abers import VennAbers

SCORE_DECIMALS = 1
DOUBTS = 2.0
"""How many times the doubt an interval reaches to either side. Measured where the truth is known: so wide it holds the true
probability of about four leads in five (docs/decisions/calibration.md)."""
_STEP = 1e-4


@dataclass(frozen=True)
class Blend:
    """Members with their weights, the calibrator of their sum, its interval, and the score map."""

    members: tuple[Member, ...]
    weights: tuple[float, ...]
    calibrator: Calibrator
    venn_abers: VennAbers
    score_map: ScoreMap
    doubt: float = 0.0
    """The standard deviation, in calibrated log-odds, by which a lead's own probability may differ from what is said of it; 0
    in versions saved before that was measured."""

    @property
    def expected(self) -> float:
        """The margin of the average training lead."""
        return sum(weight * member.expected for weight, member in zip(self.weights, self.members, strict=True))

    @property
    def base_score(self) -> float:
        """The score that explanations start from: the average training lead's."""
        return float(self._scores_of(np.array([self.expected]))[0])

    def margins(self, matrix: np.ndarray) -> np.ndarray:
        """One margin a lead, before calibration."""
        return blend_margins([member.margins(matrix) for member in self.members], self.weights)

    def probabilities(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated probabilities."""
        return self.calibrator.probabilities(margins)

    def intervals(self, margins: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The interval around each probability: Venn-Abers, the probability itself, and `DOUBTS` times the doubt both ways."""
        low, high = self.venn_abers.interval(margins)
        if self.doubt:
            said, far = self.calibrator.margins(margins), DOUBTS * self.doubt
            low, high = np.minimum(low, logistic(said - far)), np.maximum(high, logistic(said + far))
        return np.minimum(low, probabilities), np.maximum(high, probabilities)

    def scores(self, probabilities: np.ndarray) -> np.ndarray:
        """Scores as they are shown."""
        return np.round(self.score_map.scores(probabilities), SCORE_DECIMALS)

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Contributions to the margin: shape (leads, columns), each row adding up to margin less `expected`."""
        total = np.zeros(matrix.shape)
        for weight, member in zip(self.weights, self.members, strict=True):
            if weight:
                total += weight * member.contributions(matrix)
        return total

    def points(self, contributions: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Contributions in score points, and the score that each lead starts from.

        `contributions` has a row a lead and any grouping of columns; `scores` are the scores shown. Start plus points
        is the score shown, exactly; the start differs from `base_score` only by the rounding of the score.
        """
        moved = contributions.sum(axis=1)
        rates = secant_rates(self._scores_of, np.array([self.expected]), moved, step=_STEP)
        points = contributions * rates[:, None]
        return points, scores - points.sum(axis=1)

    def parts(self, contributions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Contributions as parts of the probability, and the average lead's probability, once for each lead.

        `contributions` has a row a lead and any grouping of columns. The way from the average lead's probability to this
        lead's is shared out among the groups as their log-odds are; the parts add up to it.
        """
        moved, expected = contributions.sum(axis=1), np.array([self.expected])
        rates = secant_rates(self.calibrator.probabilities, expected, moved, step=_STEP)
        average = float(self.calibrator.probabilities(expected)[0])
        return contributions * rates[:, None], np.full(len(moved), average)

    def _scores_of(self, margins: np.ndarray) -> np.ndarray:
        return self.score_map.scores(self.calibrator.probabilities(margins))


def blend_margins(margins: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """The weighted sum of members' margins, in the order given."""
    total = np.zeros(len(margins[0]))
    for weight, values in zip(weights, margins, strict=True):
        if weight:
            total += weight * values
    return total
