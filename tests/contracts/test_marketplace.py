"""`/api/v1/ml`: feedback as it has been documented, and what it comes to."""

import re

import pytest

ML = "/api/v1/ml"
MAXIMAL = {
    "lead_id": 123,
    "action_type": "contact",
    "user_rating": 90,
    "interaction_duration": 180,
    "contact_successful": True,
    "contact_response_time": 2.5,
    "conversion_value": 5000,
    "session_id": "session_abc123",
    "user_agent": "Mozilla/5.0",
    "ip_address": "203.0.113.9",
}
COLUMNS = {
    *("id", "lead_id", "user_rating", "action_type", "interaction_duration", "feedback_source", "feedback_confidence"),
    *("contact_successful", "contact_response_time", "conversion_value", "session_id", "user_agent", "ip_address"),
    *("model_version", "prediction_score", "created_at"),
}


def test_feedback_is_answered_as_documented(client, new_id):
    for body in ({"lead_id": new_id(), "action_type": "view"}, MAXIMAL):
        answer = client.post(f"{ML}/feedback", json=body)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert {"success", "feedback_id", "confidence", "prediction_score"} <= set(said)
        assert said["success"] is True
        assert isinstance(said["feedback_id"], int)
    assert said["confidence"] == 1.0


@pytest.mark.parametrize(
    ("said", "confidence"),
    [
        ({"action_type": "rate", "user_rating": 40}, 1.0),
        ({"action_type": "convert"}, 0.95),
        ({"action_type": "contact", "contact_successful": True}, 0.9),
        ({"action_type": "archive"}, 0.8),
        ({"action_type": "contact"}, 0.7),
        ({"action_type": "contact", "contact_successful": False}, 0.7),
        ({"action_type": "view", "interaction_duration": 121}, 0.6),
        ({"action_type": "view", "interaction_duration": 30}, 0.3),
        ({"action_type": "view", "interaction_duration": 100}, 0.5),
    ],
)
def test_each_kind_of_feedback_is_as_sure_as_documented(client, new_id, said, confidence):
    assert client.post(f"{ML}/feedback", json={"lead_id": new_id(), **said}).json()["confidence"] == confidence


@pytest.mark.parametrize(
    ("seen", "confidence"),
    [
        ({"type": "view", "duration": 300}, 0.6),
        ({"type": "view", "duration": 30}, 0.3),
        ({"type": "archive", "duration": 10}, 0.8),
        ({"type": "archive", "duration": 11}, 0.5),
        ({"type": "view", "duration": 5, "view_count": 3}, 0.7),
    ],
)
def test_what_was_only_seen_is_as_sure_as_documented(client, new_id, seen, confidence):
    answer = client.post(
        f"{ML}/feedback/implicit", json={"session_id": "s1", "interactions": [{"lead_id": new_id(), **seen}]}
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["total_count"], answer.json()["feedback"][0]["confidence"]) == (1, confidence)


@pytest.mark.parametrize(
    ("said", "worth"),
    [
        ([{"action_type": "rate", "user_rating": 35}], 0.35),
        ([{"action_type": "convert"}], 1.0),
        ([{"action_type": "contact", "contact_successful": True}], 0.9),
        ([{"action_type": "contact"}], 0.7),
        ([{"action_type": "contact", "contact_successful": False}], 0.6),
        ([{"action_type": "view", "interaction_duration": 301}], 0.7),
        ([{"action_type": "view", "interaction_duration": 121}], 0.5),
        ([{"action_type": "view", "interaction_duration": 31}], 0.4),
        ([{"action_type": "view", "interaction_duration": 30}], 0.3),
        ([{"action_type": "view"}], 0.4),
        ([{"action_type": "archive", "interaction_duration": 29}], 0.1),
        ([{"action_type": "archive", "interaction_duration": 30}], 0.3),
        ([{"action_type": "archive"}, {"action_type": "contact"}], 0.7),
        ([{"action_type": "contact", "conversion_value": 10}], 0.9),
        ([{"action_type": "convert", "conversion_value": 10}], 1.0),
    ],
)
def test_a_posting_is_worth_its_best_event_and_more_where_it_brought_money(client, new_id, said, worth):
    lead_id = new_id()
    client.post(f"{ML}/feedback/batch", json={"feedback": [{"lead_id": lead_id, **one} for one in said]})
    shown = client.get(f"{ML}/feedback/{lead_id}").json()
    assert shown["total_count"] == len(said)
    assert shown["target_score"] == pytest.approx(worth)


