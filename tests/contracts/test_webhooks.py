"""Webhooks over HTTP: made, tried, given a new secret, and removed by an admin, and told of scores that the service stores."""

import time

import pytest
from tests.api.service_for_tests import ask, open_service
from tests.contracts.conftest import NAMED
from tests.flows.notify.receivers_for_tests import Receiver

from leadloop.flows.notify.courier import Courier
from leadloop.flows.place.workspace import Workspace

HEADER = "Idempotency-Key"


@pytest.fixture
def live(root):
    """A service of its own: that of the others may have been ended by a test that starts and ends it, and its log with it."""
    with ask(open_service(root, fallback=("rules",), **NAMED)) as client:
        yield client


@pytest.fixture
def receiver(root):
    one = Receiver()
    settings = root / "leadloop.toml"
    before = settings.read_text(encoding="utf-8") if settings.exists() else ""
    settings.write_text(f'webhook_origins = ["{one.origin}"]\n{before}', encoding="utf-8")
    yield one
    settings.write_text(before, encoding="utf-8")
    one.close()


def deliver(root):
    place = Workspace(root)
    try:
        return Courier(place, "contract").run(until_idle=True)
    finally:
        place.store.close()


def test_a_score_of_the_service_is_told_with_a_signature_that_holds(live, root, receiver, new_id):
    added = live.post("/v1/webhooks", json={"url": receiver.url, "playbook": "tiny", "fields": ["visits"]})
    assert added.status_code == 200, added.text
    identity, receiver.secret = added.json()["id"], added.json()["secret"]
    assert receiver.secret.startswith("whsec_")
    lead = new_id()
    live.post("/v1/tiny/leads", json={"leads": [{"id": lead, "visits": 30}]})
    assert live.post(f"/v1/tiny/leads/{lead}/score").status_code == 200
    inline = new_id()
    assert live.post("/v1/tiny/score", json={"id": inline, "visits": 3}).status_code == 200
    until = time.monotonic() + 20
    while len(receiver.taken) < 2 and time.monotonic() < until:
        deliver(root)
        time.sleep(0.1)
    told = {one["data"]["lead_id"]: one["data"] for one in receiver.taken.values()}
    assert set(told) == {lead, inline}, live.get(f"/v1/webhooks/{identity}/deliveries").json()
    assert told[lead]["fields"] == {"visits": "30"}
    assert told[lead]["route"]
    assert receiver.forged == 0
    page = live.get(f"/v1/webhooks/{identity}/deliveries", params={"limit": 1}).json()
    assert (page["deliveries"][0]["state"], page["deliveries"][0]["status"]) == ("sent", 204)
    assert page["next"]
    assert live.get(f"/v1/tiny/leads/{lead}/everything").json()["told"][0]["webhook"] == identity
    (listed,) = live.get("/v1/webhooks").json()["webhooks"]
    assert listed["messages"] == {"sent": 2}
    assert "secret" not in listed
    assert "salt" not in listed
    assert live.post(f"/v1/webhooks/{identity}/test").status_code == 200
    assert deliver(root) == {"sent": 1}
    assert live.delete(f"/v1/webhooks/{identity}").json() == {"removed": identity}
    assert live.get("/v1/webhooks").json()["webhooks"] == []


def test_a_secret_is_answered_once_and_stored_nowhere(client, service, new_id):
    key = {HEADER: f"key-{new_id()}"}
    body = {"url": "https://crm.example.com/hook"}
    first = client.post("/v1/webhooks", json=body, headers=key).json()
    again = client.post("/v1/webhooks", json=body, headers=key).json()
    assert again == {**first, "secret": None}
    rotated = client.post(f"/v1/webhooks/{first['id']}/rotate", headers={HEADER: f"key-{new_id()}"}).json()
    assert rotated["secret"] not in (None, first["secret"])
    with service.database.store()._connections.read() as connection:
        kept = str(connection.exec_driver_sql("SELECT answer FROM idempotency").all())
    assert first["secret"] not in kept
    assert rotated["secret"] not in kept
    client.delete(f"/v1/webhooks/{first['id']}")


def test_what_cannot_be_a_webhook_is_refused_all_at_once(client):
    refused = client.post("/v1/webhooks", json={"url": "http://169.254.169.254/", "types": ["lead.eaten"], "colour": 1})
    assert refused.status_code == 422
    body = {"url": "http://10.0.0.1:8080/", "types": ["lead.eaten"], "playbook": "tiny", "routes": ["nowhere"]}
    refused = client.post("/v1/webhooks", json=body)
    assert refused.status_code == 422, refused.text
    assert {one["where"] for one in refused.json()["errors"]} == {"url", "types"}
    for method, path in (
        ("DELETE", ""),
        ("POST", "/rotate"),
        ("POST", "/on"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
    ):
        assert client.request(method, f"/v1/webhooks/wh_nobody{path}").status_code == 404
