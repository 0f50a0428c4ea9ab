"""Checks: whether training again was worth while, each time somebody looked, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from leadloop.store.connections import Connections
from leadloop.store.loop_tables import CHECKS
from leadloop.store.paging import Page, read_page


@dataclass(frozen=True, slots=True)
class RetrainCheck:
    """One look at whether training again was worth while."""

    id: int
    """Its number."""
    at: datetime
    """When."""
    due: bool
    """Whether it was."""
    reasons: Sequence[Mapping[str, Any]]
    """Each reason: its trigger, how urgent, and in words."""
    facts: Mapping[str, Any] = field(repr=False)
    """What was known then."""
    job_id: int | None
    """The job that was asked for, where one was."""


class RetrainChecks:
    """The checks of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self,
        playbook: str,
        *,
        due: bool,
        reasons: Sequence[Mapping[str, Any]],
        facts: Mapping[str, Any],
        job: int | None = None,
    ) -> int:
        """Keep what was found, and answer its number."""
        row = {"due": due, "reasons": [dict(one) for one in reasons], "facts": dict(facts), "job_id": job}
        now = self._connections.now()
        with self._connections.write() as connection:
            added = CHECKS.insert().values(playbook=playbook, at=now, **row).returning(CHECKS.c.id)
            return int(connection.execute(added).scalar_one())

    def led_to(self, check: int, job: int) -> None:
        """Note which job a check led to."""
        with self._connections.write() as connection:
            connection.execute(update(CHECKS).where(CHECKS.c.id == check).values(job_id=job))

    def page(self, playbook: str, *, after: str | None = None, limit: int = 100) -> Page[RetrainCheck]:
        """Checks of a playbook, the newest first."""
        query = select(CHECKS).where(CHECKS.c.playbook == playbook)
        return read_page(
            self._connections, "checks", query, CHECKS.c.id, _check, after=after, limit=limit, newest_first=True
        )


def _check(row: Any) -> RetrainCheck:
    return RetrainCheck(row.id, row.at, row.due, row.reasons, row.facts, row.job_id)
