"""Events, outcomes, scores and feedback are only ever added to, and each once, whatever their kind."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.stores_for_tests import START, make_score

from leadloop.errors import StoreConflict
from leadloop.store import Event, Feedback, LeadOutcome, LeadRecord

ROUNDS = count()
KINDS = {
    "events": lambda key, lead="L-1": Event(key, lead, "opened", START, {"page": "/pricing"}),
    "outcomes": lambda key, lead="L-1": LeadOutcome(key, lead, "won", 1.0, START),
    "scores": lambda key, lead="L-1": make_score(key, lead),
    "feedback": lambda key, lead="L-1": Feedback(key, lead, "rate", user_rating=80.0),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def keys_of(store, kind):
    rows = getattr(store, kind).stream("b2b")
    return [row.feedback.key if kind == "feedback" else row.key for row in rows]


def test_what_is_sent_again_is_stored_once(store, kind, clock):
    log, make = getattr(store, kind), KINDS[kind]
    first = log.add("b2b", [make("k1"), make("k2")])
    clock.go(hours=1)
    again = log.add("b2b", [make("k2"), make("k3"), make("k1"), make("k3")])
    assert [stored.new for stored in first + again] == [True, True, False, True, False, False]
    assert [stored.id for stored in again] == [first[1].id, again[1].id, first[0].id, again[1].id]
    assert keys_of(store, kind) == ["k1", "k2", "k3"]


def test_a_key_that_was_used_for_something_else_is_refused_with_all_that_came_with_it(store, kind):
    log, make = getattr(store, kind), KINDS[kind]
    log.add("b2b", [make("k1")])
    with pytest.raises(StoreConflict, match="row 2"):
        log.add("b2b", [make("k2"), make("k1", "somebody else")])
    assert keys_of(store, kind) == ["k1"]


def test_two_rows_of_one_call_may_not_share_a_key(store, kind):
    log, make = getattr(store, kind), KINDS[kind]
    with pytest.raises(StoreConflict, match="row 2"):
        log.add("b2b", [make("k1"), make("k1", "somebody else")])
    assert keys_of(store, kind) == []


def test_the_same_key_in_another_playbook_is_another_row(store, kind):
    log, make = getattr(store, kind), KINDS[kind]
    assert [log.add(playbook, [make("k1")])[0].new for playbook in ("b2b", "insurance")] == [True, True]


def test_more_rows_than_fit_one_statement_are_stored_whole(store, kind):
    log, make = getattr(store, kind), KINDS[kind]
    rows = [make(f"k{number:04}") for number in range(450)]
    assert all(stored.new for stored in log.add("b2b", rows))
    assert not any(stored.new for stored in log.add("b2b", rows[::-1]))
    assert len(keys_of(store, kind)) == 450


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sendings=st.lists(st.lists(st.integers(0, 12), max_size=6), max_size=6))
def test_however_often_events_are_sent_each_is_there_once(store, sendings):
    name = f"round_{next(ROUNDS)}"
    for sending in sendings:
        store.events.add(name, [Event(f"k{number}", "L-1", "opened", START) for number in sending])
    assert sorted(event.key for event in store.events.stream(name)) == sorted(
        {f"k{number}" for sending in sendings for number in sending}
    )


def test_a_score_comes_back_bit_for_bit(store):
    features = np.array([0.1, -0.0, np.nan, np.inf, 3.4e38, 1e-45], dtype=np.float32)
    store.scores.add("b2b", [make_score("k1", "L-1", features=features, probability_low=0.1, arm="b", degraded=True)])
    back = store.scores.latest("b2b", "L-1")
    assert back.features.dtype == np.float32
    assert back.features.tobytes() == features.tobytes()
    assert (back.score, back.probability, back.probability_low, back.arm, back.degraded) == (62.0, 0.2, 0.1, "b", True)
    assert back.card == {"reasons": ["Form is “Demo”"]}


def test_the_newest_score_is_the_one_given_last_not_the_one_stored_last(store):
    store.scores.add("b2b", [make_score("k1", "L-1", score=90, at=START + timedelta(hours=1)), make_score("k2", "L-1")])
    assert store.scores.latest("b2b", "L-1").score == 90
    assert [score.key for score in store.scores.page("b2b", lead_id="L-1").items] == ["k1", "k2"]
    assert store.scores.latest("b2b", "L-2") is None


def test_what_happened_to_a_lead_is_told_in_its_order(store):
    later = replace(KINDS["events"]("k1"), at=START + timedelta(days=1))
    store.events.add("b2b", [later, KINDS["events"]("k2"), KINDS["events"]("k3", "L-2")])
    assert [event.key for event in store.events.of_lead("b2b", "L-1")] == ["k2", "k1"]


def test_feedback_is_counted_by_kind(store, clock):
    store.feedback.add("b2b", [Feedback("k0", "L-1", "rate", user_rating=1)])
    since = clock.go(days=1)
    store.feedback.add(
        "b2b",
        [
            Feedback("k1", "L-1", "contact", contact_successful=True, conversion_value=10),
            Feedback("k2", "L-1", "contact", contact_successful=False),
            Feedback("k3", "L-2", "contact"),
            Feedback("k4", "L-2", "rate", user_rating=80),
            Feedback("k5", "L-3", "rate", user_rating=60),
        ],
    )
    contact, rate = store.feedback.counts("b2b", since=since)
    assert (contact.day, contact.action_type, contact.count, contact.ratings) == ("2026-03-03", "contact", 3, 0)
    assert (contact.contacts, contact.contacts_successful, contact.conversion_value) == (2, 1, 10.0)
    assert (rate.count, rate.ratings, rate.rating, rate.conversion_value) == (2, 2, 140.0, 0.0)
    assert store.feedback.leads("b2b", since=since) == 3
    assert [one.feedback.key for one in store.feedback.page("b2b", lead_id="L-1", since=since).items] == ["k1", "k2"]


def test_several_repositories_store_together_or_not_at_all(store):
    def write_and(then):
        with store.transaction():
            store.leads.record("b2b", [LeadRecord("L-1", {})])
            store.events.add("b2b", [KINDS["events"]("k1")])
            then(store.leads.get("b2b", "L-1").version)  # it sees what it wrote

    with pytest.raises(ZeroDivisionError):
        write_and(lambda version: version / 0)
    assert store.leads.get("b2b", "L-1") is None
    assert keys_of(store, "events") == []
    write_and(lambda version: None)
    assert keys_of(store, "events") == ["k1"]
