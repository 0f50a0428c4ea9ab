"""Events: what happened to leads and when, as it was told, only ever added to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from leadloop.store.appending import Stored, append
from leadloop.store.connections import Connections
from leadloop.store.paging import LARGEST_PAGE, Page, all_pages, read_page
from leadloop.store.tables import EVENTS


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a lead."""

    key: str
    """The sender's own name for it: sent again under this key, it is the same event."""
    lead_id: str
    """The lead."""
    name: str
    """What happened, as in `policy_bound`."""
    at: datetime
    """When it happened."""
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Whatever else is known of it."""


class Events:
    """The events of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, playbook: str, events: Sequence[Event]) -> list[Stored]:
        """Store events, all or nothing; those that were stored before are recognised by their keys.

        Raises StoreConflict where a key was used for another event.
        """
        now = self._connections.now()
        rows = [
            {
                "key": event.key,
                "lead_id": event.lead_id,
                "name": event.name,
                "at": event.at,
                "details": dict(event.details),
                "_recorded_at": now,
            }
            for event in events
        ]
        return append(self._connections, EVENTS, playbook, rows)

    def of_lead(self, playbook: str, lead_id: str) -> tuple[Event, ...]:
        """What happened to a lead, in the order in which it happened."""
        query = select(EVENTS).where(EVENTS.c.playbook == playbook, EVENTS.c.lead_id == lead_id)
        with self._connections.read() as connection:
            return tuple(_event(row) for row in connection.execute(query.order_by(EVENTS.c.at, EVENTS.c.id)))

    def of_leads(self, playbook: str, lead_ids: Sequence[str]) -> dict[str, tuple[Event, ...]]:
        """What happened to some leads, each lead's in the order in which it happened; leads without any are left out."""
        found: dict[str, list[Event]] = {}
        for start in range(0, len(lead_ids), 500):
            some = EVENTS.c.playbook == playbook, EVENTS.c.lead_id.in_(lead_ids[start : start + 500])
            query = select(EVENTS).where(*some).order_by(EVENTS.c.lead_id, EVENTS.c.at, EVENTS.c.id)
            with self._connections.read() as connection:
                for row in connection.execute(query):
                    found.setdefault(row.lead_id, []).append(_event(row))
        return {lead_id: tuple(events) for lead_id, events in found.items()}

    def page(
        self, playbook: str, *, lead_id: str | None = None, after: str | None = None, limit: int = 100
    ) -> Page[Event]:
        """Events in the order in which they were stored, of one lead on request."""
        query = select(EVENTS).where(EVENTS.c.playbook == playbook)
        if lead_id is not None:
            query = query.where(EVENTS.c.lead_id == lead_id)
        return read_page(self._connections, "events", query, EVENTS.c.id, _event, after=after, limit=limit)

    def stream(self, playbook: str) -> Iterator[Event]:
        """Every event, a page in memory at a time."""
        return all_pages(lambda after: self.page(playbook, after=after, limit=LARGEST_PAGE // 10))


def _event(row: Any) -> Event:
    return Event(row.key, row.lead_id, row.name, row.at, row.details)
