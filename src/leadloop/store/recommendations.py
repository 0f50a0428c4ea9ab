"""What was recommended for leads, and what people made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from leadloop.errors import Problem, StoreConflict
from leadloop.store.action_tables import RECOMMENDATIONS
from leadloop.store.actions import Action, Actions
from leadloop.store.connections import Connections
from leadloop.store.paging import LARGEST_PAGE, Page, all_pages, read_page

OPEN, ACCEPTED, DONE, DISMISSED, REPLACED = "open", "accepted", "done", "dismissed", "replaced"
STATUSES = (OPEN, ACCEPTED, DONE, DISMISSED, REPLACED)
"""What can become of a recommendation; `replaced` is what newer ones for the lead left behind."""
CHANGES: Mapping[str, tuple[str, ...]] = {
    OPEN: (ACCEPTED, DONE, DISMISSED),
    ACCEPTED: (DONE, DISMISSED, OPEN),
    REPLACED: (DONE, DISMISSED),
    DONE: (),
    DISMISSED: (OPEN,),
}
"""What each status may become by a person's word."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One action that was recommended for a lead."""

    lead_id: str
    """The lead."""
    round: str
    """What was recommended for the lead at one moment has one round."""
    rank: int
    """Its place among them, from 1 on."""
    made_at: datetime
    """When it was made."""
    model_version: str
    """The version of the recommender that made it."""
    kind: str
    """What to do."""
    success: float
    """The probability that the lead is won within the recommender's days, if this is done."""
    success_low: float
    """Its lower limit."""
    success_high: float
    """Its upper limit."""
    priority: str
    """`urgent`, `high`, `normal` or `low`."""
    respond_within_minutes: int
    """Within how many minutes to do it."""
    actor: str = ""
    """Who should do it; empty where nobody in particular."""
    propensity: float | None = None
    """Where chance had a say in what stands first, the probability with which it put this there; else None."""
    why: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The grounds: events that mattered, constraints, and on what kind of evidence it stands."""
    status: str = OPEN
    """`open`, `accepted`, `done`, `dismissed` or `replaced`."""
    changed_at: datetime | None = None
    """When somebody last said something of it."""
    changed_by: str = ""
    """Who did."""
    rating: float | None = None
    """How good a person found it, from 0 to 1."""
    note: str = ""
    """What they wrote."""
    id: int = 0
    """Its number in the store; the store sets it."""


class Recommendations:
    """The recommendations of every playbook."""

    def __init__(self, connections: Connections, actions: Actions) -> None:
        self._connections = connections
        self._actions = actions

    def put(self, playbook: str, recommendations: Sequence[Recommendation]) -> list[Recommendation]:
        """Store new recommendations, all or nothing; open ones of the same leads are replaced by them."""
        table = RECOMMENDATIONS
        leads = sorted({one.lead_id for one in recommendations})
        stored = []
        with self._connections.write() as connection:
            for start in range(0, len(leads), 500):
                old = table.c.playbook == playbook, table.c.lead_id.in_(leads[start : start + 500])
                connection.execute(
                    update(table).where(*old, table.c.status == OPEN).values(status=REPLACED, changed_at=self._now())
                )
            for one in recommendations:
                values = {name: getattr(one, name) for name in one.__slots__ if name != "id"}
                row = {**values, "why": dict(one.why), "playbook": playbook}
                number = connection.execute(table.insert().values(row).returning(table.c.id)).scalar_one()
                stored.append(_recommendation({**row, "id": number}))
        return stored

    def get(self, number: int) -> tuple[str, Recommendation] | None:
        """A recommendation by its number, with its playbook; None where there is none."""
        with self._connections.read() as connection:
            row = connection.execute(select(RECOMMENDATIONS).where(RECOMMENDATIONS.c.id == number)).first()
        return None if row is None else (row.playbook, _recommendation(dict(row._mapping)))

    def change(
        self,
        number: int,
        *,
        status: str | None = None,
        rating: float | None = None,
        note: str | None = None,
        result: str = "",
        who: str,
    ) -> Recommendation | None:
        """Note what somebody made of a recommendation; None where there is none of this number.

        One that is `done` becomes an action in the log, in the same transaction and once, with its propensity where it was drawn
        by lot: the next training learns from it. Raises StoreConflict where it may not become what is asked.
        """
        table = RECOMMENDATIONS
        with self._connections.write() as connection:
            row = connection.execute(select(table).where(table.c.id == number).with_for_update()).first()
            if row is None:
                return None
            now = self._now()
            changes: dict[str, Any] = {"changed_at": now, "changed_by": who}
            if status is not None and status != row.status:
                if status not in CHANGES.get(row.status, ()):
                    allowed = ", ".join(CHANGES.get(row.status, ())) or "nothing else"
                    what = f"is {row.status}, which cannot become {status}"
                    raise StoreConflict("recommendations", Problem("status", what, f"it can become {allowed}"))
                changes["status"] = status
                if status == DONE:
                    told = {"recommendation": number, "model_version": row.model_version}
                    done = Action(
                        f"recommendation {number}", row.lead_id, row.kind, now, row.actor or who, result,
                        row.propensity if row.rank == 1 else None, "recommendation", told,
                    )  # fmt: skip
                    self._actions.add(row.playbook, [done])
            changes |= {name: value for name, value in (("rating", rating), ("note", note)) if value is not None}
            connection.execute(update(table).where(table.c.id == number).values(changes))
            return _recommendation({**row._mapping, **changes})

    def list(
        self,
        playbook: str | None = None,
        *,
        lead_id: str | None = None,
        status: str | None = OPEN,
        score_min: float = 0.0,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[int, list[tuple[str, Recommendation]]]:
        """How many there are, and some of them with their playbooks, the most promising first.

        `score_min` is the least expected success, from 0 to 100.
        """
        table = RECOMMENDATIONS
        where: list[ColumnElement[bool]] = [table.c.success >= score_min / 100]
        for column, value in ((table.c.playbook, playbook), (table.c.lead_id, lead_id), (table.c.status, status)):
            if value is not None:
                where.append(column == value)
        order = table.c.success.desc(), table.c.rank, table.c.id
        with self._connections.read() as connection:
            count = connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
            rows = connection.execute(select(table).where(*where).order_by(*order).limit(limit).offset(offset))
            return int(count), [(row.playbook, _recommendation(dict(row._mapping))) for row in rows]

    def page(
        self, playbook: str, *, lead_id: str | None = None, after: str | None = None, limit: int = 100
    ) -> Page[Recommendation]:
        """Recommendations in the order in which they were stored, of one lead on request."""
        query = select(RECOMMENDATIONS).where(RECOMMENDATIONS.c.playbook == playbook)
        if lead_id is not None:
            query = query.where(RECOMMENDATIONS.c.lead_id == lead_id)
        number = RECOMMENDATIONS.c.id
        return read_page(
            self._connections, "recommendations", query, number, lambda row: _recommendation(dict(row._mapping)),
            after=after, limit=limit,
        )  # fmt: skip

    def stream(self, playbook: str) -> Iterator[Recommendation]:
        """Every recommendation, a page in memory at a time."""
        return all_pages(lambda after: self.page(playbook, after=after, limit=LARGEST_PAGE // 10))

    def dismissed(self, playbook: str, lead_ids: Sequence[str]) -> dict[str, tuple[tuple[str, datetime], ...]]:
        """What people dismissed for some leads, and when: the kinds of action of each lead."""
        table = RECOMMENDATIONS
        found: dict[str, tuple[tuple[str, datetime], ...]] = {}
        for start in range(0, len(lead_ids), 500):
            mine = table.c.playbook == playbook, table.c.lead_id.in_(lead_ids[start : start + 500])
            query = select(table).where(*mine, table.c.status == DISMISSED).order_by(table.c.changed_at, table.c.id)
            with self._connections.read() as connection:
                for row in connection.execute(query):
                    said = (row.kind, row.changed_at or row.made_at)
                    found[row.lead_id] = (*found.get(row.lead_id, ()), said)
        return found

    def assigned(self, playbook: str) -> dict[str, int]:
        """How many recommendations are open or accepted for each person: what is on their desk."""
        table = RECOMMENDATIONS
        mine = table.c.playbook == playbook, table.c.status.in_((OPEN, ACCEPTED)), table.c.rank == 1
        query = select(table.c.actor, func.count()).where(*mine, table.c.actor != "").group_by(table.c.actor)
        with self._connections.read() as connection:
            return {actor: int(count) for actor, count in connection.execute(query)}

    def of_lead(self, playbook: str, lead_id: str) -> tuple[Recommendation, ...]:
        """What was recommended for a lead, in the order in which it was."""
        table = RECOMMENDATIONS
        query = select(table).where(table.c.playbook == playbook, table.c.lead_id == lead_id)
        with self._connections.read() as connection:
            rows = connection.execute(query.order_by(table.c.made_at, table.c.rank, table.c.id))
            return tuple(_recommendation(dict(row._mapping)) for row in rows)

    def _now(self) -> datetime:
        return self._connections.now()


def _recommendation(row: Mapping[str, Any]) -> Recommendation:
    return Recommendation(**{name: row[name] for name in Recommendation.__slots__})
