"""The service's hold on its store: opened beside the answering, asked every second whether it answers, and never waited for.

Connecting can take ten seconds, and a database that hangs never answers. One thread does all the waiting: it opens the store,
looks into it every second, and learns which keys there are. Everybody else takes what it found. Now and then it also lets go of
answers that were kept for retries: whoever keeps them sees to that, as there may be no worker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from leadloop.api.measures.logs import EventLog
from leadloop.errors import LeadLoopError, Problem, StoreUnavailable, tell_briefly
from leadloop.flows.place.key_copy import KeyCopy
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.key_ring import KeyRing

if TYPE_CHECKING:
    from leadloop.store import KnownKey, Store

_EVERY_SECONDS = 1.0
_SILENT_SECONDS = 5.0
_FORGET_SECONDS = 600.0
_PATIENCE_SECONDS = 15.0
_PATIENCE_WITH_COPY_SECONDS = 3.0


class Database:
    """The store of one process of the service, and how it fares."""

    def __init__(
        self, workspace: Workspace, ring: KeyRing, log: EventLog, clock: Callable[[], float] = monotonic
    ) -> None:
        self.workspace, self.ring, self._log, self._clock = workspace, ring, log, clock
        self._store: Store | None = None
        self._problem = "has not been asked yet"
        self._asked_at: float | None = None
        self._copy: KeyCopy | None = None
        self._copy_fails = False
        self._forgot_at = float("-inf")
        self._looked, self._ending = Event(), Event()
        self._thread: Thread | None = None

    @property
    def problem(self) -> str:
        """What is wrong with the database as of the last look; empty where it answered. Never asks it, so never waits."""
        asked_at = self._asked_at
        silent = 0.0 if asked_at is None else self._clock() - asked_at
        if silent > _SILENT_SECONDS:
            return f"has not answered for {silent:.0f} seconds"
        return self._problem

    def store(self) -> Store:
        """The store, at once; raises StoreUnavailable where it could not be opened yet. What is done with it may wait."""
        if self._store is None:
            raise StoreUnavailable("store", Problem("database", self.problem or "is being opened", "try again"))
        return self._store

    def start(self) -> None:
        """Begin to look, and wait for the first look to end: longer where nothing is known of keys without it.

        Where it has not ended by then, the keys are those of the copy in the workspace; without one nobody's are known.
        """
        if self._thread is not None:
            return
        self._thread = Thread(target=self._run, name="database", daemon=True)
        self._thread.start()
        copied = self._read_copy()
        self._looked.wait(_PATIENCE_SECONDS if copied is None else _PATIENCE_WITH_COPY_SECONDS)
        if not self.ring.is_known and copied is not None:
            self.ring.learn(copied.read() or ())
            self._log.warning("keys are those of the copy", why=self.problem)

    def open(self) -> None:
        """Look once, here and now: for whoever asks from within this process, and has no thread that looks."""
        self._problem = self._look()
        self._looked.set()

    def close(self) -> None:
        """Stop looking, and let go of the database."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(2)
            if self._thread.is_alive():
                return  # it hangs in the database and ends with the process
        if self._store is not None:
            self._store.close()

    def _read_copy(self) -> KeyCopy | None:
        """The copy of the keys, where there is one that can be trusted."""
        try:
            copy = self.workspace.key_copy()
        except LeadLoopError:
            return None
        self._copy = copy
        return copy if copy.read() is not None else None

    def _run(self) -> None:
        while not self._ending.is_set():
            self._asked_at = self._clock()
            problem = self._look()
            self._asked_at = None
            if problem != self._problem:
                self._tell(problem)
                self._problem = problem
            self._looked.set()
            self._ending.wait(_EVERY_SECONDS)

    def _look(self) -> str:
        """Open the store where it is not open, and learn of its keys; what keeps that from being done."""
        try:
            if self._store is None:
                store = self.workspace.store
                self._log.info("store", where=store.where, **store.describe())
                self._store = store
            known = self._store.keys.known()
            due = self._clock() - self._forgot_at > _FORGET_SECONDS
            if due and not self._store.idempotency.forget_old():  # some a second, until there are none
                self._forgot_at = self._clock()
        except LeadLoopError as error:
            return tell_briefly(error.problems)
        except Exception as error:  # whatever it is, the next look may go better
            self._log.mistake(error, during="looking into the database")
            return f"cannot be used ({type(error).__name__})"
        if not known and self._knew_keys():
            return "knows no key, though keys were made: it is another one, or was emptied; restore it"
        self.ring.learn(known)
        self._keep_copy(known)
        return ""

    def _knew_keys(self) -> bool:
        """Whether keys of this database are known: keys are revoked and never deleted, so one without them is not the same."""
        if self.ring.is_known and not self.ring.is_empty:
            return True
        copy = self._read_copy()
        return bool(copy and copy.read())

    def _keep_copy(self, known: Sequence[KnownKey]) -> None:
        if self._copy is None:
            self._read_copy()
        try:
            if self._copy is not None:
                self._copy.write(known)
                self._copy_fails = False
        except OSError as error:
            if not self._copy_fails:
                self._log.warning("the copy of the keys cannot be written", why=error.strerror)
            self._copy_fails = True

    def _tell(self, problem: str) -> None:
        if problem:
            self._log.warning("database is in trouble", why=problem)
        elif self._looked.is_set():
            self._log.info("database answers again")
