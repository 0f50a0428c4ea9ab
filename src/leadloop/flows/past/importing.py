"""Import: from files to leads in memory, with the rows that could not be read kept apart and counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.ingest.batch import Batch
from leadloop.ingest.tables import Table, open_table
from leadloop.leads import LeadFrame, LeadSchema, Reject
from leadloop.learning.aftermath import Aftermath, EventsFunction, add_aftermath
from leadloop.playbook import Order, Playbook

_CHUNK = 1 << 20
_SHOWN = 20


@dataclass(frozen=True)
class Imported:
    """Leads read for training: the frame, what was rejected, and where it all came from.

    `older` counts leads left behind because the playbook's `max_leads` newest were enough, `copies` rows that repeat the id and
    every field of another one, and `idle` names the leads that nobody worked and that were left out.
    """

    leads: LeadFrame
    rejects: tuple[Reject, ...]
    rows: int
    older: int
    sources: tuple[str, ...]
    fingerprint: str
    notes: tuple[str, ...]
    copies: int = 0
    idle: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutcomesFile:
    """A separate file of outcomes, one row a lead, to be matched with leads by a column that both have."""

    cells: pl.DataFrame
    key: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the file adds to a lead."""
        return tuple(name for name in self.cells.columns if name != self.key)

    def add_to(self, cells: pl.DataFrame, key: str) -> pl.DataFrame:
        """The leads' cells with the outcomes' columns beside them, null where a lead has none."""
        trimmed = cells.with_columns(pl.col(key).cast(pl.String).str.strip_chars())
        return trimmed.join(self.cells, left_on=key, right_on=self.key, how="left", maintain_order="left")


def read_outcomes(path: Path, key: str, taken: tuple[str, ...]) -> OutcomesFile:
    """Read a file of outcomes; `taken` are the columns of the leads' file, which it may not repeat except for the key.

    Raises DataError where the key is missing, or where a lead has more than one row: which one would be true?
    """
    table = open_table(path)
    if key not in table.columns:
        raise DataError(
            table.source,
            Problem(
                "columns", f"has no “{key}” to match leads by", f"its columns are {', '.join(table.columns[:_SHOWN])}"
            ),
        )
    parts = [batch.cells for batch, _ in table.batches()]
    cells = pl.concat(parts).with_columns(pl.col(key).cast(pl.String).str.strip_chars()).drop_nulls(key)
    repeated = cells[key].value_counts().filter(pl.col("count") > 1)
    if repeated.height:
        shown = ", ".join(repeated[key].sort().head(3).to_list())
        raise DataError(
            table.source,
            Problem(key, f"{repeated.height:,} leads have more than one row ({shown})", "keep one row for each lead"),
        )
    clash = [name for name in cells.columns if name in taken and name != key]
    return OutcomesFile(cells.rename({name: f"{name} (outcomes)" for name in clash}), key)


