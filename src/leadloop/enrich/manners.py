"""Manners towards hosts: one question at a time to each, with a pause between, and none while a host is in trouble."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep

from leadloop.errors import Problem
from leadloop.outbound.connection import Unreachable

FAILURES = 3
"""So many failures in a row, and a host is left alone."""
_REST_SECONDS = 600.0
_LONGEST_REST = 24 * 3_600.0


class Resting(Unreachable):
    """A host failed too often and is left alone for a while."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(
            host, Problem("host", "failed again and again and is left alone", f"wait {seconds:,.0f} seconds")
        )
        self.seconds = seconds


@dataclass
class _Host:
    turn: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0
    failures: int = 0
    rests_until: float = 0.0


class Manners:
    """What is owed to each host, kept by whoever asks several of them at a time.

    `delay` is the pause in seconds between two questions to one host; `clock` and `pause` are the system's.
    """

    def __init__(
        self, delay: float, *, clock: Callable[[], float] = monotonic, pause: Callable[[float], None] = sleep
    ) -> None:
        self.delay = delay
        self._clock, self._pause = clock, pause
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, host: str, *, delay: float = 0.0) -> Iterator[None]:
        """Our turn to ask a host, after a pause of at least `delay` where the host wants a longer one.

        An Unreachable that is raised inside is a failure of the host, anything else is not. Raises Resting where the host is
        left alone now.
        """
        one = self._of(host)
        with one.turn:
            if (left := one.rests_until - self._clock()) > 0:
                raise Resting(host, left)
            if (wait := one.free_at - self._clock()) > 0:
                self._pause(wait)
            try:
                yield
            except Unreachable:
                one.failures += 1
                if one.failures >= FAILURES:
                    rest = min(_LONGEST_REST, _REST_SECONDS * 2.0 ** (one.failures - FAILURES))
                    one.rests_until = self._clock() + rest
                raise
            else:
                one.failures = 0
            finally:
                one.free_at = self._clock() + max(self.delay, delay)

    def _of(self, host: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(host, _Host())


class Rate:
    """At most so many questions a minute, whoever asks; each waits until it is allowed."""

    def __init__(
        self, per_minute: float, *, clock: Callable[[], float] = monotonic, pause: Callable[[float], None] = sleep
    ) -> None:
        self._gap = 60.0 / per_minute if per_minute else 0.0
        self._clock, self._pause = clock, pause
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until one more question is allowed."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + self._gap
        if at > now:
            self._pause(at - now)
