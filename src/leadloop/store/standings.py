"""Standings: how each lead stands now, in one row: what it is called, its first and its newest score.

Whoever records a lead or a score notes it here in the same transaction. Scores that nobody saw, and those of leads without an
identifier, are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    UnaryExpression,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.operators import custom_op

from leadloop.errors import Problem, StoreError
from leadloop.store.appending import Stored
from leadloop.store.connections import Connections
from leadloop.store.lead_traits import plain_words, traits_of
from leadloop.store.paging import LARGEST_PAGE, Page, mark_of, read_mark
from leadloop.store.standing_tables import STANDINGS
from leadloop.store.tables import OUTCOMES, SHADOW

if TYPE_CHECKING:
    from leadloop.store.scores import Score

Order = Literal["score", "newest"]
_TRAITS = ("name", "company", "owner", "industry", "called_at", "sentiment", "follow_up", "words")
_NEWEST = (
    *("score_id", "scored_at", "score", "probability", "probability_low", "probability_high", "band", "route"),
    *("segment", "model_version", "method", "degraded"),
)
_FIRST = ("first_id", "first_at", "first_score", "first_probability", "first_band")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a lead stands by its newest score."""

    id: int
    """The number of its row."""
    lead_id: str
    """The lead."""
    name: str
    """What it is called; empty where no field says it."""
    company: str
    """Its company."""
    owner: str
    """Who works on it."""
    industry: str
    """Its company's industry."""
    came_at: datetime
    """When it came in."""
    score_id: int | None
    """The number of its newest score; none where it has none."""
    scored_at: datetime | None
    """When that was given."""
    score: float | None
    """0 to 100."""
    score_before: float | None
    """The newest score that it had before."""
    probability: float | None
    """0 to 1; none where rules scored."""
    probability_low: float | None
    """The lower end of the probability's interval."""
    probability_high: float | None
    """Its upper end."""
    band: str | None
    """The band."""
    route: str | None
    """What the policy does with it."""
    segment: str | None
    """Its segment."""
    model_version: str | None
    """The version that scored it."""
    method: str | None
    """How the score came about."""
    degraded: bool | None
    """Whether the method was not the first choice."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which leads of a playbook are meant; what is None narrows nothing."""

    owners: tuple[str, ...] | None = None
    """Of these owners; an empty text is nobody."""
    segments: tuple[str, ...] | None = None
    """Of these segments."""
    bands: tuple[str, ...] | None = None
    """In these bands."""
    routes: tuple[str, ...] | None = None
    """Sent to one of these routes."""
    industries: tuple[str, ...] | None = None
    """Of these industries."""
    search: str = ""
    """With every one of these words in what they are found by."""
    lowest: float | None = None
    """With at least this score."""
    scored_since: datetime | None = None
    """Scored at or after this moment."""
    open_target: str = ""
    """Without any outcome of this target."""
    scored: bool = True
    """With a score."""


_COLUMNS = tuple(STANDINGS.c[one.name] for one in fields(Standing))


def note_leads(
    connections: Connections,
    connection: Connection,
    playbook: str,
    leads: Sequence[tuple[str, Mapping[str, Any] | None, datetime]],
) -> None:
    """Note what holds of some leads now (None where that has not changed) and when each came in, inside the open transaction."""
    moved = [{"the_lead": lead_id, "the_moment": came} for lead_id, known, came in leads if known is None]
    said = [
        {"playbook": playbook, "lead_id": lead_id, "kept": True, "came_at": came, **traits_of(lead_id, known)}
        for lead_id, known, came in sorted(leads, key=lambda one: one[0])
        if known is not None
    ]
    if said:
        insertion = connections.insert(STANDINGS)
        given = insertion.excluded
        connection.execute(
            insertion.on_conflict_do_update(
                index_elements=["playbook", "lead_id"],
                set_={**{name: given[name] for name in _TRAITS}, "kept": True, "came_at": given.came_at},
            ),
            said,
        )
    if moved:
        mine = STANDINGS.c.playbook == playbook, STANDINGS.c.lead_id == bindparam("the_lead")
        earlier = update(STANDINGS).where(*mine).values(came_at=bindparam("the_moment"))
        connection.execute(earlier, sorted(moved, key=lambda one: str(one["the_lead"])))


