"""What was logged of scores, and what became of the leads, as whole columns: a million rows take seconds, not minutes.

Rows come from the database as it holds them, past the objects that the rest of the store makes of each, and are put together by
Polars. They are read some numbers at a time, each part in a transaction of its own: on SQLite whoever reads keeps writers out,
and scores that are being served are to be stored meanwhile. Rows are only ever added, so nothing is missed in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Column, ColumnElement, Select, Table, func, select, type_coerce
from sqlalchemy.types import NullType

from leadloop.store.connections import Connections
from leadloop.store.tables import EVENTS, LEADS, OUTCOMES, SCORES, SHADOW

_AT_ONCE = 25_000
_MOMENT = pl.Datetime("us")
_SCORED = {
    "id": pl.Int64,
    "lead_id": pl.String,
    "at": _MOMENT,
    "model_version": pl.String,
    "method": pl.String,
    "arm": pl.String,
    "segment": pl.String,
    "band": pl.String,
    "route": pl.String,
    "score": pl.Float64,
    "probability": pl.Float64,
    "probability_low": pl.Float64,
    "probability_high": pl.Float64,
    "explored": pl.Boolean,
}
_TOLD = {"id": pl.Int64, "lead_id": pl.String, "value": pl.Float64, "at": _MOMENT, "dated": pl.Boolean}
_HAPPENED = {"id": pl.Int64, "lead_id": pl.String, "name": pl.String, "at": _MOMENT}


_EXPLORED = {
    "id": pl.Int64,
    "lead_id": pl.String,
    "at": _MOMENT,
    "explored": pl.Boolean,
    "propensity": pl.Float64,
    "exploration": pl.String,
}


class Logged:
    """The logged scores of every playbook, by columns."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def scores(self, playbook: str, start: datetime, end: datetime, *, version: str = "") -> pl.DataFrame:
        """The scores given from one moment to before another, of one version on request, in the order in which they were stored.

        Columns as in the store, without fields and features; moments are in UTC and say no zone.
        """
        column = SCORES.c
        query = (
            self._select(SCORES, _SCORED)
            .where(_of(column.playbook, playbook), column.at >= start, column.at < end, column.lead_id != "")
            .where(column.arm != SHADOW)
        )
        if version:
            query = query.where(column.model_version == version)
        return self._read(SCORES, query, _SCORED)

    def explorations(self, playbook: str) -> pl.DataFrame:
        """How each lead came by its route when it was first scored, what was noted of it as JSON; by the time of that score."""
        column = SCORES.c
        seen = (column.playbook == playbook, column.lead_id != "", column.arm != SHADOW)
        scores = self._read(SCORES, self._select(SCORES, _EXPLORED).where(*seen), _EXPLORED)
        return scores.sort("at", "id").unique("lead_id", keep="first", maintain_order=True)

    def outcomes(self, playbook: str, target: str, start: datetime, as_of: datetime) -> pl.DataFrame:
        """The outcomes of a target that came about within a time, in the order in which they were told."""
        column = OUTCOMES.c
        query = self._select(OUTCOMES, _TOLD).where(
            _of(column.playbook, playbook), column.target == target, column.at >= start, column.at <= as_of
        )
        return self._read(OUTCOMES, query, _TOLD)

    def events(self, playbook: str, names: Sequence[str], start: datetime, as_of: datetime) -> pl.DataFrame:
        """The events of some names that happened within a time, in the order in which they were told."""
        column = EVENTS.c
        query = self._select(EVENTS, _HAPPENED).where(
            _of(column.playbook, playbook), column.name.in_(list(names)), column.at >= start, column.at <= as_of
        )
        return self._read(EVENTS, query, _HAPPENED)

    def fields(self, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """What was known of leads when some scores were given, by the number of the score."""
        found: dict[int, dict[str, Any]] = {}
        with self._connections.read() as connection:
            for start in range(0, len(ids), 500):
                some = list(ids[start : start + 500])
                found |= dict(
                    connection.execute(select(SCORES.c.id, SCORES.c.fields).where(SCORES.c.id.in_(some))).all()
                )
        return found

    def cards(self, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
        """What was answered with some scores beside their numbers, by the number of the score."""
        found: dict[int, Mapping[str, Any]] = {}
        with self._connections.read() as connection:
            for start in range(0, len(ids), 500):
                some = list(ids[start : start + 500])
                query = select(SCORES.c.id, SCORES.c.card).where(SCORES.c.id.in_(some))
                found |= {row[0]: row[1] or {} for row in connection.execute(query)}
        return found

    def first_seen(self, playbook: str, lead_ids: Sequence[str]) -> dict[str, datetime]:
        """When each of some leads came in first, or was first scored; those that are not known are left out."""
        found: dict[str, datetime] = {}
        wanted = sorted(set(lead_ids))
        with self._connections.read() as connection:
            for start in range(0, len(wanted), 500):
                some = wanted[start : start + 500]
                for table, at in ((LEADS, LEADS.c.first_at), (SCORES, SCORES.c.at)):
                    here = table.c.playbook == playbook, table.c.lead_id.in_(some)
                    query = select(table.c.lead_id, func.min(at)).where(*here).group_by(table.c.lead_id)
                    for lead_id, moment in connection.execute(query):
                        found[lead_id] = min(moment, found.get(lead_id, moment))
        return found

    def first(self, playbook: str, version: str = "") -> datetime | None:
        """When the first score was given, by one version on request; none where none was."""
        query = select(func.min(SCORES.c.at)).where(SCORES.c.playbook == playbook)
        if version:
            query = query.where(SCORES.c.model_version == version)
        with self._connections.read() as connection:
            at: datetime | None = connection.execute(query).scalar_one()
        return at

    def _select(self, table: Any, columns: dict[str, Any]) -> Select[Any]:
        return select(*(self._bare(table.c[name], kind) for name, kind in columns.items()))

    def _bare(self, column: ColumnElement[Any], kind: Any) -> ColumnElement[Any]:
        """The column as the database's driver gives it; nothing is made of each value by itself."""
        return type_coerce(column, NullType()).label(column.key)

    def _read(self, table: Table, query: Select[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
        """What a query finds, by the numbers of the rows."""
        raw = {
            name: pl.String if kind == _MOMENT and self._connections.is_sqlite else kind
            for name, kind in schema.items()
        }
        if self._connections.is_sqlite:
            raw |= {name: pl.Int64 for name, kind in schema.items() if kind == pl.Boolean}
        else:
            raw |= {name: pl.Datetime("us", "UTC") for name, kind in schema.items() if kind == _MOMENT}
        with self._connections.read() as connection:
            first, last = connection.execute(select(func.min(table.c.id), func.max(table.c.id))).one()
        parts = []
        for number in () if first is None else range(first, last + 1, _AT_ONCE):
            part = query.where(table.c.id >= number, table.c.id < number + _AT_ONCE).order_by(table.c.id)
            with self._connections.read() as connection:
                cursor = connection.execute(part).cursor  # SQLAlchemy's own rows take three times as long
                assert cursor is not None
                if some := cursor.fetchall():
                    parts.append(pl.DataFrame(some, schema=raw, orient="row"))
        whole = pl.concat(parts) if parts else pl.DataFrame(schema=raw)
        return whole.with_columns(self._moment(name) for name, kind in schema.items() if kind == _MOMENT).cast(
            dict(schema)  # type: ignore[arg-type]
        )

    def _moment(self, name: str) -> pl.Expr:
        if self._connections.is_sqlite:
            return pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
        return pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _of(column: Column[str], playbook: str) -> ColumnElement[bool]:
    """Rows of a playbook, where they are read by their numbers: no index on playbooks is to be taken for a better way."""
    return column.concat("") == playbook
