"""What there is to learn from: leads as they were when they were scored, and how they ended, some at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, Table, and_, func, select

from leadloop.errors import Problem, StoreError
from leadloop.store.connections import Connections
from leadloop.store.tables import LEAD_VERSIONS, LEADS, OUTCOMES, SCORES

LEAD_ID, SCORED_AT, OUTCOME, OUTCOME_AT = "_lead_id", "_scored_at", "_outcome", "_outcome_at"
_MOMENT = pl.Datetime("us")


class TrainingSet:
    """The leads of every playbook with their outcomes."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def frames(
        self,
        playbook: str,
        target: str,
        fields: Sequence[str],
        *,
        now: datetime,
        within_days: float | None = None,
        rows: int = 5_000,
    ) -> Iterator[pl.DataFrame]:
        """Leads whose outcome is settled, by lead id, in frames of at most so many rows; memory holds one frame at a time.

        A lead is scored when it first was, and its fields are those that were read then; a lead that never was is taken as it
        first came in. Its outcome is the last one that was told of those that came about from then until `within_days`
        later (until `now`, without a deadline). Where none came about and the deadline has passed it is 0; where the deadline
        has not passed, the lead is left out: not yet is not no. Without a deadline, leads without an outcome are left out.

        Columns: `_lead_id`, `_scored_at` and `_outcome_at` (UTC without a zone), `_outcome`, then the fields as texts, as a
        playbook's schema reads them.
        """
        if rows < 1:
            raise StoreError("training", Problem("rows", f"is {rows}", "ask for one or more"))
        window = None if within_days is None else timedelta(days=within_days)
        after = ""
        while True:
            with self._connections.read() as connection:
                ids = list(connection.execute(_next_ids(playbook, after, rows)).scalars())
                found = self._settled(connection, playbook, target, after, ids, now, window) if ids else []
            if found:
                yield _frame(found, fields)
            if len(ids) < rows:
                return
            after = ids[-1]

    def _settled(
        self,
        connection: Connection,
        playbook: str,
        target: str,
        after: str,
        ids: list[str],
        now: datetime,
        window: timedelta | None,
    ) -> list[tuple[str, datetime, float, datetime | None, Mapping[str, Any]]]:
        def here(table: Table) -> Any:
            mine = table.c.playbook == playbook
            return and_(mine, table.c.lead_id > after, table.c.lead_id <= ids[-1])

        taken = {
            row.lead_id: (row.at, row.fields) for row in connection.execute(_first(LEAD_VERSIONS, here, "version"))
        }
        taken |= {row.lead_id: (row.at, row.fields) for row in connection.execute(_first(SCORES, here, "id"))}
        outcomes: dict[str, list[Any]] = {}
        told = select(OUTCOMES.c.lead_id, OUTCOMES.c.value, OUTCOMES.c.at).where(
            here(OUTCOMES), OUTCOMES.c.target == target, OUTCOMES.c.at <= now
        )
        for row in connection.execute(told.order_by(OUTCOMES.c.id)):
            outcomes.setdefault(row.lead_id, []).append(row)
        settled = []
        for lead_id in ids:
            at, values = taken[lead_id]
            if at > now:
                continue
            deadline = now if window is None else at + window
            counted = [row for row in outcomes.get(lead_id, []) if at <= row.at <= deadline]
            if counted:
                settled.append((lead_id, at, counted[-1].value, counted[-1].at, values))
            elif window is not None and deadline < now:
                settled.append((lead_id, at, 0.0, None, values))
        return settled


def _next_ids(playbook: str, after: str, rows: int) -> Select[Any]:
    """The next leads, whether they were recorded or only scored."""
    recorded = select(LEADS.c.lead_id).where(LEADS.c.playbook == playbook, LEADS.c.lead_id > after, LEADS.c.version > 0)
    scored = select(SCORES.c.lead_id).where(SCORES.c.playbook == playbook, SCORES.c.lead_id > after)
    some = [
        select(query.order_by("lead_id").distinct().limit(rows).subquery().c.lead_id) for query in (recorded, scored)
    ]
    both = some[0].union(some[1]).subquery()
    return select(both.c.lead_id).order_by(both.c.lead_id).limit(rows)


def _first(table: Table, here: Any, tie: str) -> Select[Any]:
    """The first row of each lead by its moment."""
    place = func.row_number().over(partition_by=table.c.lead_id, order_by=(table.c.at, table.c[tie])).label("place")
    ranked = select(table.c.id, place).where(here(table)).subquery()
    return select(table.c.lead_id, table.c.at, table.c.fields).join(
        ranked, and_(ranked.c.id == table.c.id, ranked.c.place == 1)
    )


def _frame(
    found: list[tuple[str, datetime, float, datetime | None, Mapping[str, Any]]], fields: Sequence[str]
) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {
        LEAD_ID: pl.Series([one[0] for one in found], dtype=pl.String),
        SCORED_AT: pl.Series([one[1].replace(tzinfo=None) for one in found], dtype=_MOMENT),
        OUTCOME: pl.Series([one[2] for one in found], dtype=pl.Float64),
        OUTCOME_AT: pl.Series([one[3] and one[3].replace(tzinfo=None) for one in found], dtype=_MOMENT),
    }
    columns |= {name: pl.Series([_text(one[4].get(name)) for one in found], dtype=pl.String) for name in fields}
    return pl.DataFrame(columns)


def _text(value: Any) -> str | None:
    """A value as the text that a schema reads it from.

    >>> _text(True), _text(12.5), _text(["Voice", "Verify"]), _text(None)
    ('true', '12.5', '["Voice", "Verify"]', None)
    """
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
