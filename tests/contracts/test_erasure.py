"""What is known of one person: shown whole, and gone whole."""

from leadloop.store import LeadRecord

AT = "2026-01-05T10:00:00Z"


def fill(client, lead_id, phone):
    client.post("/v1/tiny/leads", json={"leads": [{"id": lead_id, "visits": 3, "phone": phone}]})
    client.post("/v1/tiny/leads", json={"leads": [{"id": lead_id, "visits": 4, "phone": phone}]})
    client.post(f"/v1/tiny/leads/{lead_id}/score")
    client.post("/v1/tiny/events", json={"events": [{"lead_id": lead_id, "name": "opened", "at": AT}]})
    client.post("/v1/tiny/actions", json={"actions": [{"lead_id": lead_id, "action": "Call", "at": AT}]})
    client.post("/v1/tiny/outcomes", json={"outcomes": [{"lead_id": lead_id, "target": "won", "value": 1, "at": AT}]})
    client.post("/v1/tiny/feedback", json={"feedback": [{"lead_id": lead_id, "action_type": "view"}]})


def test_everything_that_is_known_of_a_lead_is_shown(client, new_id):
    lead_id = new_id()
    fill(client, lead_id, "+44 20 7946 0111")
    said = client.get(f"/v1/tiny/leads/{lead_id}/everything").json()
    assert {name: len(rows) for name, rows in said.items() if isinstance(rows, list)} == {
        "versions": 2, "events": 1, "outcomes": 1, "scores": 1, "feedback": 1, "experiments": 0,
        "sources": 0, "enrichment": 0, "told": 0, "actions": 1, "recommendations": 0,
    }  # fmt: skip
    assert said["scores"][0]["fields"]["visits"] == "4"
    assert said["scores"][0]["said"]["reasons"]
    assert client.get("/v1/tiny/leads/nobody/everything").status_code == 404


def test_an_erased_lead_is_gone_everywhere_and_erasing_twice_is_fine(client, new_id):
    lead_id, other, phone = new_id(), new_id(), "+44 20 7946 0222"
    fill(client, lead_id, phone)
    fill(client, other, phone)
    answer = client.delete(f"/v1/tiny/leads/{lead_id}", headers={"Idempotency-Key": f"erase-{lead_id}"})
    assert answer.status_code == 200, answer.text
    (receipt,) = answer.json()["receipts"]
    assert receipt["finished_at"]
    assert receipt["beyond"]
    removed = {name: count for name, count in receipt["removed"].items() if not name.startswith("mentions")}
    assert removed == {
        "leads": 1,
        "lead_versions": 2,
        "events": 1,
        "outcomes": 1,
        "scores": 1,
        "lead_feedback": 1,
        "actions": 1,
        "lead_standings": 1,
    }
    assert lead_id not in answer.text
    assert client.get(f"/v1/tiny/leads/{lead_id}/everything").status_code == 404
    assert client.get("/v1/tiny/events", params={"lead_id": lead_id}).json()["events"] == []
    assert client.get(f"/v1/tiny/leads/{other}").status_code == 200
    again = client.delete(f"/v1/tiny/leads/{lead_id}").json()["receipts"][0]
    assert again["removed"] == {}
    replayed = client.delete(f"/v1/tiny/leads/{lead_id}", headers={"Idempotency-Key": f"erase-{lead_id}"})
    assert replayed.json() == answer.json()


def test_a_person_goes_everywhere_where_that_is_asked_for(client, new_id):
    lead_id, other, stranger, phone = new_id(), new_id(), new_id(), "+44 20 7946 0333"
    fill(client, lead_id, phone)
    fill(client, other, "020 7946 0333")
    fill(client, stranger, "+44 20 7946 0334")
    receipts = client.delete(f"/v1/tiny/leads/{lead_id}", params={"everywhere": True}).json()["receipts"]
    assert sum(one["removed"].get("leads", 0) for one in receipts) == 2
    assert client.get(f"/v1/tiny/leads/{other}").status_code == 404
    assert client.get(f"/v1/tiny/leads/{stranger}").status_code == 200


def test_an_answer_that_was_kept_for_a_retry_no_longer_names_who_was_erased(client, service, new_id):
    lead_id = new_id()
    row = {"events": [{"lead_id": lead_id, "name": "opened", "at": AT}]}
    headers = {"Idempotency-Key": f"told-{lead_id}"}
    client.post("/v1/tiny/events", json=row, headers=headers)
    client.delete(f"/v1/tiny/leads/{lead_id}")
    again = client.post("/v1/tiny/events", json=row, headers=headers)
    assert lead_id not in again.text
    assert client.get("/v1/tiny/events", params={"lead_id": lead_id}).json()["events"] == []


def test_a_misspelt_playbook_does_not_look_like_an_erasure_and_one_that_is_gone_can_be_cleaned(client, service, new_id):
    lead_id = new_id()
    assert client.delete(f"/v1/tinny/leads/{lead_id}").status_code == 404
    service.database.store().leads.record("gone", [LeadRecord(lead_id, {"visits": 1})])
    assert client.delete(f"/v1/gone/leads/{lead_id}").json()["receipts"][0]["removed"] == {
        "leads": 1,
        "lead_versions": 1,
        "lead_standings": 1,
    }
