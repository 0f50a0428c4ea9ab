"""Turns to ask a source, taken from the store: everything that runs here, on whatever machine, keeps one pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from leadloop.ingest.fellow.pace import WINDOW_SECONDS, used_up

if TYPE_CHECKING:
    from leadloop.store import Store

_HOLD_SECONDS = 5.0
"""How long a token is gone that was taken by a process which was killed before it was answered."""


class StoredTurns:
    """The turns of one account, in one store."""

    def __init__(
        self,
        store: Store,
        source: str,
        account: str,
        *,
        per_second: int,
        per_day: int,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store, self._source, self._account, self._wait = store, source, account, wait
        self._per_second, self._per_day = per_second, per_day

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and hold it while the block runs; raises SourceUnavailable where today's are used up."""
        while True:
            taken = self._store.source_turns.take(
                self._source,
                self._account,
                per_second=self._per_second,
                per_day=self._per_day,
                hold_seconds=_HOLD_SECONDS,
            )
            if taken.used_up:
                raise used_up(self._per_day)
            if taken.slot is not None:
                break
            self._wait(min(max(taken.wait_seconds, 0.001), WINDOW_SECONDS))
        try:
            yield
        finally:
            self._store.source_turns.give_back(self._source, self._account, taken.slot, after_seconds=WINDOW_SECONDS)
