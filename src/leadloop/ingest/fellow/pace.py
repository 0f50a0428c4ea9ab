"""How often Fellow may be asked: so many times a second and so many a day, for all who use one key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Protocol

from leadloop.errors import Problem, SourceUnavailable

PER_SECOND, PER_DAY = 3, 10_000
WINDOW_SECONDS = 1.0
Wait = Callable[[float], None]


class Pace(Protocol):
    """Whoever hands out turns to ask."""

    def turn(self) -> AbstractContextManager[None]:
        """Wait for a turn, and hold it while the block runs; raises SourceUnavailable where today's are used up."""
        ...


class Tokens:
    """Turns for one process: a bucket of as many tokens as requests may be made in a second.

    A token comes back one second after the answer to the request it was taken for. A request arrives before it is answered, so
    Fellow never sees more of them in any second, however long each is on its way.
    """

    def __init__(
        self,
        per_second: int = PER_SECOND,
        per_day: int = PER_DAY,
        *,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], str] = lambda: datetime.now(UTC).date().isoformat(),
        wait: Wait = time.sleep,
    ) -> None:
        self._free_at = [float("-inf")] * per_second
        self._per_day, self._day, self._used = per_day, "", 0
        self._clock, self._today, self._wait = clock, today, wait
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a token, and give it back when its second is over.

        >>> now = [0.0]
        >>> def wait(seconds):
        ...     now[0] += seconds
        >>> tokens = Tokens(2, clock=lambda: now[0], wait=wait)
        >>> times = []
        >>> for _ in range(5):
        ...     with tokens.turn():
        ...         times.append(now[0])
        >>> times
        [0.0, 0.0, 1.0, 1.0, 2.0]
        """
        place = self._take()
        try:
            yield
        finally:
            self._free_at[place] = self._clock() + WINDOW_SECONDS

    def _take(self) -> int:
        while True:
            with self._lock:
                if self._day != (today := self._today()):
                    self._day, self._used = today, 0
                if self._used >= self._per_day:
                    raise used_up(self._per_day)
                place = min(range(len(self._free_at)), key=lambda one: self._free_at[one])
                missing = self._free_at[place] - self._clock()
                if missing <= 0:
                    self._free_at[place] = float("inf")
                    self._used += 1
                    return place
            self._wait(min(missing, WINDOW_SECONDS))


def used_up(per_day: int) -> SourceUnavailable:
    """What to raise where no more may be asked today."""
    what = f"was asked {per_day:,} times today (UTC), which is as often as it may be"
    return SourceUnavailable("fellow", Problem("requests", what, "it goes on tomorrow, where it was"))
