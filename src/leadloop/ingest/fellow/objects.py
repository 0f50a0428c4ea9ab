"""What Fellow says of a recording, a note and an action item, read from the names of any year.

Anything may be missing or null, and what is not known is left alone: the record as it came is kept beside what is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from leadloop.ingest.calls import ActionItem, Person, Turn

Raw = Mapping[str, Any]

_ID_SIGNS = re.compile(r"[A-Za-z0-9_-]{1,64}")
_GOOGLE = re.compile(r"(.+)_\d{8}T\d{6}Z")
_OUTLOOK = re.compile(r"[0-9A-Fa-f]{112}")
_MARKS = re.compile(r"[#>*_\-\[\]\s:xX]+")
_TEMPLATE = {"talking points", "action items", "notepad", "notes", "agenda", ""}


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording, with what was said and what Fellow's machine made of it."""

    id: str
    title: str
    note_id: str
    updated_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    series: str
    language: str
    turns: tuple[Turn, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note: who was invited to the meeting, and what people wrote down."""

    id: str
    title: str
    updated_at: datetime | None
    recording_ids: tuple[str, ...]
    attendees: tuple[Person, ...]
    agenda: str


def read_recording(raw: Raw) -> Recording:
    """A recording; its `id` is known to be there."""
    transcript = _first(raw, "transcript")
    transcript = transcript if isinstance(transcript, Mapping) else {}
    return Recording(
        id=text_of(raw, "id"),
        title=text_of(raw, "title", "event_title"),
        note_id=text_of(raw, "note_id"),
        updated_at=moment_of(raw, "updated_at"),
        started_at=moment_of(raw, "started_at", "recording_start", "event_start"),
        ended_at=moment_of(raw, "ended_at", "recording_end", "event_end"),
        series=series_of(text_of(raw, "event_guid")),
        language=text_of(transcript, "language_code"),
        turns=tuple(_turns(transcript.get("speech_segments"))),
        summary=summary_of(raw.get("ai_notes")),
    )


def read_note(raw: Raw) -> Note:
    """A note; its `id` is known to be there."""
    ids = raw.get("recording_ids")
    return Note(
        id=text_of(raw, "id"),
        title=text_of(raw, "title", "event_title"),
        updated_at=moment_of(raw, "updated_at"),
        recording_ids=tuple(one for one in ids if is_id(one)) if isinstance(ids, list) else (),
        attendees=tuple(read_people(raw.get("event_attendees"))),
        agenda=agenda_of(text_of(raw, "content_markdown", "content_fellow_markdown")),
    )


def read_action_item(raw: Raw) -> ActionItem:
    """An action item; its `id` is known to be there. Done means the status `Done`, and no other word of it."""
    return ActionItem(
        id=text_of(raw, "id"),
        text=text_of(raw, "text"),
        done=raw.get("status") == "Done" or raw.get("done") is True,
        assignees=tuple(read_people(raw.get("assignees"))),
    )


def read_people(value: Any) -> Iterable[Person]:
    """People, each once, in the order in which they are named; an address is in lower case."""
    seen = set()
    for one in value if isinstance(value, list) else ():
        if isinstance(one, str):
            one = {"email": one}
        if not isinstance(one, Mapping):
            continue
        person = Person(text_of(one, "email").lower(), text_of(one, "full_name", "name"))
        if (person.email or person.name) and person not in seen:
            seen.add(person)
            yield person


def is_id(value: Any) -> bool:
    """Whether this can be an identifier of Fellow's."""
    return isinstance(value, str) and bool(_ID_SIGNS.fullmatch(value))


def series_of(event_guid: str) -> str:
    """What all meetings of a series share, of the identifier that each of them has of its own.

    >>> series_of("abcdefghijklmnopqrstuvwxyz_20261101T090000Z")
    'abcdefghijklmnopqrstuvwxyz'
    >>> series_of("0" * 80 + "00112233445566778899AABBCCDDEEFF"), series_of("something-else")
    ('00112233445566778899aabbccddeeff', '')
    """
    if found := _GOOGLE.fullmatch(event_guid):
        return found[1]
    return event_guid[-32:].lower() if _OUTLOOK.fullmatch(event_guid) else ""


def summary_of(ai_notes: Any) -> str:
    """What Fellow's machine wrote: the sections of the notes that are in use, each under its title where there are several.

    >>> summary_of([{"is_active": True, "sections": [{"title": "Summary", "content": "They want a quote."}]}])
    'They want a quote.'
    >>> summary_of(
    ...     [
    ...         {
    ...             "sections": [
    ...                 {"title": "Topics", "content": [{"timestamp": 3, "text": "Price"}, {"text": "Time"}]},
    ...                 {"title": "Decisions", "content": None},
    ...             ]
    ...         }
    ...     ]
    ... )
    '- Price\\n- Time'
    """
    if isinstance(ai_notes, str):
        return _whole(ai_notes).strip()
    parts: list[tuple[str, str]] = []
    for note in ai_notes if isinstance(ai_notes, list) else ():
        if not isinstance(note, Mapping) or note.get("is_active") is False:
            continue
        sections = note.get("sections")
        for section in sections if isinstance(sections, list) else ():
            if isinstance(section, Mapping) and (text := _content(section.get("content"))):
                parts.append((text_of(section, "title"), text))
    if len(parts) == 1:
        return parts[0][1]
    return "\n\n".join(f"{title}\n{text}" if title else text for title, text in parts)


def agenda_of(markdown: str) -> str:
    """What people wrote into a note; nothing where it is the template as it came.

    >>> (
    ...     agenda_of("# Talking Points\\n\\n## Action Items\\n- [ ] \\n\\nNotepad"),
    ...     agenda_of("# Talking Points\\n- Prices"),
    ... )
    ('', '# Talking Points\\n- Prices')
    """
    lines = (_MARKS.sub(" ", line).strip().lower() for line in markdown.splitlines())
    return "" if all(line in _TEMPLATE for line in lines) else markdown.strip()


def text_of(raw: Raw, *names: str) -> str:
    """The first of these that is there, as text; empty where none is."""
    value = _first(raw, *names)
    return _whole(value).strip() if isinstance(value, str) else ""


def moment_of(raw: Raw, *names: str) -> datetime | None:
    """The first of these that is a moment, in UTC; a time without a zone is UTC.

    >>> moment_of({"started_at": None, "recording_start": "2026-11-01T09:00:00+01:00"}, "started_at", "recording_start")
    datetime.datetime(2026, 11, 1, 8, 0, tzinfo=datetime.timezone.utc)
    """
    for name in names:
        try:
            said = datetime.fromisoformat(text_of(raw, name))
            return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _whole(text: str) -> str:
    """A text without halves of letters, which JSON can say and nothing else can hold, and without the zero sign.

    >>> _whole("call \\ud83d with \\ud83d\\ude00\\x00")
    'call  with 😀'
    """
    if text.isascii():
        return text.replace("\x00", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").replace("\x00", "")


def _first(raw: Raw, *names: str) -> Any:
    return next((raw[name] for name in names if raw.get(name) is not None), None)


def _turns(segments: Any) -> Iterable[Turn]:
    for one in segments if isinstance(segments, list) else ():
        if isinstance(one, Mapping) and (said := text_of(one, "text")):
            start, end = (_seconds(_first(one, name, f"{name}_time")) for name in ("start", "end"))
            yield Turn(text_of(one, "speaker"), said, start, end)


def _seconds(value: Any) -> float | None:
    right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10_000_000
    return float(value) if right else None


def _content(content: Any) -> str:
    if isinstance(content, str):
        return _whole(content).strip()
    said = (
        _whole(one) if isinstance(one, str) else text_of(one, "text") if isinstance(one, Mapping) else ""
        for one in (content if isinstance(content, list) else ())
    )
    return "\n".join(f"- {one.strip()}" for one in said if one.strip())
