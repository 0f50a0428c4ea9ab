"""What is counted of the arms of a test: sums that the database makes, of exposures and of what became of their leads.

A million exposures are read in a second: the sums of a day's exposures of a variant lie together in one index, and of outcomes
only those are looked at that were good. Where a unit is not a lead but whoever leads belong to, they are first put together by
unit: one counts once, however many leads it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    literal,
    null,
    select,
    text,
)
from sqlalchemy import true as sql_true

from leadloop.store.connections import Connections
from leadloop.store.experiments import AbTest
from leadloop.store.tables import EXPOSURES, FEEDBACK, LEAD_VERSIONS, LEADS, OUTCOMES

_MOST_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySums:
    """The units that one variant got within some time, and the sums of what was known of them then."""

    variant_name: str
    """The variant."""
    days: float
    """How many whole days the youngest of them have been watched."""
    units: int
    """How many units."""
    scored: int
    """Of these, units with a score."""
    score: float
    """The sum of their scores."""
    score_squares: float
    """The sum of the squares of these."""
    known: int
    """Units with a score from before."""
    before: float
    """The sum of these scores."""
    before_squares: float
    """The sum of the squares of these."""
    timed: int
    """Units whose score was timed."""
    latency_ms: float
    """The sum of these times, in thousandths of a second."""
    latency_squares: float
    """The sum of the squares of these."""
    degraded: int
    """Units whose score did not come from the first choice."""
    crossed: int
    """Units that were scored under another variant later."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wins:
    """The units of one variant that were won, a place each in every array."""

    watched_days: np.ndarray
    """The days since each saw its variant."""
    days: np.ndarray
    """The days from then to the win."""
    before: np.ndarray
    """The score that each had before; NaN where it had none."""
    amounts: np.ndarray
    """What each brought; NaN where nobody says."""