def test_the_history_of_a_posting_has_the_documented_columns(client, new_id):
    lead_id = new_id()
    client.post(f"{ML}/feedback", json={**MAXIMAL, "lead_id": lead_id})
    client.post(
        f"{ML}/feedback/implicit", json={"session_id": "s", "interactions": [{"lead_id": lead_id, "type": "view"}]}
    )
    said = client.get(f"{ML}/feedback/{lead_id}").json()
    first, second = said["feedback"]
    assert set(first) == COLUMNS | {"key"}
    of_users = ("user_agent", "ip_address")  # keyed hashes of these are kept, and nothing else
    told = {name: value for name, value in MAXIMAL.items() if name not in of_users}
    assert {name: first[name] for name in told} == {**told, "lead_id": lead_id}
    assert all(re.fullmatch("[0-9a-f]{32}", first[name]) for name in of_users)
    assert (first["feedback_source"], second["feedback_source"]) == ("manual", "implicit")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", first["created_at"])
    page = client.get(f"{ML}/feedback/{lead_id}", params={"limit": 1}).json()
    rest = client.get(f"{ML}/feedback/{lead_id}", params={"after": page["next"]}).json()
    assert page["feedback"] + rest["feedback"] == [first, second]
    nobody = client.get(f"{ML}/feedback/nobody").json()
    assert (nobody["feedback"], nobody["total_count"], nobody["target_score"]) == ([], 0, None)


def test_feedback_is_kept_with_the_score_that_the_posting_had_and_a_retry_keeps_it(client, service, new_id):
    lead_id = new_id()
    row = {"lead_id": lead_id, "title": "Engineer", "scraped_at": "2026-01-05T10:00:00Z"}
    assert client.post("/v1/marketplace/leads", json={"leads": [row]}).status_code == 200
    score = client.post(f"/v1/marketplace/leads/{lead_id}/score").json()
    body = {"lead_id": lead_id, "action_type": "contact", "key": f"k{lead_id}"}
    said = client.post(f"{ML}/feedback", json=body).json()
    assert (said["prediction_score"], said["model_version"]) == (score["score"], score["model_version"])
    client.post(
        "/v1/marketplace/leads",
        json={"leads": [{**row, "title": "Python engineer", "price": 120000, "email": "ada@example.com"}]},
    )
    assert client.post(f"/v1/marketplace/leads/{lead_id}/score").json()["score"] != score["score"]
    assert client.post(f"{ML}/feedback", json=body).json() == said
    assert client.post(f"{ML}/feedback", json={**body, "action_type": "view"}).status_code == 409


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"lead_id": None}, "lead_id"),
        ({"action_type": "like"}, "action_type"),
        ({"action_type": "rate", "user_rating": None}, "user_rating"),
        ({"user_rating": 101}, "user_rating"),
        ({"user_rating": -1}, "user_rating"),
        ({"user_rating": "90"}, "user_rating"),
        ({"interaction_duration": -1}, "interaction_duration"),
        ({"contact_successful": 1}, "contact_successful"),
        ({"contact_response_time": -0.5}, "contact_response_time"),
        ({"conversion_value": -5}, "conversion_value"),
        ({"session_id": "s" * 256}, "session_id"),
        ({"user_agent": "u" * 1025}, "user_agent"),
        ({"ip_address": "localhost"}, "ip_address"),
        ({"user_ratting": 3}, "user_ratting"),
    ],
)
def test_feedback_that_cannot_be_meant_is_refused_at_the_field(client, new_id, change, where):
    body = {**MAXIMAL, "lead_id": new_id(), **change}
    alone = client.post(f"{ML}/feedback", json=body)
    assert (alone.status_code, [error["where"] for error in alone.json()["errors"]]) == (422, [where])
    among = client.post(f"{ML}/feedback/batch", json={"feedback": [{**MAXIMAL, "lead_id": new_id()}, body]})
    assert [error["where"] for error in among.json()["errors"]] == [f"feedback[1].{where}"]


