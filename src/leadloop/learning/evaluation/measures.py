"""The measures of quality: what each of them says, and how it is counted.

All take outcomes (1 won, 0 lost) and the probabilities of the same leads; those that only look at the order take any score.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadloop.learning.evaluation.ranking import Ranking, Tally

MeasureOf = Callable[[np.ndarray, np.ndarray], float]
"""A measure of outcomes and probabilities."""
TallyMeasure = Callable[[Tally], float]
"""The same, counted from a tally."""


def area_under_curve(positive: np.ndarray, scores: np.ndarray) -> float:
    """How often a lead that was won has a higher score than one that was not; 0.5 is chance (ties count half).

    >>> area_under_curve(np.array([0, 1, 1]), np.array([0.1, 0.4, 0.1]))
    0.75
    """
    return _area_under_curve(_tally(positive, scores))


def average_precision(positive: np.ndarray, scores: np.ndarray) -> float:
    """The mean share of won leads above each won lead, in score order."""
    return _average_precision(_tally(positive, scores))


def log_loss(positive: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean surprise at the outcomes, in nats; smaller is better."""
    return _log_loss(_tally(positive, probabilities))


def brier_score(positive: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean squared distance between probability and outcome; smaller is better."""
    return _brier_score(_tally(positive, probabilities))


def calibration_error(positive: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> float:
    """How far probabilities are from what happened, averaged over ten groups of equal size (expected calibration error)."""
    return _calibration_error(_tally(positive, probabilities), bins)


def lift_at(positive: np.ndarray, scores: np.ndarray, share: float) -> float:
    """How many times the average conversion the best-scored share of leads has."""
    return _lift(_tally(positive, scores), share)


def gain_at(positive: np.ndarray, scores: np.ndarray, share: float) -> float:
    """Which share of all won leads is among the best-scored share of leads (recall)."""
    return _gain(_tally(positive, scores), share)


def precision_at(positive: np.ndarray, scores: np.ndarray, share: float) -> float:
    """Which share of the best-scored leads was won.

    >>> precision_at(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.3, 0.1]), 0.5)
    0.5
    """
    return _precision(_tally(positive, scores), share)


def f1_at(positive: np.ndarray, scores: np.ndarray, share: float) -> float:
    """The harmonic mean of precision and recall when the best-scored share of leads is worked.

    >>> f1_at(np.array([1, 0, 0, 0]), np.array([0.9, 0.8, 0.3, 0.1]), 0.5)
    0.667
    """
    return _f1(_tally(positive, scores), share)


def accuracy_at(positive: np.ndarray, probabilities: np.ndarray, threshold: float = 0.5) -> float:
    """Which share of leads is on the right side of a threshold."""
    return _accuracy(_tally(positive, probabilities), threshold)


def equal_groups(probabilities: np.ndarray, groups: int = 10) -> list[np.ndarray]:
    """Leads in up to ten groups of about equal size, from the least to the most probable, as row numbers.

    Leads with the same probability stay together: otherwise the order of the file would decide who is in which group,
    and one probability for everybody would look badly calibrated in a file sorted by outcome.

    >>> [group.tolist() for group in equal_groups(np.array([0.5, 0.1, 0.5, 0.5]), 2)]
    [[1, 0, 2, 3]]
    """
    order = np.argsort(probabilities, kind="stable")
    ranked = probabilities[order]
    edges = np.linspace(0, len(ranked), min(groups, len(ranked)) + 1)[1:-1].round().astype(int)
    ends = np.unique(np.searchsorted(ranked, ranked[edges - 1], side="right"))
    return [group for group in np.split(order, ends) if len(group)]


def counted(measure: MeasureOf) -> TallyMeasure | None:
    """The same measure counted from a tally, which spares sorting drawn leads anew; None where it is none of ours."""
    known: dict[MeasureOf, TallyMeasure] = {
        area_under_curve: _area_under_curve,
        average_precision: _average_precision,
        log_loss: _log_loss,
        brier_score: _brier_score,
        calibration_error: _calibration_error,
        accuracy_at: _accuracy,
    }
    return known.get(measure)


def measures_for(capacity: float) -> dict[str, tuple[TallyMeasure, bool, str]]:
    """The measures of a report by name: how each is counted, whether higher is better, and what it means."""
    percent = f"{capacity:.0%}"
    return {
        "AUC": (_area_under_curve, True, "how often a won lead is ranked above a lost one; 0.5 is chance"),
        "average precision": (_average_precision, True, "mean share of won leads above each won lead"),
        "log-loss": (_log_loss, False, "mean surprise at the outcomes; punishes false certainty"),
        "Brier score": (_brier_score, False, "mean squared distance between probability and outcome"),
        "calibration error": (_calibration_error, False, "mean distance between probability and what happened"),
        f"lift at {percent}": (
            lambda tally: _lift(tally, capacity),
            True,
            f"conversion among the best {percent} of leads, as a multiple of the average",
        ),
        f"gain at {percent}": (
            lambda tally: _gain(tally, capacity),
            True,
            f"share of all won leads that is among the best {percent}; also called recall",
        ),
        f"precision at {percent}": (
            lambda tally: _precision(tally, capacity),
            True,
            f"share of the best {percent} of leads that was won",
        ),
        f"F1 at {percent}": (
            lambda tally: _f1(tally, capacity),
            True,
            "harmonic mean of precision and recall at the team's capacity",
        ),
        "accuracy": (_accuracy, True, "share of leads on the right side of 50%; look at the majority beside it"),
    }


def _tally(positive: np.ndarray, scores: np.ndarray) -> Tally:
    return Ranking.of(scores).tally(positive)


def _area_under_curve(tally: Tally) -> float:
    won = tally.total_won
    lost = tally.total - won
    if won == 0 or lost == 0:
        return float("nan")
    # Each won lead beats the lost leads below its place, and half of those at it.
    lost_down_to = tally.leads_down_to - tally.won_down_to
    return float((won * lost - tally.won @ lost_down_to + tally.won @ tally.lost / 2) / (won * lost))


def _average_precision(tally: Tally) -> float:
    # Where a draw has no lead yet, none was won either, so that whatever stands there counts for nothing.
    precision = tally.won_down_to / np.maximum(tally.leads_down_to, 1.0)
    return float(tally.won @ precision / max(tally.total_won, 1.0))


def _log_loss(tally: Tally) -> float:
    surprise = tally.won @ tally.ranking.surprise_if_won + tally.lost @ tally.ranking.surprise_if_lost
    return float(surprise / tally.total)


def _brier_score(tally: Tally) -> float:
    # won (1 - p)² + lost p², multiplied out.
    return float((tally.won @ tally.ranking.more_if_won + tally.leads @ tally.ranking.squared) / tally.total)


def _calibration_error(tally: Tally, bins: int = 10) -> float:
    total = round(tally.total)
    edges = np.linspace(0, total, min(bins, total) + 1)[1:-1].round()
    # Groups are cut from the least probable up, so each edge is looked for from the far end of the ranking.
    first = np.unique(np.searchsorted(tally.leads_down_to, total - edges + 0.5))
    starts = np.concatenate(([0], first[(first > 0) & (first < len(tally.leads))]))
    gaps = np.add.reduceat(tally.leads * tally.ranking.scores - tally.won, starts)
    return float(np.abs(gaps).sum() / total)


def _lift(tally: Tally, share: float) -> float:
    base = tally.total_won / tally.total
    count, _ = tally.cut(share)
    return tally.won_among(share) / (count * base) if base else float("nan")


def _gain(tally: Tally, share: float) -> float:
    return tally.won_among(share) / tally.total_won if tally.total_won else float("nan")


def _precision(tally: Tally, share: float) -> float:
    return tally.won_among(share) / tally.cut(share)[0]


def _f1(tally: Tally, share: float) -> float:
    return 2 * tally.won_among(share) / (tally.cut(share)[0] + tally.total_won)


def _accuracy(tally: Tally, threshold: float = 0.5) -> float:
    above = int(np.searchsorted(-tally.ranking.scores, -threshold, side="right"))
    right = tally.won[:above].sum() + tally.lost[above:].sum()
    return float(right / tally.total)
