"""A small memory of what was just answered: each thing for a fixed time, and never more than so many of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

Held = TypeVar("Held")


class TimedCache(Generic[Held]):
    """Keeps values for `seconds`; when there are more than `most`, the one unused for longest goes.

    >>> now = [0.0]
    >>> cache = TimedCache(seconds=300, most=2, clock=lambda: now[0])
    >>> cache.put("a", 1)
    >>> cache.get("a")
    1
    >>> now[0] = 301.0
    >>> cache.get("a") is None
    True
    """

    def __init__(self, *, seconds: float, most: int, clock: Callable[[], float] = monotonic) -> None:
        self.seconds, self.most, self.clock = seconds, most, clock
        self._held: OrderedDict[Hashable, tuple[float, Held]] = OrderedDict()
        self._lock = Lock()

    @property
    def is_on(self) -> bool:
        """Whether anything is kept at all."""
        return self.seconds > 0 and self.most > 0

    def get(self, key: Hashable) -> Held | None:
        """What was put under this key; None where nothing was, or too long ago."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            until, value = found
            if self.clock() >= until:
                del self._held[key]
                return None
            self._held.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Held) -> None:
        """Keep a value under a key."""
        if not self.is_on:
            return
        with self._lock:
            self._held[key] = (self.clock() + self.seconds, value)
            self._held.move_to_end(key)
            while len(self._held) > self.most:
                self._held.popitem(last=False)

    def __len__(self) -> int:
        return len(self._held)
