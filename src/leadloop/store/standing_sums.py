"""Sums over leads, by day, band, route, company or industry: the database adds up, a page gets some hundred rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Interval,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    extract,
    false,
    func,
    literal,
    select,
    text,
    true,
    type_coerce,
)

from leadloop.store.connections import Connections
from leadloop.store.enrichment_tables import QUEUE
from leadloop.store.lead_traits import plain_words
from leadloop.store.standing_tables import STANDINGS
from leadloop.store.standings import whole_table
from leadloop.store.tables import EVENTS, FEEDBACK, LEAD_VERSIONS, LEADS, OUTCOMES, SCORES, SHADOW
from leadloop.store.webhook_tables import MESSAGES

BINS = 20
_COLUMN = STANDINGS.c
_EACH_DAY = text("""
WITH RECURSIVE days(day) AS (SELECT :first UNION ALL SELECT date(day, '+1 day') FROM days WHERE day < :last)
SELECT day, (
    SELECT count(*) FROM scores
    WHERE playbook = :playbook AND at >= max(day, :since) AND at < min(date(day, '+1 day'), :until) AND arm != :shadow
) FROM days
""")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many numbers, their sum, and the sum of their squares."""

    count: int
    total: float
    squares: float


@dataclass(frozen=True, slots=True)
class CameSums:
    """Leads that came in on one day, or altogether."""

    day: date | None
    """The day (UTC); none for all."""
    leads: int
    """How many."""
    score: Tally
    """Their newest scores."""
    high: int
    """How many of those are in the highest band."""


@dataclass(frozen=True, slots=True)
class CallSums:
    """Calls of one day, or of a time."""

    day: date | None
    """The day (UTC); none for all."""
    calls: int
    """How many."""
    sentiment: Tally
    """The moods that are known."""
    follow_up_known: int
    """Of how many it is known whether a next meeting was set."""
    follow_up: int
    """After how many one was."""


@dataclass(frozen=True, slots=True)
class EndSums:
    """What became of leads, by something they have in common."""

    by: tuple[Any, ...]
    """What they have in common."""
    leads: int
    """How many were scored."""
    settled: int
    """How many are settled: their time is over, or where there is none, an outcome was told."""
    won: int
    """How many of these were won."""
    expected: float
    """How many of the settled ones the probabilities of their first scores promised."""
    promised: int
    """How many of the settled ones had a probability."""


@dataclass(frozen=True, slots=True)
class GroupSums:
    """Leads that have a score, by something they have in common."""

    by: str
    """What they have in common."""
    score: Tally
    """Their newest scores."""
    best: float
    """The best of them."""
    high: int
    """How many are in the highest band."""


