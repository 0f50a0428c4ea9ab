"""Past leads, wherever they are: in a file, or in the store of a workspace. Whoever learns reads them here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from leadloop.errors import DataError, Problem
from leadloop.features.feature_set import usable_fields
from leadloop.flows.past.check import require_columns
from leadloop.flows.past.importing import Imported, read_leads
from leadloop.flows.place.playbook_folder import PlaybookFolder
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.synthetic_mark import mark_playbook
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.tables import open_table
from leadloop.leads import Field, LeadSchema


@dataclass(frozen=True)
class PastLeads:
    """The leads of a playbook as they were read, and the fields that may be used."""

    found: PlaybookFolder
    """The playbook, marked as synthetic where the leads are."""
    imported: Imported
    """The leads, and the rows that could not be read."""
    fields: tuple[Field, ...]
    """The fields that features may be made of."""


def read_past_leads(
    found: PlaybookFolder,
    data: Path | str | None,
    *,
    outcomes: Path | str | None = None,
    events: Path | str | None = None,
    place: Workspace | None = None,
    tick: Tick = lambda stage: None,
) -> PastLeads:
    """Read past leads with what became of them: from a file, or without one from the store of `place`.

    Raises DataError where a file (or the store) cannot be read as leads of this playbook, or holds none.
    """
    if data is None:
        from leadloop.flows.past.stored_past import read_stored_leads

        _refuse_files(outcomes, events)
        assert place is not None  # whoever names no file names a workspace
        tick("reading the store")
        found, imported = read_stored_leads(place, found, needed_fields(found), tick=tick)
        return PastLeads(found, imported, usable_fields(found.playbook))
    source = Path(data)
    found = mark_playbook(found, source)
    require_columns(found, open_table(source).columns, str(source), training=True)
    fields = usable_fields(found.playbook)
    tick("reading leads")
    imported = read_leads(
        found.playbook,
        needed_fields(found),
        source,
        Path(outcomes) if outcomes else None,
        events=Path(events) if events else None,
        makes=found.makes,
        tick=tick,
    )
    return PastLeads(found, imported, fields)


def leave_out_older(past: PastLeads, since: datetime) -> PastLeads:
    """The leads that came from a moment on; raises DataError where nothing tells when leads came, or where none is left."""
    playbook, leads = past.found.playbook, past.imported.leads
    if playbook.order is None or not playbook.is_ordered_by_time:
        raise DataError(
            playbook.name, Problem("since", "needs the time of the lead", "order the leads by a field of type time")
        )
    moment = since.astimezone(UTC).replace(tzinfo=None)
    newer = (leads.data[playbook.order.field] >= moment).fill_null(False).to_numpy()
    if not newer.any():
        raise DataError(
            playbook.name, Problem("since", f"{moment:%Y-%m-%d %H:%M} UTC leaves no lead", "give an earlier moment")
        )
    count = int((~newer).sum())
    note = f"{count:,} leads that came before {moment:%Y-%m-%d %H:%M} UTC were left out: the world has changed since."
    mark = hashlib.sha256(f"{past.imported.fingerprint} since {moment.isoformat()}".encode()).hexdigest()[:16]
    notes = (*past.imported.notes, note)
    imported = replace(past.imported, leads=leads.take(newer), fingerprint=mark, notes=notes)
    return replace(past, imported=imported)


def _refuse_files(outcomes: Path | str | None, events: Path | str | None) -> None:
    problems = [
        Problem(name, "belongs to a file of leads, and none is named", "name it with --data, or leave this out")
        for name, file in (("--outcomes", outcomes), ("--events", events))
        if file
    ]
    if problems:
        raise DataError("the store", problems)


def needed_fields(found: PlaybookFolder) -> LeadSchema:
    """The fields that training reads at all: all but those that are neither used nor needed for anything else.

    A field that is not used may still be read by one of the playbook's `functions`.

    Fields known too late stay in, so that the audit can say what is wrong with them.
    """
    playbook, order = found.playbook, found.playbook.order.field if found.playbook.order else ""
    named = {order, playbook.lead_id, playbook.group_by, playbook.outcomes_by, playbook.segment_by}
    named |= {*playbook.outcome_columns, *playbook.schema.required}
    named |= {name for function in found.functions for name in getattr(function, "reads", ())}
    by_function = any(target.label for target in playbook.targets)
    return playbook.schema.only(
        field.name for field in playbook.schema.fields if field.use or field.name in named or by_function
    )
