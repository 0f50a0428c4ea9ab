"""What the local Fellow holds: recordings, notes and action items of the synthetic world of calls, and the truth behind each.

The truth is kept apart: the API never says it, and tests hold what was understood against it.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from leadloop.simulate import WORLDS
from leadloop.simulate.world import TIME_FORMAT
from leadloop.testing.fellow.speech import make_segments

OWN_NAME, OWN_DOMAIN = "Loopline", "loopline.example"
_TEMPLATE = "# Talking Points\n\n- \n\n# Action Items\n\n- [ ] \n\n# Notepad\n"
_INTERNAL = ("Team weekly", "1:1", "Pipeline review", "Sprint planning")

Raw = dict[str, Any]


@dataclass(frozen=True)
class CallTruth:
    """What is really so of one recording."""

    recording_id: str
    note_id: str
    lead: Mapping[str, Any] | None
    """The lead as the world made it, by the fields of the playbook; None where the meeting was an internal one."""
    truth: Mapping[str, Any]
    """Its true probabilities."""

    @property
    def company(self) -> str:
        """The company that the call was with; empty for an internal meeting."""
        return str(self.lead["company_name"]) if self.lead else ""

    @property
    def domain(self) -> str:
        """The company's own domain; empty for an internal meeting, or where the world has none."""
        return str(self.lead["domain"] or "") if self.lead else ""


@dataclass
class Library:
    """Everything that one workspace holds. Several threads may use it."""

    subdomain: str
    recordings: dict[str, Raw] = field(default_factory=dict)
    notes: dict[str, Raw] = field(default_factory=dict)
    action_items: dict[str, Raw] = field(default_factory=dict)
    truths: dict[str, CallTruth] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def edit(self, kind: str, number: str, **changed: Any) -> Raw:
        """Change a record as somebody in Fellow does, now; answers it as it is then."""
        with self.lock:
            record: Raw = getattr(self, kind)[number]
            record |= changed
            record["updated_at"] = write_time(self.now())
            return record

    def remove(self, kind: str, number: str) -> None:
        """Delete a record."""
        with self.lock:
            del getattr(self, kind)[number]

    def event_of(self, kind: str, number: str) -> Raw:
        """The flat payload of an event about a note (`ai_note...`) or an action item (`action_item...`), by its id."""
        with self.lock:
            if kind.startswith("action_item"):
                return _item_event(kind, self.action_items[number], self.notes)
            return _note_event(kind, self.notes[number], self.recordings)


