"""What there is to learn from: leads as they were when they were scored, and how they ended, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, select

from leadloop.errors import Problem, StoreError
from leadloop.leads import Field
from leadloop.leads.cells import write_cells
from leadloop.store.connections import Connections
from leadloop.store.tables import EVENTS, LEAD_VERSIONS, LEADS, OUTCOMES, SCORES, SHADOW

LEAD_ID, SCORED_AT, SOURCE, IDLE = "_lead_id", "_scored_at", "_source", "_not_worked"
_MOMENT = pl.Datetime("us")


class TrainingSet:
    """The leads of every playbook with their outcomes."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def past(
        self,
        playbook: str,
        fields: Sequence[Field],
        later: Sequence[Field],
        windows: Mapping[str, float | None],
        *,
        now: datetime,
        rows: int = 5_000,
        worked: tuple[str, str] = ("not_worked", "worked"),
        without: Collection[str] = (),
    ) -> Iterator[pl.DataFrame]:
        """Every lead by lead id, ended or not, in frames of at most so many rows, for whoever labels leads by themselves.

        `fields` are read as they were when the lead was scored, and `later` as they hold now: what is known only when a lead has
        ended. `windows` has the targets, each with the days that its outcome may take (none: until `now`), and `worked` the names
        of the events that say that nobody worked a lead, and that somebody did. What the sources in `without` told of outcomes
        does not count.

        Columns: `_lead_id` and `_scored_at`; `_source`, where what holds now came from; `_not_worked`, whether nobody worked the
        lead and it did not end as to any target; for each target its outcome and when it
        came about (`outcome_columns`), null where none was told, or told without its time; then the fields by their names, each
        value as a text that its field reads as it read the value itself.
        """
        for after, ids in self._batches(playbook, rows):
            with self._connections.read() as connection:
                here = _within(playbook, after, ids[-1])
                told = _told_by(connection, here, now, without)
                taken = _taken(connection, here, told)
                newest = {row.lead_id: row for row in connection.execute(_newest(here))}
                idle = _idle(connection, here, now, worked)
            ids = [lead_id for lead_id in ids if taken[lead_id][0] <= now]
            columns: dict[str, pl.Series] = {
                LEAD_ID: pl.Series(ids, dtype=pl.String),
                SCORED_AT: pl.Series([taken[one][0].replace(tzinfo=None) for one in ids], dtype=_MOMENT),
                SOURCE: pl.Series([newest[one].source if one in newest else "" for one in ids], dtype=pl.String),
            }
            some_end = dict.fromkeys(ids, False)
            longest = max((days or 36_500.0 for days in windows.values()), default=36_500.0)
            for target, days in windows.items():
                window = None if days is None else timedelta(days=days)
                ends = [_counted(told.get((one, target), ()), taken[one][0], now, window) for one in ids]
                some_end |= {one: True for one, end in zip(ids, ends, strict=True) if end}
                value, at = outcome_columns(target)
                columns[value] = pl.Series([end and end[0] for end in ends], dtype=pl.Float64)
                when = [end[1].replace(tzinfo=None) if end and end[2] else None for end in ends]
                columns[at] = pl.Series(when, dtype=_MOMENT)
            deadlines = {one: taken[one][0] + timedelta(days=longest) for one in ids}
            columns[IDLE] = pl.Series(
                [
                    not some_end[one] and _last(idle.get(one, ()), taken[one][0], deadlines[one]) == worked[0]
                    for one in ids
                ],
                dtype=pl.Boolean,
            )
            columns |= {field.name: write_cells([taken[one][1] for one in ids], field) for field in fields}
            now_held = [newest[one].fields if one in newest else {} for one in ids]
            columns |= {field.name: write_cells(now_held, field) for field in later}
            if ids:
                yield pl.DataFrame(columns)

    def _batches(self, playbook: str, rows: int) -> Iterator[tuple[str, list[str]]]:
        """The ids of all leads, so many at a time, each with the one that they come after."""
        if rows < 1:
            raise StoreError("training", Problem("rows", f"is {rows}", "ask for one or more"))
        after = ""
        while True:
            with self._connections.read() as connection:
                ids = list(connection.execute(_next_ids(playbook, after, rows)).scalars())
            if ids:
                yield after, ids
            if len(ids) < rows:
                return
            after = ids[-1]


Here = Callable[[Table], ColumnElement[bool]]
"""Says which rows of a table are of the leads that are looked at."""
End = tuple[float, datetime, bool]
"""An outcome, when it came about, and whether that is known."""
Told = Mapping[tuple[str, str], Sequence[End]]
"""The outcomes of each lead and target, in the order in which they were told."""


def outcome_columns(target: str) -> tuple[str, str]:
    """The columns of `past` that hold a target's outcome, and when it came about."""
    return f"_outcome {target}", f"_outcome_at {target}"


