"""Whether leads that are won sooner were put first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadloop.learning.evaluation.intervals import draw_times, middle
from leadloop.learning.event_times import EventTimes

MOST_LEADS = 1_500
_DRAWS = 200

Risk = np.ndarray
"""A number a lead that is higher the sooner it is expected to be won."""


def concordance(
    times: EventTimes,
    risk: Risk,
    until: float,
    *,
    seed: int,
    groups: np.ndarray | None = None,
    won_only: bool = False,
) -> tuple[float, float, float]:
    """How often, of two leads, the one that was won sooner had the higher risk; 0.5 is chance. With its 95% interval.

    A lead won by the day `until` is compared with every lead that was followed for as long and not won by then; lost leads
    are never won. Each pair counts by how rarely leads are followed for so long (Uno et al. 2011; every lead's last day is
    known, so the share is counted, not estimated). With `won_only` only won leads are compared, and only by days on which both
    could have been won: that is the order of the days alone.

    At most 1,500 leads are compared, drawn at random.

    >>> fate = EventTimes(
    ...     np.ones(3, bool), np.zeros(3, bool), np.array([1.0, 2.0, 3.0]), np.full(3, 9.0), np.ones(3, bool)
    ... )
    >>> concordance(fate, np.array([0.9, 0.1, 0.5]), 9.0, seed=1)[0]
    0.667
    """
    kept = np.flatnonzero(times.known & (times.won if won_only else True))
    if len(kept) > MOST_LEADS:
        kept = np.sort(np.random.default_rng(seed).choice(kept, MOST_LEADS, replace=False))
    times, risk = times.take(kept), risk[kept]
    pairs = _pairs_of_won if won_only else _pairs
    first, second, weight = pairs(times, until)
    right = weight * ((risk[first] > risk[second]) + 0.5 * (risk[first] == risk[second]))
    total = np.bincount(first, weights=weight, minlength=len(kept)).sum()
    if not total > 0:
        return float("nan"), float("nan"), float("nan")
    names = None if groups is None else groups[kept]
    drawn = []
    for counts in draw_times(len(kept), _DRAWS, seed, names):
        both = counts[first] * counts[second]
        drawn.append(float(right @ both) / whole if (whole := float(weight @ both)) else float("nan"))
    return float(right.sum() / total), *middle(np.array(drawn))


Pairs = Callable[[EventTimes, float], tuple[np.ndarray, np.ndarray, np.ndarray]]


def _pairs(times: EventTimes, until: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of a lead that was won, and one that was followed as long and not won by then; and how much each counts."""
    day = np.where(times.won, times.days, np.inf)
    first = np.flatnonzero(times.won & (times.days <= until))
    later = (day[None, :] > day[first, None]) & (times.followed[None, :] >= day[first, None])
    rows, second = np.nonzero(later)
    followed = np.sort(times.followed)
    share = 1 - np.searchsorted(followed, day[first], side="left") / len(followed)
    return first[rows], second, (1 / share**2)[rows]


def _pairs_of_won(times: EventTimes, until: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of won leads, the sooner first, that were both followed for as long as the later one took."""
    day = times.days
    sooner = (day[:, None] < day[None, :]) & (day[None, :] <= np.minimum(until, times.followed[:, None]))
    first, second = np.nonzero(sooner)
    return first, second, np.ones(len(first))
