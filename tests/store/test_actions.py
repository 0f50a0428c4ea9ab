from datetime import timedelta

import pytest
from tests.store.stores_for_tests import START

from leadloop.errors import StoreConflict
from leadloop.store import Action, Recommendation


def called(key, lead_id="L-1", **more):
    return Action(key, lead_id, **{"kind": "call", "at": START, **more})


def advice(lead_id, rank=1, *, round="r1", kind="call", success=0.2, **more):
    return Recommendation(
        lead_id, round, rank, START, "v1", kind, success, success - 0.1, success + 0.1, "normal", 1440, **more
    )


def test_actions_of_a_lead_come_back_in_the_order_in_which_they_were_done(store):
    later = called("k2", kind="quote", at=START + timedelta(hours=1), actor="ada", result="sent", propensity=0.25)
    added = store.actions.add("b2b", [later, called("k1"), called("k3", "L-2")])
    assert [one.new for one in added] == [True, True, True]
    assert store.actions.of_lead("b2b", "L-1") == (called("k1"), later)
    assert store.actions.of_leads("b2b", ["L-1", "L-2", "L-3"]).keys() == {"L-1", "L-2"}
    assert store.actions.kinds("b2b") == {"call": 2, "quote": 1}
    assert sorted(one.key for one in store.actions.stream("b2b")) == ["k1", "k2", "k3"]


def test_an_action_that_is_sent_again_is_known_and_another_one_under_its_key_refused(store):
    store.actions.add("b2b", [called("k1")])
    assert [one.new for one in store.actions.add("b2b", [called("k1")])] == [False]
    with pytest.raises(StoreConflict):
        store.actions.add("b2b", [called("k2"), called("k1", kind="mail")])
    assert store.actions.kinds("b2b") == {"call": 1}


def test_newer_recommendations_of_a_lead_replace_the_open_ones_alone(store):
    [first, _] = store.recommendations.put("b2b", [advice("L-1"), advice("L-2", success=0.6)])
    [second] = store.recommendations.put("b2b", [advice("L-1", round="r2", kind="quote", success=0.3)])
    assert [one.status for one in store.recommendations.of_lead("b2b", "L-1")] == ["replaced", "open"]
    count, listed = store.recommendations.list("b2b")
    assert (count, [one.lead_id for _, one in listed]) == (2, ["L-2", "L-1"])
    assert store.recommendations.list(score_min=50)[0] == 1
    assert store.recommendations.list("b2b", limit=1, offset=1)[1] == [("b2b", second)]
    assert store.recommendations.get(first.id)[1].status == "replaced"


def test_what_is_done_goes_into_the_action_log_once_and_with_its_propensity(store):
    [one] = store.recommendations.put("b2b", [advice("L-1", actor="ada", propensity=0.4)])
    done = store.recommendations.change(one.id, status="done", rating=0.9, result="reached", who="bob")
    assert (done.status, done.rating, done.changed_by) == ("done", 0.9, "bob")
    [action] = store.actions.of_lead("b2b", "L-1")
    assert (action.kind, action.actor, action.result, action.propensity) == ("call", "ada", "reached", 0.4)
    store.recommendations.change(one.id, status="done", note="said twice", who="bob")
    assert len(store.actions.of_lead("b2b", "L-1")) == 1
    with pytest.raises(StoreConflict):
        store.recommendations.change(one.id, status="open", who="bob")


def test_what_is_dismissed_is_known_by_lead_and_nothing_is_logged_as_done(store):
    [one] = store.recommendations.put("b2b", [advice("L-1", kind="quote")])
    store.recommendations.change(one.id, status="dismissed", who="bob")
    assert store.recommendations.dismissed("b2b", ["L-1", "L-9"]) == {"L-1": (("quote", START),)}
    assert store.actions.of_lead("b2b", "L-1") == ()
    assert store.recommendations.change(987_654, status="done", who="bob") is None


def test_what_waits_on_each_desk_is_counted(store):
    store.recommendations.put("b2b", [advice("L-1", actor="ada"), advice("L-2", actor="ada"), advice("L-3")])
    assert store.recommendations.assigned("b2b") == {"ada": 2}
    store.actions.add("b2b", [called("k1", actor="ada"), called("k2", actor="ada", at=START - timedelta(days=2))])
    assert store.actions.done_since("b2b", START - timedelta(days=1)) == {("ada", "call"): 1}
