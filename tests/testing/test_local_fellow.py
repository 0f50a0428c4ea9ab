"""The local Fellow answers as the real one is documented to, its oddities included: else tests would bless the wrong client."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from tests.fellow_for_tests import local_fellow

from leadloop.testing.fellow import LocalFellow, Quirks, fill_library
from leadloop.testing.fellow.server import KEY


@pytest.fixture(scope="module")
def local():
    with local_fellow(60).serve() as one:
        yield one


@pytest.fixture
def api(local):
    with httpx2.Client(base_url=f"{local.url}/api/v1", headers={"X-Api-Key": KEY}, trust_env=False) as client:
        yield client


def test_lists_are_asked_for_by_post_and_a_get_of_one_is_405(api):
    for name in ("recordings", "notes", "action_items"):
        assert api.get(f"/{name}").status_code == 405
        said = api.post(f"/{name}", json={}).json()[name]
        assert set(said) == {"page_info", "data"}
        assert said["page_info"]["page_size"] == 20
        assert len(said["data"]) <= 20
    for name in ("/recordings/abc", "/action-items"):
        assert api.get(name).status_code in (404, 405)


def test_unknown_keys_and_a_misplaced_page_size_are_answered_200_as_if_they_were_not_there(api):
    whole = api.post("/recordings", json={}).json()
    for body in (
        {"page": 1, "limit": 10, "page_size": 5},
        {"filters": {"updated_start": "2099-01-01"}, "includes": {"transcript": True}},
        {"pagination": {"size": 3}},
    ):
        answer = api.post("/recordings", json=body)
        assert (answer.status_code, answer.json()) == (200, whole)


def test_what_is_large_is_null_in_lists_unless_it_is_asked_for_and_there_by_id(api, local):
    plain = api.post("/recordings", json={}).json()["recordings"]["data"]
    assert all(one["transcript"] is None and one["ai_notes"] is None for one in plain)
    asked = {"include": {"transcript": True, "ai_notes": False}}
    full = api.post("/recordings", json=asked).json()["recordings"]["data"]
    assert any(one["transcript"] for one in full)
    assert all(one["ai_notes"] is None for one in full)
    one = next(one for one in full if one["transcript"])
    by_id = api.get(f"/recording/{one['id']}").json()["recording"]
    assert by_id["transcript"] == one["transcript"]
    assert by_id["ai_notes"]
    assert api.get(f"/note/{one['note_id']}").json()["note"]["recording_ids"] == [one["id"]]


def test_mistakes_have_the_two_documented_forms(api, local):
    for size, message in ((51, "less than or equal to 50"), (0, "greater than"), ("x", "valid integer")):
        answer = api.post("/notes", json={"pagination": {"page_size": size}})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["location"] == "page_size"
        assert message in answer.json()["errors"][0]["message"]
    assert api.post("/notes", json={"filters": {"updated_at_start": "soon"}}).status_code == 422
    assert "Invalid cursor" in api.post("/notes", json={"pagination": {"cursor": "x"}}).json()["detail"]
    assert api.post("/notes", content=b"{").json() == {"detail": "Cannot parse request body"}
    assert api.get("/recording/%C3%A9").json() == {"detail": "Invalid recording ID format"}
    assert (api.get("/note/gone").status_code, api.get("/note/gone").json()) == (404, {"detail": "Note not found"})
    wrong = api.get("/me", headers={"X-Api-Key": "another"})
    assert (wrong.status_code, wrong.json()) == (401, {"detail": "Unauthorized"})
    assert api.get("/me", headers={"X-Api-Key": "", "Authorization": f"Bearer {KEY}"}).status_code == 401
    page = httpx2.get(f"{local.url.replace('127.0.0.1', 'localhost')}/api/v1/me", trust_env=False)
    assert page.headers["content-type"].startswith("text/html")


def test_a_cursor_of_one_reading_is_none_of_another_and_pages_follow_each_other(api):
    first = api.post("/recordings", json={"pagination": {"page_size": 7}}).json()["recordings"]
    cursor = first["page_info"]["cursor"]
    again = {"pagination": {"page_size": 50, "cursor": cursor}}
    rest = api.post("/recordings", json=again).json()["recordings"]
    assert len({one["id"] for one in first["data"] + rest["data"]}) == 57
    assert api.post("/notes", json=again).status_code == 400
    assert api.post("/recordings", json={**again, "filters": {"title": "call"}}).status_code == 400


def test_titles_match_by_what_they_contain_or_exactly(api, local):
    title = next(iter(local.library.recordings.values()))["title"]

    def found(text):
        return len(api.post("/recordings", json={"filters": {"title": text}}).json()["recordings"]["data"])

    assert found(title.upper()[3:]) >= 1
    local.quirks.title = "exact"
    assert (found(title.upper()[3:]), found(title) >= 1) == (0, True)
    local.quirks.title = "contains"


def test_more_than_three_in_a_second_are_refused_with_a_code():
    with local_fellow(30, rate_limited=True).serve() as local:
        with httpx2.Client(base_url=local.url, headers={"X-API-KEY": KEY}, trust_env=False) as api:
            answers = [api.get("/api/v1/me") for _ in range(5)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
        assert answers[-1].json()["code"] == "rate_limited"
        assert "retry-after" not in answers[-1].headers
        assert local.meter.refused == 2


def test_completing_and_archiving_an_action_item(api, local):
    number = next(one["id"] for one in local.library.action_items.values() if one["status"] == "Incomplete")
    done = api.post(f"/action_item/{number}/complete", json={"completed": True}).json()["action_item"]
    assert (done["status"], done["ai_suggestion_accepted_by_user"]) == ("Done", True)
    assert api.post(f"/action_item/{number}/archive").json()["action_item"]["status"] == "Archived"
    assert api.get(f"/action_item/{number}").json()["action_item"]["status"] == "Archived"


def test_the_same_seed_fills_it_alike_and_the_truth_is_kept_apart():
    one, other = fill_library(40, seed=3), fill_library(40, seed=3)
    for name in ("recordings", "notes", "action_items"):
        assert json.dumps(getattr(one, name)) == json.dumps(getattr(other, name))
    assert set(one.truths) == set(one.recordings)
    said = json.dumps([one.recordings, one.notes, one.action_items])
    assert "probability" not in said
    assert any(not truth.lead for truth in fill_library(200, seed=3).truths.values()), "some meetings are internal"
    assert json.dumps(fill_library(40, seed=4).recordings) != json.dumps(one.recordings)


def test_events_are_sent_again_until_they_are_taken_and_an_address_must_say_the_word():
    heard = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            said = json.loads(body)
            if "challenge" in said:
                return self.answer(200, said["challenge"] if self.path == "/good" else "something else")
            heard.append((self.headers["svix-id"], self.headers["svix-signature"]))
            return self.answer(200 if len(heard) == 3 else 503, "")

        def answer(self, status, text):
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    quirks = Quirks(rate_limited=False, retry_seconds=(0.01, 0.01, 0.01))
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as receiver,
        LocalFellow(fill_library(20), quirks=quirks).serve() as local,
    ):
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{receiver.server_port}"
        with httpx2.Client(base_url=f"{local.url}/api/v1", headers={"X-API-KEY": KEY}, trust_env=False) as api:
            events = ["ai_note.generated"]
            assert api.post("/webhook", json={"url": f"{address}/bad", "enabled_events": events}).status_code == 502
            assert api.post("/webhook", json={"url": f"{address}/good", "enabled_events": ["else"]}).status_code == 422
            made = api.post("/webhook", json={"url": f"{address}/good", "enabled_events": events}).json()["webhook"]
            assert made["secret"].startswith("whsec_")
            assert "secret" not in api.get(f"/webhook/{made['id']}").json()["webhook"]
            note = next(iter(local.library.notes))
            (sent,) = local.subscriptions.send(local.library.event_of("ai_note.generated", note))
            assert sent.result(10).statuses == [503, 503, 200]
            assert len({number for number, _ in heard}) == 1
            assert (
                api.patch(f"/webhook/{made['id']}", json={"status": "inactive"}).json()["webhook"]["status"]
                == "inactive"
            )
            assert local.subscriptions.send(local.library.event_of("ai_note.generated", note)) == []
            assert api.delete(f"/webhook/{made['id']}").status_code == 204
            assert api.get("/webhooks").json()["webhooks"]["data"] == []
        receiver.shutdown()


def test_it_says_how_it_was_asked_and_takes_edits_by_hand():
    with local_fellow(30).serve() as local, httpx2.Client(base_url=local.url, trust_env=False) as by_hand:
        number, before = next((key, one["updated_at"]) for key, one in local.library.recordings.items())
        time.sleep(0.001)
        edited = by_hand.patch(f"/local/recordings/{number}", json={"title": "Another"}).json()
        assert edited["title"] == "Another"
        assert edited["updated_at"] > before
        assert by_hand.patch("/local/recordings/nosuch", json={}).status_code == 404
        assert by_hand.get("/local/counts").json()["recordings"] == 30
        assert by_hand.post(f"/local/events/ai_note.generated/{number}").status_code == 404
