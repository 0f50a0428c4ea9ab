"""What Fellow sent by itself is worked on: what it is about is asked for, or, without a key for that, taken from what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import may_ask
from leadloop.flows.sync.fetch import fetch_missing_notes, open_fellow
from leadloop.flows.sync.merge import ACTION_ITEM, NOTE, PUSHED, RECORDING, Merged, merge
from leadloop.ingest.fellow.lists import write_moment
from leadloop.ingest.fellow.objects import is_id, read_note, text_of

_LINE = re.compile(r"(?P<speaker>[^:\n]{1,80}):\s+(?P<text>.+)")
_RAW = Mapping[str, Any]


def work_on_event(
    place: Workspace, number: int, *, keep: Callable[[str, float], None] = lambda note, share: None
) -> dict[str, Any]:
    """Keep what an event is about. Worked on again, or out of order, it changes nothing: what holds now is asked for.

    Without a key to ask with, what the event itself says is kept.
    """
    event = place.store.source_events.get(number)
    if event is None or event.state != "waiting" or not isinstance(event.payload, Mapping):
        return {"event": number, "kind": event.kind if event else "", "done": False}
    payload = dict(event.payload)
    sent = write_moment(event.sent_at)
    parts: list[tuple[str, list[_RAW]]] = []
    if event.kind.startswith("ai_note.") and is_id(payload.get("id")):
        parts = _ask_for_note(place, payload["id"]) if may_ask(place) else _told_note(payload, sent)
    elif event.kind.startswith("action_item.") and is_id(payload.get("id")):
        parts = _ask_for_item(place, payload["id"]) if may_ask(place) else _told_item(payload, sent)
    playbook, merged = read_settings(place.root).calls_playbook, Merged()
    with place.store.transaction():
        for kind, raws in parts:
            merged += merge(place, playbook, kind, raws)
        place.store.source_events.finish(number)
        keep(f"{merged.new} new, {merged.changed} changed", 1.0)
    leads = {"leads_new": len(merged.leads_new), "leads_changed": len(merged.leads_changed)}
    return {"event": number, "kind": event.kind, "done": bool(parts), **leads}


def _ask_for_note(place: Workspace, number: str) -> list[tuple[str, list[_RAW]]]:
    with open_fellow(place) as fellow:
        note = fellow.note(number)
        if note is None:
            return []
        found = [fellow.recording(one) for one in read_note(note).recording_ids]
    return [(NOTE, [note]), (RECORDING, [one for one in found if one is not None])]


def _ask_for_item(place: Workspace, number: str) -> list[tuple[str, list[_RAW]]]:
    with open_fellow(place) as fellow:
        item = fellow.action_item(number)
        if item is None:
            return []
        notes = fetch_missing_notes(place, fellow, [item])
    return [(NOTE, notes), (ACTION_ITEM, [item])]


def _told_note(payload: _RAW, sent: str) -> list[tuple[str, list[_RAW]]]:
    """The note and the recording that an event speaks of, in the form in which they are listed."""
    number = payload["id"]
    note = {
        "id": number,
        "title": payload.get("event_title"),
        "updated_at": sent,
        "event_guid": payload.get("event_id"),
        "event_attendees": payload.get("attendees"),
        "content_markdown": payload.get("agenda_notes"),
    }
    recording = {
        "id": PUSHED + number,
        "title": payload.get("event_title"),
        "updated_at": sent,
        "started_at": payload.get("recording_start") or payload.get("event_start"),
        "ended_at": payload.get("recording_end") or payload.get("event_end"),
        "event_guid": payload.get("event_id"),
        "note_id": number,
        "transcript": {"speech_segments": read_lines(text_of(payload, "transcript"))},
        "ai_notes": payload.get("ai_notes"),
    }
    return [(NOTE, [note]), (RECORDING, [recording])]


def _told_item(payload: _RAW, sent: str) -> list[tuple[str, list[_RAW]]]:
    who = {"email": payload.get("assignee_email"), "full_name": payload.get("assignee_name")}
    item = {
        "id": payload["id"],
        "text": payload.get("text"),
        "status": payload.get("status") or ("Done" if payload.get("done") is True else "Incomplete"),
        "updated_at": sent,
        "note_id": payload.get("note_id"),
        "assignees": payload.get("assignees") or [who],
    }
    return [(ACTION_ITEM, [item])]


def read_lines(transcript: str) -> list[dict[str, str]]:
    """The turns of a transcript that is one text, each line beginning with who speaks; a line that does not goes on.

    >>> read_lines("Ann: Hello.\\nAnd welcome.\\nBob: Hi: there.")
    [{'speaker': 'Ann', 'text': 'Hello. And welcome.'}, {'speaker': 'Bob', 'text': 'Hi: there.'}]
    """
    turns: list[dict[str, str]] = []
    for line in transcript.splitlines():
        if found := _LINE.fullmatch(line.strip()):
            turns.append({"speaker": found["speaker"].strip(), "text": found["text"].strip()})
        elif line.strip() and turns:
            turns[-1]["text"] += f" {line.strip()}"
        elif line.strip():
            turns.append({"speaker": "", "text": line.strip()})
    return turns
