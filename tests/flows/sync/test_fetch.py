"""Syncs against the local Fellow over HTTP."""

import contextlib
import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.fellow_for_tests import local_fellow, workspace_of
from tests.flows.sync.syncs_for_tests import all_scores, do_jobs, leads_of, require_whole

from leadloop.errors import LeadLoopError, SourceError, SourceUnavailable
from leadloop.flows.loop.health import find_sync_trouble
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import find_account, find_webhook_secrets
from leadloop.flows.sync.fetch import WHOLE, sync_fellow
from leadloop.flows.sync.health import look_at_sync
from leadloop.flows.sync.merge import merge
from leadloop.flows.sync.turns import StoredTurns
from leadloop.flows.sync.work import read_since, sync_by_hand
from leadloop.ingest.fellow.client import Fellow
from leadloop.ingest.fellow.client import _read as read_answer
from leadloop.testing.fellow.library import write_time


@pytest.fixture
def local():
    with local_fellow(60).serve() as one:
        yield one


@pytest.fixture
def place(local, tmp_path):
    opened = workspace_of(local, tmp_path / "workspace")
    yield opened
    if "store" in opened.__dict__:
        opened.store.close()


def counts(place):
    names = ("source_records", "source_versions", "leads", "lead_versions", "scores")
    return {name: count for name, count in place.store.row_counts().items() if name in names}


def test_every_call_is_kept_with_its_lead_and_scored_and_a_second_sync_changes_nothing(place, local):
    done = sync_fellow(place)
    require_whole(place, local)
    truths = local.library.truths.values()
    made = {
        one.recording_id
        for one in truths
        if place.store.source_records.lead_of("fellow", "recording", one.recording_id)
    }
    internal = {one.recording_id for one in truths if not one.lead}
    assert done.leads_new == place.store.leads.count("b2b_calls") > 40
    assert not made & internal
    assert len(made) + done.left_out == 60
    results = do_jobs(place)
    assert {kind for kind, _ in results} == {"score_leads"}
    scores = list(all_scores(place))
    assert Counter(one.lead_id for one in scores) == Counter(
        lead.lead_id for lead in place.store.leads.stream("b2b_calls")
    ), "each lead is scored, and once"
    assert any(one.card["reasons"] for one in scores)
    before = counts(place)
    again = sync_fellow(place)
    assert (again.leads_new, again.leads_changed, again.left_out) == (0, 0, 0)
    whole = sync_fellow(place, full=True)
    assert all(not merged.new and not merged.changed for merged in whole.records.values())
    assert do_jobs(place) == []
    assert counts(place) == before


def test_an_edit_in_fellow_makes_one_version_of_the_record_and_one_score_of_its_lead(place, local):
    sync_fellow(place)
    do_jobs(place)
    before = counts(place)
    number = next(
        one.recording_id
        for one in local.library.truths.values()
        if one.lead
        and one.lead["call_notes"]
        and place.store.source_records.lead_of("fellow", "recording", one.recording_id)
    )
    _, lead_id = place.store.source_records.lead_of("fellow", "recording", number)
    section = {"title": "Summary", "type": "STANDARD", "content": "They will sign on Friday. Pricing is agreed."}
    local.library.edit("recordings", number, ai_notes=[{"id": "x1", "is_active": True, "sections": [section]}])
    done = sync_fellow(place)
    assert (done.leads_new, done.leads_changed) == (0, 1)
    assert len(do_jobs(place)) == 1
    assert sync_fellow(place).leads_changed == 0
    assert do_jobs(place) == []
    after = counts(place)
    assert {name: after[name] - before[name] for name in after} == {
        "source_records": 0,
        "source_versions": 1,
        "leads": 0,
        "lead_versions": 1,
        "scores": 1,
    }
    assert len(place.store.source_records.versions("fellow", "recording", number)) == 2
    assert len(place.store.scores.page("b2b_calls", lead_id=lead_id).items) == 2


def test_a_lead_that_changes_while_it_is_being_scored_is_scored_again(place, local):
    sync_fellow(place)
    do_jobs(place)
    number = next(one.recording_id for one in local.library.truths.values() if one.lead and one.lead["call_notes"])
    for words in ("They will sign on Friday.", "They have no budget at all."):
        section = {"title": "Summary", "type": "STANDARD", "content": words}
        local.library.edit("recordings", number, ai_notes=[{"id": "x1", "is_active": True, "sections": [section]}])
        assert sync_fellow(place).leads_changed == 1
        if words.startswith("They will"):
            running = place.store.jobs.claim("another worker", seconds=60)
    waiting = [job for job in place.store.jobs.page(state="waiting").items if job.kind == "score_leads"]
    assert len(waiting) == 1
    assert waiting[0].payload["lead_ids"] == running.payload["lead_ids"]


