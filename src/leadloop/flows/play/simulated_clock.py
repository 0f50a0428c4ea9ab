"""A clock that stands still until somebody moves it."""

from __future__ import annotations

from datetime import datetime


class SimulatedClock:
    """Says the moment that it was moved to; it never goes back.

    >>> from datetime import UTC
    >>> clock = SimulatedClock(datetime(2026, 1, 5, tzinfo=UTC))
    >>> clock.move(datetime(2026, 1, 6, tzinfo=UTC))
    >>> clock().day
    6
    """

    def __init__(self, start: datetime) -> None:
        self._moment = start

    def __call__(self) -> datetime:
        return self._moment

    def move(self, moment: datetime) -> None:
        """Let it be that moment; an earlier one than now changes nothing."""
        self._moment = max(self._moment, moment)
