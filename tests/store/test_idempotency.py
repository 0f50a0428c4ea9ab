from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.store.stores_for_tests import START

from leadloop.errors import StoreConflict
from leadloop.store import Event, Fresh, InFlight, OtherBody, Replay


def begin(store, key="k", body="a" * 64, **more):
    return store.idempotency.begin(key, "/score", body, **more)


def test_a_request_is_done_once_and_its_answer_replayed(store):
    fresh = begin(store)
    assert isinstance(fresh, Fresh)
    assert begin(store) == InFlight()
    store.idempotency.finish(fresh, 201, {"feedback_id": 7})
    assert begin(store) == begin(store) == Replay(201, {"feedback_id": 7})


def test_a_key_with_another_body_is_refused_in_flight_and_after(store):
    fresh = begin(store)
    assert begin(store, body="b" * 64) == OtherBody()
    store.idempotency.finish(fresh, 200, None)
    assert begin(store, body="b" * 64) == OtherBody()
    assert begin(store) == Replay(200, None)


def test_keys_of_other_callers_and_routes_are_other_keys(store):
    begin(store)
    assert isinstance(begin(store, owner="somebody"), Fresh)
    assert isinstance(store.idempotency.begin("k", "/feedback", "a" * 64), Fresh)


def test_whoever_falls_silent_is_taken_over_from_and_may_not_finish(store, clock):
    slow = begin(store, hold_seconds=30)
    clock.go(seconds=30)
    quick = begin(store)
    assert isinstance(quick, Fresh)

    def work_and_finish():
        with store.transaction():
            store.events.add("b2b", [Event("k1", "L-1", "opened", START)])
            store.idempotency.finish(slow, 200, "slow")

    with pytest.raises(StoreConflict):
        work_and_finish()
    assert store.events.page("b2b").items == ()  # what the slow one did is undone with it
    store.idempotency.finish(quick, 200, "quick")
    assert begin(store) == Replay(200, "quick")


def test_what_is_abandoned_may_be_begun_again(store):
    store.idempotency.abandon(begin(store))
    fresh = begin(store, body="b" * 64)
    assert isinstance(fresh, Fresh)
    store.idempotency.finish(fresh, 200, None)
    store.idempotency.abandon(fresh)
    assert begin(store, body="b" * 64) == Replay(200, None)


def test_answers_are_kept_for_seven_days(store, clock):
    store.idempotency.finish(begin(store), 200, "old")
    clock.go(days=7, seconds=-1)
    assert store.idempotency.forget_old() == 0
    assert begin(store) == Replay(200, "old")
    clock.go(seconds=1)
    assert isinstance(begin(store, body="b" * 64), Fresh)
    clock.go(days=7)
    assert store.idempotency.forget_old() == 1
    assert store.idempotency.forget_old() == 0


def test_a_look_says_what_a_request_would_find_and_begins_nothing(store, clock):
    look = store.idempotency.look
    assert look("k", "/score", "a" * 64) is None
    fresh = begin(store)
    assert isinstance(fresh, Fresh)
    assert look("k", "/score", "a" * 64) == InFlight()
    assert look("k", "/score", "a" * 64, owner="somebody") is None
    store.idempotency.finish(fresh, 200, "done")
    assert look("k", "/score", "a" * 64) == Replay(200, "done")
    assert look("k", "/score", "b" * 64) == OtherBody()
    clock.go(days=7)
    assert look("k", "/score", "a" * 64) is None


def test_old_answers_go_some_at_a_time(store, clock):
    with store.transaction():
        for number in range(1_001):
            begin(store, f"k{number}")
    clock.go(days=7)
    begin(store, "new")
    assert [store.idempotency.forget_old() for _ in range(3)] == [1_000, 1, 0]
    assert begin(store, "new") == InFlight()


def test_no_order_of_calls_does_a_request_twice(store, clock):
    class Requests(RuleBasedStateMachine):
        """Requests come, are finished, abandoned and forgotten in any order; a plain dictionary says what must be found."""

        number = 0

        def __init__(self):
            super().__init__()
            Requests.number += 1
            self.owner = f"round {Requests.number}"
            self.expected = {}
            self.held = []

        @rule(key=st.sampled_from("ab"), body=st.sampled_from(["x" * 64, "y" * 64]))
        def ask(self, key, body):
            now = clock()
            found = begin(store, key, body, owner=self.owner, hold_seconds=60)
            known = self.expected.get(key)
            if known and known["begun"] + timedelta(days=7) > now:
                if known["body"] != body:
                    assert found == OtherBody()
                    return
                if known["answer"] is not None:
                    assert found == Replay(200, known["answer"])
                    return
                if known["until"] > now:
                    assert found == InFlight()
                    return
            assert isinstance(found, Fresh)
            self.expected[key] = {
                "body": body,
                "answer": None,
                "begun": now,
                "until": now + timedelta(seconds=60),
                "holder": found.holder,
            }
            self.held.append((key, found))

        @rule(which=st.integers(0, 5), finish=st.booleans())
        def end(self, which, finish):
            if which >= len(self.held):
                return
            key, fresh = self.held[which]
            known = self.expected.get(key)
            ours = known is not None and known["holder"] == fresh.holder and known["answer"] is None
            if not finish:
                store.idempotency.abandon(fresh)
                if ours:
                    del self.expected[key]
                return
            try:
                store.idempotency.finish(fresh, 200, fresh.holder)
            except StoreConflict:
                assert not ours
            else:
                assert ours
                known["answer"] = fresh.holder

        @rule(seconds=st.sampled_from([1, 59, 60, 86_400, 7 * 86_400]))
        def wait(self, seconds):
            clock.go(seconds=seconds)

        @rule()
        def forget(self):
            store.idempotency.forget_old()
            for key in [k for k, known in self.expected.items() if known["begun"] + timedelta(days=7) <= clock()]:
                del self.expected[key]

        @invariant()
        def answers_are_those_that_were_given(self):
            for key, known in self.expected.items():
                if known["answer"] is not None and known["begun"] + timedelta(days=7) > clock():
                    assert begin(store, key, known["body"], owner=self.owner) == Replay(200, known["answer"])

    run_state_machine_as_test(Requests, settings=settings(max_examples=8, stateful_step_count=20, deadline=None))