def test_what_a_note_or_an_action_item_says_later_reaches_the_lead_of_its_call(place, local):
    library = local.library
    number, note = next(
        (one.recording_id, one.note_id)
        for one in library.truths.values()
        if one.lead and one.note_id and one.lead["contact_email"] and library.notes[one.note_id]["event_attendees"]
    )
    people = library.notes[note]["event_attendees"]
    library.notes[note]["event_attendees"] = None
    sync_fellow(place)
    library.edit("notes", note, event_attendees=[*people, {"email": "cfo@else.example"}])
    done = sync_fellow(place)
    assert done.leads_new + done.leads_changed >= 1
    assert place.store.source_records.lead_of("fellow", "recording", number)
    assert done.records["recording"].changed == 0, "the recording itself says what it said"


def test_whatever_stops_a_sync_the_next_one_goes_on_where_it_was(place, local):
    kept = []

    def stop(note, share):
        kept.append(note)
        if len(kept) == 5:  # in the second page of recordings
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync_fellow(place, keep=stop)
    state = place.store.source_states.get("fellow", "loopline", "recordings")
    asked = len(local.asked)
    assert place.store.source_states.get("fellow", "loopline", WHOLE).succeeded_at is None
    first = state.begun_at
    done = sync_fellow(place)
    require_whole(place, local)
    lists = [path for _, path, _ in local.asked[asked:] if path.endswith("recordings")]
    assert len(lists) == 2
    assert done.records["recording"].changed == 0
    assert place.store.source_states.get("fellow", "loopline", "recordings").succeeded_at >= first
    windows = [json.loads(body).get("filters", {}) for _, path, body in local.asked if path.endswith("/recordings")]
    assert [bool(one) for one in windows] == [False, False, False, True], "at last, what changed since the first began"


def test_a_page_is_there_with_its_place_or_not_at_all(place, local):
    def stop(note, share):
        if note.startswith("recordings"):
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError):
        sync_fellow(place, keep=stop)
    assert "recording" not in place.store.source_records.counts("fellow")
    assert place.store.leads.count("b2b_calls") == 0
    assert place.store.source_states.get("fellow", "loopline", "recordings").cursor is None
    assert [job for job in place.store.jobs.page().items if job.kind == "score_leads"] == []


def test_a_place_that_fellow_does_not_know_any_more_is_left_and_the_list_read_anew(place, local):
    calls = iter(range(100))

    def stop(note, share):
        if note.startswith("recordings") and next(calls) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync_fellow(place, keep=stop)
    states = place.store.source_states
    state = states.get("fellow", "loopline", "recordings")
    assert state.cursor
    states.advance(state, "bm90IGEgY3Vyc29y")
    sync_fellow(place)
    require_whole(place, local)


def test_a_call_that_comes_in_while_lists_are_read_is_complete_at_once(place, local):
    late = next(one for one in local.library.truths.values() if one.lead and one.note_id and one.lead["contact_email"])
    note, recording = local.library.notes[late.note_id], local.library.recordings[late.recording_id]
    local.library.remove("notes", late.note_id)

    def keep(told, share):
        if told.startswith("action items"):  # the notes have been read
            local.library.notes[late.note_id] = note

    sync_fellow(place, keep=keep)
    assert place.store.source_records.current("fellow", "note", [late.note_id])
    require_whole(place, local)
    assert any(path.endswith(f"/note/{late.note_id}") for _, path, _ in local.asked)
    assert recording["note_id"] == late.note_id


def test_what_changes_while_a_sync_runs_or_shortly_before_is_not_missed_by_the_next(place, local):
    numbers = list(local.library.recordings)
    changed = iter(range(100))

    def keep(told, share):
        if told.startswith("recordings") and next(changed) == 0:  # one that was read, and one that was not
            for number in (numbers[0], numbers[-1]):
                local.library.edit("recordings", number, title="Renamed call")

    sync_fellow(place, keep=keep)
    behind = write_time(datetime.now(UTC) - timedelta(minutes=4))
    local.library.recordings[numbers[5]] |= {"title": "By a clock that is behind", "updated_at": behind}
    sync_fellow(place)
    require_whole(place, local)


