"""Leads that are kept: versions, times, and scores that are stored with them."""

import time

import pytest
from tests.api.service_for_tests import ask, open_service

from leadloop.errors import Problem, StoreUnavailable

LEADS = "/v1/tiny/leads"


def lead(lead_id, **fields):
    return {"id": lead_id, "visits": 7, "source": "Reference", **fields}


def test_leads_are_kept_with_every_version_and_an_unchanged_record_is_not_kept_twice(client, new_id):
    one, other = new_id(), new_id()
    said = client.post(
        LEADS, json={"leads": [lead(one), lead(other)], "source": "form", "at": "2026-01-05T12:00:00+02:00"}
    )
    assert (said.status_code, said.json()) == (200, {"received": 2, "new": 2, "changed": 0, "unchanged": 0})
    said = client.post(LEADS, json={"leads": [lead(one, visits=9), lead(other)], "at": "2026-02-01T00:00:00Z"})
    assert said.json() == {"received": 2, "new": 0, "changed": 1, "unchanged": 1}
    now = client.get(f"{LEADS}/{one}").json()
    assert set(now) == {"lead_id", "version", "at", "recorded_at", "source", "fields", "score"}
    assert (now["version"], now["fields"]["visits"], now["score"]) == (2, 9, None)
    before = client.get(f"{LEADS}/{one}", params={"as_of": "2026-01-20T00:00:00+01:00"}).json()
    assert (before["version"], before["fields"]["visits"], before["at"]) == (1, 7, "2026-01-05T10:00:00.000000Z")
    assert before["source"] == "form"
    assert client.get(f"{LEADS}/{one}?as_of=2026-01-01T00:00:00Z").status_code == 404
    versions = client.get(f"{LEADS}/{one}/versions").json()
    assert [row["version"] for row in versions["versions"]] == [1, 2]


