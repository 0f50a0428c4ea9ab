"""How often each key asked, to the request: what is over the limit is refused, and everything is counted."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime

from leadloop.testing.fellow.quirks import Quirks


class Meter:
    """Counts requests by when they arrive."""

    def __init__(self, quirks: Quirks, clock: Callable[[], float] = time.monotonic) -> None:
        self.quirks, self._clock = quirks, clock
        self._last: dict[str, deque[float]] = {}
        self._today: Counter[tuple[str, str]] = Counter()
        self.arrivals: list[float] = []
        """When each request of the API arrived."""
        self.refused = 0
        """How many were refused for coming too often."""

    def lets_in(self, key: str) -> bool:
        """Whether a request of this key, which arrives now, is answered. One that is not counts, too."""
        now = self._clock()
        self.arrivals.append(now)
        last = self._last.setdefault(key, deque())
        while last and now - last[0] >= 1.0:
            last.popleft()
        last.append(now)
        self._today[key, datetime.now(UTC).date().isoformat()] += 1
        within = len(last) <= self.quirks.per_second
        within &= self._today[key, datetime.now(UTC).date().isoformat()] <= self.quirks.per_day
        if within or not self.quirks.rate_limited:
            return True
        self.refused += 1
        return False

    def most_in_a_second(self) -> int:
        """The most requests that arrived within any second."""
        most, first = 0, 0
        for place, at in enumerate(self.arrivals):
            while at - self.arrivals[first] >= 1.0:
                first += 1
            most = max(most, place - first + 1)
        return most
