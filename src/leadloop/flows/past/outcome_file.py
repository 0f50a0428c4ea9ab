"""Outcomes from a CRM: a file that says how leads ended, put into the store by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
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
from leadloop.learning.labels import NOT_WORKED
from leadloop.playbook import Playbook, Target

if TYPE_CHECKING:
    from leadloop.ingest.writers import Writer
    from leadloop.store import Event, LeadOutcome

_AT_ONCE = 1_000
_WON = frozenset({"1", "1.0", "yes", "true", "won", "closed won", "converted"})
_LOST = frozenset({"0", "0.0", "no", "false", "lost", "closed lost", "not converted"})
_IDLE = frozenset({"not worked", "not_worked", "never worked", "no attempt"})
SCHEMA = LeadSchema(
    (
        Field("lead_id", "id", "told", required=True, aliases=("lead", "id", "external_id")),
        Field("value", "category", "told", required=True, aliases=("outcome", "status", "stage", "result")),
        Field("target", "category", "told"),
        Field("at", "time", "told", aliases=("closed_at", "close_date", "closed", "date", "decided_at")),
        Field("key", "id", "told", aliases=("outcome_id", "opportunity_id", "deal_id")),
        Field("source", "category", "told", aliases=("system", "crm")),
    ),
    ("told",),
)
"""The columns of a file of outcomes, with other names that they go by."""


@dataclass(frozen=True)
class OutcomesKept:
    """What came of a file of outcomes."""

    rows: int
    """Rows read."""
    new: int
    """Outcomes that were not known before."""
    known: int
    """Outcomes that were."""
    not_worked: int
    """Rows that say that nobody worked the lead."""
    rejected: int
    """Rows that were left out."""
    rejects_file: Path | None
    """Where these were written with their reasons; None where there were none."""


def keep_outcome_file(
    playbook: Path | str,
    data: Path | str,
    *,
    target: str = "",
    rejects_to: Path | str | None = None,
    workspace: Workspace | Path | str | None = None,
    tick: Tick = lambda stage: None,
) -> OutcomesKept:
    """Put a file of outcomes (CSV, Parquet, JSON lines) into the store, a thousand rows at a time.

    The columns are `lead_id` and `value` (what the target's playbook calls won, yes or no, 1 or 0, a grade, or `not
    worked`), and where there are such, `target` (the main one otherwise), `at` (when it came about), `key` (the sender's own
    name for it) and `source`. Sent again, a row changes nothing; a row that says otherwise than an earlier one is a
    correction, and holds from then on. An outcome without a time stands at the moment at which it is read, and is known to
    be undated.

    Rows that cannot be understood go to a file of rejects with their line and every reason. Raises PlaybookError, and DataError
    where the file lacks a column.
    """
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    found = read_meant(place, playbook).playbook
    source = Path(data)
    table = open_table(source)
    _require_columns(table.columns, str(source))
    main = _target_of(found, target, str(source))
    beside = Path(rejects_to) if rejects_to else rejects_beside(source)
    now = place.clock()
    rows = new = known = idle = rejected = 0
    with ExitStack() as files:
        rejecter: Writer | None = None
        for batch, unreadable in table.batches(_AT_ONCE):
            reading = SCHEMA.read(batch.cells.cast(pl.String, strict=False), batch.lines)
            came = place.store.logged.first_seen(found.name, reading.leads.data["lead_id"].to_list())
            outcomes, events, wrong = _understand(found, main, reading.leads, source.name, now, came)
            rows += len(batch.lines) + len(unreadable)
            if rejects := sorted([*unreadable, *reading.rejects, *wrong], key=lambda reject: reject.line):
                rejecter = rejecter or files.enter_context(open_writer(beside))
                rejecter.write(rejects_table(rejects))
                rejected += len({reject.line for reject in rejects})
            with place.store.transaction():
                added = place.store.outcomes.add(found.name, outcomes)
                place.store.events.add(found.name, events)
            new, known = new + sum(one.new for one in added), known + sum(not one.new for one in added)
            idle += len(events)
            tick(f"{rows:,} rows ({batch.share_read:.0%}), {new:,} new outcomes")
    return OutcomesKept(rows, new, known, idle, rejected, beside if rejected else None)


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


def _target_of(playbook: Playbook, name: str, subject: str) -> Target:
    known = {one.name: one for one in playbook.targets}
    if name and name not in known:
        raise DataError(subject, Problem("--target", f"“{name}” is no target", f"give one of {', '.join(known)}"))
    return known[name] if name else playbook.target


def _understand(
    playbook: Playbook,
    main: Target,
    leads: LeadFrame,
    file: str,
    now: datetime,
    came: Mapping[str, datetime],
) -> tuple[list[LeadOutcome], list[Event], list[Reject]]:
    """Outcomes, events that say that nobody worked a lead, and rows that say neither."""
    from leadloop.store import Event, LeadOutcome

    targets = {one.name: one for one in playbook.targets}
    outcomes: list[LeadOutcome] = []
    events: list[Event] = []
    wrong: list[Reject] = []
    for line, row in zip(leads.lines.tolist(), leads.data.iter_rows(named=True), strict=True):
        target = targets.get(row["target"] or main.name)
        if target is None:
            wrong.append(
                Reject(
                    line, f"is no target of {playbook.name}; give {', '.join(targets)}", "target", row["target"][:60]
                )
            )
            continue
        at = row["at"].replace(tzinfo=UTC) if row["at"] is not None else None
        if at is not None and at > now:
            wrong.append(Reject(line, "lies in the future", "at", f"{at:%Y-%m-%d %H:%M}"))
            continue
        when = at or came.get(row["lead_id"])
        if when is None:
            reason = "has no time, and no lead of this name is known"
            wrong.append(Reject(line, reason, "at", row["lead_id"][:60]))
            continue
        said = " ".join(row["value"].split()).casefold()
        key = row["key"] or _key(row)
        if said in _IDLE:
            events.append(
                Event(f"not worked {key}"[:255], row["lead_id"], NOT_WORKED, when, {"by": row["source"] or file})
            )
            continue
        value = _value(target, said)
        if value is None:
            reason = f"is no outcome of {target.name}; {_words(target)}"
            wrong.append(Reject(line, reason, "value", row["value"][:60]))
            continue
        outcomes.append(
            LeadOutcome(key[:255], row["lead_id"], target.name, value, when, row["source"] or file, at is not None)
        )
    return outcomes, events, wrong


def _value(target: Target, said: str) -> float | None:
    """The value of an outcome as the store keeps it; None where it is none."""
    if target.graded:
        try:
            grade = float(said)
        except ValueError:
            return None
        return grade if 0 <= grade <= target.top else None
    if said in {word.strip().casefold() for word in target.positive} or said in _WON:
        return 1.0
    return 0.0 if said in _LOST else None


def _words(target: Target) -> str:
    if target.graded:
        return f"give a grade from 0 to {target.top:g}, or “not worked”"
    won = f"“{target.positive[0]}” or “won”" if target.positive else "“won”"
    return f"give {won}, “lost”, or “not worked”"


def _key(row: dict[str, Any]) -> str:
    """A name for a row that has none of its own: the same row again is the same outcome."""
    said = "\0".join(str(row[name]) for name in ("lead_id", "target", "value", "at"))
    return f"row {hashlib.sha256(said.encode()).hexdigest()[:32]}"
