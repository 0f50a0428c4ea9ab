"""Exposures: which lead was put into which variant of a test, once, with what was known of it at that moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from leadloop.store.connections import Connections
from leadloop.store.tables import EXPOSURES, SCORES

_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Exposure:
    """That a lead saw a variant of a test."""

    test_id: int
    """The test's number."""
    lead_id: str
    """The lead."""
    variant_name: str
    """The variant."""
    at: datetime
    """When it first did."""
    unit: str = ""
    """Who was put into the variant, where that is not the lead itself."""
    propensity: float | None = None
    """The share of units that the variant got at that moment, 0 to 1."""
    score: float | None = None
    """The score that it was given then."""
    latency_ms: float | None = None
    """How long that score took, in thousandths of a second."""
    degraded: bool = False
    """Whether that score did not come from the first choice."""


class Exposures:
    """The exposures of every test."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, playbook: str, exposures: Sequence[Exposure]) -> None:
        """Note exposures, all or nothing. What a lead saw first stays; that it was scored under another variant later is noted.

        Each keeps the newest score that its lead had before, whichever version gave it: what cannot be the variant's doing.
        """
        if not exposures:
            return
        before = (
            select(SCORES.c.score)
            .where(
                SCORES.c.playbook == bindparam("its_playbook"),
                SCORES.c.lead_id == bindparam("its_lead"),
                SCORES.c.at < bindparam("its_at"),
            )
            .order_by(SCORES.c.at.desc(), SCORES.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        insertion = self._connections.insert(EXPOSURES).values(
            test_id=bindparam("test_id"),
            playbook=bindparam("playbook"),
            lead_id=bindparam("lead_id"),
            variant_name=bindparam("variant_name"),
            at=bindparam("at"),
            unit=bindparam("unit"),
            propensity=bindparam("propensity"),
            score=bindparam("score"),
            latency_ms=bindparam("latency_ms"),
            degraded=bindparam("degraded"),
            score_before=before,
        )
        statement = insertion.on_conflict_do_update(
            index_elements=["test_id", "lead_id"],
            set_={"crossed": True},
            where=EXPOSURES.c.variant_name != insertion.excluded.variant_name,
        )
        # In one order, so that two writers never wait for each other.
        ordered = sorted(exposures, key=lambda one: (one.test_id, one.lead_id, one.at))
        with self._connections.write() as connection:
            connection.execute(statement, [_row(playbook, one) for one in ordered])

    def since(self, test_id: int, number: int) -> Iterator[tuple[int, str, str]]:
        """Who was put into a variant of a test after the exposure of this number: numbers, units and variants."""
        seen = EXPOSURES.c
        while True:
            query = (
                select(seen.id, seen.unit, seen.lead_id, seen.variant_name)
                .where(seen.test_id == test_id, seen.id > number)
                .order_by(seen.id)
                .limit(_AT_ONCE)
            )
            with self._connections.read() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                yield row.id, row.unit or row.lead_id, row.variant_name
            if len(rows) < _AT_ONCE:
                return
            number = rows[-1].id


def _row(playbook: str, one: Exposure) -> dict[str, object]:
    return {
        "test_id": one.test_id,
        "playbook": playbook,
        "lead_id": one.lead_id,
        "variant_name": one.variant_name,
        "at": one.at,
        "unit": "" if one.unit == one.lead_id else one.unit,
        "propensity": one.propensity,
        "score": one.score,
        "latency_ms": one.latency_ms,
        "degraded": one.degraded,
        "its_playbook": playbook,
        "its_lead": one.lead_id,
        "its_at": one.at,
    }