def test_every_mistake_of_every_lead_is_told_at_once_and_nothing_is_kept(client, new_id):
    good = new_id()
    rows = [
        lead(good),
        {"vists": 3},
        lead(new_id(), visits="many", opted_out="perhaps"),
        "text",
        lead(new_id(), source=["a"]),
    ]
    answer = client.post(LEADS, json={"leads": rows, "at": "2026-01-05", "sorce": "crm"})
    assert answer.status_code == 422
    told = {error["where"]: error["how_to_mend"] for error in answer.json()["errors"]}
    assert set(told) == {
        *("at", "sorce", "leads[1].vists", "leads[1].id", "leads[2].visits", "leads[2].opted_out", "leads[3]"),
        "leads[4].source",
    }
    assert told["leads[1].vists"] == "did you mean visits?"
    assert told["sorce"] == "did you mean source?"
    assert client.get(f"{LEADS}/{good}").status_code == 404


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"at": "2999-01-01T00:00:00Z"}, "at"),
        ({"at": "2026-01-05T10:00:00"}, "at"),
        ({"source": "s" * 256}, "source"),
        ({"source": 7}, "source"),
        ({"leads": [lead("x" * 256)]}, "leads[0].id"),
        ({"leads": [lead("X", source="s" * 70_000)]}, "leads[0].source"),
        ({"leads": []}, "leads"),
        ({"leads": "L1"}, "leads"),
        ({"leads": [lead("")]}, "leads[0].id"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(client, new_id, change, where):
    answer = client.post(LEADS, json={"leads": [lead(new_id())], **change})
    assert answer.status_code == 422, answer.text
    assert [error["where"] for error in answer.json()["errors"]] == [where]


def test_more_leads_than_are_read_at_once_are_refused(client, new_id):
    many = [lead(new_id()) for _ in range(101)]
    assert client.post(LEADS, json={"leads": many}).status_code == 413
    assert client.post(LEADS, json={"leads": many[:100]}).json()["new"] == 100


def test_pages_follow_each_other_and_hold_every_lead_once(client, new_id):
    client.post(LEADS, json={"leads": [lead(new_id()) for _ in range(7)]})
    seen, after = [], None
    while True:
        page = client.get(LEADS, params={"limit": 3, **({"after": after} if after else {})}).json()
        assert len(page["leads"]) <= 3
        seen += [row["lead_id"] for row in page["leads"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) >= 7
    assert seen == sorted(seen)
    for wrong in (
        {"limit": 0},
        {"limit": 1001},
        {"limit": "ten"},
        {"after": "nonsense"},
        {"since": "yesterday"},
        {"lmit": 3},
    ):
        assert client.get(LEADS, params=wrong).status_code == 422, wrong


def test_every_wrong_argument_is_told_at_once(client):
    errors = client.get(LEADS, params={"limit": 0, "unscored": "maybe", "sinse": "x"}).json()["errors"]
    assert {error["where"] for error in errors} == {"query limit", "query unscored", "query sinse"}


def test_a_lead_that_is_kept_is_scored_and_shows_its_score(client, new_id):
    name = new_id()
    client.post(LEADS, json={"leads": [lead(name, won="yes")]})
    assert name in {
        row["lead_id"] for row in client.get(LEADS, params={"unscored": True, "limit": 1000}).json()["leads"]
    }
    scored = client.post(f"{LEADS}/{name}/score")
    assert scored.status_code == 200, scored.text
    alone = client.post("/v1/tiny/score", json=lead(name)).json()
    assert (scored.json()["score"], scored.json()["reasons"]) == (alone["score"], alone["reasons"])
    shown = client.get(f"{LEADS}/{name}").json()["score"]
    assert (shown["score"], shown["band"], shown["route"]) == (alone["score"], alone["band"], alone["route"])
    assert shown["model_version"] == alone["model_version"]
    assert client.get(f"{LEADS}/{name}", params={"as_of": shown["scored_at"]}).json()["score"] == shown
    kept = client.get("/v1/tiny/scores", params={"lead_id": name}).json()["scores"]
    assert shown in kept
    assert name not in {
        row["lead_id"] for row in client.get(LEADS, params={"unscored": True, "limit": 1000}).json()["leads"]
    }
    assert client.post(f"{LEADS}/nobody/score").status_code == 404
    assert client.post("/v1/nowhere/leads/L1/score").status_code == 404


def test_scores_can_be_read_newest_first(client, new_id):
    name = new_id()
    for visits in (3, 8, 15):
        client.post(LEADS, json={"leads": [lead(name, visits=visits)]})
        client.post(f"{LEADS}/{name}/score")
        time.sleep(0.002)
    forth = client.get("/v1/tiny/scores", params={"lead_id": name}).json()["scores"]
    back = client.get("/v1/tiny/scores", params={"lead_id": name, "newest_first": True, "limit": 2}).json()
    rest = client.get("/v1/tiny/scores", params={"lead_id": name, "newest_first": True, "after": back["next"]}).json()
    assert len(forth) == 3
    assert [*back["scores"], *rest["scores"]] == forth[::-1]
    assert rest["next"] is None
    wrong = client.get("/v1/tiny/scores", params={"lead_id": name, "after": back["next"]})
    assert wrong.status_code == 422


def test_what_is_known_later_may_be_kept_and_is_never_asked_for(client, new_id):
    name = new_id()
    client.post(LEADS, json={"leads": [lead(name, won="yes")]})
    assert client.get(f"{LEADS}/{name}").json()["fields"]["won"] == "yes"


def test_leads_are_kept_before_anything_scores_them(tmp_path):
    row = {"lead_id": "I1", "created_at": "2026-01-05T10:00:00Z", "insurance_type": "auto"}
    with ask(open_service(tmp_path, insurance_playbook="insurance")) as client:
        assert client.post("/v1/insurance/leads", json={"leads": [row]}).json()["new"] == 1
        assert client.post("/v1/insurance/leads/I1/score").status_code in (404, 503)
        assert client.post("/api/v1/lead-scoring-ml/score/I1").status_code == 503
        missing = client.post("/v1/nowhere/leads", json={"leads": [row]})
        assert missing.status_code == 404
        assert "insurance" in missing.json()["errors"][0]["how_to_mend"]


@pytest.mark.parametrize("name", ["2024/001", "a b", "50%", "Ünïcödé", "x/versions/y", "../up", "?", "two\nlines"])
def test_a_lead_may_be_named_in_any_way(client, name):
    from urllib.parse import quote

    client.post(LEADS, json={"leads": [lead(name)]})
    place = f"{LEADS}/{quote(name, safe='')}"
    assert client.get(place).json()["lead_id"] == name
    assert client.get(f"{place}/versions").json()["lead_id"] == name
    assert client.post(f"{place}/score").json()["lead_id"] == name
    assert client.get(f"{place}/everything").json()["versions"][0]["lead_id"] == name
    assert client.delete(place).status_code == 200
    assert client.get(place).status_code == 404


def test_while_the_database_is_away_what_needs_it_says_so_and_scoring_goes_on(client, service, new_id, monkeypatch):
    def away():
        raise StoreUnavailable("store", Problem("database", "cannot be reached"))

    monkeypatch.setattr(service.database, "store", away)
    asked = [
        ("POST", LEADS, {"leads": [lead(new_id())]}),
        ("GET", LEADS, None),
        ("GET", f"{LEADS}/L1", None),
        ("POST", f"{LEADS}/L1/score", None),
        ("DELETE", f"{LEADS}/L1", None),
        ("GET", "/v1/tiny/outcomes", None),
        ("POST", "/api/v1/ml/feedback", {"lead_id": 1, "action_type": "view"}),
        ("POST", "/api/v1/lead-scoring-ml/score/L1", {}),
    ]
    for headers in ({}, {"Idempotency-Key": "k"}):
        for method, path, body in asked:
            answer = client.request(method, path, json=body, headers=headers)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
    assert client.post("/v1/tiny/score", json=lead("L1")).status_code == 200
    assert client.get("/api/v1/ml/metrics").json()["feedback_analytics"] is None
