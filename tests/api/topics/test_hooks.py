"""What Fellow sends by itself, to a service that really listens; TEST_MUTATIONS says how many messages are forged."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from io import StringIO

import httpx2
import pytest
from tests.api.service_for_tests import ask, open_service
from tests.fellow_for_tests import client_of, local_fellow, workspace_of
from tests.flows.sync.syncs_for_tests import do_jobs, leads_of
from tests.ingest.test_signatures import BODY, OTHER, SECRET, mutants, signed
from tests.served_for_tests import serve

from leadloop.errors import SourceError, SourceUnavailable
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import find_webhook_secrets
from leadloop.flows.sync.fetch import sync_fellow
from leadloop.flows.sync.subscribe import subscribe_to_fellow

PATH = "/v1/hooks/fellow"
MUTATIONS = int(os.environ.get("TEST_MUTATIONS", "120"))


@pytest.fixture
def local():
    with local_fellow(60).serve() as one:
        yield one


@pytest.fixture
def place(local, tmp_path):
    opened = workspace_of(local, tmp_path / "workspace", more='fellow_webhook_secrets_file = "fellow.secrets"')
    (opened.root / "fellow.secrets").write_text(f"{SECRET}\n{OTHER}\n")
    assert opened.store
    return opened


@pytest.fixture
def client(place):
    with ask(open_service(place.root)) as one:
        yield one


def send(client, headers, body):
    return client.post(PATH, content=body, headers={"Content-Type": "application/json", **headers})


def now_signed(body=BODY, **more):
    return signed(body, at=datetime.now(UTC), **more)


def test_a_call_that_fellow_tells_of_is_a_lead_with_a_score_without_a_hand(place, local):
    call = next(one for one in local.library.truths.values() if one.lead and one.note_id and one.lead["call_notes"])
    with serve(open_service(place.root)) as address, client_of(local) as fellow:
        with pytest.raises(SourceUnavailable, match=r"did not answer the challenge.*see that"):
            subscribe_to_fellow(place, address + "/livez")
        path = subscribe_to_fellow(place, address + PATH)
        assert len(find_webhook_secrets(place)) == 3, "those that were there, and the new one"
        with pytest.raises(SourceError, match="--again"):
            subscribe_to_fellow(place, address + PATH)
        subscribe_to_fellow(place, address + PATH, again=True)
        assert [one["url"] for one in fellow.subscriptions()] == [address + PATH], "each event is sent once"
        path.write_text(find_webhook_secrets(place)[-1])
        local.quirks.deliver_twice = True
        sent = local.subscriptions.send(local.library.event_of("ai_note.generated", call.note_id))
        assert [one.result(20).statuses[:1] for one in sent] == [[200], [200]]
        assert fellow.subscriptions()[0]["url"] == address + PATH
        assert "secret" not in fellow.subscriptions()[0]
    assert place.store.source_events.counts("fellow") == {"waiting": 1}, "sent twice, kept once"
    done = do_jobs(place)
    assert [kind for kind, _ in done] == ["sync_event", "score_leads"]
    assert done[0][1]["leads_new"] == 1
    _, lead_id = place.store.source_records.lead_of("fellow", "recording", call.recording_id)
    assert len(place.store.scores.page("b2b_calls", lead_id=lead_id).items) == 1
    assert place.store.source_events.counts("fellow") == {"done": 1}
    sync_fellow(place)
    assert len(place.store.source_records.versions("fellow", "recording", call.recording_id)) == 1, (
        "it is the same call"
    )
    assert len(place.store.scores.page("b2b_calls", lead_id=lead_id).items) == 1


def test_events_that_come_out_of_order_or_after_a_sync_change_nothing_that_is_newer(place, local, client):
    sync_fellow(place)
    do_jobs(place)
    call = next(one for one in local.library.truths.values() if one.lead and one.note_id)
    old = json.dumps(local.library.event_of("ai_note.generated", call.note_id)).encode()
    local.library.edit("recordings", call.recording_id, title="Intro call: Newer Name <> Loopline")
    new = json.dumps(local.library.event_of("ai_note.generated", call.note_id)).encode()
    for number, body in enumerate((new, old, new)):
        assert send(client, now_signed(body, message=f"msg_{number}"), body).text == "kept"
    do_jobs(place)
    versions = place.store.source_records.versions("fellow", "recording", call.recording_id)
    assert [one.raw["title"].startswith("Intro call: Newer") for one in versions] == [False, True]


def test_without_a_key_to_ask_with_what_an_event_says_is_kept_and_a_later_sync_knows_the_call_again(
    place, local, client
):
    with_key = (place.root / "leadloop.toml").read_text()
    without = with_key.replace('fellow_api_key_file = "fellow.key"\n', "")
    (place.root / "leadloop.toml").write_text(without)
    call = next(
        one
        for one in local.library.truths.values()
        if one.lead
        and one.note_id
        and one.lead["call_notes"]
        and one.lead["contact_email"]
        and local.library.notes[one.note_id]["event_attendees"]
    )
    payload = local.library.event_of("ai_note.generated", call.note_id)
    body = json.dumps(payload).encode()
    assert send(client, now_signed(body), body).text == "kept"
    do_jobs(place)
    pushed = f"note-{call.note_id}"
    lead = place.store.source_records.lead_of("fellow", "recording", pushed)
    assert lead is not None
    raw = place.store.source_records.current("fellow", "recording", [pushed])[pushed]
    spoken = local.library.recordings[call.recording_id]["transcript"]["speech_segments"]
    assert [one["text"] for one in raw["transcript"]["speech_segments"]] == [one["text"] for one in spoken]
    (place.root / "leadloop.toml").write_text(with_key)
    sync_fellow(place)
    assert place.store.source_records.lead_of("fellow", "recording", call.recording_id) == lead, "no second lead of it"
    known = set(leads_of(place))
    sync_fellow(place, full=True)
    assert set(leads_of(place)) == known


def test_an_action_item_that_is_done_reaches_its_call(place, local, client):
    sync_fellow(place)
    do_jobs(place)
    item = next(one for one in local.library.action_items.values() if one["status"] == "Incomplete")
    local.library.edit("action_items", item["id"], status="Done")
    body = json.dumps(local.library.event_of("action_item.completed", item["id"])).encode()
    assert send(client, now_signed(body), body).text == "kept"
    do_jobs(place)
    assert place.store.source_records.current("fellow", "action_item", [item["id"]])[item["id"]]["status"] == "Done"


def test_a_file_of_secrets_that_cannot_be_written_is_told_before_fellow_is_asked(place, local):
    settings = (place.root / "leadloop.toml").read_text()
    (place.root / "leadloop.toml").write_text(settings.replace('"fellow.secrets"', '"nowhere/fellow.secrets"'))
    with pytest.raises(SourceError, match="make the folder"):
        subscribe_to_fellow(place, "http://127.0.0.1:9/v1/hooks/fellow")
    assert local.asked == []


def test_a_challenge_is_answered_by_its_own_word_and_by_nothing_else(client):
    def challenge(word):
        return client.post(PATH, json={"type": "url_verification", "challenge": word})

    answer = challenge("aB3-xyz_9")
    assert (answer.status_code, answer.text) == (200, "aB3-xyz_9")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    for word in ("", "two words", "a" * 513, "line\nbreak", 7, None):
        assert challenge(word).status_code == 401


def test_what_is_sent_again_is_known_and_nothing_is_done_twice(client, place):
    headers = now_signed()
    assert send(client, headers, BODY).text == "kept"
    assert send(client, headers, BODY).text == "known"
    later = signed(at=datetime.now(UTC) + timedelta(seconds=2))
    assert send(client, later, BODY).text == "known", "the same event, signed anew when it is sent again"
    assert place.store.source_events.counts("fellow") == {"waiting": 1}
    assert [job.kind for job in place.store.jobs.page().items] == ["sync_event"]


def test_either_secret_counts_while_one_takes_the_place_of_the_other_and_then_the_old_one_does_not(client, place):
    assert send(client, now_signed(message="m1"), BODY).text == "kept"
    assert send(client, now_signed(secret=OTHER, message="m2", prefix="webhook"), BODY).text == "kept"
    (place.root / "fellow.secrets").write_text(OTHER)
    assert send(client, now_signed(message="m3"), BODY).status_code == 401
    assert send(client, now_signed(secret=OTHER, message="m3"), BODY).text == "kept"
    (place.root / "fellow.secrets").write_text("")
    assert send(client, now_signed(message="m4"), BODY).status_code == 503


def test_forged_altered_and_stale_messages_are_refused_and_leave_nothing(place):
    log = StringIO()
    refused = 0
    with ask(open_service(place.root, log=log)) as client:
        for minutes in (-6, 6, -1_000):
            stale = signed(at=datetime.now(UTC) + timedelta(minutes=minutes))
            assert send(client, stale, BODY).status_code == 401
        assert send(client, {}, BODY).status_code == 401
        moment = datetime.now(UTC)
        for headers, body in mutants(MUTATIONS, at=moment):
            if (datetime.now(UTC) - moment).total_seconds() > 120:  # only the alteration may be what is refused
                moment = datetime.now(UTC)
            assert send(client, headers, body).status_code in (400, 401), (headers, body)
            refused += 1
    assert refused >= 0.95 * MUTATIONS
    assert place.store.source_events.counts("fellow") == {}
    assert place.store.jobs.page().items == ()
    assert SECRET.removeprefix("whsec_") not in log.getvalue()


def test_an_event_is_taken_only_when_it_is_on_disk(place, local):
    """A database that is away is told of at once: Fellow then sends the event again."""
    with serve(open_service(place.root)) as address, httpx2.Client(trust_env=False) as client:
        with place.store.transaction():  # SQLite has one writer at a time: nobody else can store anything now
            place.store.source_states.begin("fellow", "x", "y", since=None, at=datetime.now(UTC))
            began = time.monotonic()
            with pytest.raises(httpx2.ReadTimeout):
                client.post(
                    address + PATH,
                    content=BODY,
                    headers={"Content-Type": "application/json", **now_signed()},
                    timeout=1,
                )
            assert time.monotonic() - began >= 1
        until = time.monotonic() + 20
        while not (found := Workspace(place.root).store.source_events.counts("fellow")) and time.monotonic() < until:
            time.sleep(0.05)
        assert found == {"waiting": 1}