def test_since_a_moment_reads_what_changed_since_and_leaves_no_gap_to_the_next(place, local):
    sync_fellow(place)
    last = place.store.source_states.get("fellow", "loopline", "recordings").succeeded_at
    future = datetime.now(UTC) + timedelta(hours=1)
    done = sync_fellow(place, since=future)
    assert sum(one.unchanged + one.changed + one.new for one in done.records.values()) == 0
    state = place.store.source_states.get("fellow", "loopline", "recordings")
    assert state.succeeded_at == last, "what changed until then would never be read"
    assert read_since("2026-11-01") == datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(LeadLoopError, match="no day"):
        read_since("yesterday")
    with pytest.raises(LeadLoopError, match="lies ahead"):
        read_since("2999-01-01")


def test_a_failure_is_left_where_alerts_look_until_a_sync_comes_to_its_end(place, local):
    with pytest.raises(SourceError):
        look_at_sync(Workspace(place.root / "nowhere"))
    assert look_at_sync(place).problems == ("no sync has come to its end yet",)
    local.key = "another key"
    with pytest.raises(SourceError, match="not accepted"):
        sync_by_hand(place)
    health = look_at_sync(place, ask=True)
    assert not health.healthy
    assert health.failures == 1
    assert any("is not accepted" in one for one in health.problems)
    assert [job.state for job in place.store.jobs.page().items] == ["cancelled"], (
        "whoever watched it need not look again"
    )
    assert [one.title for one in find_sync_trouble(place)] == ["a sync failed"]
    local.key = "local-fellow-key"
    sync_by_hand(place)
    assert list(find_sync_trouble(place)) == []
    health = look_at_sync(place, ask=True)
    assert (health.healthy, health.problems, health.failures) == (True, (), 0)
    assert health.requests_today == len(local.meter.arrivals) + 2, "those with a wrong key were asked, too"
    state = place.store.source_states.get("fellow", "loopline", WHOLE)
    (place.root / "leadloop.toml").write_text((place.root / "leadloop.toml").read_text() + "sync_late_hours = 0.01\n")
    assert look_at_sync(place).healthy
    with place.store._connections.write() as connection:
        connection.exec_driver_sql("UPDATE source_states SET succeeded_at = '2026-01-01 00:00:00.000000'")
    assert "2026-01-01" in look_at_sync(place).problems[0]
    assert [one.title for one in find_sync_trouble(place)] == ["no calls were fetched for long"]
    assert state is not None


def test_a_source_that_is_away_is_trouble_and_its_sync_is_tried_again(place, local):
    local.quirks.fail_every = 1
    with pytest.raises(SourceUnavailable):
        sync_fellow(place, wait=lambda seconds: None)
    assert place.store.source_states.get("fellow", "loopline", WHOLE).failures == 1
    from leadloop.flows.work.jobs import SYNC, ask_for, conclude

    ask_for(place, SYNC, "b2b_calls", {}, who="test")
    job = place.store.jobs.claim("w", seconds=60)
    conclude(place.store.jobs, job, SourceUnavailable("fellow", []), retry_seconds=60)
    assert place.store.jobs.get(job.id).state == "waiting"


def test_two_syncs_do_not_run_at_once(place, local):
    local.quirks.slow_seconds = 0.3
    thread = threading.Thread(target=lambda: sync_by_hand(Workspace(place.root)))
    assert place.store
    thread.start()
    while not any(job.state == "running" for job in place.store.jobs.page().items):
        pass
    with pytest.raises(LeadLoopError, match="in another process"):
        sync_by_hand(place)
    thread.join()
    require_whole(place, local)


def test_processes_that_share_a_store_keep_fellows_limit_together_and_to_the_request(tmp_path):
    with local_fellow(30, rate_limited=True).serve() as local:
        root = workspace_of(local, tmp_path / "workspace").root
        asked = []

        def ask():
            place = Workspace(root)
            pace = StoredTurns(place.store, "fellow", "loopline", per_second=3, per_day=10_000)
            with Fellow(find_account(place), pace=pace) as fellow:
                asked.extend(fellow.me() for _ in range(4))

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(asked) == 8
        assert (local.meter.refused, local.meter.most_in_a_second() <= 3) == (0, True)
        assert Workspace(root).store.source_turns.used_today("fellow", "loopline") == 8


