"""Records of a source -> versions of them -> calls, each of all its parts -> leads -> a job that scores those that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from leadloop.flows.calls import keep_calls
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import SOURCE
from leadloop.flows.work.jobs import SCORE_LEADS, ask_for
from leadloop.ingest.calls import Call
from leadloop.ingest.fellow.joined import make_call
from leadloop.ingest.fellow.objects import is_id, moment_of, text_of

if TYPE_CHECKING:
    from leadloop.store import SourceRecord, Store

RECORDING, NOTE, ACTION_ITEM = "recording", "note", "action_item"
PUSHED = "note-"
"""Begins the id of a call that Fellow told of by itself, before it could be asked for the recording."""
_NOT_KEPT = ("media_url",)
"""A link that opens the video to anybody, and is another one each time: it says nothing of the call."""


@dataclass(frozen=True)
class Merged:
    """What came of some records."""

    new: int = 0
    """Records that were not known."""
    changed: int = 0
    """Records of which there is another version now."""
    unchanged: int = 0
    """Records that say what was known."""
    unreadable: int = 0
    """Records without an identifier, which cannot be kept."""
    leads_new: tuple[str, ...] = ()
    """The ids of leads that were made."""
    leads_changed: tuple[str, ...] = ()
    """The ids of leads of which something else is known now."""
    left_out: int = 0
    """Calls that make no lead, as internal meetings do."""

    def __add__(self, other: Merged) -> Merged:
        return Merged(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.unreadable + other.unreadable,
            self.leads_new + other.leads_new,
            self.leads_changed + other.leads_changed,
            self.left_out + other.left_out,
        )


def merge(place: Workspace, playbook: str, kind: str, raws: Sequence[Mapping[str, Any]]) -> Merged:
    """Keep some records of one kind, with the leads of every call that they touch, in the caller's transaction.

    What is known already changes nothing. Leads that are new or changed are scored by a job, which is asked for in the same
    transaction: it is there if they are.
    """
    store = place.store
    records = [one for one in (_record(kind, raw) for raw in raws) if one is not None]
    kept = store.source_records.keep(SOURCE, kind, records)
    touched = _recordings_of(store, kind, (*kept.new, *kept.changed))
    done = Merged(len(kept.new), len(kept.changed), kept.unchanged, len(raws) - len(records))
    if not touched:
        return done
    calls = _join(store, touched)
    result = keep_calls(place, playbook, list(calls.values()), source=SOURCE)
    for recording_id, call in calls.items():
        if lead_id := result.lead_of.get(call.id):
            store.source_records.assign(SOURCE, RECORDING, recording_id, playbook=playbook, lead_id=lead_id)
    ask_for_scores(place, playbook, (*result.new, *result.changed))
    leads = Merged(leads_new=tuple(result.new), leads_changed=tuple(result.changed), left_out=len(result.left_out))
    return done + leads


def ask_for_scores(place: Workspace, playbook: str, lead_ids: Iterable[str]) -> None:
    """Have just these leads scored, as they then are."""
    if some := sorted(set(lead_ids)):
        # A job of its own: one for the same leads that runs already may have read them before they changed.
        ask_for(place, SCORE_LEADS, playbook, {}, who="sync", own={"lead_ids": some, "asked": token_hex(8)})


def missing_notes(store: Store, recordings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The notes that recordings name and nobody has seen."""
    named = {text_of(one, "note_id") for one in recordings}
    named = {one for one in named if is_id(one)}
    return sorted(named - set(store.source_records.current(SOURCE, NOTE, named)))


def _record(kind: str, raw: Mapping[str, Any]) -> SourceRecord | None:
    from leadloop.store import SourceRecord

    if not is_id(raw.get("id")):
        return None
    parent = text_of(raw, "note_id") if kind in (RECORDING, ACTION_ITEM) else ""
    kept = {name: value for name, value in raw.items() if name not in _NOT_KEPT}
    return SourceRecord(raw["id"], kept, moment_of(raw, "updated_at"), parent if is_id(parent) else "")


def _recordings_of(store: Store, kind: str, ids: Sequence[str]) -> dict[str, Any]:
    """The recordings whose call says something else since these records do, by their id."""
    if kind == RECORDING:
        return store.source_records.current(SOURCE, RECORDING, ids)
    notes = ids
    if kind == ACTION_ITEM:
        notes = tuple(text_of(one, "note_id") for one in store.source_records.current(SOURCE, kind, ids).values())
    found = store.source_records.belonging(SOURCE, RECORDING, notes)
    return {number: raw for group in found.values() for number, raw in group.items()}


def _join(store: Store, recordings: Mapping[str, Any]) -> dict[str, Call]:
    """The call of each recording, with its note and action items, by the recording's id."""
    note_ids = {note for raw in recordings.values() if is_id(note := text_of(raw, "note_id"))}
    notes = store.source_records.current(SOURCE, NOTE, note_ids)
    items = store.source_records.belonging(SOURCE, ACTION_ITEM, note_ids)
    beside = store.source_records.belonging(SOURCE, RECORDING, note_ids)
    calls = {}
    for number, raw in recordings.items():
        note = text_of(raw, "note_id")
        told = _told_before(number, beside.get(note, {}))
        if told is None:
            continue
        call = make_call({**raw, "id": told}, notes.get(note), list(items.get(note, {}).values()))
        calls[number] = call
    return calls


def _told_before(number: str, beside: Mapping[str, Any]) -> str | None:
    """The id under which a recording's call is known: that under which Fellow told of it by itself, if it did.

    None for what was told, once there is the recording: its call is that of the recording now.
    """
    told = next((one for one in beside if one.startswith(PUSHED)), None)
    recorded = sorted(one for one in beside if not one.startswith(PUSHED))
    if told is None or not recorded:
        return number
    return None if number == told else told if number == recorded[0] else number


def calls_of_lead(store: Store, playbook: str, lead_id: str) -> list[tuple[str, Call]]:
    """The calls that a lead was made of, as they were last told, each with where it was recorded."""
    ids = {
        str(one.raw["id"])
        for source, kind, one in store.source_records.of_lead(playbook, lead_id)
        if source == SOURCE and kind == RECORDING and is_id(one.raw.get("id"))
    }
    if not ids:
        return []
    return [(SOURCE, call) for call in _join(store, store.source_records.current(SOURCE, RECORDING, ids)).values()]
