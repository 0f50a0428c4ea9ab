"""What is counted in the store now and then, and never waited for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from anyio import move_on_after, to_thread

from leadloop.errors import LeadLoopError

if TYPE_CHECKING:
    from leadloop.store import Store

_KEPT_SECONDS = 5.0
_PATIENCE_SECONDS = 0.5
_TOO_OLD_SECONDS = 60.0
T = TypeVar("T")


class Counts(ABC, Generic[T]):
    """Something that is counted in a store, as of a few seconds ago."""

    def __init__(self, store: Callable[[], Store], clock: Callable[[], float] = monotonic) -> None:
        self._store, self._clock = store, clock
        self._counted = self.nothing()
        self._read_at: float | None = None
        self._reading = Lock()

    @abstractmethod
    def nothing(self) -> T:
        """What stands for it where it is not known."""

    @abstractmethod
    def count(self, store: Store, before: T) -> T:
        """Count it now; `before` is what was counted last."""

    @property
    def counts(self) -> T:
        """What was counted last; nothing where that has not been known for a minute."""
        return self.nothing() if self._age > _TOO_OLD_SECONDS else self._counted

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
            found = self.count(self._store(), self._counted)
        except LeadLoopError:
            return  # that it is away is told elsewhere
        finally:
            self._reading.release()
        self._counted, self._read_at = found, self._clock()