def test_the_key_and_secrets_are_read_from_the_environment_or_a_file_and_stand_nowhere_else(place, local):
    sync_by_hand(place)
    secret = (place.root / "fellow.key").read_text().strip()
    environ = {"LEADLOOP_FELLOW_API_KEY": "of-the-environment", "LEADLOOP_FELLOW_WEBHOOK_SECRETS": "whsec_a, whsec_b"}
    assert find_account(place, environ=environ).key.reveal() == "of-the-environment"
    assert find_webhook_secrets(place, environ=environ) == ("whsec_a", "whsec_b")
    assert find_account(place, environ={}).key.reveal() == secret
    place.store.close()
    stored = b"".join(path.read_bytes() for path in place.root.glob("leadloop.db*"))
    assert secret.encode() not in stored
    (place.root / "fellow.key").unlink()
    with pytest.raises(SourceError, match=r"fellow_api_key_file  names a file that cannot be read"):
        find_account(place, environ={})
    settings = (place.root / "leadloop.toml").read_text()
    (place.root / "leadloop.toml").write_text(settings.replace('"fellow.key"', '"sk-live-0123"'))
    with pytest.raises(SourceError) as wrong:  # the key itself, where its file should be named
        find_account(place, environ={})
    assert "sk-live" not in str(wrong.value)
    (place.root / "leadloop.toml").write_text("")
    with pytest.raises(SourceError) as missing:
        find_account(place, environ={})
    assert [one.where for one in missing.value.problems] == ["subdomain", "key"]


def test_what_no_call_could_be_understood_without_is_asked_for_before_fellow_is(place, local):
    settings = (place.root / "leadloop.toml").read_text()
    said = [line for line in settings.splitlines() if not line.startswith("own_")]
    (place.root / "leadloop.toml").write_text("\n".join(said))
    with pytest.raises(LeadLoopError, match="own_domains"):
        sync_by_hand(place)
    assert local.asked == []
    assert not place.has_store(), "and no database is made for it"


def test_numbers_and_letters_that_are_none_cost_no_call_its_score(place, local):
    raws = [dict(local.library.recordings[one.recording_id]) for one in local.library.truths.values() if one.lead][:3]
    raws[0] |= {"score": float("nan"), "more": [float("inf")]}
    turns = [{"speaker": "Jane \udc00", "text": "We \ud83d need voice \x00 by March.", "start": 1.0, "end": 2.0}]
    raws[1]["transcript"] = {"language_code": "en", "speech_segments": turns}
    kind = {"content-type": "application/json"}
    answer = read_answer(kind, json.dumps({"data": raws}).replace('"more": [Infinity', '"more": [1e999').encode())
    with place.store.transaction():
        merge(place, "b2b_calls", "recording", answer["data"])
    do_jobs(place)
    leads = {lead.lead_id for lead in place.store.leads.stream("b2b_calls")}
    assert {one.lead_id for one in all_scores(place)} == leads
    assert (
        "Jane: We need voice by March."
        in place.store.leads.get("b2b_calls", f"fellow:{raws[1]['id']}").fields["call_notes"]
    )
    (held,) = place.store.source_records.versions("fellow", "recording", raws[0]["id"])
    assert (held.raw["score"], held.raw["more"]) == (None, [None])


def test_a_link_to_the_video_which_opens_it_to_anybody_is_not_kept_and_makes_no_version(place, local):
    raw = dict(local.library.recordings[next(iter(local.library.recordings))])
    for link in ("https://media.example/a?signed=1", "https://media.example/a?signed=2"):
        with place.store.transaction():
            merge(place, "b2b_calls", "recording", [{**raw, "media_url": link}])
    (held,) = place.store.source_records.versions("fellow", "recording", raw["id"])
    assert "media_url" not in held.raw


@pytest.mark.long
def test_leads_are_those_of_the_calls_whichever_way_they_came(place, local, tmp_path):
    sync_fellow(place)
    other = workspace_of(local, tmp_path / "other")
    for most in range(1, 40):
        left = iter(range(most))

        def stop(note, share, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt

        with contextlib.suppress(KeyboardInterrupt):
            sync_fellow(other, keep=stop)
            break
    assert most > 2
    assert set(leads_of(other)) == set(leads_of(place))
    other.store.close()
