"""Keep: past leads of a file, with how they ended, go into the store, where later trainings find them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.flows.past.check import require_columns
from leadloop.flows.past.importing import fingerprint_files, outcomes_of, require_events
from leadloop.flows.past.past_leads import needed_fields
from leadloop.flows.past.stored_past import SYNTHETIC
from leadloop.flows.place.playbook_folder import PlaybookFolder, read_playbook
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.synthetic_mark import is_marked
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.scoring.score import rejects_beside, rejects_table
from leadloop.ingest.tables import open_table
from leadloop.ingest.writers import Writer, open_writer
from leadloop.leads import LeadFrame, Reject
from leadloop.learning.labels import raw_outcomes
from leadloop.playbook import Playbook

if TYPE_CHECKING:
    from leadloop.store import Event, LeadOutcome, LeadRecord, Store

_AT_ONCE = 1_000
_LONGEST_ID = 255
_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """What became of the rows of a file."""

    rows: int
    """How many rows the file has."""
    new: int
    """Leads that the store did not know."""
    changed: int
    """Records that changed what was known of a lead."""
    unchanged: int
    """Rows that said what was known already."""
    outcomes: int
    """Outcomes that the store did not have."""
    events: int
    """Events that the store did not have."""
    rejected: int
    """Rows that could not be read."""
    rejects_file: Path | None
    """Where these were written; None where there were none."""


def keep_leads(
    playbook: Path | str,
    data: Path | str,
    *,
    outcomes: Path | str | None = None,
    events: Path | str | None = None,
    rejects_to: Path | str | None = None,
    workspace: Workspace | Path | str | None = None,
    tick: Tick = lambda stage: None,
) -> Kept:
    """Put the leads of a file into the store, each with its outcome where it has ended, a thousand at a time.

    The file is never held as a whole, and what was stored is on disk. Started again after it was stopped, it comes to the same
    end: a row that says what is known already changes nothing. A lead counts from its own time, by the field that orders the
    playbook's leads; where nothing tells a time, leads are dated one second after another from the year 2000, in the order of
    the file. `events` is the file of what happened to the leads, where the playbook makes fields of it.

    Raises PlaybookError, and DataError where a file lacks a column that training would need.
    """
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    found = read_playbook(playbook)
    source = Path(data)
    table = open_table(source)
    require_columns(found, table.columns, str(source), training=True)
    require_events(found.playbook, table, Path(events) if events else None)
    joined = outcomes_of(found.playbook, table, Path(outcomes) if outcomes else None)
    said_by = f"{SYNTHETIC if is_marked(source.parent) else ''}{source.name}"[:_LONGEST_ID]
    mark = fingerprint_files([source])
    beside = Path(rejects_to) if rejects_to else rejects_beside(source)
    # A cell that training does not read may be wrong without costing the lead; it is kept as it stands.
    schema, store = needed_fields(found), place.store
    rows = new = changed = unchanged = told = rejected = 0
    with ExitStack() as files:
        rejecter: Writer | None = None
        for batch, unreadable in table.batches(_AT_ONCE):
            cells = joined.add_to(batch.cells, found.playbook.outcomes_by) if joined else batch.cells
            reading = schema.read(cells, batch.lines)
            leads, unnamed = _with_names(found.playbook, reading.leads, mark)
            rows += len(batch.lines) + len(unreadable)
            if rejects := sorted([*unreadable, *reading.rejects, *unnamed], key=lambda reject: reject.line):
                rejecter = rejecter or files.enter_context(open_writer(beside))
                rejecter.write(rejects_table(rejects))
                rejected += len({reject.line for reject in rejects})
            records, ends = _records(found, cells, batch.lines, leads)
            with store.transaction():
                done = store.leads.record(found.playbook.name, records, source=said_by)
                told += sum(one.new for one in store.outcomes.add(found.playbook.name, ends))
            new, changed, unchanged = new + done.new, changed + done.changed, unchanged + done.unchanged
            tick(f"{rows:,} rows ({batch.share_read:.0%}), {new:,} new leads, {told:,} new outcomes")
    happened = _keep_events(store, found, Path(events), tick) if events else 0
    return Kept(rows, new, changed, unchanged, told, happened, rejected, beside if rejected else None)


@dataclass(frozen=True)
class _Named:
    """Leads that have a name and a moment each."""

    frame: LeadFrame
    ids: list[str]
    moments: list[datetime]


def _with_names(playbook: Playbook, leads: LeadFrame, mark: str) -> tuple[_Named, list[Reject]]:
    """Leads with their names and moments; those that cannot be named are rejected."""
    if playbook.lead_id:
        names = leads.data[playbook.lead_id].cast(pl.String).str.strip_chars().to_list()
    else:
        names = [f"{mark}-{line}" for line in leads.lines]
    rejects, sound = [], []
    for row, (line, name) in enumerate(zip(leads.lines, names, strict=True)):
        if not name or len(name) > _LONGEST_ID or "\0" in name:
            reason = "names no lead" if not name else f"has more than {_LONGEST_ID} signs, or one that is no text"
            rejects.append(Reject(int(line), reason, playbook.lead_id, (name or "")[:60]))
        else:
            sound.append(row)
    frame = LeadFrame(leads.schema, leads.data[sound], leads.lines[sound])
    order = playbook.order
    times: list[datetime | None] = [None] * len(sound)
    if order is not None and order.by == "field" and playbook.schema[order.field].type == "time":
        times = frame.data[order.field].to_list()
    back = order is not None and order.by == "rows" and order.newest == "first"
    moments = [
        _UNDATED + timedelta(seconds=-int(line) if back else int(line)) if at is None else at.replace(tzinfo=UTC)
        for at, line in zip(times, frame.lines, strict=True)
    ]
    return _Named(frame, [names[row] for row in sound], moments), rejects


def _records(
    found: PlaybookFolder, cells: pl.DataFrame, lines: Any, leads: _Named
) -> tuple[list[LeadRecord], list[LeadOutcome]]:
    """What the store keeps of leads: their cells as the file has them, and how each target ended."""
    from leadloop.store import LeadOutcome, LeadRecord

    playbook = found.playbook
    columns = playbook.schema.locate(cells.columns)
    made = set(playbook.events.made) if playbook.events else set()
    held = cells.filter(pl.Series(lines).is_in(pl.Series(leads.frame.lines).implode()))
    values = {name: _plain(held[column]) for name, column in columns.items() if name not in made}
    records = [
        LeadRecord(lead_id, {name: said[row] for name, said in values.items() if said[row] is not None}, at)
        for row, (lead_id, at) in enumerate(zip(leads.ids, leads.moments, strict=True))
    ]
    ends: dict[str, LeadOutcome] = {}
    for target in playbook.targets if not playbook.events else ():
        said = raw_outcomes(playbook.aimed_at(target.name), leads.frame, found.label_of(target.name))
        when = leads.frame.data[target.at].to_list() if target.at else [None] * len(leads.ids)
        for lead_id, came, value, ended in zip(leads.ids, leads.moments, said, when, strict=True):
            if value is None or (value > 0 and ended is None and target.within_days):
                continue  # still open, or won at a time that nobody knows, which a deadline cannot count
            at = came if ended is None else max(came, ended.replace(tzinfo=UTC))
            key = _key("import", lead_id, target.name, value, at.isoformat())
            ends[key] = LeadOutcome(key, lead_id, target.name, value, at, "import", dated=ended is not None)
    return records, list(ends.values())


def _plain(cells: pl.Series) -> list[Any]:
    """Cells as JSON can hold them: texts as they stand, numbers and yes or no as they are."""
    if cells.dtype == pl.String or cells.dtype.is_integer() or cells.dtype == pl.Boolean:
        return cells.to_list()
    if cells.dtype.is_float():
        return [None if value is None or value != value else value for value in cells.to_list()]
    if isinstance(cells.dtype, pl.List | pl.Struct | pl.Array):
        return [None if value is None else json.loads(json.dumps(value, default=str)) for value in cells.to_list()]
    return cells.cast(pl.String).to_list()


def _key(*parts: object) -> str:
    """The name of what a file tells: told again, it is the same."""
    text = json.dumps(parts, ensure_ascii=False, default=str)
    return f"import-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def _keep_events(store: Store, found: PlaybookFolder, path: Path, tick: Tick) -> int:
    playbook = found.playbook
    kept = rows = 0
    told = _events(playbook, path)
    while some := list(islice(told, _AT_ONCE)):
        rows += len(some)
        kept += sum(one.new for one in store.events.add(playbook.name, list({one.key: one for one in some}.values())))
        tick(f"{rows:,} events read, {kept:,} of them new")
    return kept


def _events(playbook: Playbook, path: Path) -> Iterator[Event]:
    from leadloop.store import Event

    said = playbook.events
    assert said is not None  # whoever names a file of events was told so otherwise
    table = open_table(path)
    schema = said.schema
    needed = {field.name for field in schema.fields if field.required} | {said.lead, said.at}
    if missing := [one for one in schema.explain_missing(table.columns) if one.where in needed]:
        raise DataError(table.source, missing)
    columns = schema.locate(table.columns)
    for batch, unreadable in table.batches(_AT_ONCE):
        reading = schema.read(batch.cells, batch.lines)
        if rejects := sorted([*unreadable, *reading.rejects], key=lambda one: one.line):
            first = rejects[0]
            mend = "mend the file and start again; what was stored is not stored twice"
            raise DataError(table.source, Problem(f"line {first.line}, {first.field}", first.reason, mend))
        values = {name: _plain(batch.cells[column]) for name, column in columns.items()}
        ids = reading.leads.data[said.lead].str.strip_chars().to_list()
        for row, (lead_id, at) in enumerate(zip(ids, reading.leads.data[said.at].to_list(), strict=True)):
            if lead_id is None or at is None or len(lead_id) > _LONGEST_ID:
                continue
            details: Mapping[str, Any] = {
                name: cells[row]
                for name, cells in values.items()
                if name not in (said.lead, said.at) and cells[row] is not None
            }
            name = str(details.get("action_type") or details.get("name") or "event")[:_LONGEST_ID]
            moment = at.replace(tzinfo=UTC)
            yield Event(
                _key("event", lead_id, moment.isoformat(), sorted(details.items())), lead_id, name, moment, details
            )
