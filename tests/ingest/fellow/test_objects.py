from tests.fellow_for_tests import client_of, local_fellow

from leadloop.ingest.fellow.joined import make_call
from leadloop.ingest.fellow.lists import RECORDINGS
from leadloop.ingest.fellow.objects import read_action_item, read_recording


def calls_of(local):
    with client_of(local) as client:
        pages = client.pages(RECORDINGS, include=("transcript", "ai_notes"))
        raws = [item for page in pages for item in page.items]
    notes, items = local.library.notes, local.library.action_items.values()
    return {
        raw["id"]: make_call(raw, notes.get(raw["note_id"]), [one for one in items if one["note_id"] == raw["note_id"]])
        for raw in raws
    }


def test_recordings_under_the_names_of_either_year_make_the_same_calls():
    with local_fellow(60).serve() as local:
        new = calls_of(local)
        local.quirks.old_names = True
        assert calls_of(local) == new
    assert all(call.started_at and call.ended_at and call.ended_at > call.started_at for call in new.values())


def test_a_call_holds_what_was_said_written_and_agreed_and_who_was_invited():
    with local_fellow(60).serve() as local:
        calls = calls_of(local)
        truths = local.library.truths
    with_notes = [one for one in truths.values() if one.lead and one.lead["call_notes"] and one.lead["contact_email"]]
    assert len(with_notes) > 30
    invited = 0
    for truth in with_notes:
        call = calls[truth.recording_id]
        assert call.turns
        assert call.language == "en"
        starts = [turn.start for turn in call.turns]
        assert starts == sorted(starts)
        assert call.summary
        invited += truth.lead["contact_email"].lower() in {person.email for person in call.attendees}
    assert invited >= 0.9 * len(with_notes), "a few notes are missing or name nobody"
    assert sum(bool(call.action_items) for call in calls.values()) > 5
    assert {item.done for call in calls.values() for item in call.action_items} == {True, False}
    series = {call.series for call in calls.values()}
    assert "" in series, "a few have no calendar event"
    assert {len(one) for one in series} == {0, 26, 32}


def test_anything_may_be_missing_or_null_or_something_else():
    for raw in (
        {"id": "r1"},
        {"id": "r1", "title": None, "transcript": {"speech_segments": None}, "ai_notes": [None, {"sections": None}]},
        {"id": "r1", "transcript": {"speech_segments": [None, 3, {"text": ""}, {"text": 5}]}, "started_at": "soon"},
        {"id": "r1", "transcript": [], "ai_notes": {}, "updated_at": 5, "event_guid": 7},
    ):
        call = make_call(
            raw, {"id": "n1", "event_attendees": [None, {"email": None}, 7]}, [{"id": "a1", "assignees": 3}]
        )
        assert call.id == "r1"
        assert (call.turns, call.attendees, call.summary, call.started_at) == ((), (), "", None)
    odd = {"text": "hi", "speaker": None, "start": "0", "end": True}
    (turn,) = read_recording({"id": "r", "transcript": {"speech_segments": [odd]}}).turns
    assert (turn.speaker, turn.start, turn.end) == ("", None, None)


def test_only_done_is_done():
    assert [read_action_item({"id": "a", "status": one}).done for one in ("Done", "Incomplete", "Archived", None)] == [
        True,
        False,
        False,
        False,
    ]
