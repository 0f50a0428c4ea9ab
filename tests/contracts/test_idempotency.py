"""A request that is sent again under its key is done once, whatever it does."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from anyio import to_thread

from leadloop.api.app import all_routes
from leadloop.api.requests.idempotency import HEADER, REPLAYED, Storing
from leadloop.api.served.playbooks import Declared
from leadloop.errors import Problem

AT = "2026-01-05T10:00:00Z"


def events_of(client, lead_id):
    return client.get("/v1/tiny/events", params={"lead_id": lead_id}).json()["events"]


def body_of(lead_id):
    return {"events": [{"lead_id": lead_id, "name": "opened", "at": AT}]}


def test_the_first_answer_comes_again_and_nothing_is_stored_twice(client, new_id):
    lead_id = new_id()
    headers = {HEADER: f"key-{lead_id}"}
    first, again = (client.post("/v1/tiny/events", json=body_of(lead_id), headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert len(events_of(client, lead_id)) == 1


def test_a_key_is_for_one_request_only(client, new_id):
    lead_id = new_id()
    headers = {HEADER: f"key-{lead_id}"}
    client.post("/v1/tiny/events", json=body_of(lead_id), headers=headers)
    other = client.post("/v1/tiny/events", json=body_of(new_id()), headers=headers)
    assert (other.status_code, other.json()["errors"][0]["where"]) == (422, HEADER)
    elsewhere = client.post("/v1/marketplace/events", json=body_of(lead_id), headers=headers)
    assert elsewhere.status_code == 422
    assert client.post("/v1/tiny/outcomes", json={"outcomes": [
        {"lead_id": lead_id, "target": "won", "value": 1, "at": AT}]}, headers=headers).status_code == 200  # fmt: skip


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "schlüssel".encode()])
def test_what_cannot_be_a_key_is_refused_before_anything_is_done(client, new_id, key):
    lead_id = new_id()
    answer = client.post("/v1/tiny/events", json=body_of(lead_id), headers=[(HEADER, key)])
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (400, HEADER)
    twice = client.post("/v1/tiny/events", json=body_of(lead_id), headers=[(HEADER, "a"), (HEADER, "b")])
    assert twice.status_code == 400
    assert events_of(client, lead_id) == []


def test_a_refused_request_leaves_its_key_free(client, new_id):
    lead_id = new_id()
    headers = {HEADER: f"key-{lead_id}"}
    assert client.post("/v1/tiny/events", json={"events": [{"lead_id": lead_id}]}, headers=headers).status_code == 422
    assert client.post("/v1/tiny/events", json=body_of(lead_id), headers=headers).status_code == 200
    used = {"outcomes": [{"lead_id": lead_id, "target": "won", "value": 1, "at": AT, "key": f"k{lead_id}"}]}
    client.post("/v1/tiny/outcomes", json=used)
    clash = {"outcomes": [{**used["outcomes"][0], "value": 0}]}
    assert client.post("/v1/tiny/outcomes", json=clash, headers=headers).status_code == 409
    assert client.post("/v1/tiny/outcomes", json=used, headers=headers).status_code == 200


def test_many_at_once_under_one_key_are_done_once(client, new_id):
    lead_id = new_id()
    headers = {HEADER: f"key-{lead_id}"}

    def send(_):
        return client.post("/v1/tiny/events", json=body_of(lead_id), headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) <= 2  # the first, and its repetition
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1
    assert len(events_of(client, lead_id)) == 1


def test_work_beside_the_database_is_done_once_too_and_409_is_said_meanwhile(client, service, new_id):
    lead_id, key = new_id(), new_id()
    client.post("/v1/tiny/leads", json={"leads": [{"id": lead_id, "visits": 3}]})
    place = f"/v1/tiny/leads/{lead_id}/score"
    store = service.database.store()
    first = client.post(place, headers={HEADER: key})
    again = client.post(place, headers={HEADER: key})
    assert first.json() == again.json()
    assert again.headers[REPLAYED] == "true"
    assert len(client.get("/v1/tiny/scores", params={"lead_id": lead_id}).json()["scores"]) == 1
    assert store.idempotency is not None


def test_while_a_request_is_being_answered_its_key_is_taken(client, service, new_id, monkeypatch):
    lead_id, key = new_id(), new_id()
    client.post("/v1/tiny/leads", json={"leads": [{"id": lead_id, "visits": 3}]})
    inside = []
    score = service.rounds.score_asked

    async def slow(*given, **more):
        again = partial(client.post, f"/v1/tiny/leads/{lead_id}/score", headers={HEADER: key})
        inside.append(await to_thread.run_sync(again))
        return await score(*given, **more)

    monkeypatch.setattr(service.rounds, "score_asked", slow)
    assert client.post(f"/v1/tiny/leads/{lead_id}/score", headers={HEADER: key}).status_code == 200
    (meanwhile,) = inside
    assert (meanwhile.status_code, meanwhile.headers["retry-after"]) == (409, "1")


def test_every_route_that_changes_something_takes_a_key_and_the_document_says_so(client, service):
    document = client.get("/openapi.json").json()
    takers = set()
    for route in all_routes(service):
        said = document["paths"][route.path][route.method.lower()]
        named = [one["name"] for one in said["parameters"] if one["in"] == "header"]
        assert named == ([HEADER] if route.writes else []), route.path
        assert route.writes or not isinstance(route.answer, Storing)
        if route.method == "GET":
            assert not route.writes
        elif not route.writes:
            takers.add(route.path)
    # Scores of leads that a request brings along change nothing: asked again, they are given again. An event of Fellow brings its
    # own identifier, and is kept once under it.
    assert takers == {
        *("/score", "/score/batch", "/api/v1/ml/score", "/api/v1/ml/batch-score"),
        *("/v1/{playbook}/score", "/v1/{playbook}/scores"),
        "/v1/hooks/fellow",
        *("/v1/{playbook}/experiments/{name}/score", "/api/v1/ml/ab-tests/{name}/score"),
    }
    assert json.dumps(document)


def test_a_repetition_gets_its_answer_though_it_could_not_be_read_any_more(client, service, new_id, monkeypatch):
    lead_id, headers = new_id(), {HEADER: f"key-{new_id()}"}
    body = {"leads": [{"id": lead_id, "visits": 3}]}
    first = client.post("/v1/tiny/leads", json=body, headers=headers)
    assert first.status_code == 200, first.text
    with monkeypatch.context() as changed:  # the playbook has changed between the two, and lost a field
        changed.setattr(
            Declared, "read", lambda *_, **__: ("", {}, [Problem("leads[0].visits", "is no field of tiny")])
        )
        assert client.post("/v1/tiny/leads", json=body).status_code == 422
        again = client.post("/v1/tiny/leads", json=body, headers=headers)
        assert (again.status_code, again.headers.get(REPLAYED)) == (200, "true")
        other = client.post("/v1/tiny/leads", json={"leads": []}, headers=headers)
        assert [error["where"] for error in other.json()["errors"]] == [HEADER]
    assert again.json() == first.json()


def test_a_request_with_another_query_or_path_is_another_request(client, new_id):
    lead_id, key = new_id(), {HEADER: f"key-{new_id()}"}
    fields = {"id": lead_id, "visits": 3}
    client.post("/v1/tiny/leads", json={"leads": [fields]})
    assert client.delete(f"/v1/tiny/leads/{lead_id}", headers=key).status_code == 200
    for path in (f"/v1/tiny/leads/{lead_id}?everywhere=true", f"/v1/tiny/leads/{new_id()}"):
        stronger = client.delete(path, headers=key)
        assert (stronger.status_code, stronger.json()["errors"][0]["where"]) == (422, HEADER), path
    assert client.delete(f"/v1/tiny/leads/{lead_id}", headers=key).headers[REPLAYED] == "true"


def test_what_is_sent_along_with_a_deletion_is_not_read(client, new_id):
    key = {HEADER: f"key-{new_id()}"}
    for body in (b"x" * 100, b"y" * 2_000_000):
        answer = client.request("DELETE", f"/v1/tiny/leads/{new_id()}", content=body)
        assert answer.status_code == 200
    gone = f"/v1/tiny/leads/{new_id()}"
    first = client.request("DELETE", gone, content=b"x", headers=key)
    again = client.request("DELETE", gone, content=b"y", headers=key)
    assert (first.status_code, again.headers.get(REPLAYED)) == (200, "true")
