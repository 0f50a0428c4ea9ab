"""The score map: from a calibrated probability to a score of 0 to 100 that means the same every month.

At ordinary base rates an honest probability is hardly ever 0.8, so a band cut on raw probabilities stays empty. The map is
anchored instead: the share of leads that a playbook asks for in a band scores above that band's lowest score. It rises
strictly, so score and probability never disagree about who comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from leadloop.playbook import Policy

_APART = 1e-6


@dataclass(frozen=True, slots=True)
class ScoreMap:
    """Straight lines between anchors, each a probability and its score; both rise strictly, from (0, 0) to (1, 100).

    >>> halfway = ScoreMap((0.0, 0.2, 1.0), (0.0, 80.0, 100.0))
    >>> halfway.scores(np.array([0.1, 0.2, 0.6])).tolist()
    [40.0, 80.0, 90.0]
    """

    probabilities: tuple[float, ...]
    anchors: tuple[float, ...]

    @classmethod
    def fit(cls, policy: Policy, probabilities: np.ndarray) -> Self:
        """Anchor the bands of a policy on the probabilities of past leads that the models had not seen.

        Where many leads share one probability a band cannot hold exactly its share; it then holds the nearest share
        that keeps equal leads together.
        """
        ordered = np.sort(probabilities)
        marks: list[float] = []
        scores: list[float] = []
        below = 1.0
        for band in policy.bands[:-1]:  # from the highest band down; the last begins at 0
            below -= band.share
            place = min(len(ordered) - 1, max(0, int(np.ceil(below * len(ordered) - 1e-9))))
            marks.append(float(ordered[place]))
            scores.append(band.lowest)
        rising = sorted(zip(marks, scores, strict=True))
        kept_marks, kept_scores = [0.0], [0.0]
        for above, (mark, score) in zip(range(len(rising), 0, -1), rising, strict=True):
            # Where nearly everybody is certain, each anchor leaves room for those above it.
            kept_marks.append(min(max(mark, kept_marks[-1] + _APART), 1 - above * _APART))
            kept_scores.append(score)
        return cls((*kept_marks, 1.0), (*kept_scores, 100.0))

    def scores(self, probabilities: np.ndarray) -> np.ndarray:
        """Scores from 0 to 100, one a probability."""
        scores: np.ndarray = np.interp(probabilities, self.probabilities, self.anchors)
        return scores

    def state(self) -> dict[str, Any]:
        """The anchors as plain values."""
        return {"probabilities": self.probabilities, "anchors": self.anchors}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The map that `state` describes; raises ValueError where it does not rise."""
        marks, anchors = tuple(map(float, state["probabilities"])), tuple(map(float, state["anchors"]))
        if len(marks) != len(anchors) or np.any(np.diff(marks) <= 0) or np.any(np.diff(anchors) <= 0):
            raise ValueError("the anchors of the score map do not rise")
        return cls(marks, anchors)
