"""One call out of its three parts: the recording, the note that names who was invited, and what was agreed to be done."""

from __future__ import annotations

from collections.abc import Sequence

from leadloop.ingest.calls import Call
from leadloop.ingest.fellow.objects import Raw, read_action_item, read_note, read_recording


def make_call(recording: Raw, note: Raw | None = None, action_items: Sequence[Raw] = ()) -> Call:
    """The call of a recording. Without its note nobody's address is known; a later note completes it.

    >>> note = {"id": "n1", "event_attendees": [{"email": "Ann@Acme.example"}]}
    >>> call = make_call({"id": "r1", "title": "Intro call: Acme", "note_id": "n1", "transcript": None}, note)
    >>> call.id, call.title, [person.email for person in call.attendees]
    ('r1', 'Intro call: Acme', ['ann@acme.example'])
    """
    heard = read_recording(recording)
    written = read_note(note) if note is not None else None
    changed = [one for one in (heard.updated_at, written.updated_at if written else None) if one is not None]
    items = (read_action_item(one) for one in action_items if one.get("status") != "Archived")
    return Call(
        id=heard.id,
        title=heard.title or (written.title if written else ""),
        started_at=heard.started_at,
        ended_at=heard.ended_at,
        updated_at=max(changed, default=None),
        attendees=written.attendees if written else (),
        turns=heard.turns,
        language=heard.language,
        summary=heard.summary,
        agenda=written.agenda if written else "",
        action_items=tuple(sorted(items, key=lambda one: one.id)),
        series=heard.series,
    )
