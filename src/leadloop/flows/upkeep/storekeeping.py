"""Storekeeping: what the store holds, and the care that it needs: backups, exports, erasing, forgetting, checking."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from leadloop.errors import LeadLoopError, PlaybookError, Problem, StoreError
from leadloop.flows.past.past_leads import needed_fields
from leadloop.flows.past.stored_past import require_store
from leadloop.flows.place.known_playbooks import read_meant
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.writers import open_writer
from leadloop.learning.labels import days_between, settle
from leadloop.store.paging import all_pages
from leadloop.store.values import to_json

if TYPE_CHECKING:
    from leadloop.store import AuditHead, Backup, Receipt, Restored, Store

TABLES = ("leads", "versions", "events", "outcomes", "scores", "feedback", "metrics", "quality")
"""What can be exported of a playbook."""
_AT_ONCE = 2_000
_DAYS = re.compile(r"(\d{1,6}(?:\.\d+)?)\s*(h|hours?|d|days?|w|weeks?|y|years?)?", re.IGNORECASE)
_CONTACT = ("email", "phone")


@dataclass(frozen=True)
class StoreFacts:
    """What a store is and what it holds."""

    where: str
    """The file or address, without its password."""
    runs_on: Mapping[str, str]
    """Database, version, how commits are kept, the step of its tables."""
    tables: Mapping[str, int]
    """How many rows each table has."""
    jobs: Mapping[str, int]
    """How many jobs are in each state."""


def describe_store(place: Workspace) -> StoreFacts:
    """What the store of a workspace is and what it holds; raises DataError where there is none yet."""
    require_store(place, "PLAYBOOK")
    store = place.store
    return StoreFacts(store.where, store.describe(), store.row_counts(), store.jobs.states())


def back_up(place: Workspace, to: Path | str) -> Backup:
    """Copy the store into a file while it is in use; raises StoreError for PostgreSQL, saying what to use instead."""
    require_store(place, "PLAYBOOK")
    return place.store.back_up(to)


def restore(place: Workspace, backup: Path | str) -> Restored:
    """Put a backup in the place of the store, and carry over who was erased since, every key and every revocation.

    Where the store is gone, the keys are those of the copy in the workspace.
    """
    from leadloop.store import restore

    return restore(
        backup,
        place.database,
        now=lambda: datetime.now(UTC),
        who=place.who(),
        keys=place.key_copy().read() or (),
    )


def export_table(
    place: Workspace, playbook: str, table: str, to: Path | str, *, tick: Tick = lambda stage: None
) -> int:
    """Write one table of a playbook to a file, some rows at a time, and say how many; raises LeadLoopError for no such table."""
    if table not in TABLES:
        raise LeadLoopError("export", Problem("table", f"“{table}” is none", f"take {', '.join(TABLES)}"))
    require_store(place, playbook)
    rows = _rows_of(place.store, playbook, table)
    return _write(rows, to, tick)


def export_training_set(
    place: Workspace, playbook: Path | str, to: Path | str, *, tick: Tick = lambda stage: None
) -> int:
    """Write what the next training would learn from: a lead a row as it was when it was scored, and how each target ended.

    Leads of which no outcome is settled are left out. Raises PlaybookError where the playbook is graded by events: its
    feedback is exported as a table of its own.
    """
    from leadloop.store.training_set import LEAD_ID, SCORED_AT

    found = read_meant(place, playbook)
    book = found.playbook
    if book.events:
        cure = f"leadloop store export {book.name} feedback -o feedback.csv, and events in the same way"
        raise PlaybookError(book.name, Problem("events", "grade its leads, so there is no outcome to write", cure))
    require_store(place, book.name)
    fields = [one for one in needed_fields(found).fields if not one.made_from and one.name in book.scoring_schema]
    windows = {target.name: target.within_days for target in book.targets}
    past = partial(place.store.training.past, book.name, windows=windows, now=place.clock())
    newest = _newest(past(fields=[], later=[]), windows)
    written = 0
    with open_writer(to) as writer:
        for frame in past(fields=fields, later=[]):
            settled = _settled(frame, windows, newest)
            table = settled.rename({LEAD_ID: "lead_id (store)", SCORED_AT: "scored_at (store)"})
            writer.write(table)
            written += table.height
            tick(f"{written:,} leads")
    return written


def _newest(frames: Iterable[pl.DataFrame], windows: Mapping[str, float | None]) -> datetime | None:
    """The newest time that is known of any lead, against which training tells how old each is."""
    from leadloop.store.training_set import SCORED_AT, outcome_columns

    times = [SCORED_AT, *(outcome_columns(target)[1] for target in windows)]
    seen = [frame.select(pl.max_horizontal(pl.col(times).max())).item() for frame in frames]
    return max((time for time in seen if time is not None), default=None)


def _settled(frame: pl.DataFrame, windows: Mapping[str, float | None], newest: datetime | None) -> pl.DataFrame:
    """The leads of which an outcome is settled, as training settles it."""
    from leadloop.store.training_set import SCORED_AT, SOURCE, outcome_columns

    came, outcomes = frame[SCORED_AT], []
    for target, days in windows.items():
        said, decided = (frame[name] for name in outcome_columns(target))
        values = said.to_numpy().astype(float)
        if days is not None:
            age = days_between(came, pl.select(pl.repeat(newest, frame.height, dtype=came.dtype)).to_series())
            values = settle(np.where(np.isnan(values), np.nan, values > 0), days_between(came, decided), age, days)
        outcomes += [
            pl.Series(f"outcome: {target}", values).fill_nan(None),
            decided.alias(f"outcome at: {target}"),
        ]
    told_of = pl.any_horizontal(pl.col(f"outcome: {target}").is_not_null() for target in windows)
    dropped = [SOURCE, *(name for target in windows for name in outcome_columns(target))]
    return frame.with_columns(outcomes).filter(told_of).drop(dropped)


def erase(
    place: Workspace, playbook: Path | str, *, lead_id: str = "", email: str = "", phone: str = "", who: str = ""
) -> Receipt:
    """Remove a person everywhere in the store, and give the receipt.

    By address or number they are found in the contact fields of the playbook (in any field, where it has none), and in every
    playbook's leads. Raises StoreError where nobody is named.
    """
    found = read_meant(place, playbook)
    require_store(place, found.playbook.name)
    contact = [field.name for field in found.playbook.schema.fields if field.type in _CONTACT and not field.made_from]
    return place.store.erasures.erase_person(
        who=who or place.who(),
        email=email,
        phone=phone,
        playbook=found.playbook.name if lead_id else "",
        lead_id=lead_id,
        contact_fields=contact or None,
    )


def forget(place: Workspace, family: str, older_than: str, *, who: str = "") -> tuple[int, datetime]:
    """Remove what a family of tables recorded longer ago than a time such as "365d", and say how many rows, and the moment."""
    before = datetime.now(UTC) - timedelta(days=read_days(older_than))
    require_store(place, "PLAYBOOK")
    return place.store.forget_older_than(family, before, who=who or place.who()), before


def verify(place: Workspace, noted: str = "") -> AuditHead:
    """Follow the audit log from its start; `noted` is a head that was kept elsewhere, as in "17:ab12...".

    Raises StoreError naming the first row that is not what was written; and every key, and every version with a name, that the
    log does not account for.
    """
    from leadloop.flows.upkeep.unlogged import find_unlogged
    from leadloop.store import AuditHead

    require_store(place, "PLAYBOOK")
    head = None
    if noted:
        number, _, text = noted.partition(":")
        if not number.isdigit() or not re.fullmatch(r"[0-9a-f]{64}", text):
            raise LeadLoopError("verify", Problem("--noted", "is no head of the log", "give it as `verify` printed it"))
        head = AuditHead(int(number), text)
    end = place.store.audit.verify(head)
    if unlogged := find_unlogged(place.store, place.registry):
        raise StoreError("the log is whole, but not all of the database is in it", unlogged)
    return end


def migrate(place: Workspace) -> tuple[str | None, str | None]:
    """Bring the tables of the store to the newest step; says the step before and the one now."""
    from leadloop.store import open_store
    from leadloop.store.connections import Connections
    from leadloop.store.engine import address_of, make_engine
    from leadloop.store.migrating import current_step

    require_store(place, "PLAYBOOK")
    before = Connections(make_engine(address_of(place.database)), lambda: datetime.now(UTC), lambda count: b"")
    try:
        step = current_step(before)
    finally:
        before.engine.dispose()
    opened = open_store(place.database, now=lambda: datetime.now(UTC))
    try:
        return step, opened.step()
    finally:
        opened.close()


def read_days(text: str) -> float:
    """A time such as "365d", "4w" or "1y" in days; a bare number counts days. Raises LeadLoopError for what is no time.

    >>> read_days("365d"), read_days("2w"), read_days("30"), read_days("36h")
    (365.0, 14.0, 30.0, 1.5)
    """
    found = _DAYS.fullmatch(text.strip())
    days = float(found[1]) * {"h": 1 / 24, "d": 1, "w": 7, "y": 365}[(found[2] or "d")[0].lower()] if found else 0.0
    if not 0 < days <= 36_500:
        raise LeadLoopError(
            "how old", Problem("--older-than", f"“{text[:40]}” is no time", "write 365d, 8w, 1y or 36h")
        )
    return days


def _rows_of(store: Store, playbook: str, table: str) -> Iterator[Mapping[str, Any]]:
    streams: Mapping[str, Callable[[], Iterator[Any]]] = {
        "leads": lambda: store.leads.stream(playbook),
        "versions": lambda: (
            one for lead in store.leads.stream(playbook) for one in store.leads.versions(playbook, lead.lead_id)
        ),
        "events": lambda: store.events.stream(playbook),
        "outcomes": lambda: store.outcomes.stream(playbook),
        "scores": lambda: store.scores.stream(playbook),
        "metrics": lambda: all_pages(lambda after: store.metrics.page(playbook, after=after)),
        "quality": lambda: all_pages(lambda after: store.quality.page(playbook, after=after)),
    }
    if table == "feedback":
        for one in store.feedback.stream(playbook):
            yield {"id": one.id, "created_at": one.created_at, **asdict(one.feedback)}
        return
    for row in streams[table]():
        yield asdict(row)


def _write(rows: Iterator[Mapping[str, Any]], to: Path | str, tick: Tick) -> int:
    """Rows to a file, as texts: what is nested is written as JSON."""
    written = 0
    with open_writer(to) as writer:
        while some := list(islice(rows, _AT_ONCE)):
            names = list(some[0])
            writer.write(
                pl.DataFrame(
                    {name: [_cell(row[name]) for row in some] for name in names}, schema=dict.fromkeys(names, pl.String)
                )
            )
            written += len(some)
            tick(f"{written:,} rows")
        if not written:
            writer.write(pl.DataFrame(schema={"empty": pl.String}))
    return written


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "tolist"):
        value = [None if one != one else one for one in value.tolist()]
    return to_json(value)
