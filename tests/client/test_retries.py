"""What is sent again, when, and how often: with a real service behind a network that fails."""

import hashlib
import time
from datetime import UTC, datetime

import pytest
from tests.api.service_for_tests import LEAD
from tests.client.faulty_proxy_for_tests import CLOSE, SWALLOW, answer

from leadloop.client import (
    Client,
    Conflict,
    Event,
    NotPromised,
    NotUnderstood,
    Outcome,
    ServiceProblem,
    TooMany,
    Unavailable,
)
from leadloop.flows.upkeep.keys import list_keys

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize("fault", [CLOSE, SWALLOW, answer(502), answer(503), answer(504), answer(429), answer(408)])
def test_what_fails_on_the_way_is_asked_again(through, proxy, fault):
    proxy.faults.append(fault)
    assert through.score("tiny", LEAD).lead_id == "L1"
    assert len(proxy.seen) == 2


def test_outcomes_whose_answer_was_lost_are_stored_once_and_answered_as_the_first_time(through, proxy, new_id, client):
    lead_id = new_id()
    proxy.faults.extend([SWALLOW, SWALLOW])
    # Without keys of their own: only the key of the request keeps them from being stored three times.
    (kept,) = through.tell_outcomes("tiny", [Outcome(lead_id, "won", 1, NOW)])
    assert kept.new
    assert len(proxy.seen) == 3
    assert len(set(proxy.headers("idempotency-key"))) == 1
    assert [one.key for one in client.outcomes("tiny", lead_id=lead_id)] == [kept.key]


def test_a_kept_lead_that_is_scored_over_a_bad_network_has_one_score(through, proxy, new_id, client):
    lead_id = new_id()
    client.keep_leads("tiny", [{**LEAD, "id": lead_id}])
    proxy.faults.extend([SWALLOW, CLOSE, answer(503)])
    card = through.score_lead("tiny", lead_id)
    assert [one.score for one in client.scores("tiny", lead_id=lead_id)] == [card.score]


def test_every_call_has_a_key_of_its_own_and_one_that_is_given_is_used(through, proxy, new_id, client):
    lead_id = new_id()
    event = Event(lead_id, "called", NOW)
    through.tell_events("tiny", [event])
    through.tell_events("tiny", [event])
    assert len(set(proxy.headers("idempotency-key"))) == 2
    first = through.tell_events("tiny", [event], idempotency_key=f"again {lead_id}".replace(" ", "-"))
    second = through.tell_events("tiny", [event], idempotency_key=f"again {lead_id}".replace(" ", "-"))
    assert first == second
    assert len(list(client.events("tiny", lead_id=lead_id))) == 3


def test_what_is_refused_is_not_sent_again(through, proxy):
    with pytest.raises(NotUnderstood):
        through.score("tiny", {"visits": "many"})
    proxy.faults.append(answer(409))
    with pytest.raises(Conflict):
        through.tell_events("tiny", [Event("L1", "called", NOW)])
    proxy.faults.append(answer(500))
    with pytest.raises(ServiceProblem):
        through.score("tiny", LEAD)
    assert len(proxy.seen) == 3


def test_a_version_is_put_in_service_once_whatever_becomes_of_the_answer(through, proxy, running):
    registry = running.service.workspace.registry
    changes = len(registry.history("tiny"))
    proxy.faults.append(SWALLOW)
    first = through.promote("tiny", "latest", why="to see", idempotency_key="put-in-once")
    assert len(proxy.seen) == 2
    assert through.promote("tiny", "latest", why="to see", idempotency_key="put-in-once") == first
    assert len(registry.history("tiny")) <= changes + 1


def test_a_request_that_is_being_answered_already_is_waited_for(running, client, new_id):
    lead_id, key = new_id(), f"mine-{new_id()}"
    client.keep_leads("tiny", [{**LEAD, "id": lead_id}])
    path = f"/v1/tiny/leads/{lead_id}/score"
    asked = hashlib.sha256(b"\0".join([path.encode(), b"explain=true", b""])).hexdigest()
    store, route = running.service.database.store(), "POST /v1/{playbook}/leads/{lead_id}/score"
    (owner,) = [f"key {one.id}" for one in list_keys(workspace=running.service.workspace) if one.role == "admin"]
    # As a request would that holds its key for two seconds and then dies.
    store.idempotency.begin(key, route, asked, owner=owner, hold_seconds=2)
    with Client(running.url, running.keys["admin"], retries=1) as waiting:
        started = time.monotonic()
        assert waiting.score_lead("tiny", lead_id, idempotency_key=key).lead_id == lead_id
        assert time.monotonic() - started >= 1
    store.idempotency.begin(key + "2", route, asked, owner=owner, hold_seconds=60)
    with Client(running.url, running.keys["admin"], retries=0) as hasty, pytest.raises(Conflict):
        hasty.score_lead("tiny", lead_id, idempotency_key=key + "2")


def test_one_waits_as_long_as_the_service_asks_and_no_longer_than_one_has_patience(running, proxy):
    proxy.faults.append(answer(429, "Retry-After: 1"))
    with Client(proxy.url, running.keys["admin"], patience=5) as client:
        started = time.monotonic()
        client.score("tiny", LEAD)
        assert 1 <= time.monotonic() - started < 3
        proxy.faults.append(answer(429, "Retry-After: 30"))
        started = time.monotonic()
        with pytest.raises(TooMany) as refused:
            client.score("tiny", LEAD)
        assert time.monotonic() - started < 1
    assert refused.value.retry_after == 30


def test_tries_are_counted(running, proxy):
    for retries in (0, 2):
        proxy.seen.clear()
        proxy.faults.extend([answer(503)] * 10)
        with Client(proxy.url, running.keys["admin"], retries=retries) as client, pytest.raises(Unavailable):
            client.score("tiny", LEAD)
        assert len(proxy.seen) == retries + 1


def test_where_nobody_listens_the_client_says_so(proxy):
    proxy.close()
    with Client(proxy.url, retries=1) as client, pytest.raises(Unavailable, match="got no answer") as lost:
        client.score("tiny", LEAD)
    assert lost.value.status is None


def test_a_service_that_takes_too_long_is_given_up(running, proxy):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(address, timeout=0.2, retries=0) as client, pytest.raises(Unavailable, match="ReadTimeout"):
            client.score("tiny", LEAD)


def test_an_answer_that_is_not_of_a_service_is_told_as_that(through, proxy):
    proxy.faults.append(answer(200, "Content-Type: text/html", body="<h1>Welcome</h1>"))
    with pytest.raises(NotPromised, match="not what a service answers"):
        through.score("tiny", LEAD)
    proxy.faults.append(answer(200, body='{"score": 5}'))
    with pytest.raises(NotPromised, match="lacks “lead_id”"):
        through.score("tiny", LEAD)
    proxy.faults.append(answer(404, body="<h1>Not here</h1>"))
    with pytest.raises(ServiceProblem, match="Not here"):
        through.score("tiny", LEAD)