def note_scores(
    connections: Connections, connection: Connection, playbook: str, scores: Iterable[tuple[Score, Stored]]
) -> None:
    """Note new scores of leads, inside the open transaction."""
    given: dict[str, list[tuple[datetime, int, Score]]] = {}
    for score, stored in scores:
        if stored.new and score.lead_id and score.arm != SHADOW:
            given.setdefault(score.lead_id, []).append((score.at, stored.id, score))
    if not given:
        return
    rows = []
    for lead_id in sorted(given):
        (first_at, first_id, first), *_ = ordered = sorted(given[lead_id], key=lambda one: one[:2])
        at, number, newest = ordered[-1]
        rows.append(
            {
                "playbook": playbook,
                "lead_id": lead_id,
                "kept": False,
                "came_at": first_at,
                **traits_of(lead_id, newest.fields),
                "first_id": first_id,
                "first_at": first_at,
                "first_score": first.score,
                "first_probability": first.probability,
                "first_band": first.band,
                "score_id": number,
                "scored_at": at,
                "score": newest.score,
                "score_before": ordered[-2][2].score if len(ordered) > 1 else None,
                **{name: getattr(newest, name) for name in _NEWEST[3:]},
            }
        )
    there = STANDINGS.c
    insertion = connections.insert(STANDINGS)
    new = insertion.excluded
    later = or_(
        there.scored_at.is_(None),
        new.scored_at > there.scored_at,
        and_(new.scored_at == there.scored_at, new.score_id > there.score_id),
    )
    sooner = or_(there.first_at.is_(None), new.first_at < there.first_at)
    whole = {name: case((later, new[name]), else_=there[name]) for name in _NEWEST}
    whole |= {name: case((sooner, new[name]), else_=there[name]) for name in _FIRST}
    whole |= {name: case((and_(later, ~there.kept), new[name]), else_=there[name]) for name in _TRAITS}
    whole["score_before"] = case((later, func.coalesce(new.score_before, there.score)), else_=there.score_before)
    whole["came_at"] = case((new.came_at < there.came_at, new.came_at), else_=there.came_at)
    connection.execute(insertion.on_conflict_do_update(index_elements=["playbook", "lead_id"], set_=whole), rows)


def forget_scores(connection: Connection, removed: Sequence[tuple[str, str, int]]) -> None:
    """Forget what removed scores said, each named by playbook, lead and number; leads that are not kept go with them."""
    some = [
        {"the_playbook": playbook, "the_lead": lead, "number": number} for playbook, lead, number in removed if lead
    ]
    if not some:
        return
    mine = STANDINGS.c.playbook == bindparam("the_playbook"), STANDINGS.c.lead_id == bindparam("the_lead")
    nothing: dict[str, Any] = dict.fromkeys(_NEWEST)
    connection.execute(
        update(STANDINGS).where(*mine, STANDINGS.c.first_id == bindparam("number")).values(dict.fromkeys(_FIRST)), some
    )
    newest = update(STANDINGS).where(*mine, STANDINGS.c.score_id == bindparam("number"))
    connection.execute(newest.values({**nothing, "score_before": None}), some)
    bare = STANDINGS.c.score_id.is_(None), STANDINGS.c.kept.is_(False)
    connection.execute(delete(STANDINGS).where(*mine, *bare), some)


