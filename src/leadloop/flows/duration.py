"""Durations as people write them: 90, 90s, 5m, 1h."""

from __future__ import annotations

import re

from leadloop.errors import LeadLoopError, Problem

_WRITTEN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([smh]?)\s*", re.IGNORECASE)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_LONGEST = 1e6


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