def read_leads(
    playbook: Playbook,
    schema: LeadSchema,
    data: Path,
    outcomes: Path | None = None,
    *,
    events: Path | None = None,
    makes: Mapping[str, EventsFunction] | None = None,
    tick: Callable[[str], None] = lambda stage: None,
) -> Imported:
    """Read the fields of `schema` from a file of leads, batch by batch, and keep the newest `max_leads`.

    Where the playbook makes fields of events, these come from the file `events` and the functions `makes`; without such a
    file the leads' own file must hold them. Raises DataError where a file cannot be read, or where not one row of it could.
    """
    table = open_table(data)
    require_events(playbook, table, events)
    joined = outcomes_of(playbook, table, outcomes)
    most = playbook.training.max_leads
    parts: list[LeadFrame] = []
    rejects: list[Reject] = []
    rows = held = older = 0
    for batch, unreadable in table.batches():
        cells = joined.add_to(batch.cells, playbook.outcomes_by) if joined else batch.cells
        reading = schema.read(cells, batch.lines)
        rows += len(batch.lines) + len(unreadable)
        rejects += sorted([*unreadable, *reading.rejects], key=lambda reject: reject.line)
        parts.append(reading.leads)
        held += len(reading.leads)
        tick(f"reading {table.source}: {rows:,} rows")
        if held > 2 * most:
            kept = keep_newest(LeadFrame.join(parts), playbook.order, most)
            older += held - len(kept)
            parts, held = [kept], len(kept)
    if not held:
        first = rejects[0] if rejects else None
        raise DataError(
            table.source,
            Problem(
                f"line {first.line}" if first else "rows",
                f"not one of {rows:,} rows could be read"
                + (f"; the first: {first.field} {first.reason}" if first else ""),
                "mend the file, or the field's type in the playbook",
            ),
        )
    leads, copies = _without_copies(LeadFrame.join(parts), playbook.lead_id)
    if len(leads) > most:
        older += len(leads) - most
        leads = keep_newest(leads, playbook.order, most)
    notes = list(table.notes)
    if copies:
        notes.append(f"{copies:,} rows repeat the id and every field of another row; one of each was kept")
    if older:
        notes.append(f"{older:,} older leads were left out: max_leads is {most:,}")
    if events:
        tick("reading events")
        found = read_events(playbook, events)
        after = add_aftermath(playbook, leads, found.cells, makes or {})
        leads, rejects = after.leads, [*rejects, *found.rejects]
        notes += _told(after, playbook, found)
    files = [file for file in (data, outcomes, events) if file]
    return Imported(
        leads,
        tuple(rejects),
        rows,
        older,
        tuple(file.name for file in files if file),
        fingerprint_files([file for file in files if file]),
        tuple(notes),
        copies,
    )


def _without_copies(leads: LeadFrame, lead_id: str) -> tuple[LeadFrame, int]:
    """The leads without rows that repeat the id and every field of an earlier one, and how many these were.

    Rows of one id that differ stay, and so do rows without an id: nothing says that they are the same lead.
    """
    if lead_id not in leads.data.columns or not leads.data[lead_id].is_duplicated().any():
        return leads, 0
    first = leads.data.select(pl.struct(pl.all()).is_first_distinct() | pl.col(lead_id).is_null()).to_series()
    return leads.take(first.to_numpy()), int((~first).sum())


@dataclass(frozen=True)
class EventsFile:
    """A file of events as it was read: a row an event, every declared column with its type."""

    cells: pl.DataFrame
    rejects: tuple[Reject, ...]
    absent: tuple[str, ...]


def read_events(playbook: Playbook, path: Path) -> EventsFile:
    """Read a file of events as the playbook declares them; columns that it does not have are empty.

    Raises DataError where a required column is missing, or where an event cannot be read: to count without it would be to
    guess.
    """
    assert playbook.events is not None  # whoever names a file of events was told so otherwise
    table = open_table(path)
    schema = playbook.events.schema
    missing = schema.explain_missing(table.columns)
    needed = {field.name for field in schema.fields if field.required} | {playbook.events.lead, playbook.events.at}
    if wrong := [problem for problem in missing if problem.where in needed]:
        raise DataError(table.source, wrong)
    parts, rejects = [], []
    for batch, unreadable in table.batches():
        reading = schema.read(batch.cells, batch.lines)
        rejects += [*unreadable, *reading.rejects]
        parts.append(reading.leads.data)
    if rejects:
        first = min(rejects, key=lambda reject: reject.line)
        what = f"{first.field} “{first.value}” {first.reason}" if first.field else first.reason
        more = f"; {len(rejects) - 1:,} more such cells" if len(rejects) > 1 else ""
        raise DataError(table.source, Problem(f"line {first.line}", what + more, "mend the file, or the column's type"))
    if not parts:
        raise DataError(table.source, Problem("rows", "there are none", "name the file of events"))
    return EventsFile(pl.concat(parts, rechunk=True), tuple(rejects), tuple(problem.where for problem in missing))


