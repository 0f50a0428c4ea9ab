"""Outcomes: how leads ended, target by target, only ever added to; a correction is a later outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from leadloop.store.appending import Stored, append
from leadloop.store.connections import Connections
from leadloop.store.paging import LARGEST_PAGE, Page, all_pages, read_page
from leadloop.store.tables import OUTCOMES


@dataclass(frozen=True, slots=True)
class LeadOutcome:
    """How a lead ended as to one target."""

    key: str
    """The sender's own name for it: sent again under this key, it is the same outcome."""
    lead_id: str
    """The lead."""
    target: str
    """The playbook's target."""
    value: float
    """1 where it was reached, 0 where not, or an amount."""
    at: datetime
    """When it came about."""
    source: str = ""
    """Who says so."""
    dated: bool = True
    """Whether it is known when it came about; where not, `at` is the time of its lead."""


_AT_ONCE = 500


class Outcomes:
    """The outcomes of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def told_since(self, playbook: str, target: str, moment: datetime) -> tuple[int, int]:
        """How many leads have an outcome of a target since a moment, and how many of these a good one."""
        query = select(
            func.count(OUTCOMES.c.lead_id.distinct()),
            func.count(OUTCOMES.c.lead_id.distinct()).filter(OUTCOMES.c.value > 0),
        ).where(OUTCOMES.c.playbook == playbook, OUTCOMES.c.target == target, OUTCOMES.c.at >= moment)
        with self._connections.read() as connection:
            told, won = connection.execute(query).one()
        return int(told), int(won)

    def add(self, playbook: str, outcomes: Sequence[LeadOutcome]) -> list[Stored]:
        """Store outcomes, all or nothing; those that were stored before are recognised by their keys.

        Raises StoreConflict where a key was used for another outcome.
        """
        now = self._connections.now()
        rows = [
            {
                "key": outcome.key,
                "lead_id": outcome.lead_id,
                "target": outcome.target,
                "value": float(outcome.value),
                "at": outcome.at,
                "source": outcome.source,
                "_dated": outcome.dated,
                "_recorded_at": now,
            }
            for outcome in outcomes
        ]
        return append(self._connections, OUTCOMES, playbook, rows)

    def of_lead(self, playbook: str, lead_id: str) -> tuple[LeadOutcome, ...]:
        """How a lead ended, in the order in which it was told: the last one of a target holds."""
        query = select(OUTCOMES).where(OUTCOMES.c.playbook == playbook, OUTCOMES.c.lead_id == lead_id)
        with self._connections.read() as connection:
            return tuple(_outcome(row) for row in connection.execute(query.order_by(OUTCOMES.c.id)))

    def page(
        self, playbook: str, *, lead_id: str | None = None, after: str | None = None, limit: int = 100
    ) -> Page[LeadOutcome]:
        """Outcomes in the order in which they were stored, of one lead on request."""
        query = select(OUTCOMES).where(OUTCOMES.c.playbook == playbook)
        if lead_id is not None:
            query = query.where(OUTCOMES.c.lead_id == lead_id)
        return read_page(self._connections, "outcomes", query, OUTCOMES.c.id, _outcome, after=after, limit=limit)

    def sources(self, playbook: str, target: str) -> dict[str, str]:
        """Who told the outcome that holds of each lead, by lead id."""
        query = select(OUTCOMES.c.lead_id, OUTCOMES.c.source).where(
            OUTCOMES.c.playbook == playbook, OUTCOMES.c.target == target
        )
        with self._connections.read() as connection:
            return {row.lead_id: row.source for row in connection.execute(query.order_by(OUTCOMES.c.id))}

    def last_of_leads(
        self,
        playbook: str,
        target: str,
        lead_ids: Sequence[str],
        *,
        by: datetime | None = None,
        told_since: datetime | None = None,
    ) -> dict[str, LeadOutcome]:
        """The last outcome told of each of these leads as to one target, of those that came about by a moment, or were told since
        one; leads without any are left out.
        """
        found: dict[str, LeadOutcome] = {}
        wanted = select(OUTCOMES).where(OUTCOMES.c.playbook == playbook, OUTCOMES.c.target == target)
        if by is not None:
            wanted = wanted.where(OUTCOMES.c.at <= by)
        if told_since is not None:
            wanted = wanted.where(OUTCOMES.c.recorded_at >= told_since)
        with self._connections.read() as connection:
            for start in range(0, len(lead_ids), _AT_ONCE):
                query = wanted.where(OUTCOMES.c.lead_id.in_(lead_ids[start : start + _AT_ONCE]))
                found |= {row.lead_id: _outcome(row) for row in connection.execute(query.order_by(OUTCOMES.c.id))}
        return found

    def count(self, playbook: str, *, since: datetime) -> int:
        """How many outcomes were stored at or after a moment."""
        mine = OUTCOMES.c.playbook == playbook, OUTCOMES.c.recorded_at >= since
        with self._connections.read() as connection:
            return int(connection.execute(select(func.count()).select_from(OUTCOMES).where(*mine)).scalar_one())

    def stream(self, playbook: str) -> Iterator[LeadOutcome]:
        """Every outcome, a page in memory at a time."""
        return all_pages(lambda after: self.page(playbook, after=after, limit=LARGEST_PAGE // 10))


def _outcome(row: Any) -> LeadOutcome:
    return LeadOutcome(row.key, row.lead_id, row.target, row.value, row.at, row.source, row.dated)
