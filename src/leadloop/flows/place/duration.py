"""Durations as people write them: 90, 90s, 5m, 1h, 90d."""

from __future__ import annotations

import re
from datetime import timedelta

from leadloop.errors import LeadLoopError, Problem

_WRITTEN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([smh]?)\s*", re.IGNORECASE)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_LONGEST = 1e6
_SPAN = re.compile(r"\s*([0-9]+)\s*([hdw])\s*", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}
_MOST_DAYS = 3_660


def read_seconds(said: float | str, where: str) -> float:
    """A duration in seconds: a number, or a text with a unit (s, m or h); raises LeadLoopError that names `where`.

    >>> (
    ...     read_seconds("90", "here"),
    ...     read_seconds("90s", "here"),
    ...     read_seconds("1.5 m", "here"),
    ...     read_seconds("1h", "here"),
    ... )
    (90.0, 90.0, 90.0, 3600.0)
    """
    written = _WRITTEN.fullmatch(str(said))
    seconds = float(written[1]) * _SECONDS[written[2].lower()] if written else float("nan")
    if not 1 <= seconds <= _LONGEST:
        problem = Problem(where, f"“{said}” is no time from 1 second up", "write seconds, as in 90, or 90s, 5m, 1h")
        raise LeadLoopError("how long to search", problem)
    return seconds


def read_span(said: str, where: str) -> timedelta:
    """A time of hours, days or weeks, up to ten years; raises LeadLoopError that names `where`.

    >>> read_span("12h", "here"), read_span("90d", "here")
    (datetime.timedelta(seconds=43200), datetime.timedelta(days=90))
    """
    written = _SPAN.fullmatch(said)
    span = timedelta(hours=min(int(written[1]), 10**6) * _HOURS[written[2].lower()]) if written else timedelta(0)
    if not timedelta(0) < span <= timedelta(days=_MOST_DAYS):
        raise LeadLoopError("time", Problem(where, f"“{said}” is no time", "write hours, days or weeks: 12h, 90d, 4w"))
    return span
