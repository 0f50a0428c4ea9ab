"""Reading and writing transactions of one store: a thread has one of them at a time.

`write()` commits when it ends well, and only then has anything been stored. Inside another `write()` of the same thread it
joins that one, so that several repositories can change things together or not at all.

A `read()` joins whatever its thread has open too. A second connection would wait for a writer, which on SQLite waits for the
first one to be let go of: both would stand still, and everybody with them, until one gave up. So would a `write()` inside a
`read()`, which is refused for that reason, and a `read()` that is left open while its rows are handed out one by one, which no
repository does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.dialects import postgresql, sqlite

from leadloop.errors import Problem, StoreError
from leadloop.store.engine import WRITES
from leadloop.store.trouble import TROUBLES, explain


class Connections:
    """The database of a store, with the clock and the dice that it was handed."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], random_bytes: Callable[[int], bytes]) -> None:
        self.engine = engine
        self._clock = now
        self.random_bytes = random_bytes
        self._mine = threading.local()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is inside a `write()`."""
        return getattr(self._mine, "connection", None) is not None

    def now(self) -> datetime:
        """The time now; raises StoreError where the clock that was handed in says no zone."""
        moment = self._clock()
        if moment.tzinfo is None:
            raise StoreError("store", Problem("now", "has no zone", "hand in a clock of UTC"))
        return moment.astimezone(UTC)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes; it is on disk when this ends, and where an error ends it nothing was stored."""
        joined: Connection | None = getattr(self._mine, "connection", None)
        if joined is not None:
            with _telling_nothing():
                yield joined
            return
        if getattr(self._mine, "reading", None) is not None:
            what = "was to be written inside a transaction that only reads"
            raise StoreError("store", Problem("database", what, "this is a mistake in LeadLoop; please tell us"))
        with _telling_nothing(), self.engine.connect() as connection:
            writing = connection.execution_options(**{WRITES: True})
            with writing.begin():
                self._mine.connection = writing
                try:
                    yield writing
                finally:
                    self._mine.connection = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads; inside another one of the same thread it joins that, and inside a `write()` it sees what
        that one wrote.
        """
        joined: Connection | None = getattr(self._mine, "connection", None) or getattr(self._mine, "reading", None)
        if joined is not None:
            with _telling_nothing():
                yield joined
            return
        with _telling_nothing(), self.engine.connect() as connection:
            self._mine.reading = connection
            try:
                yield connection
            finally:
                self._mine.reading = None

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An insertion that can be told what to do where the row is there already."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def lock(self, connection: Connection, number: int) -> None:
        """Let nobody else through here until this transaction ends; SQLite has one writer at a time anyway."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:room, :number)"), {"room": LOCKS, "number": number})


LOCKS = 0x1EAD
"""The first half of the names of our locks on a PostgreSQL server, so that other programs' locks are not ours."""


@contextmanager
def _telling_nothing() -> Iterator[None]:
    """Raise our own errors in place of the database's."""
    try:
        yield
    except TROUBLES as error:
        raise explain(error) from None
