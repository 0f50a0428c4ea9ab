"""What sources sent by themselves: each event once, however often it is delivered, until it has been worked on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from leadloop.store.connections import Connections
from leadloop.store.source_tables import SOURCE_EVENTS

WAITING, DONE = "waiting", "done"


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """One event that a source sent."""

    id: int
    """Its number here."""
    source: str
    """Who sent it."""
    event_id: str
    """The sender's own number, the same in every delivery."""
    kind: str
    """What happened, in the source's words."""
    state: str
    """`waiting`, or `done`."""
    sent_at: datetime
    """When the sender sent it."""
    received_at: datetime
    """When it was stored."""
    payload: Any = field(repr=False)
    """What it says; None once it has been worked on."""


class SourceEvents:
    """The events of every source."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, source: str, event_id: str, kind: str, payload: Any, *, sent_at: datetime) -> int | None:
        """Keep an event and answer its number here; None where it came before."""
        row = {
            "source": source,
            "event_id": event_id,
            "kind": kind,
            "state": WAITING,
            "sent_at": sent_at,
            "received_at": self._connections.now(),
            "payload": payload,
        }
        insertion = self._connections.insert(SOURCE_EVENTS).values(row)
        insertion = insertion.on_conflict_do_nothing(index_elements=["source", "event_id"])
        with self._connections.write() as connection:
            added = connection.execute(insertion.returning(SOURCE_EVENTS.c.id)).scalar_one_or_none()
        return None if added is None else int(added)

    def get(self, number: int) -> SourceEvent | None:
        """An event by its number here."""
        with self._connections.read() as connection:
            row = connection.execute(select(SOURCE_EVENTS).where(SOURCE_EVENTS.c.id == number)).first()
        if row is None:
            return None
        return SourceEvent(
            row.id, row.source, row.event_id, row.kind, row.state, row.sent_at, row.received_at, row.payload
        )

    def finish(self, number: int) -> None:
        """Note that an event was worked on. What it said is let go; its number stays, so that it is known again."""
        with self._connections.write() as connection:
            connection.execute(
                update(SOURCE_EVENTS)
                .where(SOURCE_EVENTS.c.id == number)
                .values(state=DONE, done_at=self._connections.now(), payload=None)
            )

    def counts(self, source: str) -> dict[str, int]:
        """How many events of a source are in each state."""
        query = select(SOURCE_EVENTS.c.state, func.count()).where(SOURCE_EVENTS.c.source == source)
        with self._connections.read() as connection:
            return {state: int(count) for state, count in connection.execute(query.group_by(SOURCE_EVENTS.c.state))}