def require_events(playbook: Playbook, table: Table, events: Path | None) -> None:
    """Raise DataError where fields are made of events and no file of events is named, or one is for nothing."""
    if playbook.events is None:
        if events is not None:
            problem = Problem("events", "are not declared in the playbook", "say under [events] what is made of them")
            raise DataError(str(events), problem)
        return
    made = [name for name in playbook.events.made if name in playbook.schema]
    held = set(playbook.schema.locate(table.columns)) & set(made)
    if events is None and len(held) < len(made):
        lacking = ", ".join(f"“{name}”" for name in made if name not in held)
        raise DataError(table.source, Problem("events", f"make {lacking}", "name the file of events with --events"))
    if events is not None and held:
        named = ", ".join(f"“{name}”" for name in made if name in held)
        what = f"are to make {named}, which this file holds already"
        raise DataError(table.source, Problem("events", what, "leave --events out, or the columns"))


def _told(after: Aftermath, playbook: Playbook, found: EventsFile) -> list[str]:
    """What a person should know about events that did not count."""
    assert playbook.events is not None
    days = f"{playbook.events.within_days:g} days"
    counts = (
        (after.unknown, "events are of leads that the file of leads does not hold"),
        (after.early, "events came before their lead and were left out"),
        (after.late, f"events came more than {days} after their lead and were left out"),
    )
    notes = [f"{count:,} {said}." for count, said in counts if count]
    if found.absent:
        notes.append(f"The file of events has no column for {', '.join(found.absent)}.")
    return notes


def outcomes_of(playbook: Playbook, table: Table, outcomes: Path | None) -> OutcomesFile | None:
    """The separate file of outcomes, where the playbook reads one.

    Raises DataError where it reads one and none is named, or the other way round.
    """
    if playbook.outcomes_by and outcomes is None:
        raise DataError(
            table.source,
            Problem(
                "outcomes",
                f"are in a file of their own, matched by “{playbook.outcomes_by}”",
                "name it with --outcomes",
            ),
        )
    if outcomes is None:
        return None
    if not playbook.outcomes_by:
        raise DataError(
            str(outcomes),
            Problem("outcomes_by", "is not set in the playbook", 'add outcomes_by = "the column that both files have"'),
        )
    return read_outcomes(outcomes, playbook.outcomes_by, table.columns)


def order_values(leads: LeadFrame, order: Order | None) -> np.ndarray | None:
    """A number for each lead that rises with time; None where nothing tells the order of leads.

    Leads without a value count as the oldest.
    """
    if order is None:
        return None
    if order.by == "rows":
        lines = leads.lines.astype(np.float64)
        return -lines if order.newest == "first" else lines
    cells = leads.data[order.field]
    values = (cells.dt.timestamp("us") if cells.dtype == pl.Datetime else cells).cast(pl.Float64)
    rising = -values if order.newest == "smallest" else values
    return rising.fill_null(float("-inf")).to_numpy()


def keep_newest(leads: LeadFrame, order: Order | None, most: int) -> LeadFrame:
    """The newest leads, at most that many, in the order they stood in (the last rows, where nothing tells the order)."""
    values = order_values(leads, order)
    if values is None:
        return leads[-most:]
    newest = np.sort(np.argsort(values, kind="stable")[-most:])
    return leads.take(newest)


def fingerprint_files(files: list[Path]) -> str:
    """Sixteen hex digits of the contents of some files."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()[:16]


def sample_cells(
    table: Table, most: int, joined: OutcomesFile | None = None, key: str = ""
) -> tuple[pl.DataFrame, int, list[Reject]]:
    """Rows spread evenly over a whole table, at most about `most`, in file order; how many rows there are; the rejects.

    Memory stays bounded: whenever twice too many are held, every other row is let go.
    """
    parts: list[pl.DataFrame] = []
    rejects: list[Reject] = []
    rows = held = 0
    stride = 1
    for batch, unreadable in table.batches():
        rejects += unreadable[: 1000 - len(rejects)]
        chosen = _every(batch, rows, stride)
        rows += len(batch.lines)
        parts.append(chosen)
        held += chosen.height
        if held > 2 * most:
            parts = [pl.concat(parts).gather_every(2)]
            held = parts[0].height
            stride *= 2
    cells = pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(table.columns, pl.String))
    return (joined.add_to(cells, key) if joined else cells), rows, rejects


def _every(batch: Batch, before: int, stride: int) -> pl.DataFrame:
    return batch.cells.gather_every(stride, offset=(-before) % stride) if stride > 1 else batch.cells
