"""How fast units convert: the log-rank test, and the mean days to conversion up to a horizon, with those that still wait.

The mean over converted units alone would call an arm slow that also wins the hesitant. Here a unit that has not converted counts
as what is known of it: that it took longer than it was watched.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np

from leadloop.experiments.distributions import normal_quantile, two_sided
from leadloop.experiments.effects import Reading
from leadloop.experiments.means import fieller
from leadloop.experiments.sequential import any_time_p_value, any_time_reach
from leadloop.experiments.tallies import TimeTally

_CONVERTING = 0.2


@dataclass(frozen=True, slots=True)
class MeanTime:
    """The mean days to conversion up to a horizon; a unit that converts later, or never, counts as the horizon."""

    days: float
    """The mean."""
    error: float
    """Its standard error."""
    converted_share: float
    """The share that has converted by the horizon (Kaplan-Meier)."""


@dataclass(frozen=True, slots=True)
class LogRank:
    """Whether one arm converts faster than the other, over the whole time."""

    z: float
    """Above 0: the arm converts faster than the control, in standard errors."""
    p_value: float
    """How often so much comes by chance."""
    conversions: int
    """How many conversions it stands on."""


def log_rank(control: TimeTally, arm: TimeTally) -> LogRank:
    """Compare who converts among those that still could, day by day (Mantel 1966; Peto and Peto 1972).

    >>> early = TimeTally.of(np.arange(1.0, 21.0), np.ones(20, dtype=bool))
    >>> late = TimeTally.of(np.arange(11.0, 31.0), np.ones(20, dtype=bool))
    >>> log_rank(late, early).z > 3
    True
    """
    moments = np.union1d(control.days, arm.days)
    won, at_risk = zip(*(_spread_over(tally, moments) for tally in (control, arm)), strict=True)
    events, everybody = won[0] + won[1], at_risk[0] + at_risk[1]
    seen = events > 0
    events, everybody, exposed, converted = events[seen], everybody[seen], at_risk[1][seen], won[1][seen]
    share = exposed / everybody
    left = np.where(everybody > 1, (everybody - events) / np.maximum(everybody - 1, 1), 0.0)
    variance = float((events * share * (1 - share) * left).sum())
    z = float((converted - events * share).sum()) / sqrt(variance) if variance > 0 else nan
    return LogRank(z, two_sided(z), int(events.sum()))


def mean_time(tally: TimeTally, horizon_days: float) -> MeanTime:
    """The mean days to conversion up to the horizon, as the area below the curve of those that wait (Irwin 1949).

    >>> mean_time(TimeTally.of(np.array([1.0, 3.0, 5.0]), np.array([True, True, False])), 4.0).days
    2.67
    """
    inside = (tally.days <= horizon_days) & (tally.conversions > 0)
    at_risk = (_at_risk(tally))[inside]
    days, events = tally.days[inside], tally.conversions[inside].astype(np.float64)
    waiting = np.cumprod(1 - events / at_risk)
    edges = np.concatenate([[0.0], days, [horizon_days]])
    steps = np.concatenate([[1.0], waiting]) * np.diff(edges)
    later = np.cumsum(steps[::-1])[::-1][1:]  # the area that lies after each conversion
    free = at_risk * (at_risk - events)
    variance = float((later**2 * np.divide(events, free, out=np.zeros_like(events), where=free > 0)).sum())
    return MeanTime(float(steps.sum()), sqrt(variance), float(1 - waiting[-1]) if len(waiting) else 0.0)


def shared_horizon(tallies: list[TimeTally]) -> float:
    """The last day up to which every arm was watched."""
    return min((float(tally.days[-1]) for tally in tallies if len(tally.days)), default=0.0)


def compare_times(
    control: TimeTally, arm: TimeTally, *, horizon_days: float, planned_units: int, alpha: float = 0.05
) -> tuple[MeanTime, MeanTime, Reading, Reading]:
    """The mean times of both, and what may be said of their difference: for one look, and for any number of them.

    The p-values are those of the log-rank test, the limits those of the difference of the mean times. For any number of looks,
    evidence is counted in conversions: the readings are sharpest where a fifth of the planned units have converted.
    """
    first, second = mean_time(control, horizon_days), mean_time(arm, horizon_days)
    test = log_rank(control, arm)
    error = sqrt(first.error**2 + second.error**2) if control.units and arm.units else 0.0
    difference = second.days - first.days
    planned = max(1.0, planned_units * _CONVERTING)
    reach = any_time_reach(max(1, test.conversions), planned, alpha=alpha)
    at_end = _reading(difference, error, normal_quantile(1 - alpha / 2), first, second, test.p_value)
    always = 1.0 if test.z != test.z else any_time_p_value(test.z, test.conversions, planned, alpha=alpha)
    return first, second, at_end, _reading(difference, error, reach, first, second, always)


def _reading(
    difference: float, error: float, reach: float, first: MeanTime, second: MeanTime, p_value: float
) -> Reading:
    """One reading of a difference of mean times."""
    known = error > 0
    low, high = fieller(first.days, first.error**2, second.days, second.error**2, reach) if known else (None, None)
    return Reading(
        p_value=p_value,
        difference_absolute_low=difference - reach * error if known else -inf,
        difference_absolute_high=difference + reach * error if known else inf,
        relative_lift_low=low,
        relative_lift_high=high,
        method="log-rank test, restricted mean time",
    )


def _at_risk(tally: TimeTally) -> np.ndarray:
    """How many were still waiting just before each number of days."""
    left: np.ndarray = np.cumsum((tally.conversions + tally.waiting)[::-1])[::-1].astype(np.float64)
    return left


def _spread_over(tally: TimeTally, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Conversions at, and units that still wait just before, each of these moments."""
    won = np.zeros(len(moments))
    won[np.searchsorted(moments, tally.days)] = tally.conversions
    at_risk = np.append(_at_risk(tally), 0.0)[np.searchsorted(tally.days, moments, side="left")]
    return won, at_risk
