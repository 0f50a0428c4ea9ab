"""When leads come in: by the hour, the weekday and the season, each world with its own habits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from leadloop.simulate.arrivals import hours as hours_of
from leadloop.simulate.arrivals import weekdays

_DAY_US = 86_400_000_000
_WEEK_US = 7 * _DAY_US
_MONDAY_US = 4 * _DAY_US  # 5 January 1970, the first Monday of the calendar that computers count from.
_YEAR_DAYS = 365.2425
_MOST_WEEKS = 6_000
_HOURS_OF_WEEK = np.arange(169, dtype=float)


@dataclass(frozen=True)
class Seasons:
    """How busy each hour of the day, day of the week (Monday first) and month is; only proportions count."""

    by_hour: tuple[float, ...]
    by_weekday: tuple[float, ...]
    by_month: tuple[float, ...]

    @property
    def share_by_hour_of_week(self) -> np.ndarray:
        """The share of a week's leads that comes in each of its 168 hours."""
        shares = np.outer(self.by_weekday, self.by_hour).ravel()
        shared: np.ndarray = shares / shares.sum()
        return shared

    def business(self, times: np.ndarray) -> np.ndarray:
        """How busy the season is at each time, 1 on the average of a year; it slides from month to month."""
        months = np.asarray(self.by_month, dtype=float)
        days = (times.astype("datetime64[us]").astype(np.int64) / _DAY_US) % _YEAR_DAYS
        middles = (np.arange(12) + 0.5) * _YEAR_DAYS / 12
        level: np.ndarray = np.interp(days, middles, months / months.mean(), period=_YEAR_DAYS)
        return level


def draw_times(
    rng: np.random.Generator, numbers: np.ndarray, seasons: Seasons, start: np.datetime64, leads_per_day: float
) -> np.ndarray:
    """The times (UTC, whole seconds, never falling) at which the leads with these numbers come in.

    Lead 0 is the first after `start`. Each lead takes its place on the cumulated curve of how many have come by when, so
    that any stretch of leads can be drawn without drawing those before it.
    """
    since = int(start.astype(np.int64)) - _MONDAY_US
    first_week, rest = divmod(since, _WEEK_US)
    cumulated = _cumulated(seasons, int(first_week))
    profile = np.append(0.0, np.cumsum(seasons.share_by_hour_of_week))
    profile[-1] = 1.0
    begun = float(np.interp(rest / _WEEK_US * 168.0, _HOURS_OF_WEEK, profile)) * cumulated[1]
    mass = begun + (numbers + rng.random(len(numbers))) / (7.0 * leads_per_day)
    if mass[-1] >= cumulated[-1]:
        raise ValueError("these leads would take more than a century; raise leads_per_day")
    week = np.searchsorted(cumulated, mass, side="right") - 1
    within = (mass - cumulated[week]) / (cumulated[week + 1] - cumulated[week])
    seconds = np.ceil((first_week + week) * 604_800.0 + np.interp(within, profile, _HOURS_OF_WEEK) * 3600.0)
    times: np.ndarray = (seconds.astype(np.int64) * 1_000_000 + _MONDAY_US).astype("datetime64[us]")
    return np.maximum.accumulate(times)


def hours_of_week(times: np.ndarray) -> np.ndarray:
    """The hour of the week of each time, Monday 00:00 UTC as 0, with its fraction."""
    hours: np.ndarray = ((times.astype(np.int64) - _MONDAY_US) % _WEEK_US) / 3_600_000_000
    return hours


def in_office_hours(times: np.ndarray) -> np.ndarray:
    """Whether each time is Monday to Friday, 9 to 18 (UTC)."""
    hour = hours_of(times)
    office: np.ndarray = (weekdays(times) < 5) & (hour >= 9) & (hour < 18)
    return office


@lru_cache(maxsize=16)
def _cumulated(seasons: Seasons, first_week: int) -> np.ndarray:
    """How many average weeks of leads have come by the beginning of each week from this one on."""
    starts = (first_week + np.arange(_MOST_WEEKS)) * _WEEK_US + _MONDAY_US
    level = seasons.business((starts + _WEEK_US // 2).astype("datetime64[us]"))
    return np.append(0.0, np.cumsum(level))