def _within(playbook: str, after: str, last: str) -> Here:
    def here(table: Table) -> ColumnElement[bool]:
        return and_(table.c.playbook == playbook, table.c.lead_id > after, table.c.lead_id <= last)

    return here


def _told_by(connection: Connection, here: Here, now: datetime, without: Collection[str]) -> Told:
    told: dict[tuple[str, str], list[End]] = {}
    query = select(OUTCOMES.c.lead_id, OUTCOMES.c.target, OUTCOMES.c.value, OUTCOMES.c.at, OUTCOMES.c.dated)
    if without:
        query = query.where(OUTCOMES.c.source.not_in(without))
    for row in connection.execute(query.where(here(OUTCOMES), OUTCOMES.c.at <= now).order_by(OUTCOMES.c.id)):
        told.setdefault((row.lead_id, row.target), []).append((row.value, row.at, row.dated))
    return told


def _idle(
    connection: Connection, here: Here, now: datetime, names: tuple[str, str]
) -> Mapping[str, Sequence[tuple[datetime, str]]]:
    """What was told of whether each lead was worked, in the order in which it was told."""
    told: dict[str, list[tuple[datetime, str]]] = {}
    query = select(EVENTS.c.lead_id, EVENTS.c.at, EVENTS.c.name).where(here(EVENTS), EVENTS.c.name.in_(names))
    for row in connection.execute(query.where(EVENTS.c.at <= now).order_by(EVENTS.c.id)):
        told.setdefault(row.lead_id, []).append((row.at, row.name))
    return told


def _last(told: Sequence[tuple[datetime, str]], came: datetime, deadline: datetime) -> str:
    """What was told last of what came about in time; empty where nothing was."""
    return next((name for at, name in reversed(told) if came <= at <= deadline), "")


def _taken(connection: Connection, here: Here, told: Told) -> dict[str, tuple[datetime, Mapping[str, Any]]]:
    """When each lead was scored first and what was known of it then; how it first came in, where it never was, or had ended."""
    came = {row.lead_id: (row.at, row.fields) for row in connection.execute(_first(LEAD_VERSIONS, here, "version"))}
    scored = {row.lead_id: (row.at, row.fields) for row in connection.execute(_first(SCORES, _shown(here), "id"))}
    ended: dict[str, datetime] = {}
    for (lead_id, _), outcomes in told.items():
        first = min(at for _, at, _ in outcomes)
        ended[lead_id] = min(first, ended.get(lead_id, first))
    too_late = {one for one in scored if one in came and one in ended and came[one][0] <= ended[one] < scored[one][0]}
    return came | {one: taken for one, taken in scored.items() if one not in too_late}


def _shown(here: Here) -> Here:
    """The same, but for what was scored in a shadow: nobody saw it."""
    return lambda table: and_(here(table), table.c.arm != SHADOW)


def _counted(outcomes: Sequence[End], at: datetime, now: datetime, window: timedelta | None) -> End | None:
    """The last one told of the outcomes that came about in time; none where none did."""
    deadline = now if window is None else min(now, at + window)
    return next((one for one in reversed(outcomes) if at <= one[1] <= deadline), None)


def _newest(here: Here) -> Select[Any]:
    """What holds of each lead now."""
    current = and_(
        LEAD_VERSIONS.c.playbook == LEADS.c.playbook,
        LEAD_VERSIONS.c.lead_id == LEADS.c.lead_id,
        LEAD_VERSIONS.c.version == LEADS.c.version,
    )
    columns = (LEAD_VERSIONS.c.lead_id, LEAD_VERSIONS.c.source, LEAD_VERSIONS.c.fields)
    return select(*columns).join(LEADS, current).where(here(LEADS))


def _next_ids(playbook: str, after: str, rows: int) -> Select[Any]:
    """The next leads, whether they were recorded or only scored."""
    recorded = select(LEADS.c.lead_id).where(LEADS.c.playbook == playbook, LEADS.c.lead_id > after, LEADS.c.version > 0)
    scored = select(SCORES.c.lead_id).where(SCORES.c.playbook == playbook, SCORES.c.lead_id > after)
    some = [
        select(query.order_by("lead_id").distinct().limit(rows).subquery().c.lead_id) for query in (recorded, scored)
    ]
    both = some[0].union(some[1]).subquery()
    return select(both.c.lead_id).order_by(both.c.lead_id).limit(rows)


def _first(table: Table, here: Here, tie: str) -> Select[Any]:
    """The first row of each lead by its moment."""
    place = func.row_number().over(partition_by=table.c.lead_id, order_by=(table.c.at, table.c[tie])).label("place")
    ranked = select(table.c.id, place).where(here(table)).subquery()
    return select(table.c.lead_id, table.c.at, table.c.fields).join(
        ranked, and_(ranked.c.id == table.c.id, ranked.c.place == 1)
    )
