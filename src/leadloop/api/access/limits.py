"""How much each key may ask for in a minute. Each process counts for itself, and exactly: never more in any sixty seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from time import monotonic

from leadloop.api.wire.problems import Refusal
from leadloop.errors import Problem
from leadloop.flows.place.settings import Settings
from leadloop.flows.upkeep.key_ring import Caller

_SECONDS = 60.0


class Window:
    """What was taken in the last sixty seconds.

    >>> now = [0.0]
    >>> window = Window(3, clock=lambda: now[0])
    >>> window.take(2), window.take(2), window.take(1)
    (0.0, 60.0, 0.0)
    >>> now[0] = 59.0
    >>> window.take(1), window.left
    (1.0, 0)
    >>> now[0] = 60.0
    >>> window.take(3)
    0.0
    """

    def __init__(self, most: int, clock: Callable[[], float] = monotonic) -> None:
        self.most, self._clock = most, clock
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    def take(self, count: int) -> float:
        """Take so many, or none where they are too many now: then the seconds until there is room are told."""
        self._forget()
        if self._sum + count <= self.most:
            self._taken.append((self._clock(), count))
            self._sum += count
            return 0.0
        freed = self._sum + count - self.most
        for at, some in self._taken:
            freed -= some
            if freed <= 0:
                return max(at + _SECONDS - self._clock(), 0.001)
        return _SECONDS

    @property
    def left(self) -> int:
        """How many are left now."""
        self._forget()
        return self.most - self._sum

    @property
    def resets_in(self) -> float:
        """The seconds until something taken is given back; 0 where nothing was taken."""
        self._forget()
        return self._taken[0][0] + _SECONDS - self._clock() if self._taken else 0.0

    def _forget(self) -> None:
        until = self._clock() - _SECONDS
        while self._taken and self._taken[0][0] <= until:
            self._sum -= self._taken.popleft()[1]


class Limits:
    """The limits of every key in one process. A key that does not exist never gets here."""

    def __init__(
        self,
        settings: Settings,
        refused: Callable[[str], None] = lambda name: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._refused = refused
        most = {"requests": settings.requests_per_minute, "leads": settings.leads_per_minute}
        self._most = {name: count for name, count in most.items() if count}
        self._clock = clock
        self._windows: dict[tuple[str, str], Window] = {}

    def take(self, name: str, caller: Caller, count: int = 1) -> None:
        """Count what a caller asks for, requests or leads; raises Refusal (429) where it is more than it may."""
        if name not in self._most:
            return
        window = self._window(name, caller)
        wait = window.take(count)
        if wait:
            self._refused(name)
            most = window.most
            what = f"are limited to {most:,} in a minute for each key, of which {window.left:,} are left"
            mend = f"send at most {most:,} at once" if count > most else "wait, or ask for a higher limit"
            raise Refusal(429, Problem(name, what, mend), headers={"Retry-After": str(ceil(wait))})

    def headers(self, caller: Caller | None) -> list[tuple[bytes, bytes]]:
        """What a caller is told of its limits with every answer (RateLimit header fields for HTTP, IETF draft 10)."""
        if not self._most or caller is None:
            return []
        windows = [(name, self._window(name, caller)) for name in self._most]
        policy = ", ".join(f'"{name}";q={one.most};w={_SECONDS:.0f}' for name, one in windows)
        left = ", ".join(f'"{name}";r={one.left};t={ceil(one.resets_in)}' for name, one in windows)
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]

    def _window(self, name: str, caller: Caller) -> Window:
        key = name, caller.name
        if key not in self._windows:
            self._windows[key] = Window(self._most[name], self._clock)
        return self._windows[key]
