"""When synthetic leads come in: mostly in office hours, fewer on weekends, and with a slow tide over the years."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

_BY_HOUR = np.array([2, 1, 1, 1, 2, 3, 6, 12, 24, 34, 38, 36, 28, 32, 36, 34, 30, 22, 14, 11, 10, 9, 6, 4], dtype=float)
_BY_WEEKDAY = np.array([1.05, 1.1, 1.08, 1.0, 0.82, 0.22, 0.28])  # Monday first.
_PROFILE = np.append(0.0, np.cumsum(np.outer(_BY_WEEKDAY, _BY_HOUR).ravel()))
_SHARE_BY_HOUR = _PROFILE / _PROFILE[-1]
_HOURS = np.arange(len(_SHARE_BY_HOUR), dtype=float)

_DAY_US = 86_400_000_000
_WEEK_US = 7 * _DAY_US
_MONDAY_US = 4 * _DAY_US  # 5 January 1970, the first Monday of the calendar that computers count from.
_TIDE_DAYS = 1100.0
_TIDE_TURNS = np.datetime64("2020-01-01", "us")


def as_instant(start: datetime) -> np.datetime64:
    """A point in time as UTC without a zone; a datetime without a zone is taken as UTC."""
    naive = start if start.tzinfo is None else start.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(naive, "us")


def draw_arrivals(
    rng: np.random.Generator, numbers: np.ndarray, start: np.datetime64, leads_per_day: float
) -> np.ndarray:
    """The times (UTC, whole seconds, never falling) at which the leads with these numbers come in.

    Lead 0 is the first after `start`. Number n arrives where the cumulated weekly profile passes n plus a random
    fraction, so any stretch of leads can be drawn without drawing those before it.
    """
    since = int(start.astype(np.int64)) - _MONDAY_US
    weeks, rest = divmod(since, _WEEK_US)
    passed = weeks + float(np.interp(rest / _WEEK_US * 168.0, _HOURS, _SHARE_BY_HOUR))
    mass = passed + (numbers + rng.random(len(numbers))) / (7.0 * leads_per_day)
    whole = np.floor(mass)
    hours = np.interp(mass - whole, _SHARE_BY_HOUR, _HOURS)
    seconds = np.ceil(whole * 604_800.0 + hours * 3600.0).astype(np.int64)
    times: np.ndarray = (seconds * 1_000_000 + _MONDAY_US).astype("datetime64[us]")
    return times


def weekdays(times: np.ndarray) -> np.ndarray:
    """The day of the week of each time, Monday as 0."""
    return ((times.astype(np.int64) - _MONDAY_US) // _DAY_US) % 7


def hours(times: np.ndarray) -> np.ndarray:
    """The hour of the day of each time, 0 to 23, in UTC."""
    return (times.astype(np.int64) % _DAY_US) // 3_600_000_000


def tide(times: np.ndarray) -> np.ndarray:
    """How the market stands at each time, from -1 to 1: it turns over three years, whatever the seed.

    >>> tide(np.array(["2020-01-01", "2020-10-02", "2021-07-04"], dtype="datetime64[us]")).round(2).tolist()
    [0.0, 1.0, 0.0]
    """
    days = (times - _TIDE_TURNS).astype(np.int64) / _DAY_US
    turned: np.ndarray = np.sin(2 * np.pi * days / _TIDE_DAYS)
    return turned