class Standings:
    """How the leads of every playbook stand."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def page(
        self,
        playbook: str,
        narrowing: Narrowing | None = None,
        *,
        order: Order = "score",
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Standing]:
        """Leads in the order of their scores, the best first, or the newest scored first; those without a score last."""
        if not 1 <= limit <= LARGEST_PAGE:
            raise StoreError("store", Problem("limit", f"is {limit}", f"ask for 1 to {LARGEST_PAGE} rows"))
        column = STANDINGS.c.score if order == "score" else STANDINGS.c.score_id
        by = func.coalesce(column, -1) if narrowing is not None and not narrowing.scored else column
        listing = f"leads by {order}"
        query = select(*_COLUMNS, by.label("place")).where(
            *_which(STANDINGS.c.playbook == playbook, narrowing or Narrowing())
        )
        if after is not None:
            place, number = read_mark(listing, after, 2)
            try:
                place, number = float(place), int(number)
            except (TypeError, ValueError):
                raise StoreError(
                    "store", Problem("page", "the mark is not one of this listing's", "use `next`")
                ) from None
            query = query.where(tuple_(by, STANDINGS.c.id) < (place, number))
        query = query.order_by(by.desc(), STANDINGS.c.id.desc()).limit(limit + 1)
        with self._connections.read() as connection:
            rows = connection.execute(query).all()
        more, rows = len(rows) > limit, rows[:limit]
        mark = mark_of(listing, [repr(float(rows[-1].place)), str(rows[-1].id)]) if more else None
        return Page(tuple(Standing(*row[:-1]) for row in rows), mark)

    def get(self, playbook: str, lead_id: str) -> Standing | None:
        """How one lead stands; none where it is not known."""
        query = select(*_COLUMNS).where(STANDINGS.c.playbook == playbook, STANDINGS.c.lead_id == lead_id)
        with self._connections.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else Standing(*row)

    def count(self, playbook: str, narrowing: Narrowing | None = None) -> int:
        """How many leads are meant."""
        query = select(func.count()).select_from(STANDINGS)
        query = query.where(*_which(whole_table(self._connections, playbook), narrowing or Narrowing()))
        with self._connections.read() as connection:
            return int(connection.execute(query).scalar_one())

    def choices(self, playbook: str, column: str, *, most: int = 200) -> tuple[tuple[str, int], ...]:
        """The values of one column among leads that have a score, with how many have each, the commonest first."""
        by = STANDINGS.c[column]
        query = select(func.coalesce(by, ""), func.count()).group_by(by)
        query = query.where(*_which(whole_table(self._connections, playbook), Narrowing()))
        with self._connections.read() as connection:
            rows = connection.execute(query.order_by(func.count().desc(), by).limit(most)).all()
        return tuple((str(value), int(count)) for value, count in rows)


def whole_table(connections: Connections, playbook: str) -> ColumnElement[bool]:
    """That a lead is of a playbook, for what looks at most of its leads.

    SQLite would take an index for that and then look up each row by itself, which takes ten times as long as to read the table
    from its beginning to its end; a plus keeps it from doing so.
    """
    column: ColumnElement[Any] = STANDINGS.c.playbook
    return (UnaryExpression(column, operator=custom_op("+")) if connections.is_sqlite else column) == playbook


def _which(of_playbook: ColumnElement[bool], said: Narrowing) -> list[ColumnElement[bool]]:
    column = STANDINGS.c
    asked: list[ColumnElement[bool]] = [of_playbook]
    playbook = column.playbook
    if said.scored:
        asked.append(column.score.is_not(None))
    for one, values in (
        (column.owner, said.owners),
        (column.segment, said.segments),
        (column.band, said.bands),
        (column.route, said.routes),
        (column.industry, said.industries),
    ):
        if values is not None:
            asked.append(one.in_(list(values)))
    for word in plain_words(said.search).split():
        asked.append(column.words.contains(word, autoescape=True))
    if said.lowest is not None:
        asked.append(column.score >= said.lowest)
    if said.scored_since is not None:
        asked.append(column.scored_at >= said.scored_since)
    if said.open_target:
        mine = OUTCOMES.c.playbook == playbook, OUTCOMES.c.target == said.open_target
        asked.append(~select(OUTCOMES.c.id).where(*mine, OUTCOMES.c.lead_id == column.lead_id).exists())
    return asked