class StandingSums:
    """Sums over the leads of one playbook at a time."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    # ------------------------------------------------------------------------------------------------------------ over time

    def came(
        self, playbook: str, since: datetime, until: datetime, *, high: str, by_day: bool = True
    ) -> tuple[CameSums, ...]:
        """The leads that came in from one moment to before another, by day or altogether."""
        day = self._day(_COLUMN.came_at) if by_day else _no_day()
        query = select(day, func.count(), *_tally(_COLUMN.score), _count_if(_COLUMN.band == high)).where(
            self._of(playbook), _COLUMN.came_at >= since, _COLUMN.came_at < until
        )
        rows = self._rows(query.group_by(day) if by_day else query)
        return tuple(CameSums(_as_day(row[0]), int(row[1]), _as_tally(row, 2), int(row[5] or 0)) for row in rows)

    def calls(self, playbook: str, since: datetime, until: datetime, *, by_day: bool = True) -> tuple[CallSums, ...]:
        """The calls that were held from one moment to before another, by day or altogether."""
        day = self._day(_COLUMN.called_at) if by_day else _no_day()
        known = _COLUMN.follow_up.is_not(None)
        query = select(
            day, func.count(), *_tally(_COLUMN.sentiment), _count_if(known), _count_if(_COLUMN.follow_up.is_(True))
        ).where(self._of(playbook), _COLUMN.called_at >= since, _COLUMN.called_at < until)
        rows = self._rows(query.group_by(day) if by_day else query)
        return tuple(
            CallSums(_as_day(row[0]), int(row[1]), _as_tally(row, 2), int(row[5] or 0), int(row[6] or 0))
            for row in rows
        )

    def scores_by_day(self, playbook: str, since: datetime, until: datetime) -> dict[date, int]:
        """How many scores were given on each day, without those that nobody saw."""
        if not self._connections.is_sqlite:
            day = self._day(SCORES.c.at)
            rows = self._rows(select(day, func.count()).where(*self._given(playbook, since, until)).group_by(day))
        else:  # to count each day's part of the index takes a sixth of the time that grouping takes
            ends = {
                "since": _plain(since),
                "until": _plain(until),
                "first": _plain(since)[:10],
                "last": _plain(until)[:10],
            }
            with self._connections.read() as connection:
                rows = connection.execute(_EACH_DAY, {**ends, "playbook": playbook, "shadow": SHADOW}).all()
        return {found: int(count) for row_day, count in rows if count and (found := _as_day(row_day))}

    def scores(self, playbook: str, since: datetime, until: datetime) -> int:
        """How many scores were given in a time."""
        query = select(func.count()).select_from(SCORES).where(*self._given(playbook, since, until))
        return int(self._rows(query)[0][0])

    def hours(self, playbook: str, since: datetime, until: datetime) -> dict[int, int]:
        """How many leads came in at each hour of the day (UTC)."""
        at = _COLUMN.came_at
        hour: ColumnElement[Any] = (
            cast(func.substr(type_coerce(at, Text), 12, 2), Integer)
            if self._connections.is_sqlite
            else cast(extract("hour", at), Integer)
        )
        query = select(hour, func.count()).where(self._of(playbook), at >= since, at < until).group_by(hour)
        return {int(place): int(count) for place, count in self._rows(query)}

    # ------------------------------------------------------------------------------------------------------- as they are now

    def spread(self, playbook: str, *, since: datetime | None = None) -> tuple[tuple[str, str, str, int, int], ...]:
        """How many leads there are in each band, route, segment and twentieth of the scores, by their newest scores."""
        by = (_COLUMN.band, _COLUMN.route, func.coalesce(_COLUMN.segment, ""), self._bin(_COLUMN.score))
        query = select(*by, func.count()).where(*self._scored(playbook, since)).group_by(*by)
        return tuple((row[0], row[1], row[2], int(row[3]), int(row[4])) for row in self._rows(query))

    def groups(
        self, playbook: str, column: str, *, high: str, most: int, best_first: bool, since: datetime | None = None
    ) -> tuple[GroupSums, ...]:
        """The leads of each company or industry: those with the best scores first, or those with the most leads."""
        by = _COLUMN[column]
        best = func.max(_COLUMN.score)
        query = select(by, *_tally(_COLUMN.score), best, _count_if(_COLUMN.band == high))
        query = query.where(*self._scored(playbook, since), by != "").group_by(by)
        order = (best.desc(), func.count().desc(), by) if best_first else (func.count().desc(), by)
        rows = self._rows(query.order_by(*order).limit(most))
        return tuple(GroupSums(row[0], _as_tally(row, 1), float(row[4]), int(row[5] or 0)) for row in rows)

    def best_leads(self, playbook: str, column: str, best: Mapping[str, float]) -> dict[str, str]:
        """A lead that has the best score of each of some companies or industries, by that score."""
        by = _COLUMN[column]
        mine = _COLUMN.playbook == playbook, _COLUMN.score.in_(sorted(set(best.values()))), by.in_(list(best))
        query = select(by, _COLUMN.score, func.min(_COLUMN.lead_id)).where(*mine).group_by(by, _COLUMN.score)
        return {row[0]: row[2] for row in self._rows(query) if row[1] == best[row[0]]} if best else {}

    def untouched(self, playbook: str, band: str, since: datetime) -> int:
        """How many leads of a band, scored since a moment, have no outcome, feedback or event."""
        there = [
            ~select(table.c.id)
            .where(table.c.playbook == playbook, table.c.lead_id == _COLUMN.lead_id)
            .correlate(STANDINGS)
            .exists()
            for table in (OUTCOMES, FEEDBACK, EVENTS)
        ]
        query = (
            select(func.count())
            .select_from(STANDINGS)
            .where(*self._scored(playbook, since), _COLUMN.band == band, *there)
        )
        return int(self._rows(query)[0][0])

    def touched(self, playbook: str, lead_ids: Sequence[str]) -> dict[str, datetime]:
        """When somebody last did something with each of some leads: the newest feedback or event; others are left out."""
        found: dict[str, datetime] = {}
        for table, at in ((FEEDBACK, FEEDBACK.c.created_at), (EVENTS, EVENTS.c.at)):
            mine = table.c.playbook == playbook, table.c.lead_id.in_(list(lead_ids))
            for lead, moment in self._rows(
                select(table.c.lead_id, func.max(at)).where(*mine).group_by(table.c.lead_id)
            ):
                found[lead] = max(moment, found.get(lead, moment))
        return found

    def overrides(self, playbook: str, lead_ids: Sequence[str]) -> dict[str, tuple[float, datetime]]:
        """The score that somebody last put in place of the one given, and when, of each of some leads: their newest rating."""
        column = FEEDBACK.c
        mine = column.playbook == playbook, column.lead_id.in_(list(lead_ids))
        rated = column.action_type == "rate", column.feedback_source == "manual", column.user_rating.is_not(None)
        query = select(column.lead_id, column.user_rating, column.created_at).where(*mine, *rated).order_by(column.id)
        return {row[0]: (row[1], row[2]) for row in self._rows(query)}

    # ----------------------------------------------------------------------------------------------------- what became of them

    def ends(
        self,
        playbook: str,
        target: str,
        by: Sequence[str],
        *,
        within_days: float | None,
        now: datetime,
        since: datetime | None = None,
        until: datetime | None = None,
        among: tuple[str, Sequence[str]] | None = None,
        idle: tuple[str, str] | None = None,
    ) -> tuple[EndSums, ...]:
        """What became of the leads first scored since a moment, by `band`, `company`, `industry`, `segment` or `day`.

        A lead counts by its first score, and by the last outcome of the target that came about within its time; it is settled
        once that is over, or where there is none, once an outcome was told. `idle` names the events which say that nobody worked
        a lead, and that somebody did: without an outcome it then counts nowhere.
        """
        columns = {
            "band": _COLUMN.first_band,
            "company": _COLUMN.company,
            "industry": _COLUMN.industry,
            "segment": func.coalesce(_COLUMN.segment, ""),
            "day": self._day(_COLUMN.came_at),
        }
        named = [columns[name].label(f"by_{name}") for name in by]
        over = false() if within_days is None else _COLUMN.first_at < now - timedelta(days=within_days)
        mine: list[ColumnElement[bool]] = [self._of(playbook), _COLUMN.first_at.is_not(None)]
        if since is not None:
            mine.append(_COLUMN.first_at >= since)
        if until is not None:
            mine.append(_COLUMN.first_at < until)
        if among is not None:
            mine.append(columns[among[0]].in_(list(among[1])))
        promise = case((over, _COLUMN.first_probability), else_=None)
        sums: dict[tuple[Any, ...], list[float]] = {}
        every = select(
            *named, func.count(), _count_if(over), func.coalesce(func.sum(promise), 0.0), func.count(promise)
        )
        for key, leads, settled, expected, promised in self._grouped(every.select_from(STANDINGS).where(*mine), by):
            sums[key] = [leads, settled, 0, expected, promised]
        told = self._told(playbook, target, within_days, named, mine).subquery("told")
        ended = true() if within_days is None else told.c.first_at < now - timedelta(days=within_days)
        keys = [told.c[one.name] for one in named]
        likely = case((ended, told.c.first_probability), else_=None)
        known = select(
            *keys, _count_if(ended), _count_if(and_(ended, told.c.value > 0)), func.sum(likely), func.count(likely)
        )
        for key, settled, won, expected, promised in self._grouped(known.where(told.c.place == 1), by):
            sums[key][2] = won
            if within_days is None:
                sums[key][1], sums[key][3:] = settled, [expected, promised]
        if within_days is not None and idle is not None and self._happened(playbook, idle[0]):
            nobody = self._idle(playbook, idle)
            unknown = ~self._told(playbook, target, within_days, [], []).correlate(STANDINGS).exists()
            left = select(*named, func.count(), func.sum(promise), func.count(promise)).select_from(STANDINGS)
            left = left.where(*mine, over, _COLUMN.lead_id.in_(select(nobody.c.lead_id)), unknown)
            for key, count, expected, promised in self._grouped(left, by):
                sums[key][1] -= count
                sums[key][3] -= expected
                sums[key][4] -= promised
        return tuple(
            EndSums(key, int(leads), int(settled), int(won), float(expected), int(promised))
            for key, (leads, settled, won, expected, promised) in sums.items()
        )

    def _grouped(self, query: Select[Any], by: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """What a query says of each group: its key, then its numbers."""
        width = len(by)
        keys = list(query.selected_columns)[:width]
        for row in self._rows(query.group_by(*keys) if keys else query):
            key = tuple(_as_day(part) if name == "day" else part for name, part in zip(by, row[:width], strict=True))
            yield key, *(part or 0 for part in row[width:])

    def _told(
        self,
        playbook: str,
        target: str,
        within_days: float | None,
        named: Sequence[ColumnElement[Any]],
        mine: Sequence[ColumnElement[bool]],
    ) -> Select[Any]:
        """The outcomes of a target that came about within the time of their leads, the last told of each at place 1."""
        place = func.row_number().over(partition_by=OUTCOMES.c.lead_id, order_by=OUTCOMES.c.id.desc())
        query = select(
            *named, OUTCOMES.c.value, _COLUMN.first_at, _COLUMN.first_probability, place.label("place")
        ).where(
            *(OUTCOMES.c.playbook == playbook, OUTCOMES.c.target == target, OUTCOMES.c.lead_id == _COLUMN.lead_id),
            *(_COLUMN.playbook == playbook, OUTCOMES.c.at >= _COLUMN.first_at, *mine),
        )
        if within_days is not None:
            query = query.where(self._text(OUTCOMES.c.at) <= self._later(_COLUMN.first_at, within_days))
        return query

    def _text(self, at: ColumnElement[Any]) -> ColumnElement[Any]:
        return type_coerce(at, Text if self._connections.is_sqlite else DateTime(timezone=True))

    def _later(self, at: ColumnElement[Any], days: float) -> ColumnElement[Any]:
        if self._connections.is_sqlite:  # three digits of the second, written as moments are
            return func.strftime("%Y-%m-%d %H:%M:%f", type_coerce(at, Text), f"+{days * 86_400:.3f} seconds")
        return type_coerce(at, DateTime(timezone=True)) + literal(timedelta(days=days), Interval())

    def _happened(self, playbook: str, name: str) -> bool:
        query = select(EVENTS.c.id).where(EVENTS.c.playbook == playbook, EVENTS.c.name == name).limit(1)
        return bool(self._rows(query))

    def _idle(self, playbook: str, idle: tuple[str, str]) -> Subquery:
        """The leads of which it was said last that nobody worked them."""
        name = EVENTS.c.name
        mine = EVENTS.c.playbook == playbook, name.in_(idle)
        last = func.max(case((name == idle[0], EVENTS.c.id), else_=0)) > func.max(
            case((name == idle[1], EVENTS.c.id), else_=0)
        )
        return select(EVENTS.c.lead_id).where(*mine).group_by(EVENTS.c.lead_id).having(last).subquery("idle")

    # ------------------------------------------------------------------------------------------------------------- all of them

    def known(self, playbook: str) -> tuple[int, int, int, datetime | None]:
        """How many leads are known, how many have a score, how many are kept without one, and when the newest came in."""
        nobody = and_(_COLUMN.score.is_(None), _COLUMN.kept.is_(True))
        query = select(func.count(), func.count(_COLUMN.score), _count_if(nobody), func.max(_COLUMN.came_at))
        row = self._rows(query.where(self._of(playbook)))[0]
        return int(row[0]), int(row[1]), int(row[2] or 0), row[3]

    def sources(self, playbook: str) -> tuple[tuple[str, int, datetime | None], ...]:
        """Where the versions of leads that hold now came from: the source, how many, and when it last told of one."""
        holds = and_(*(LEAD_VERSIONS.c[name] == LEADS.c[name] for name in ("playbook", "lead_id", "version")))
        source = LEAD_VERSIONS.c.source
        query = select(source, func.count(), func.max(LEAD_VERSIONS.c.recorded_at)).select_from(
            LEADS.join(LEAD_VERSIONS, holds)
        )
        rows = self._rows(
            query.where(LEADS.c.playbook == playbook).group_by(source).order_by(func.count().desc(), source)
        )
        return tuple((row[0], int(row[1]), row[2]) for row in rows)

    def oldest_waiting(self, playbook: str) -> datetime | None:
        """Since when the lead waits to be looked up that has waited longest."""
        mine = QUEUE.c.playbook == playbook, QUEUE.c.state == "waiting"
        at: datetime | None = self._rows(select(func.min(QUEUE.c.added_at)).where(*mine))[0][0]
        return at

    def oldest_messages(self) -> dict[str, datetime]:
        """Since when the message waits that has waited longest, of each address that has one."""
        column = MESSAGES.c
        query = select(column.webhook, func.min(column.created_at)).where(column.state == "waiting")
        return {row[0]: row[1] for row in self._rows(query.group_by(column.webhook))}

    def is_any_from(self, playbook: str, opening: str, *, among: int = 1_000) -> bool:
        """Whether one of the newest records of leads came from a source that begins so."""
        mine = LEAD_VERSIONS.c.playbook == playbook
        newest = select(LEAD_VERSIONS.c.source).where(mine).order_by(LEAD_VERSIONS.c.id.desc()).limit(among).subquery()
        return bool(
            self._rows(select(newest.c.source).where(newest.c.source.startswith(opening, autoescape=True)).limit(1))
        )

    def feedback_by_band(
        self, playbook: str, since: datetime
    ) -> tuple[tuple[str | None, str, int, Tally, int, int], ...]:
        """Feedback since a moment by the band that its lead was first scored into and its kind: how much, the ratings, of how
        many attempts to reach a lead it is known how they ended, and how many did."""
        lead = and_(STANDINGS.c.playbook == FEEDBACK.c.playbook, STANDINGS.c.lead_id == FEEDBACK.c.lead_id)
        by = (_COLUMN.first_band, FEEDBACK.c.action_type)
        reached = FEEDBACK.c.contact_successful
        query = select(
            *by, func.count(), *_tally(FEEDBACK.c.user_rating), func.count(reached), _count_if(reached.is_(True))
        ).select_from(FEEDBACK.outerjoin(STANDINGS, lead))
        query = query.where(FEEDBACK.c.playbook == playbook, FEEDBACK.c.created_at >= since).group_by(*by)
        return tuple(
            (row[0], row[1], int(row[2]), _as_tally(row, 3), int(row[6]), int(row[7] or 0)) for row in self._rows(query)
        )

    def find(self, playbook: str, said: str, *, limit: int = 10) -> tuple[tuple[str, str, float | None], ...]:
        """Leads that are found by every word of a text, those with a score first, the best of them first."""
        found = [_COLUMN.words.contains(word, autoescape=True) for word in plain_words(said).split()]
        query = select(_COLUMN.lead_id, _COLUMN.name, _COLUMN.score).where(self._of(playbook), *found)
        rows = self._rows(query.order_by(func.coalesce(_COLUMN.score, -1).desc(), _COLUMN.id.desc()).limit(limit))
        return tuple((row[0], row[1], row[2]) for row in rows)

    # --------------------------------------------------------------------------------------------------------------------------

    def _given(self, playbook: str, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
        column = SCORES.c
        return column.playbook == playbook, column.at >= since, column.at < until, column.arm != SHADOW

    def _of(self, playbook: str) -> ColumnElement[bool]:
        """That a lead is of a playbook, for sums over most leads of it."""
        return whole_table(self._connections, playbook)

    def _scored(self, playbook: str, since: datetime | None) -> list[ColumnElement[bool]]:
        asked: list[ColumnElement[bool]] = [self._of(playbook), _COLUMN.score.is_not(None)]
        return asked if since is None else [*asked, _COLUMN.scored_at >= since]

    def _day(self, at: ColumnElement[Any]) -> ColumnElement[Any]:
        if self._connections.is_sqlite:
            return func.substr(type_coerce(at, Text), 1, 10)
        return cast(at, Date)

    def _bin(self, score: ColumnElement[Any]) -> ColumnElement[Any]:
        """The twentieth that a score is in; the last one holds 100 too."""
        place = score / (100.0 / BINS)
        # A cast cuts off in SQLite, which need not know `floor`, and rounds in PostgreSQL.
        place = cast(place if self._connections.is_sqlite else func.floor(place), Integer)
        return case((score >= 100.0, BINS - 1), else_=place)

    def _rows(self, query: Select[Any]) -> Sequence[Any]:
        with self._connections.read() as connection:
            return connection.execute(query).all()


def _plain(moment: datetime) -> str:
    """A moment as SQLite holds it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _tally(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    return func.count(column), func.coalesce(func.sum(column), 0.0), func.coalesce(func.sum(column * column), 0.0)


def _as_tally(row: Any, place: int) -> Tally:
    return Tally(int(row[place]), float(row[place + 1]), float(row[place + 2]))


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


def _no_day() -> ColumnElement[Any]:
    return cast(None, Text)


def _as_day(said: Any) -> date | None:
    return date.fromisoformat(said) if isinstance(said, str) else said