def fill_library(
    calls: int,
    *,
    seed: int = 7,
    subdomain: str = "loopline",
    start: datetime = datetime(2026, 9, 1, tzinfo=UTC),
    internal: float = 0.05,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Library:
    """A library of so many recordings; the same arguments fill it in the same way, to the letter.

    A share of them are internal meetings; in a few nobody's address is known, and a few have no note at all.
    """
    library = Library(subdomain, now=now)
    world = WORLDS["b2b_calls"]
    (part,) = world.stream(calls, calls, seed=seed, start=start)
    for number, (lead, truth) in enumerate(zip(part.leads.rows(named=True), part.truth.rows(named=True), strict=True)):
        rolls = _Rolls(f"{seed}/{start:%Y%m%d}/{number}")
        if rolls.chance(internal):
            _add_internal(library, rolls, lead)
        else:
            _add_call(library, rolls, lead, truth)
    return library


def write_time(moment: datetime) -> str:
    """A moment as Fellow writes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class _Rolls:
    """Chance that depends on nothing but its name."""

    def __init__(self, name: str) -> None:
        self._name, self._count = name, 0

    def number(self) -> int:
        self._count += 1
        return int.from_bytes(hashlib.sha256(f"{self._name}#{self._count}".encode()).digest()[:8], "big")

    def chance(self, share: float) -> bool:
        return self.number() / 2**64 < share

    def id(self) -> str:
        signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        value, said = self.number(), ""
        for _ in range(10):
            value, rest = divmod(value, len(signs))
            said += signs[rest]
        return said


def _add_call(library: Library, rolls: _Rolls, lead: dict[str, Any], truth: dict[str, Any]) -> None:
    begins = datetime.strptime(lead["call_at"], TIME_FORMAT).replace(tzinfo=UTC)
    minutes = float(lead["call_minutes"])
    ours, contact = lead["ae_name"], lead["contact_name"]
    people = [{"email": _address_of(ours)}]
    if lead["contact_email"]:
        people.append({"email": lead["contact_email"]})
        if rolls.chance(0.3):
            people.append({"email": f"team@{lead['contact_email'].partition('@')[2]}"})
    title = lead["call_title"].replace("Us", OWN_NAME)
    notes = lead["call_notes"]
    recording = _add_meeting(library, rolls, title, begins, minutes, None if rolls.chance(0.03) else people)
    if notes:
        recording["transcript"] = {
            "language_code": "en",
            "speech_segments": make_segments(notes, contact, ours, minutes),
        }
        recording["ai_notes"] = [_ai_note(rolls, notes)]
        for text in _agreed(notes):
            item = rolls.id()
            library.action_items[item] = {
                "id": item,
                "text": text,
                "status": "Done" if rolls.chance(0.2) else "Incomplete",
                "created_at": recording["created_at"],
                "updated_at": recording["updated_at"],
                "due_date": None,
                "note_id": recording["note_id"],
                "assignees": [{"id": rolls.id(), "full_name": ours, "email": _address_of(ours)}],
                "completion_type": "any",
                "ai_detected": True,
                "recording_offset": round(50.0 * minutes, 1),
                "ai_suggestion_accepted_by_user": False,
            }
    library.truths[recording["id"]] = CallTruth(recording["id"], recording["note_id"] or "", lead, truth)


def _add_internal(library: Library, rolls: _Rolls, lead: dict[str, Any]) -> None:
    begins = datetime.strptime(lead["call_at"], TIME_FORMAT).replace(tzinfo=UTC)
    ours = lead["ae_name"]
    people = [{"email": _address_of(ours)}, {"email": f"colleague@{OWN_DOMAIN}"}]
    title = _INTERNAL[rolls.number() % len(_INTERNAL)]
    recording = _add_meeting(library, rolls, title, begins, 25.0, people)
    said = "I shared the numbers of last week. Thanks everyone for the time."
    recording["transcript"] = {"language_code": "en", "speech_segments": make_segments(said, ours, ours, 25.0)}
    library.truths[recording["id"]] = CallTruth(recording["id"], recording["note_id"] or "", None, {})


def _add_meeting(
    library: Library, rolls: _Rolls, title: str, begins: datetime, minutes: float, people: list[dict[str, str]] | None
) -> Raw:
    number, note = rolls.id(), rolls.id()
    ends = begins + timedelta(minutes=minutes)
    written = write_time(ends + timedelta(minutes=4))
    stem = hashlib.sha256(f"{number}".encode()).hexdigest()
    guid = (
        f"{stem[:26]}_{begins:%Y%m%dT%H%M%SZ}" if rolls.chance(0.6) else stem + stem[:48] if rolls.chance(0.7) else None
    )
    with_note = people is None or not rolls.chance(0.02)
    recording: Raw = {
        "id": number,
        "title": title,
        "created_at": written,
        "updated_at": written,
        "started_at": write_time(begins),
        "ended_at": write_time(ends),
        "event_call_url": "https://meet.example/" + number.lower(),
        "event_guid": guid,
        "note_id": note if with_note else None,
        "user_has_calendar_event": guid is not None,
        "transcript": None,
        "ai_notes": None,
        "media_url": None,
    }
    library.recordings[number] = recording
    if with_note:
        library.notes[note] = {
            "id": note,
            "title": title,
            "created_at": written,
            "updated_at": written,
            "event_guid": guid,
            "event_start": write_time(begins),
            "event_end": write_time(ends),
            "event_is_all_day": False,
            "recording_ids": [number],
            "event_attendees": people,
            "content_markdown": _TEMPLATE if rolls.chance(0.7) else f"# Talking Points\n\n- Agenda of {title}\n",
        }
    return recording


def _ai_note(rolls: _Rolls, notes: str) -> Raw:
    lines = [line.strip(" -") for line in re.split(r"(?<=[.!?])\s+|\n+", notes) if line.strip(" -")]
    summary: Any = notes
    if rolls.chance(0.4):
        summary = [{"timestamp": 10.0 * place, "text": line} for place, line in enumerate(lines)]
    sections = [{"title": "Summary", "type": "STANDARD", "content": summary}]
    if rolls.chance(0.5):
        sections.append({"title": "Topics", "type": "STANDARD", "content": [{"timestamp": 0.0, "text": lines[0]}]})
    return {
        "id": rolls.id(),
        "is_active": True,
        "title": "Sales call",
        "template_creator": "Fellow",
        "sections": sections,
    }


def _agreed(notes: str) -> list[str]:
    """What notes say is to be done."""
    found = []
    for line in re.split(r"(?<=[.!?])\s+|\n+", notes):
        if (said := re.search(r"Action items?: (.+)", line)) is not None:
            found += [part.strip(" .").capitalize() for part in said[1].split(",")]
    return found


def _address_of(name: str) -> str:
    return re.sub(r"[^a-z]+", ".", name.lower()).strip(".") + "@" + OWN_DOMAIN


def _note_event(kind: str, note: Raw, recordings: Mapping[str, Raw]) -> Raw:
    recording = next((recordings[one] for one in note["recording_ids"] if one in recordings), {})
    segments = (recording.get("transcript") or {}).get("speech_segments", [])
    summary = "\n".join(
        section["content"]
        if isinstance(section["content"], str)
        else "\n".join(one["text"] for one in section["content"])
        for ai_note in recording.get("ai_notes") or []
        for section in ai_note["sections"]
    )
    people = note["event_attendees"] or []
    return {
        "event_type": kind,
        "id": note["id"],
        "event_id": note["event_guid"],
        "event_title": note["title"],
        "event_start": note["event_start"],
        "event_end": note["event_end"],
        "recording_start": recording.get("started_at"),
        "recording_end": recording.get("ended_at"),
        "recap_url": f"https://app.example/recap/{note['id']}",
        "organizer_email": people[0]["email"] if people else None,
        "ai_notes": summary,
        "agenda_notes": note["content_markdown"],
        "has_external_attendees": any(not one["email"].endswith(OWN_DOMAIN) for one in people),
        "transcript": "\n".join(f"{one['speaker']}: {one['text']}" for one in segments),
        "is_user_who_started_recording": True,
        "attendees": [{"name": one["email"].partition("@")[0], "email": one["email"]} for one in people],
        **({"channel_id": "channel0001"} if kind == "ai_note.shared_to_channel" else {}),
    }


def _item_event(kind: str, item: Raw, notes: Mapping[str, Raw]) -> Raw:
    if kind == "action_item.assigned":
        names = (
            "id",
            "text",
            "assignees",
            "completion_type",
            "status",
            "due_date",
            "note_id",
            "created_at",
            "updated_at",
        )
        return {"event_type": kind, **{name: item[name] for name in names}, "ai_generated": item["ai_detected"]}
    note = notes.get(item["note_id"] or "", {})
    who = item["assignees"][0]
    return {
        "event_type": kind,
        "id": item["id"],
        "text": item["text"],
        "assignee_id": who["id"],
        "assignee_name": who["full_name"],
        "assignee_email": who["email"],
        "note_id": item["note_id"],
        "stream_id": None,
        "stream_title": None,
        "due_date": item["due_date"],
        "done": item["status"] == "Done",
        "wont_do": False,
        "event_id": note.get("event_guid"),
        "event_title": note.get("title"),
        "event_start": note.get("event_start"),
        "event_end": note.get("event_end"),
        "ai_generated": item["ai_detected"],
    }
