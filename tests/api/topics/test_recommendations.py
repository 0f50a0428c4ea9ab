"""Next best actions over HTTP, on a workspace whose leads were worked in the synthetic world."""

import pytest
from tests.api.service_for_tests import ask, open_service
from tests.flows.recommend.worked_leads_for_tests import PLAYBOOK, worked

from leadloop.flows.recommend.train import train_recommender
from leadloop.store import LeadRecord

PATH = "/api/v1/recommendations"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    place, _ = worked(tmp_path_factory.mktemp("recommending"), leads=600)
    train_recommender(PLAYBOOK, workspace=place)
    leads = [LeadRecord(f"A-{number}", {"industry": "large"}) for number in (1, 2, 3, 4)]
    place.store.leads.record(PLAYBOOK, leads)
    with ask(open_service(place.root, fallback=("rules",), calls_playbook=PLAYBOOK)) as client:
        yield client


def generate(client, *leads, **options):
    answer = client.post(f"{PATH}/generate", json={"lead_ids": list(leads), "options": options})
    assert answer.status_code == 200, answer.text
    return answer.json()["recommendations"]


def test_recommendations_are_made_listed_and_found_by_their_score(client):
    made = generate(client, "A-1", "A-2", max_recommendations=2)
    assert [(one["lead_id"], one["rank"]) for one in made] == [("A-1", 1), ("A-1", 2), ("A-2", 1), ("A-2", 2)]
    listed = client.get(PATH, params={"playbook": PLAYBOOK, "limit": 3}).json()
    assert listed["total"] >= 4
    assert len(listed["recommendations"]) == 3
    scores = [one["score"] for one in listed["recommendations"]]
    assert scores == sorted(scores, reverse=True)
    assert client.get(PATH, params={"score_min": 100}).json()["recommendations"] == []
    assert client.get(PATH, params={"offset": listed["total"]}).json()["recommendations"] == []


def test_what_was_done_is_logged_once_however_often_it_is_sent(client):
    [one, *_] = generate(client, "A-3")
    body, key = (
        {"status": "done", "rating": 80, "result": "reached", "note": "went well"},
        {"Idempotency-Key": "done-1"},
    )
    first = client.patch(f"{PATH}/{one['id']}", json=body, headers=key)
    again = client.patch(f"{PATH}/{one['id']}", json=body, headers=key)
    assert first.status_code == 200, first.text
    assert (first.json()["status"], first.json()["rating"]) == ("done", 0.8)
    assert again.json() == first.json()
    logged = client.get(f"/v1/{PLAYBOOK}/actions", params={"lead_id": "A-3"}).json()["actions"]
    assert [(row["action"], row["result"]) for row in logged] == [(one["action"], "reached")]
    assert client.patch(f"{PATH}/{one['id']}", json={"status": "open"}).status_code == 409


def test_what_cannot_be_understood_is_refused_with_every_mistake(client):
    answer = client.post(f"{PATH}/generate", json={"lead_ids": "A-1", "options": {"min_confidence": 2}, "x": 1})
    assert answer.status_code == 422
    assert {one["where"] for one in answer.json()["errors"]} == {"lead_ids", "options.min_confidence", "x"}
    assert client.post(f"{PATH}/generate", json={"lead_ids": ["nobody"]}).status_code == 404
    assert client.post(f"{PATH}/generate", json={"lead_ids": ["A-1"], "playbook": "nothing"}).status_code == 404
    assert client.post(f"{PATH}/generate", json={"lead_ids": ["A-1"], "playbook": "insurance"}).status_code == 404
    assert client.post(f"{PATH}/generate", json={"lead_ids": ["A"] * 101}).status_code == 413
    assert client.patch(f"{PATH}/999999", json={"status": "done"}).status_code == 404
    assert client.patch(f"{PATH}/x", json={"status": "done"}).status_code == 404
    assert client.patch(f"{PATH}/1", json={}).status_code == 422
    assert client.get(PATH, params={"status": "gone"}).status_code == 422


def test_actions_that_are_told_over_http_are_kept_all_or_none(client):
    at = "2026-01-05T10:00:00Z"
    good = {"lead_id": "A-4", "action": "Demo  Call", "at": at, "propensity": 0.5, "key": "k1"}
    told = client.post(f"/v1/{PLAYBOOK}/actions", json={"actions": [good]})
    assert told.status_code == 200, told.text
    assert client.post(f"/v1/{PLAYBOOK}/actions", json={"actions": [good]}).json()["actions"][0]["new"] is False
    bad = [{**good, "key": "k2"}, {**good, "key": "k3", "propensity": 0, "at": "2999-01-01T00:00:00Z"}]
    refused = client.post(f"/v1/{PLAYBOOK}/actions", json={"actions": bad})
    assert {one["where"] for one in refused.json()["errors"]} == {"actions[1].propensity", "actions[1].at"}
    listed = client.get(f"/v1/{PLAYBOOK}/actions", params={"lead_id": "A-4"}).json()["actions"]
    assert [(one["action"], one["propensity"]) for one in listed] == [("demo call", 0.5)]
