"""Outcomes and events: told once, however often they are sent, and only as something that can have happened."""

import pytest

from leadloop.store.paging import mark_of

AT = "2026-01-05T10:00:00Z"


def outcome(lead_id, **more):
    return {"lead_id": lead_id, "target": "won", "value": 1, "at": AT, **more}


def event(lead_id, **more):
    return {"lead_id": lead_id, "name": "opened", "at": AT, **more}


MAKE = {"outcomes": outcome, "events": event}


@pytest.mark.parametrize("kind", MAKE)
def test_what_is_sent_again_under_its_key_is_kept_once(client, new_id, kind):
    lead_id, path = new_id(), f"/v1/tiny/{kind}"
    row = MAKE[kind](lead_id, key=f"key {lead_id}")
    first = client.post(path, json={kind: [row]}).json()[kind][0]
    again = client.post(path, json={kind: [row]}).json()[kind][0]
    assert set(first) == {"id", "key", "lead_id", "new"}
    assert (first["new"], again["new"], first["id"]) == (True, False, again["id"])
    other = client.post(path, json={kind: [{**row, "at": "2026-01-06T10:00:00Z"}]})
    assert other.status_code == 409
    unnamed = [client.post(path, json={kind: [MAKE[kind](lead_id)]}).json()[kind][0]["new"] for _ in range(2)]
    assert unnamed == [True, True]
    listed = client.get(path, params={"lead_id": lead_id}).json()
    assert len(listed[kind]) == 3
    assert listed["next"] is None


@pytest.mark.parametrize("kind", MAKE)
def test_pages_follow_each_other(client, new_id, kind):
    lead_id, path = new_id(), f"/v1/tiny/{kind}"
    client.post(path, json={kind: [MAKE[kind](lead_id, key=f"{lead_id}-{number}") for number in range(5)]})
    first = client.get(path, params={"lead_id": lead_id, "limit": 3}).json()
    rest = client.get(path, params={"lead_id": lead_id, "after": first["next"]}).json()
    assert [row["key"] for row in first[kind] + rest[kind]] == [f"{lead_id}-{number}" for number in range(5)]


def test_an_event_keeps_its_details_and_an_outcome_its_source(client, new_id):
    lead_id = new_id()
    client.post("/v1/tiny/events", json={"events": [event(lead_id, details={"by": "mail", "parts": [1, 2.5, None]})]})
    client.post(
        "/v1/tiny/outcomes",
        json={"outcomes": [outcome(lead_id, value=0, source="crm", at="2026-01-05T11:00:00+01:00")]},
    )
    kept = client.get("/v1/tiny/events", params={"lead_id": lead_id}).json()["events"][0]
    assert kept["details"] == {"by": "mail", "parts": [1, 2.5, None]}
    told = client.get("/v1/tiny/outcomes", params={"lead_id": lead_id}).json()["outcomes"][0]
    assert (told["value"], told["source"], told["at"]) == (0, "crm", "2026-01-05T10:00:00.000000Z")


@pytest.mark.parametrize(
    ("kind", "change", "where"),
    [
        ("outcomes", {"target": "wom"}, "target"),
        ("outcomes", {"value": 0.5}, "value"),
        ("outcomes", {"value": "yes"}, "value"),
        ("outcomes", {"value": True}, "value"),
        ("outcomes", {"at": None}, "at"),
        ("outcomes", {"at": "2026-01-05T10:00:00"}, "at"),
        ("outcomes", {"at": "2999-01-05T10:00:00Z"}, "at"),
        ("outcomes", {"at": "2026-02-30T10:00:00Z"}, "at"),
        ("outcomes", {"lead_id": ""}, "lead_id"),
        ("outcomes", {"lead_id": 1.5}, "lead_id"),
        ("outcomes", {"key": "k" * 256}, "key"),
        ("outcomes", {"vaule": 1}, "vaule"),
        ("events", {"name": ""}, "name"),
        ("events", {"name": "n\0"}, "name"),
        ("events", {"details": [1]}, "details"),
        ("events", {"details": {"said": "x" * 70_000}}, "details.said"),
        ("events", {"at": "soon"}, "at"),
    ],
)
def test_what_cannot_have_happened_is_refused_where_it_stands(client, new_id, kind, change, where):
    good, bad = new_id(), new_id()
    answer = client.post(f"/v1/tiny/{kind}", json={kind: [MAKE[kind](good), {**MAKE[kind](bad), **change}]})
    assert answer.status_code == 422, answer.text
    assert [error["where"] for error in answer.json()["errors"]] == [f"{kind}[1].{where}"]
    assert client.get(f"/v1/tiny/{kind}", params={"lead_id": good}).json()[kind] == []


def test_every_mistake_is_told_at_once(client):
    rows = [{"lead": 7, "target": "won"}, {"lead_id": "a", "target": "won", "value": 1, "at": AT, "key": 7}]
    errors = client.post("/v1/tiny/outcomes", json={"outcomes": rows, "outcome": []}).json()["errors"]
    told = {error["where"]: error["how_to_mend"] for error in errors}
    assert set(told) == {
        *(
            "outcomes[0].lead_id",
            "outcomes[0].value",
            "outcomes[0].at",
            "outcomes[0].lead",
            "outcomes[1].key",
            "outcome",
        ),
    }
    assert told["outcomes[0].lead"] == "did you mean lead_id?"


def test_more_than_are_read_at_once_are_refused(client, new_id):
    for kind, make in MAKE.items():
        assert client.post(f"/v1/tiny/{kind}", json={kind: [make(new_id())] * 101}).status_code == 413


def test_a_number_names_a_lead_as_its_digits_do(client):
    client.post("/v1/tiny/outcomes", json={"outcomes": [outcome(912345)]})
    assert len(client.get("/v1/tiny/outcomes", params={"lead_id": "912345"}).json()["outcomes"]) >= 1


def test_a_graded_target_takes_grades(client, new_id):
    row = {"lead_id": new_id(), "target": "quality", "value": 0.7, "at": AT}
    assert client.post("/v1/marketplace/outcomes", json={"outcomes": [row]}).status_code == 200
    assert client.post("/v1/marketplace/outcomes", json={"outcomes": [{**row, "value": 1.1}]}).status_code == 422


@pytest.mark.parametrize("place", [10**30, -(10**30), 1.5, "x", None, [1]])
def test_a_mark_that_nobody_gave_is_refused(client, place):
    for after in (mark_of("outcomes", [place]), mark_of("events", [1]), "é", "=", "a" * 999):
        answer = client.get("/v1/tiny/outcomes", params={"after": after})
        assert answer.status_code == 422, after
