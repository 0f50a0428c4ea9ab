"""Past leads from the store: each as it was when it was scored, with what became of it since, as a file of them would be read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.flows.past.importing import Imported, keep_newest, order_values
from leadloop.flows.place.playbook_folder import PlaybookFolder
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.telling import NOTE
from leadloop.leads import LeadFrame, LeadSchema, Reject
from leadloop.leads.cells import write_cell
from leadloop.learning.aftermath import add_aftermath
from leadloop.learning.labels import LabelFunction
from leadloop.playbook import Order, Playbook, Target

if TYPE_CHECKING:
    from leadloop.store import Store

SYNTHETIC = "synthetic: "
"""How the source of a lead begins that was read from files marked as synthetic."""
_EVENTS_AT_ONCE = 20_000


def read_stored_leads(
    place: Workspace, found: PlaybookFolder, schema: LeadSchema, *, tick: Tick = lambda stage: None
) -> tuple[PlaybookFolder, Imported]:
    """The fields of `schema` of every lead that the store of a workspace holds, as training reads them from a file.

    The playbook comes back with the store's outcomes in place of the functions that say who won, and marked as synthetic where
    any of the leads is. Raises DataError where there is no store, or no lead of this playbook in it.
    """
    from leadloop.store.training_set import IDLE, LEAD_ID, SCORED_AT, SOURCE, outcome_columns

    require_store(place, found.playbook.name)
    store, playbook, now = place.store, found.playbook, place.clock()
    made = set(playbook.events.made) if playbook.events else set()
    read = schema.only(field.name for field in schema.fields if field.name not in made)
    known = set(playbook.scoring_schema.by_name)
    given = [field for field in read.fields if not field.made_from]
    targets = {} if playbook.events else {target.name: target.within_days for target in playbook.targets}
    held_back = store.quarantine.held(playbook.name)
    digest = hashlib.sha256()
    parts: list[LeadFrame] = []
    rejects: list[Reject] = []
    rows = older = held = 0
    idle: list[str] = []
    synthetic = False
    for frame in store.training.past(
        playbook.name,
        [field for field in given if field.name in known],
        [field for field in given if field.name not in known],
        targets,
        now=now,
        without=held_back,
    ):
        idle += frame.filter(IDLE)[LEAD_ID].to_list()
        frame = frame.filter(~pl.col(IDLE)).drop(IDLE)
        if not frame.height:
            continue
        digest.update(frame.drop(SOURCE).write_csv().encode())
        synthetic = synthetic or bool(frame[SOURCE].str.starts_with(SYNTHETIC).any())
        lines = np.arange(rows + 1, rows + frame.height + 1)
        rows += frame.height
        reading = read.read(_complete(playbook, frame, LEAD_ID, SCORED_AT), lines)
        rejects += [_named(reject, frame[LEAD_ID], lines) for reject in reading.rejects]
        beside = [SCORED_AT, *(name for target in targets for name in outcome_columns(target))]
        kept = frame.filter(pl.Series(np.isin(lines, reading.leads.lines))).select(beside)
        parts.append(LeadFrame(read, reading.leads.data.hstack(kept), reading.leads.lines))
        held += len(parts[-1])
        tick(f"reading the store: {rows:,} leads")
        if held > 2 * playbook.training.max_leads:
            newest = _newest(LeadFrame.join(parts), playbook, SCORED_AT)
            older += held - len(newest)
            parts, held = [newest], len(newest)
    if not held:
        raise DataError(
            "the store",
            Problem("leads", f"none of “{playbook.name}” can be read" if rows else f"there are none of “{playbook.name}”",
                    "bring some with `leadloop import`, or name a file of past leads with --data"),
        )  # fmt: skip
    leads = _newest(LeadFrame.join(parts), playbook, SCORED_AT)
    older += held - len(leads)
    leads = _in_order(leads, playbook.order, SCORED_AT)
    for target in playbook.targets if targets else ():
        leads = _with_outcome(leads, target, *outcome_columns(target.name))
    notes = [f"The leads are those that the store held at {now:%Y-%m-%dT%H:%M:%SZ}."]
    if held_back:
        notes.append(f"Nothing was learned from what {len(held_back)} sources told of outcomes: they are held back.")
    if older:
        notes.append(f"{older:,} older leads were left out: max_leads is {playbook.training.max_leads:,}")
    if idle:
        notes.append(f"{len(idle):,} leads that nobody worked were left out: they were neither won nor lost.")
    if playbook.events:
        leads = LeadFrame(schema, leads.data.drop(SCORED_AT), leads.lines)
        leads, said = _with_events(store, found, leads, digest)
        notes += said
    else:
        leads = LeadFrame(schema, leads.data.drop(SCORED_AT), leads.lines)
        found = _labelled_by_store(found)
    if synthetic:
        found = replace(found, playbook=replace(found.playbook, synthetic=True))
    name = f"store ({Path(store.where).name if '://' not in store.where else store.where})"
    return found, Imported(
        leads, tuple(rejects), rows, older, (name,), digest.hexdigest()[:16], tuple(notes), idle=tuple(idle)
    )


def require_store(place: Workspace, playbook: str) -> None:
    """Raise DataError where a workspace has no database yet: reading must not make one."""
    database = place.database
    if isinstance(database, Path) and not database.is_file():
        mend = f"bring leads with `leadloop import {playbook} FILE`, or name a file of past leads with --data"
        raise DataError("the store", Problem(str(database), "does not exist", mend))


def _complete(playbook: Playbook, frame: pl.DataFrame, lead_id: str, scored_at: str) -> pl.DataFrame:
    """The cells with the store's own word on who a lead is, and on when it came where it does not say so itself.

    A lead that came without its time is scored without one where the playbook's order takes it as unknown; it is learned from
    in the same way.
    """
    filled = []
    if playbook.lead_id in frame.columns:
        filled.append(pl.col(lead_id).alias(playbook.lead_id))
    name = playbook.dated_when_scored
    if name in frame.columns:
        filled.append(pl.col(name).fill_null(pl.col(scored_at).dt.to_string("iso:strict")))
    return frame.with_columns(filled)


def _named(reject: Reject, lead_ids: pl.Series, lines: np.ndarray) -> Reject:
    """A reject that says which lead it is of: a store has no lines."""
    return replace(reject, field=f"{reject.field} of lead {lead_ids[int(reject.line - lines[0])]}")


def _newest(leads: LeadFrame, playbook: Playbook, scored_at: str) -> LeadFrame:
    most = playbook.training.max_leads
    if len(leads) <= most:
        return leads
    order = playbook.order
    if order is None or order.by == "rows":
        order = Order("field", scored_at)
    return keep_newest(leads, order, most)


def _in_order(leads: LeadFrame, order: Order | None, scored_at: str) -> LeadFrame:
    """The leads in the order in which they were scored, their lines counting so that the playbook reads it off them."""
    values = order_values(leads, Order("field", scored_at))
    assert values is not None
    leads = leads.take(np.argsort(values, kind="stable"))
    lines = np.arange(1, len(leads) + 1)
    newest_first = order is not None and order.by == "rows" and order.newest == "first"
    return LeadFrame(leads.schema, leads.data, lines[::-1] if newest_first else lines)


def _with_outcome(leads: LeadFrame, target: Target, value: str, at: str) -> LeadFrame:
    """The leads with what the store says of a target in the fields where training looks for it."""
    columns: list[pl.Expr] = []
    if target.at in leads.data.columns:
        columns.append(pl.col(at).alias(target.at))
    if target.value in leads.data.columns and not target.graded:
        amount = pl.when(pl.col(value) > 1).then(pl.col(value))
        columns.append(pl.coalesce(pl.col(target.value), amount).alias(target.value))
    data = leads.data.with_columns(columns).drop(at)
    return LeadFrame(leads.schema, data, leads.lines)


def _labelled_by_store(found: PlaybookFolder) -> PlaybookFolder:
    """The playbook, its targets labelled by the outcomes that were told."""
    from leadloop.store.training_set import outcome_columns

    labels: dict[str, LabelFunction] = {}
    for target in found.playbook.targets:
        told = pl.col(outcome_columns(target.name)[0])
        labels[target.name] = _told(told if target.graded else told > 0)
    main = labels.pop(found.playbook.target.name)
    return replace(found, label=main, other_labels=labels)


def _told(expression: pl.Expr) -> LabelFunction:
    return lambda: expression


def _with_events(store: Store, found: PlaybookFolder, leads: LeadFrame, digest: Any) -> tuple[LeadFrame, list[str]]:
    """The leads with the fields that are made of stored feedback and events, and what a person should know of it."""
    playbook = found.playbook
    events = playbook.events
    assert events is not None
    parts = []
    for rows in stored_events(store, playbook):
        names = [field.name for field in events.schema.fields if not field.made_from]
        cells = pl.DataFrame(
            {name: [row.get(name) for row in rows] for name in names}, schema=dict.fromkeys(names, pl.String)
        )
        digest.update(cells.write_csv().encode())
        reading = events.schema.read(cells)
        if reading.rejects:
            first = reading.rejects[0]
            what = f"{first.field} “{first.value}” {first.reason}"
            raise DataError(
                "the store", Problem("events", what, "see `leadloop store export`, and the playbook's [events]")
            )
        parts.append(reading.leads.data)
    if not parts:
        mend = "send feedback, or name files with --data and --events"
        raise DataError("the store", Problem("feedback", f"there is none of “{playbook.name}”", mend))
    after = add_aftermath(playbook, leads, pl.concat(parts, rechunk=True), found.makes)
    counts = (
        (after.early, "came before their lead"),
        (after.late, f"came more than {events.within_days:g} days after it"),
    )
    return after.leads, [f"{count:,} events {said} and were left out." for count, said in counts if count]


def stored_events(store: Store, playbook: Playbook) -> Iterator[list[Mapping[str, str | None]]]:
    """Feedback, then other events, some at a time, a value a field that the playbook declares of events."""
    from leadloop.store import Feedback

    said = playbook.events
    assert said is not None
    read = said.schema.by_name
    rows: list[Mapping[str, str | None]] = []
    told = [one.name for one in fields_of(Feedback) if one.name in read]
    for one in store.feedback.stream(playbook.name):
        values = {name: write_cell(getattr(one.feedback, name), read[name]) for name in told}
        rows.append({**values, said.lead: one.feedback.lead_id, said.at: one.created_at.isoformat()})
        if len(rows) >= _EVENTS_AT_ONCE:
            yield rows
            rows = []
    for event in store.events.stream(playbook.name):
        if event.name == NOTE:  # what somebody wrote when telling something that is read already
            continue
        values = {name: write_cell(value, read[name]) for name, value in event.details.items() if name in read}
        rows.append(
            {
                "name": event.name,
                "action_type": event.name,
                **values,
                said.lead: event.lead_id,
                said.at: event.at.isoformat(),
            }
        )
        if len(rows) >= _EVENTS_AT_ONCE:
            yield rows
            rows = []
    if rows:
        yield rows
