"""How far each list of a source was read, when that last came to its end, and what went wrong since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update

from leadloop.errors import Problem, StoreConflict
from leadloop.store.connections import Connections
from leadloop.store.source_tables import SOURCE_STATES

_LONGEST_FAILURE = 2_000


@dataclass(frozen=True, slots=True)
class SourceState:
    """How things stand with one list of a source."""

    source: str
    """The source, as in `fellow`."""
    account: str
    """Whose it is."""
    stream: str
    """The list."""
    since: datetime | None
    """From when on changes are being read; None: all of them."""
    cursor: str | None
    """Where the reading that is not over goes on; None: at its beginning."""
    begun_at: datetime | None
    """When the reading began that is not over; None where none is."""
    succeeded_at: datetime | None
    """When the last reading began that came to its end."""
    ended_at: datetime | None
    """When that was."""
    failed_at: datetime | None
    """When it last failed; None where it has come to its end since."""
    failure: str | None
    """Why."""
    failures: int
    """How often it has failed since it last came to its end."""


class SourceStates:
    """How far each list of each source was read."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def get(self, source: str, account: str, stream: str) -> SourceState | None:
        """How things stand with a list; None where it was never read."""
        with self._connections.read() as connection:
            row = connection.execute(select(SOURCE_STATES).where(_named(source, account, stream))).first()
        return None if row is None else _state(row)

    def all(self, source: str = "") -> tuple[SourceState, ...]:
        """How things stand with every list, of one source on request."""
        query = select(SOURCE_STATES).order_by(SOURCE_STATES.c.id)
        with self._connections.read() as connection:
            rows = connection.execute(query.where(SOURCE_STATES.c.source == source) if source else query).all()
        return tuple(_state(row) for row in rows)

    def begin(self, source: str, account: str, stream: str, *, since: datetime | None, at: datetime) -> SourceState:
        """Begin to read a list from a moment on, or go on with a reading of the same that is not over."""
        named = _named(source, account, stream)
        with self._connections.write() as connection:
            self._add(connection, source, account, stream)
            row = connection.execute(select(SOURCE_STATES).where(named).with_for_update()).one()
            if row.begun_at is None or row.since != since:
                connection.execute(update(SOURCE_STATES).where(named).values(since=since, cursor=None, begun_at=at))
                row = connection.execute(select(SOURCE_STATES).where(named)).one()
        return _state(row)

    def advance(self, state: SourceState, cursor: str | None) -> None:
        """Note where the reading goes on: in one transaction with what was read, so that both are there or neither.

        Raises StoreConflict where another reading has taken its place.
        """
        self._say(state, cursor=cursor)

    def succeed(self, state: SourceState, *, counts: bool = True) -> None:
        """Note that a reading came to its end; one that leaves a gap after the last one does not `count` as the last."""
        over: dict[str, Any] = {"cursor": None, "begun_at": None, "since": None}
        told: dict[str, Any] = {"failed_at": None, "failure": None, "failures": 0}
        if counts:
            told |= {"succeeded_at": state.begun_at, "ended_at": self._connections.now()}
        self._say(state, **over, **told)

    def fail(self, source: str, account: str, stream: str, failure: str) -> None:
        """Note that a reading failed, and why; where it was remains, so that the next one goes on from there."""
        with self._connections.write() as connection:
            self._add(connection, source, account, stream)
            connection.execute(
                update(SOURCE_STATES)
                .where(_named(source, account, stream))
                .values(
                    failed_at=self._connections.now(),
                    failure=failure[:_LONGEST_FAILURE],
                    failures=SOURCE_STATES.c.failures + 1,
                )
            )

    def _say(self, state: SourceState, **said: Any) -> None:
        with self._connections.write() as connection:
            if not connection.execute(update(SOURCE_STATES).where(_of(state)).values(**said)).rowcount:
                problem = Problem(state.stream, "is being read anew by another process", "let that one come to its end")
                raise StoreConflict(state.source, problem)

    def _add(self, connection: Any, source: str, account: str, stream: str) -> None:
        row = {"source": source, "account": account, "stream": stream, "failures": 0}
        connection.execute(self._connections.insert(SOURCE_STATES).values(row).on_conflict_do_nothing())


def _named(source: str, account: str, stream: str) -> ColumnElement[bool]:
    table = SOURCE_STATES.c
    return and_(table.source == source, table.account == account, table.stream == stream)


def _of(state: SourceState) -> ColumnElement[bool]:
    same = SOURCE_STATES.c.since.is_(None) if state.since is None else SOURCE_STATES.c.since == state.since
    return and_(_named(state.source, state.account, state.stream), SOURCE_STATES.c.begun_at == state.begun_at, same)


def _state(row: Any) -> SourceState:
    return SourceState(
        row.source,
        row.account,
        row.stream,
        row.since,
        row.cursor,
        row.begun_at,
        row.succeeded_at,
        row.ended_at,
        row.failed_at,
        row.failure,
        row.failures,
    )
