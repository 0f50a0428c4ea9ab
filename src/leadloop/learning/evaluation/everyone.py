"""How good scores are over all leads, where outcomes are known only of those that were worked: these speak for the others.

Each counts by its weight (see `learning.selection`). Intervals are bootstrap intervals over leads, whose weights go with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation.intervals import DRAWS, Estimate, draw_times, middle
from leadloop.learning.evaluation.measures import area_under_curve, brier_score, counted, log_loss
from leadloop.learning.evaluation.ranking import Ranking
from leadloop.learning.selection import effective_size


@dataclass(frozen=True, slots=True)
class OverEveryone:
    """What is estimated of all leads, each figure with its 95% interval."""

    leads: int
    """How many leads speak for all."""
    effective: float
    """As many leads, counted alike, would tell as much."""
    auc: Estimate
    """How often a lead that would be won is ranked above one that would not."""
    log_loss: Estimate
    """The mean surprise at outcomes."""
    brier: Estimate
    """The mean squared distance of probability and outcome."""
    promised: float
    """The mean probability."""
    won: Estimate
    """The share of leads that would be won."""
    bias: Estimate
    """How much more is promised than is won; probabilities are right on average where its interval holds 0."""


def measure_over_everyone(
    positive: np.ndarray,
    probabilities: np.ndarray,
    weights: np.ndarray,
    *,
    seed: int,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
) -> OverEveryone:
    """Measure probabilities over all leads by those that were worked and their weights."""
    order = np.argsort(-probabilities, kind="stable")
    positive, probabilities, weights = positive[order], probabilities[order], weights[order]
    groups = None if groups is None else groups[order]
    ranking = Ranking.of(probabilities)
    measures = [counted(one) for one in (area_under_curve, log_loss, brier_score)]

    def figures(times: np.ndarray) -> list[float]:
        count = times * weights
        tally = ranking.tally(positive, count)
        total = count.sum()
        won, promised = float(positive @ count / total), float(probabilities @ count / total)
        return [*(measure(tally) for measure in measures if measure is not None), won, promised - won]

    ours = figures(np.ones(len(positive)))
    drawn = np.array([figures(times) for times in draw_times(len(positive), draws, seed, groups)])
    auc, loss, brier, won, bias = (Estimate(value, *middle(some)) for value, some in zip(ours, drawn.T, strict=True))
    promised = float(probabilities @ weights / weights.sum())
    return OverEveryone(len(positive), effective_size(weights), auc, loss, brier, promised, won, bias)
