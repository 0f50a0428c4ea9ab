"""The action log: calls, mails, meetings, quotes and whatever else was done about leads, only ever added to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from leadloop.store.action_tables import ACTIONS
from leadloop.store.appending import Stored, append
from leadloop.store.connections import Connections
from leadloop.store.paging import LARGEST_PAGE, Page, all_pages, read_page


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that was done about a lead."""

    key: str
    """The sender's own name for it: sent again under this key, it is the same action."""
    lead_id: str
    """The lead."""
    kind: str
    """What was done, as in `call`."""
    at: datetime
    """When it was done."""
    actor: str = ""
    """Who did it; empty where it is not known."""
    result: str = ""
    """What came of it at once, as in `no answer`; empty where it is not known."""
    propensity: float | None = None
    """Where it was drawn by lot, the probability with which it was; else None. Only such actions tell what an action causes."""
    source: str = ""
    """Where this was heard, as in `crm`."""
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Whatever else is known of it."""


class Actions:
    """The action log of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, playbook: str, actions: Sequence[Action]) -> list[Stored]:
        """Store actions, all or nothing; those that were stored before are recognised by their keys.

        Raises StoreConflict where a key was used for another action.
        """
        now = self._connections.now()
        rows = [
            {
                "key": one.key,
                "lead_id": one.lead_id,
                "kind": one.kind,
                "at": one.at,
                "actor": one.actor,
                "result": one.result,
                "propensity": one.propensity,
                "source": one.source,
                "details": dict(one.details),
                "_recorded_at": now,
            }
            for one in actions
        ]
        return append(self._connections, ACTIONS, playbook, rows)

    def of_lead(self, playbook: str, lead_id: str) -> tuple[Action, ...]:
        """What was done about a lead, in the order in which it was done."""
        return self.of_leads(playbook, [lead_id]).get(lead_id, ())

    def of_leads(self, playbook: str, lead_ids: Sequence[str]) -> dict[str, tuple[Action, ...]]:
        """What was done about some leads, each lead's in the order in which it was done; leads without any are left out."""
        found: dict[str, list[Action]] = {}
        for start in range(0, len(lead_ids), 500):
            some = ACTIONS.c.playbook == playbook, ACTIONS.c.lead_id.in_(lead_ids[start : start + 500])
            query = select(ACTIONS).where(*some).order_by(ACTIONS.c.lead_id, ACTIONS.c.at, ACTIONS.c.id)
            with self._connections.read() as connection:
                for row in connection.execute(query):
                    found.setdefault(row.lead_id, []).append(_action(row))
        return {lead_id: tuple(actions) for lead_id, actions in found.items()}

    def known(self, playbook: str, keys: Sequence[str]) -> set[str]:
        """Which of these keys were used."""
        found: set[str] = set()
        for start in range(0, len(keys), 500):
            some = ACTIONS.c.playbook == playbook, ACTIONS.c.key.in_(keys[start : start + 500])
            with self._connections.read() as connection:
                found |= set(connection.execute(select(ACTIONS.c.key).where(*some)).scalars())
        return found

    def kinds(self, playbook: str) -> dict[str, int]:
        """How often each kind of action was logged, the most frequent first."""
        query = select(ACTIONS.c.kind, func.count()).where(ACTIONS.c.playbook == playbook).group_by(ACTIONS.c.kind)
        with self._connections.read() as connection:
            counts = {kind: int(count) for kind, count in connection.execute(query)}
        return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))

    def done_since(self, playbook: str, since: datetime) -> dict[tuple[str, str], int]:
        """How often each actor did each kind of action since a moment, for what is left of the day's capacity."""
        mine = ACTIONS.c.playbook == playbook, ACTIONS.c.at >= since
        query = select(ACTIONS.c.actor, ACTIONS.c.kind, func.count()).where(*mine)
        with self._connections.read() as connection:
            rows = connection.execute(query.group_by(ACTIONS.c.actor, ACTIONS.c.kind))
            return {(actor, kind): int(count) for actor, kind, count in rows}

    def page(
        self, playbook: str, *, lead_id: str | None = None, after: str | None = None, limit: int = 100
    ) -> Page[Action]:
        """Actions in the order in which they were stored, of one lead on request."""
        query = select(ACTIONS).where(ACTIONS.c.playbook == playbook)
        if lead_id is not None:
            query = query.where(ACTIONS.c.lead_id == lead_id)
        return read_page(self._connections, "actions", query, ACTIONS.c.id, _action, after=after, limit=limit)

    def stream(self, playbook: str) -> Iterator[Action]:
        """Every action, a page in memory at a time."""
        return all_pages(lambda after: self.page(playbook, after=after, limit=LARGEST_PAGE))


def _action(row: Any) -> Action:
    return Action(
        row.key, row.lead_id, row.kind, row.at, row.actor, row.result, row.propensity, row.source, row.details
    )
