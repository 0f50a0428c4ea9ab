"""The queue of leads about whose companies more is to be found out, best worth first, and what was found.

Whoever takes leads holds them for a while and says from time to time that it is still at it, as with jobs. What was found is
stored together with the new version of the lead, so a lead is enriched and off the queue, or neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from leadloop.store.connections import Connections
from leadloop.store.enrichment_tables import ANSWERS, ENRICHMENTS, QUEUE
from leadloop.store.leads import LeadVersion, _current, _version
from leadloop.store.paging import LARGEST_PAGE, Page, all_pages, read_page
from leadloop.store.tables import LEADS, SCORES

WAITING, CHANGED, DONE, FAILED = "waiting", "changed", "done", "failed"
"""In the queue; enriched, and to be scored anew; over; given up."""
MAX_ATTEMPTS = 5
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """A lead that more is to be known of."""

    lead_id: str
    """The lead."""
    worth: float
    """What that would be worth; the queue's order."""
    why: Mapping[str, Any] = field(default_factory=dict)
    """How that was come to."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A lead in the queue, or that was."""

    id: int
    """Its number in the queue."""
    playbook: str
    """The playbook of the lead."""
    lead_id: str
    """The lead."""
    state: str
    """`waiting`, `changed` (found, and to be scored anew), `done` or `failed`."""
    worth: float
    """What knowing more is worth; the best first."""
    why: Mapping[str, Any]
    """How that was come to."""
    attempts: int
    """How often it was begun."""
    run_after: datetime
    """Not before this moment."""
    holder: str | None
    """Who is at it."""
    added_at: datetime
    """When it came into the queue."""
    finished_at: datetime | None
    """When it was over."""
    filled: Sequence[str]
    """The fields that were filled in."""
    cost: float
    """What it cost."""
    note: str
    """What else is to be known: why there was nothing, or what failed."""


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What one provider told of one lead's company."""

    provider: str
    """Who told it."""
    facts: Mapping[str, Mapping[str, str]]
    """Each fact with its `value`, its `source` and the `field` that it filled, empty where it filled none."""
    note: str
    """What else is to be known."""
    found_at: datetime
    """When it was told."""
    good_until: datetime
    """Until when it is good."""


