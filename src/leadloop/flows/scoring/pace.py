"""How fast work goes, and when it will be over: what is said while many leads are scored."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_LOOKS_BACK = 30.0
"""Seconds: the pace is that of so long, so that what was slow at the beginning is forgotten."""


class Pace:
    """Watches a count and a share grow.

    >>> seconds = iter([0.0, 10.0, 20.0])
    >>> pace = Pace(lambda: next(seconds))
    >>> pace.describe(5_000, 0.125)
    '500 a second, 1:10 left'
    >>> pace.describe(10_000, 0.25)
    '500 a second, 1:00 left'
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int, float]] = deque([(clock(), 0, 0.0)])

    def describe(self, count: int, share: float) -> str:
        """How many a second, and how long the rest will take at this pace; `share` is what of the whole is done, 0 to 1."""
        now = self._clock()
        self._seen.append((now, count, share))
        while len(self._seen) > 2 and now - self._seen[1][0] >= _LOOKS_BACK:
            self._seen.popleft()
        since, before, behind = self._seen[0]
        seconds = max(now - since, 1e-9)
        said = f"{(count - before) / seconds:,.0f} a second"
        gained = share - behind
        return f"{said}, {write_seconds((1 - share) / gained * seconds)} left" if gained > 0 else said


def write_seconds(seconds: float) -> str:
    """A length of time as a clock shows it.

    >>> write_seconds(9.4), write_seconds(75), write_seconds(7_325)
    ('0:09', '1:15', '2:02:05')
    """
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
