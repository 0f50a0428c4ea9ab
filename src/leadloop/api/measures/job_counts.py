"""How many jobs wait, run and were given up, counted in the store now and then, and never waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from anyio import move_on_after, to_thread

from leadloop.errors import LeadLoopError

if TYPE_CHECKING:
    from leadloop.store import Store

_KEPT_SECONDS = 5.0
_PATIENCE_SECONDS = 0.5
_TOO_OLD_SECONDS = 60.0


class JobCounts:
    """The jobs of a store by kind and state, as of a few seconds ago."""

    def __init__(self, store: Callable[[], Store], clock: Callable[[], float] = monotonic) -> None:
        self._store, self._clock = store, clock
        self._counts: Mapping[tuple[str, str], int] = {}
        self._read_at: float | None = None
        self._reading = Lock()

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many jobs there are of each kind and state; empty where that has not been known for a minute."""
        return {} if self._age > _TOO_OLD_SECONDS else self._counts

    @property
    def _age(self) -> float:
        return float("inf") if self._read_at is None else self._clock() - self._read_at

    async def refresh(self) -> None:
        """Count again where that was done some seconds ago. A database that hangs costs half a second, and no count."""
        if self._age < _KEPT_SECONDS:
            return
        with move_on_after(_PATIENCE_SECONDS):
            await to_thread.run_sync(self._read, abandon_on_cancel=True)

    def _read(self) -> None:
        if not self._reading.acquire(blocking=False):
            return  # somebody waits for the database already
        try:
            found = self._store().jobs.counts()
        except LeadLoopError:
            return  # that it is away is told elsewhere
        finally:
            self._reading.release()
        # A kind that was seen once stays, with 0: a line that ends is not a line at 0.
        self._counts = {**dict.fromkeys(self._counts, 0), **found}
        self._read_at = self._clock()
