"""The points of every curve of a report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation.intervals import wilson_interval
from leadloop.learning.evaluation.measures import equal_groups
from leadloop.learning.evaluation.ranking import Ranking

_THRESHOLDS = 100
_BEYOND = 0.99
"""The decision curve ends at the probability that only one lead in a hundred exceeds."""


@dataclass(frozen=True, slots=True)
class Curves:
    """What the pictures show, each as plain lists.

    `roc` holds (false positive rate, true positive rate), `precision_recall` (recall, precision), `gain` (share of leads
    worked, share of won leads found), `lift` (share of leads worked, lift), `calibration` one row a group: (mean
    probability, observed rate, low, high, leads); low and high are a 95% Wilson interval. `decision` holds (threshold, net
    benefit of working all leads above it, net benefit of working every lead).
    """

    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]
    gain: tuple[tuple[float, float], ...]
    lift: tuple[tuple[float, float], ...]
    calibration: tuple[tuple[float, float, float, float, int], ...]
    decision: tuple[tuple[float, float, float], ...] = ()


def draw_curves(positive: np.ndarray, probabilities: np.ndarray, points: int = 200) -> Curves:
    """The points of every picture of a report."""
    tally = Ranking.of(probabilities).tally(positive)
    hits, count = tally.won_down_to, tally.leads_down_to
    won, lost = max(tally.total_won, 1.0), max(tally.total - tally.total_won, 1.0)
    ends = np.arange(len(hits))
    if len(ends) > points:
        ends = np.unique(np.linspace(0, len(ends) - 1, points).astype(int))
    recall, precision, fall_out = hits[ends] / won, hits[ends] / count[ends], (count[ends] - hits[ends]) / lost
    worked = count[ends] / len(positive)
    base = positive.mean() or 1.0
    calibration = []
    for group in equal_groups(probabilities):
        rate = positive[group].mean()
        low, high = wilson_interval(int(positive[group].sum()), len(group))
        calibration.append((float(probabilities[group].mean()), float(rate), low, high, len(group)))
    return Curves(
        roc=((0.0, 0.0), *_pairs(fall_out, recall)),
        precision_recall=_pairs(recall, precision),
        gain=((0.0, 0.0), *_pairs(worked, recall)),
        lift=_pairs(worked, precision / base),
        calibration=tuple(calibration),
        decision=draw_decision_curve(positive, probabilities),
    )


def draw_decision_curve(positive: np.ndarray, probabilities: np.ndarray) -> tuple[tuple[float, float, float], ...]:
    """What working all leads above a probability is worth, for each probability that one might draw the line at.

    Net benefit (Vickers and Elkin 2006): won leads worked less lost leads worked, the latter weighed by the odds of the
    threshold, per lead. Somebody who draws the line at 20% holds one won lead to be worth four wasted calls.
    """
    tally = Ranking.of(probabilities).tally(positive)
    if not 0 < tally.total_won < tally.total:
        return ()
    last = float(min(np.quantile(probabilities, _BEYOND), 0.99))
    if last <= 0:
        return ()
    curve = []
    base = tally.total_won / tally.total
    for threshold in np.linspace(0.0, last, _THRESHOLDS + 1):
        above = int(np.searchsorted(-tally.ranking.scores, -threshold, side="right"))
        won, leads = (float(sums[above - 1]) if above else 0.0 for sums in (tally.won_down_to, tally.leads_down_to))
        odds = threshold / (1 - threshold)
        curve.append(
            (float(threshold), (won - (leads - won) * odds) / tally.total, float(base - (1 - base) * odds)),
        )
    return tuple(curve)


def _pairs(across: np.ndarray, up: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in zip(across, up, strict=True))