class Enrichment:
    """The enrichment of one store's leads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def want(self, playbook: str, leads: Sequence[Wanted], *, again: bool = False) -> int:
        """Put leads into the queue, or give those that wait their new worth; says how many came in.

        With `again`, leads whose turn is over come in once more; else they stay as they are.
        """
        now, came = self._connections.now(), 0
        with self._connections.write() as connection:
            for start in range(0, len(leads), _AT_ONCE):
                part = sorted(leads[start : start + _AT_ONCE], key=lambda one: one.lead_id)
                mine = and_(QUEUE.c.playbook == playbook, QUEUE.c.lead_id.in_([one.lead_id for one in part]))
                states = {row.lead_id: row.state for row in connection.execute(select(QUEUE).where(mine))}
                fresh = [one for one in part if one.lead_id not in states]
                rows = [
                    {
                        "playbook": playbook,
                        "lead_id": one.lead_id,
                        "state": WAITING,
                        "worth": one.worth,
                        "why": dict(one.why),
                        "attempts": 0,
                        "run_after": now,
                        "added_at": now,
                        "filled": [],
                        "cost": 0.0,
                        "note": "",
                    }
                    for one in fresh
                ]
                if rows:
                    insertion = self._connections.insert(QUEUE).on_conflict_do_nothing()
                    came += len(connection.execute(insertion.returning(QUEUE.c.id), rows).all())
                for one in part:
                    told: dict[str, Any] = {"worth": one.worth, "why": dict(one.why)}
                    own = [QUEUE.c.playbook == playbook, QUEUE.c.lead_id == one.lead_id]
                    if states.get(one.lead_id) == WAITING:
                        connection.execute(update(QUEUE).where(*own, QUEUE.c.state == WAITING).values(**told))
                    elif again and one.lead_id in states and states[one.lead_id] != CHANGED:
                        anew = {"state": WAITING, "attempts": 0, "run_after": now, "finished_at": None, "added_at": now}
                        over = QUEUE.c.state.in_((DONE, FAILED))
                        came += connection.execute(update(QUEUE).where(*own, over).values(**told, **anew)).rowcount
        return came

    def drop(self, playbook: str, lead_ids: Sequence[str]) -> int:
        """Take leads that wait out of the queue: nothing is missing of them any more. Says how many these were."""
        gone = 0
        with self._connections.write() as connection:
            for start in range(0, len(lead_ids), _AT_ONCE):
                some = QUEUE.c.lead_id.in_(lead_ids[start : start + _AT_ONCE])
                mine = QUEUE.c.playbook == playbook, some, QUEUE.c.state == WAITING, QUEUE.c.holder.is_(None)
                gone += connection.execute(QUEUE.delete().where(*mine)).rowcount
        return gone

    def claim(self, playbook: str, holder: str, *, seconds: float, most: int) -> tuple[Queued, ...]:
        """Take the leads whose enrichment is worth most and hold them for so long."""
        now = self._connections.now()
        free = or_(QUEUE.c.held_until.is_(None), QUEUE.c.held_until <= now)
        ready: list[ColumnElement[bool]] = [
            *(QUEUE.c.playbook == playbook, QUEUE.c.state == WAITING, QUEUE.c.run_after <= now, free)
        ]
        with self._connections.read() as connection:
            if connection.execute(select(QUEUE.c.id).where(*ready).limit(1)).first() is None:
                return ()
        with self._connections.write() as connection:
            over = update(QUEUE).where(*ready, QUEUE.c.attempts >= MAX_ATTEMPTS)
            told = "it was begun again and again, and nobody came back"
            connection.execute(over.values(state=FAILED, finished_at=now, holder=None, held_until=None, note=told))
            best = select(QUEUE.c.id).where(*ready).order_by(QUEUE.c.worth.desc(), QUEUE.c.id).limit(most)
            chosen = list(connection.execute(best.with_for_update(skip_locked=True)).scalars())
            if not chosen:
                return ()
            held = {"holder": holder, "held_until": now + timedelta(seconds=seconds), "attempts": QUEUE.c.attempts + 1}
            rows = connection.execute(update(QUEUE).where(QUEUE.c.id.in_(chosen)).values(**held).returning(QUEUE)).all()
        return tuple(sorted(map(_queued, rows), key=lambda one: (-one.worth, one.id)))

    def hold(self, holder: str, *, seconds: float) -> None:
        """Say that we are still at all that we took."""
        until = self._connections.now() + timedelta(seconds=seconds)
        with self._connections.write() as connection:
            connection.execute(update(QUEUE).where(QUEUE.c.holder == holder).values(held_until=until))

    def release(self, holder: str) -> int:
        """Give back what we took and did not end; that attempt does not count."""
        freed = {"holder": None, "held_until": None, "attempts": QUEUE.c.attempts - 1}
        with self._connections.write() as connection:
            return connection.execute(update(QUEUE).where(QUEUE.c.holder == holder).values(**freed)).rowcount

    def current(self, playbook: str, lead_id: str) -> LeadVersion | None:
        """What holds of a lead now, and nobody changes it before this transaction ends; none where it is gone."""
        query = _current().where(LEADS.c.playbook == playbook, LEADS.c.lead_id == lead_id)
        with self._connections.write() as connection:
            own = select(LEADS.c.id).where(LEADS.c.playbook == playbook, LEADS.c.lead_id == lead_id)
            connection.execute(own.with_for_update())
            row = connection.execute(query).first()
        return None if row is None else _version(row)

    def finish(self, one: Queued, *, changed: bool, filled: Sequence[str], cost: float, note: str = "") -> bool:
        """Say that a lead is done, and whether it is to be scored anew; false where it is not ours any more."""
        told = {"filled": list(filled), "cost": QUEUE.c.cost + cost, "note": note[:1000]}
        return self._end(one, state=CHANGED if changed else DONE, **told)

    def put_off(self, one: Queued, note: str, *, seconds: float, counts: bool = True) -> str:
        """Say that it did not work and is to be tried again after so long, or given up after some tries; says which."""
        if counts and one.attempts >= MAX_ATTEMPTS:
            self.give_up(one, note)
            return FAILED
        later = {"run_after": self._connections.now() + timedelta(seconds=seconds), "note": note[:1000]}
        self._say(one, holder=None, held_until=None, attempts=one.attempts - (not counts), **later)
        return WAITING

    def give_up(self, one: Queued, note: str) -> None:
        """Say that trying again would change nothing."""
        self._end(one, state=FAILED, note=note[:1000])

    def forget(self, one: Queued) -> None:
        """Take a lead out that is gone."""
        with self._connections.write() as connection:
            connection.execute(QUEUE.delete().where(QUEUE.c.id == one.id))

    def changed(self, playbook: str, *, most: int = 1_000) -> list[str]:
        """Leads that were enriched and are to be scored anew."""
        mine = QUEUE.c.playbook == playbook, QUEUE.c.state == CHANGED
        query = select(QUEUE.c.lead_id).where(*mine).order_by(QUEUE.c.id).limit(most)
        with self._connections.read() as connection:
            return list(connection.execute(query).scalars())

    def settle(self, playbook: str, lead_ids: Sequence[str]) -> None:
        """Note that somebody was asked to score these anew."""
        mine = QUEUE.c.playbook == playbook, QUEUE.c.state == CHANGED, QUEUE.c.lead_id.in_(lead_ids)
        with self._connections.write() as connection:
            connection.execute(update(QUEUE).where(*mine).values(state=DONE))

    def answer(self, provider: str, key: str) -> Any:
        """What a provider answered before, where that is still good; else nothing."""
        mine = ANSWERS.c.provider == provider, ANSWERS.c.key == key[:255]
        query = select(ANSWERS.c.found).where(*mine, ANSWERS.c.good_until > self._connections.now())
        with self._connections.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def keep_answer(self, provider: str, key: str, found: Any, *, cost: float, days: float) -> None:
        """Keep what a provider answered, for the next lead of that company."""
        now = self._connections.now()
        said = {"found": found, "cost": cost, "found_at": now, "good_until": now + timedelta(days=days)}
        insertion = self._connections.insert(ANSWERS).values(provider=provider, key=key[:255], **said)
        with self._connections.write() as connection:
            connection.execute(insertion.on_conflict_do_update(index_elements=["provider", "key"], set_=said))

    def keep_facts(
        self, playbook: str, lead_id: str, provider: str, facts: Mapping[str, Any], *, note: str, days: float
    ) -> None:
        """Keep what a provider told of a lead's company, in place of what it told before."""
        now = self._connections.now()
        said = {"facts": dict(facts), "note": note[:1000], "found_at": now, "good_until": now + timedelta(days=days)}
        own = {"playbook": playbook, "lead_id": lead_id, "provider": provider}
        insertion = self._connections.insert(ENRICHMENTS).values(**own, **said)
        with self._connections.write() as connection:
            connection.execute(insertion.on_conflict_do_update(index_elements=list(own), set_=said))

    def facts(self, playbook: str, lead_ids: Sequence[str]) -> dict[str, list[LeadFacts]]:
        """What is known of the companies of some leads, and from where."""
        found: dict[str, list[LeadFacts]] = {}
        with self._connections.read() as connection:
            for start in range(0, len(lead_ids), _AT_ONCE):
                some = ENRICHMENTS.c.lead_id.in_(lead_ids[start : start + _AT_ONCE])
                query = select(ENRICHMENTS).where(ENRICHMENTS.c.playbook == playbook, some).order_by(ENRICHMENTS.c.id)
                for row in connection.execute(query):
                    told = LeadFacts(row.provider, row.facts, row.note, row.found_at, row.good_until)
                    found.setdefault(row.lead_id, []).append(told)
        return found

    def filled(self, playbook: str, lead_id: str) -> dict[str, str]:
        """The fields of a lead that were filled in, for sources that record it anew and would else forget them."""
        told = self.facts(playbook, [lead_id]).get(lead_id, ())
        return {said["field"]: said["value"] for one in told for said in one.facts.values() if said.get("field")}

    def standings(self, playbook: str) -> dict[str, tuple[float | None, float | None, float | None, float]]:
        """The newest score of each lead: probability, the ends of its interval, and the score itself."""
        newest = select(func.max(SCORES.c.id)).where(SCORES.c.playbook == playbook, SCORES.c.lead_id != "")
        columns = ("lead_id", "probability", "probability_low", "probability_high", "score")
        query = select(*(SCORES.c[name] for name in columns)).where(SCORES.c.id.in_(newest.group_by(SCORES.c.lead_id)))
        with self._connections.read() as connection:
            return {row[0]: (row[1], row[2], row[3], row[4]) for row in connection.execute(query)}

    def backlog(self) -> dict[str, int]:
        """How many leads of each playbook wait."""
        query = select(QUEUE.c.playbook, func.count()).where(QUEUE.c.state == WAITING).group_by(QUEUE.c.playbook)
        with self._connections.read() as connection:
            return {name: int(count) for name, count in connection.execute(query.order_by(QUEUE.c.playbook))}

    def counts(self, playbook: str) -> dict[str, int]:
        """How many leads are in each state."""
        query = select(QUEUE.c.state, func.count()).where(QUEUE.c.playbook == playbook).group_by(QUEUE.c.state)
        with self._connections.read() as connection:
            return {state: int(count) for state, count in connection.execute(query.order_by(QUEUE.c.state))}

    def best(self, playbook: str, *, most: int = 100) -> tuple[Queued, ...]:
        """The leads that wait, in the order in which they are taken."""
        mine = QUEUE.c.playbook == playbook, QUEUE.c.state == WAITING
        query = select(QUEUE).where(*mine).order_by(QUEUE.c.worth.desc(), QUEUE.c.id).limit(most)
        with self._connections.read() as connection:
            return tuple(map(_queued, connection.execute(query).all()))

    def page(self, playbook: str, *, after: str | None = None, limit: int = 100) -> Page[Queued]:
        """All of the queue, in the order in which leads came in."""
        query = select(QUEUE).where(QUEUE.c.playbook == playbook)
        return read_page(self._connections, "queue", query, QUEUE.c.id, _queued, after=after, limit=limit)

    def stream(self, playbook: str) -> Iterator[Queued]:
        """All of the queue, a page in memory at a time."""
        return all_pages(lambda after: self.page(playbook, after=after, limit=LARGEST_PAGE // 10))

    def _end(self, one: Queued, **said: Any) -> bool:
        return self._say(one, holder=None, held_until=None, finished_at=self._connections.now(), **said)

    def _say(self, one: Queued, **said: Any) -> bool:
        ours = QUEUE.c.id == one.id, QUEUE.c.holder == one.holder, QUEUE.c.attempts == one.attempts
        with self._connections.write() as connection:
            return bool(connection.execute(update(QUEUE).where(*ours).values(**said)).rowcount)


def _queued(row: Any) -> Queued:
    return Queued(
        *(row.id, row.playbook, row.lead_id, row.state, row.worth, row.why, row.attempts, row.run_after, row.holder),
        *(row.added_at, row.finished_at, row.filled, row.cost, row.note),
    )
