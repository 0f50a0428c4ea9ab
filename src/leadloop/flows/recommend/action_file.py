"""What was done about leads, from a file of a CRM or of a telephone system, put into the action log."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.flows.place.known_playbooks import read_meant
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.scoring.score import rejects_beside, rejects_table
from leadloop.ingest.tables import open_table
from leadloop.ingest.writers import open_writer
from leadloop.leads import Field, LeadFrame, LeadSchema, Reject

if TYPE_CHECKING:
    from leadloop.ingest.writers import Writer
    from leadloop.store import Action

_AT_ONCE = 1_000
SCHEMA = LeadSchema(
    (
        Field("lead_id", "id", "told", required=True, aliases=("lead", "external_id", "contact_id", "case")),
        Field("action", "category", "told", required=True, aliases=("kind", "type", "activity", "activity_type")),
        Field("at", "time", "told", required=True, aliases=("time", "date", "timestamp", "done_at", "created_at")),
        Field("actor", "category", "told", aliases=("owner", "agent", "user", "ae_name", "assigned_to")),
        Field("result", "category", "told", aliases=("outcome", "disposition", "status")),
        Field("propensity", "number", "told", aliases=("probability",)),
        Field("key", "id", "told", aliases=("action_id", "activity_id", "event_id")),
        Field("source", "category", "told", aliases=("system", "crm")),
    ),
    ("told",),
)
"""The columns of a file of actions, with other names that they go by."""


@dataclass(frozen=True)
class ActionsKept:
    """What came of a file of actions."""

    rows: int
    """Rows read."""
    new: int
    """Actions that were not known before."""
    known: int
    """Actions that were."""
    randomised: int
    """Actions that were drawn by lot: only these can tell what an action causes."""
    rejected: int
    """Rows that were left out."""
    rejects_file: Path | None
    """Where these were written with their reasons; None where there were none."""


def keep_action_file(
    playbook: Path | str,
    data: Path | str,
    *,
    rejects_to: Path | str | None = None,
    workspace: Workspace | Path | str | None = None,
    tick: Tick = lambda stage: None,
) -> ActionsKept:
    """Put a file of actions (CSV, Parquet, JSON lines) into the store, a thousand rows at a time.

    The columns are `lead_id`, `action` (call, mail, meeting, quote, or whatever you do) and `at`, and where there are such,
    `actor`, `result`, `propensity` (for what was drawn by lot, with which probability), `key` (the sender's own name for it) and
    `source`. Sent again, a row changes nothing. Rows that cannot be understood go to a file of rejects with their line and
    every reason. Raises PlaybookError, and DataError where the file lacks a column.
    """
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    name = read_meant(place, playbook).playbook.name
    source = Path(data)
    table = open_table(source)
    _require_columns(table.columns, str(source))
    beside = Path(rejects_to) if rejects_to else rejects_beside(source)
    now = datetime.now(UTC)
    rows = new = known = lots = rejected = 0
    with ExitStack() as files:
        rejecter: Writer | None = None
        for batch, unreadable in table.batches(_AT_ONCE):
            reading = SCHEMA.read(batch.cells.cast(pl.String, strict=False), batch.lines)
            actions, wrong = _understand(reading.leads, source.name, now)
            rows += len(batch.lines) + len(unreadable)
            if rejects := sorted([*unreadable, *reading.rejects, *wrong], key=lambda reject: reject.line):
                rejecter = rejecter or files.enter_context(open_writer(beside))
                rejecter.write(rejects_table(rejects))
                rejected += len({reject.line for reject in rejects})
            with place.store.transaction():
                gone = place.store.erasures.erased(name, {one.lead_id for one in actions})
                added = place.store.actions.add(name, [one for one in actions if one.lead_id not in gone])
            new, known = new + sum(one.new for one in added), known + sum(not one.new for one in added)
            lots += sum(one.propensity is not None for one in actions)
            tick(f"{rows:,} rows ({batch.share_read:.0%}), {new:,} new actions")
    return ActionsKept(rows, new, known, lots, rejected, beside if rejected else None)


def _require_columns(columns: tuple[str, ...], subject: str) -> None:
    located = SCHEMA.locate(list(columns))
    missing = [name for name in SCHEMA.required if name not in located]
    if missing:
        raise DataError(
            subject,
            [
                Problem(f"column {name}", "is missing", f"name it {' or '.join((name, *SCHEMA[name].aliases))}")
                for name in missing
            ],
        )


def _understand(leads: LeadFrame, file: str, now: datetime) -> tuple[list[Action], list[Reject]]:
    """Actions, and rows that tell of none."""
    from leadloop.store import Action

    actions: list[Action] = []
    wrong: list[Reject] = []
    for line, row in zip(leads.lines.tolist(), leads.data.iter_rows(named=True), strict=True):
        kind = action_name(row["action"])
        at = row["at"].replace(tzinfo=UTC)
        said = row["propensity"]
        reasons = []
        if not kind or len(kind) > 63:
            reasons.append(Reject(line, "is no name of an action; give up to 63 signs", "action", row["action"][:60]))
        if at > now:
            reasons.append(Reject(line, "lies in the future", "at", f"{at:%Y-%m-%d %H:%M}"))
        if said is not None and not 0 < said <= 1:
            reasons.append(Reject(line, "is no probability above 0 and up to 1", "propensity", f"{said:g}"))
        if reasons:
            wrong += reasons
            continue
        key = (row["key"] or _key(row))[:255]
        result = " ".join((row["result"] or "").split())[:63]
        actions.append(
            Action(key, row["lead_id"], kind, at, row["actor"] or "", result, said, row["source"] or file[:255])
        )
    return actions, wrong


def action_name(said: str) -> str:
    """The name of an action as the log keeps it: small letters, one blank between words.

    >>> action_name("  Demo   CALL ")
    'demo call'
    """
    return " ".join(said.split()).casefold()


def _key(row: dict[str, Any]) -> str:
    """A name for a row that has none of its own: the same row again is the same action."""
    said = "\0".join(str(row[name]) for name in ("lead_id", "action", "at", "actor", "result"))
    return f"row {hashlib.sha256(said.encode()).hexdigest()[:32]}"