class ArmSums:
    """The sums of every test."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def exposed(self, test: AbTest, *, now: datetime, edges: Sequence[float]) -> list[DaySums]:
        """The units of each variant by the days that they have been watched: whole days, of a long test several at a time.

        At each of these `edges`, in days, a group ends: no group holds both units that were watched for so long and others.
        """
        if test.unit != "lead":
            with self._connections.read() as connection:
                return _by_days(connection.execute(_units(test)), now, edges)
        seen, groups = EXPOSURES.c, []
        sums = _sums(seen)
        with self._connections.read() as connection:
            for variant in test.variants:
                ends = _ends(connection, test, variant.variant_name)
                if ends is None:
                    continue
                first, last = ends
                for low, high, days in _spans(first, last, now, edges):
                    mine = seen.test_id == test.id, seen.variant_name == variant.variant_name
                    query = select(*sums).where(*mine, seen.at > low, seen.at <= high)
                    row = connection.execute(query).one()
                    if row[0]:
                        groups.append(_day_sums(variant.variant_name, days, row))
        return groups

    def won(self, test: AbTest, *, now: datetime, within_days: float | None, field: str = "") -> dict[str, Wins]:
        """The units of each variant that were won, and what they brought.

        A lead is won where a dated outcome since the exposure, within `within_days`, says so, and none that was told later takes
        it back. A unit is won with the first of its leads. The amount is the outcome's value where that is above 1, else what
        feedback since the exposure says, else the amount in a `field` of the lead as it is now.
        """
        wins = self._wins(test, within_days).subquery()
        told = (
            select(func.sum(FEEDBACK.c.conversion_value))
            .where(
                FEEDBACK.c.playbook == test.playbook,
                FEEDBACK.c.lead_id == wins.c.lead_id,
                FEEDBACK.c.conversion_value.is_not(None),
                self._days(FEEDBACK.c.created_at, wins.c.at) >= 0,
            )
            .correlate(wins)
            .scalar_subquery()
        )
        amount = case((wins.c.value > 1, wins.c.value), else_=told)
        query = select(
            wins.c.variant_name,
            self._days(literal(now, EXPOSURES.c.at.type), wins.c.at),
            wins.c.days,
            wins.c.score_before,
            amount,
            case((amount.is_(None), self._field(test, wins, field)), else_=null()) if field else null(),
        )
        found: dict[str, list[tuple[Any, ...]]] = {variant.variant_name: [] for variant in test.variants}
        with self._matching() as connection:
            cursor = connection.execute(query).cursor  # SQLAlchemy's own rows take three times as long
            assert cursor is not None
            rows = cursor.fetchall()
        for name, watched, days, before, amount_told, in_field in rows:
            found[name].append((watched, days, before, _number(in_field) if amount_told is None else amount_told))
        return {name: _wins_of(rows) for name, rows in found.items()}

    def accepted(self, test: AbTest, *, now: datetime, actions: Sequence[str], within_days: float) -> dict[str, int]:
        """How many units of each variant, exposed longer than `within_days` ago, were taken up within that time: leads with
        feedback that names one of these actions.
        """
        seen, said = EXPOSURES.c, FEEDBACK.c
        unit = seen.lead_id if test.unit == "lead" else _unit()
        query = (
            select(seen.variant_name, func.count(unit.distinct()))
            .join(FEEDBACK, and_(said.playbook == test.playbook, said.lead_id == seen.lead_id))
            .where(
                seen.test_id == test.id,
                seen.at <= now - timedelta(days=within_days),
                said.action_type.in_(tuple(actions)),
                # As a difference: compared by itself, the time would tempt a database into the wrong index.
                self._days(said.created_at, seen.at).between(0, within_days),
            )
            .group_by(seen.variant_name)
        )
        with self._connections.read() as connection:
            return {name: int(count) for name, count in connection.execute(query)}

    def logged(
        self, test: AbTest, *, now: datetime, matures_days: float, within_days: float | None
    ) -> list[tuple[str, float, bool, float | None]]:
        """The matured leads of a test that was by lead, in the order in which they came: the variant, the propensity with which
        it got that, whether it was won, and the score that it had before, else the one that it was given.
        """
        seen, wins = EXPOSURES.c, self._wins(test, within_days).subquery()
        query = (
            select(
                seen.variant_name,
                seen.propensity,
                wins.c.lead_id.is_not(None),
                func.coalesce(seen.score_before, seen.score),
            )
            .select_from(EXPOSURES.outerjoin(wins, wins.c.lead_id == seen.lead_id))
            .where(seen.test_id == test.id, seen.propensity.is_not(None), seen.at <= now - timedelta(days=matures_days))
            .order_by(seen.id)
        )
        with self._matching() as connection:
            return [(row[0], float(row[1]), bool(row[2]), row[3]) for row in connection.execute(query)]

    def between(self, test: AbTest, moments: Sequence[datetime]) -> list[int]:
        """How many units were exposed from each moment to the next, and since the last."""
        seen = EXPOSURES.c
        unit = func.count() if test.unit == "lead" else func.count(_unit().distinct())
        counts = []
        with self._connections.read() as connection:
            for low, high in zip(moments, [*moments[1:], None], strict=True):
                until = sql_true() if high is None else seen.at < high
                query = select(unit).select_from(EXPOSURES).where(seen.test_id == test.id, seen.at >= low, until)
                counts.append(int(connection.execute(query).scalar_one()))
        return counts

    @contextmanager
    def _matching(self) -> Iterator[Connection]:
        """A connection for matching many outcomes with their exposures.

        PostgreSQL takes conditions on times for far rarer than they are, and would look each outcome up by itself.
        """
        with self._connections.read() as connection:
            if not self._connections.is_sqlite:
                connection.execute(text("SET LOCAL enable_nestloop = off"))
            yield connection

    def _wins(self, test: AbTest, within_days: float | None) -> Any:
        """The first win of each unit: its variant, its exposure, the days to it, its value and the score from before."""
        seen, told = EXPOSURES.c, OUTCOMES.c
        later = OUTCOMES.alias()
        days = self._days(told.at, seen.at)
        taken_back = exists().where(
            later.c.playbook == test.playbook,
            later.c.lead_id == told.lead_id,
            later.c.target == test.target,
            later.c.id > told.id,
            later.c.value <= 0,
            later.c.at >= seen.at,
        )
        # A lead has one exposure in a test, and in this order its outcomes lie together.
        own = (told.lead_id,) if test.unit == "lead" else (_unit(), seen.variant_name)
        return (
            select(
                func.min(seen.variant_name).label("variant_name"),
                func.min(told.lead_id).label("lead_id"),
                func.min(seen.at).label("at"),
                func.min(days).label("days"),
                func.max(told.value).label("value"),
                func.avg(seen.score_before).label("score_before"),
            )
            .select_from(OUTCOMES.join(EXPOSURES, and_(seen.test_id == test.id, seen.lead_id == told.lead_id)))
            .where(
                told.playbook == test.playbook,
                told.target == test.target,
                told.value > 0,
                told.dated,
                told.at >= seen.at,
                sql_true() if within_days is None else days <= within_days,
                ~taken_back,
            )
            .group_by(*own)
        )

    def _field(self, test: AbTest, wins: Subquery, name: str) -> ColumnElement[Any]:
        kept = LEAD_VERSIONS.c.fields
        if self._connections.is_sqlite:
            value: ColumnElement[Any] = cast(func.json_extract(kept, f'$."{name}"'), String)
        else:
            from sqlalchemy.dialects.postgresql import JSON

            value = cast(cast(kept, String), JSON).op("->>")(name)
        return (
            select(value)
            .select_from(
                LEADS.join(
                    LEAD_VERSIONS,
                    and_(
                        LEAD_VERSIONS.c.playbook == LEADS.c.playbook,
                        LEAD_VERSIONS.c.lead_id == LEADS.c.lead_id,
                        LEAD_VERSIONS.c.version == LEADS.c.version,
                    ),
                )
            )
            .where(LEADS.c.playbook == test.playbook, LEADS.c.lead_id == wins.c.lead_id)
            .correlate(wins)
            .scalar_subquery()
        )

    def _days(self, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[Any]:
        """The days from one moment to another."""
        if self._connections.is_sqlite:
            return func.julianday(later) - func.julianday(earlier)
        return extract("epoch", later - earlier) / 86_400.0


def _unit() -> ColumnElement[str]:
    """Who was put into a variant: the unit where one is noted, else the lead."""
    return func.coalesce(func.nullif(EXPOSURES.c.unit, ""), EXPOSURES.c.lead_id)


def _ends(connection: Connection, test: AbTest, name: str) -> tuple[datetime, datetime] | None:
    """When the first and the last unit got a variant; none where nobody did. Asked one by one, an index has each at hand."""
    mine = EXPOSURES.c.test_id == test.id, EXPOSURES.c.variant_name == name
    first, last = (
        connection.execute(select(end(EXPOSURES.c.at)).where(*mine)).scalar_one() for end in (func.min, func.max)
    )
    return None if first is None else (first, last)


def _units(test: AbTest) -> Select[Any]:
    """The units of a test whose units are not leads, put together of their leads."""
    seen = EXPOSURES.c
    return (
        select(
            seen.variant_name,
            func.min(seen.at),
            func.avg(seen.score),
            func.avg(seen.score_before),
            func.avg(seen.latency_ms),
            func.max(cast(seen.degraded, Integer)),
            func.max(cast(seen.crossed, Integer)),
        )
        .where(seen.test_id == test.id)
        .group_by(_unit(), seen.variant_name)
    )


def _sums(seen: Any) -> list[ColumnElement[Any]]:
    squares = [func.sum(column * column) for column in (seen.score, seen.score_before, seen.latency_ms)]
    return [
        func.count(),
        *(func.count(seen.score), func.sum(seen.score), squares[0]),
        *(func.count(seen.score_before), func.sum(seen.score_before), squares[1]),
        *(func.count(seen.latency_ms), func.sum(seen.latency_ms), squares[2]),
        *(func.sum(cast(seen.degraded, Integer)), func.sum(cast(seen.crossed, Integer))),
    ]


def _day_sums(name: str, days: float, row: Sequence[Any]) -> DaySums:
    names = [one.name for one in fields(DaySums)][2:]
    return DaySums(variant_name=name, days=days, **{one: value or 0 for one, value in zip(names, row, strict=True)})


def _spans(
    first: datetime, last: datetime, now: datetime, edges: Sequence[float]
) -> Iterator[tuple[datetime, datetime, float]]:
    """From a moment until another, and the whole days that units of that time have been watched at the least.

    Counted back from now.
    """
    for low, high in _edges((now - first).total_seconds() / 86_400, edges):
        begin, end = now - timedelta(days=high), now - timedelta(days=low)
        if end >= first and begin < max(last, first):
            yield begin, end if low > 0 else max(end, last), low


def _edges(longest: float, edges: Sequence[float]) -> list[tuple[float, float]]:
    """Days, from some up to others, that together reach back as far as the longest."""
    step = max(1, int(longest // _MOST_DAYS) + 1)
    whole = int(longest // step) + 2
    marks = sorted({float(step * number) for number in range(whole)} | {one for one in edges if one > 0})
    return [*pairwise(marks), (marks[-1], marks[-1] + step)]


def _by_days(rows: Iterable[Any], now: datetime, marks: Sequence[float]) -> list[DaySums]:
    """The same sums of units that came one by one."""
    table = [
        (
            row[0],
            (now - _moment(row[1])).total_seconds() / 86_400,
            *(np.nan if value is None else float(value) for value in row[2:5]),
            int(row[5]),
            int(row[6]),
        )
        for row in rows
    ]
    if not table:
        return []
    names = np.array([row[0] for row in table])
    values = np.array([row[1:] for row in table], dtype=np.float64)
    groups = []
    edges = _edges(float(values[:, 0].max()), marks)
    for name in dict.fromkeys(names.tolist()):
        for low, high in edges:
            age = values[:, 0]
            part = values[(names == name) & (age < high) & ((age >= low) | (low == 0))]
            if len(part):
                sums: list[float] = [len(part)]
                for column in (part[:, 1], part[:, 2], part[:, 3]):
                    there = column[~np.isnan(column)]
                    sums += [len(there), float(there.sum()), float((there**2).sum())]
                groups.append(_day_sums(name, low, [*sums, int(part[:, 4].sum()), int(part[:, 5].sum())]))
    return groups


def _wins_of(rows: Sequence[tuple[Any, ...]]) -> Wins:
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return Wins(watched_days=columns[0], days=columns[1], before=columns[2], amounts=columns[3])


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