def test_what_was_seen_and_cannot_be_is_refused_with_every_mistake(client):
    body = {"interactions": [{"lead_id": 1, "type": "rate"}, {"lead_id": 1, "type": "view", "duration": -1}]}
    errors = client.post(f"{ML}/feedback/implicit", json=body).json()["errors"]
    assert {error["where"] for error in errors} == {"session_id", "interactions[0].type", "interactions[1].duration"}
    assert client.post(f"{ML}/feedback/batch", json={"feedback": []}).status_code == 422
    assert client.post(f"{ML}/feedback/batch", json={"feedback": [MAXIMAL] * 101}).status_code == 413


def test_the_analytics_count_what_came(client, new_id):
    before = client.get(f"{ML}/analytics/feedback").json()
    rated, seen = new_id(), new_id()
    client.post(f"{ML}/feedback", json={"lead_id": rated, "action_type": "rate", "user_rating": 50})
    client.post(f"{ML}/feedback", json={"lead_id": rated, "action_type": "contact", "contact_successful": True})
    client.post(
        f"{ML}/feedback/implicit", json={"session_id": "s", "interactions": [{"lead_id": seen, "type": "view"}]}
    )
    said = client.get(f"{ML}/analytics/feedback", params={"days": 30}).json()
    assert said["period_days"] == 30
    assert said["total_feedback"] - before["total_feedback"] == 3
    assert said["unique_leads"] - before["unique_leads"] == 2
    for kind in ("rate", "contact", "view"):
        assert said["action_distribution"][kind] - before["action_distribution"].get(kind, 0) == 1
    assert sum(day["count"] for day in said["daily"]) == said["total_feedback"]
    assert sum(one["count"] for one in said["by_source"].values()) == said["total_feedback"]
    assert 0 < said["average_confidence"] <= 1
    assert client.get(f"{ML}/metrics").json()["feedback_analytics"] == said
    for wrong in (0, -1, "x", 40_000):
        assert client.get(f"{ML}/analytics/feedback", params={"days": wrong}).status_code == 422


def test_old_feedback_of_postings_is_forgotten_and_no_other(client, service, new_id):
    mine, other = new_id(), new_id()
    client.post(f"{ML}/feedback", json={"lead_id": mine, "action_type": "view"})
    client.post("/v1/tiny/feedback", json={"feedback": [{"lead_id": other, "action_type": "view"}]})
    fresh = client.post(f"{ML}/cleanup/feedback", params={"retention_days": 365}).json()
    assert (fresh["success"], fresh["removed_count"], fresh["retention_days"]) == (True, 0, 365)
    clock = service.live.clock
    from datetime import timedelta

    service.live.clock = lambda: clock() + timedelta(days=400)
    try:
        done = client.post(f"{ML}/cleanup/feedback").json()
    finally:
        service.live.clock = clock
    assert done["removed_count"] >= 1
    assert client.get(f"{ML}/feedback/{mine}").json()["total_count"] == 0
    assert len(client.get("/v1/tiny/feedback", params={"lead_id": other}).json()["feedback"]) == 1
    assert client.post(f"{ML}/cleanup/feedback", params={"retention_days": 0}).status_code == 422


def test_feedback_of_any_playbook_has_one_interface(client, new_id):
    lead_id = new_id()
    rows = [{"lead_id": lead_id, "action_type": "view", "interaction_duration": 300, "feedback_source": "implicit"}]
    said = client.post("/v1/tiny/feedback", json={"feedback": rows}).json()["feedback"][0]
    # Another playbook's functions say nothing of it: `tiny` has none, and what was said counts whole.
    assert (said["new"], said["confidence"], said["prediction_score"]) == (True, 1.0, None)
    listed = client.get("/v1/tiny/feedback", params={"lead_id": lead_id}).json()
    assert (len(listed["feedback"]), listed["next"]) == (1, None)
