import threading
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.store.stores_for_tests import START

from leadloop.errors import StoreConflict, StoreError
from leadloop.store import Event


def claim(store, holder="w1", seconds=60, kinds=None):
    return store.jobs.claim(holder, seconds=seconds, kinds=kinds)


def test_a_job_is_done_by_one_worker_and_keeps_its_result(store, clock):
    number = store.jobs.add("train", {"playbook": "b2b"})
    job = claim(store)
    assert (job.id, job.kind, job.payload, job.attempts, job.state) == (
        number,
        "train",
        {"playbook": "b2b"},
        1,
        "running",
    )
    assert claim(store, "w2") is None
    clock.go(seconds=5)
    store.jobs.finish(job, {"version": "v1"})
    done = store.jobs.get(number)
    assert (done.state, done.result, done.progress) == ("done", {"version": "v1"}, 1.0)
    assert done.finished_at == START + timedelta(seconds=5)
    assert claim(store) is None


def test_jobs_are_taken_in_the_order_of_their_time_and_not_before_it(store, clock):
    late = store.jobs.add("a", None, run_after=START + timedelta(hours=1))
    first, second = store.jobs.add("a", None), store.jobs.add("b", None)
    assert claim(store, kinds=["b"]).id == second
    assert claim(store).id == first
    assert claim(store) is None
    clock.go(hours=1)
    assert late in {job.id for job in (claim(store), claim(store), claim(store)) if job}


def test_a_job_whose_worker_falls_silent_is_anyones_and_the_silent_one_is_not_heard(store, clock):
    number = store.jobs.add("train", None)
    silent = claim(store, "w1", seconds=30)
    clock.go(seconds=30)
    again = claim(store, "w1", seconds=30)  # even one of the same name
    assert (again.id, again.attempts) == (number, 2)
    assert not store.jobs.heartbeat(silent, seconds=30)
    assert not store.jobs.release(silent)

    def work_and(say, *said, **more):
        with store.transaction():
            store.events.add("b2b", [Event("k", "L-1", "opened", START)])
            say(silent, *said, **more)

    with pytest.raises(StoreConflict, match="another worker"):
        work_and(store.jobs.finish)
    with pytest.raises(StoreConflict, match="another worker"):
        work_and(store.jobs.park, "x")
    with pytest.raises(StoreConflict, match="another worker"):
        work_and(store.jobs.fail, "x", retry_seconds=1)
    assert store.events.page("b2b").items == ()
    store.jobs.finish(again)


def test_a_heartbeat_holds_the_job_and_tells_how_far_it_is(store, clock):
    store.jobs.add("train", None)
    job = claim(store, seconds=30)
    clock.go(seconds=29)
    assert store.jobs.heartbeat(job, seconds=30, progress=0.4, note="tuning")
    clock.go(seconds=29)
    assert claim(store, "w2") is None
    assert (store.jobs.get(job.id).progress, store.jobs.get(job.id).note) == (0.4, "tuning")


def test_a_job_that_fails_is_tried_again_later_and_parked_in_the_end(store, clock):
    number = store.jobs.add("train", None, max_attempts=2)
    assert store.jobs.fail(claim(store), "no disk", retry_seconds=60) == "waiting"
    assert claim(store) is None
    clock.go(seconds=60)
    assert store.jobs.fail(claim(store), "still no disk", retry_seconds=60) == "parked"
    assert (store.jobs.get(number).state, store.jobs.get(number).error) == ("parked", "still no disk")
    clock.go(days=1)
    assert claim(store) is None
    assert [job.id for job in store.jobs.page(state="parked").items] == [number]
    store.jobs.retry(number)
    assert claim(store).attempts == 1
    with pytest.raises(StoreError, match="not parked"):
        store.jobs.retry(number)


def test_a_job_that_kills_its_workers_is_parked_and_others_go_on(store, clock):
    poison = store.jobs.add("poison", None, max_attempts=3)
    for _ in range(3):
        assert claim(store, seconds=10).id == poison
        clock.go(seconds=10)
    other = store.jobs.add("fine", None)
    assert claim(store).id == other
    assert (store.jobs.get(poison).state, store.jobs.get(poison).error) == ("parked", "its worker fell silent")


def test_a_worker_that_stops_gives_its_job_back_and_that_does_not_count(store):
    store.jobs.add("train", None, max_attempts=1)
    assert store.jobs.release(claim(store))
    assert claim(store).attempts == 1


def test_of_jobs_that_may_run_once_at_a_time_the_second_is_the_first(store):
    first = store.jobs.add("retrain", None, only_one="retrain b2b")
    assert store.jobs.add("retrain", None, only_one="retrain b2b") == first
    assert store.jobs.add("retrain", None, only_one="retrain insurance") != first
    job = claim(store)
    assert store.jobs.add("retrain", None, only_one="retrain b2b") == first
    store.jobs.finish(job)
    assert store.jobs.add("retrain", None, only_one="retrain b2b") != first


def test_of_many_workers_each_job_goes_to_one(store):
    numbers = [store.jobs.add("a", None) for _ in range(24)]
    taken, lock = [], threading.Lock()

    def work(holder):
        while job := claim(store, holder):
            with lock:
                taken.append(job.id)

    workers = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # A worker may go home while another still looks at the last job; none is taken twice, and none is lost.
    while job := claim(store, "last"):
        taken.append(job.id)
    assert sorted(taken) == numbers


def test_no_order_of_calls_loses_a_job_or_lets_two_workers_finish_it(store, clock):
    class Workers(RuleBasedStateMachine):
        """Workers take jobs, stop, fail, fall silent and finish; counts say what must hold."""

        def __init__(self):
            super().__init__()
            clock.go(days=1)
            for job in store.jobs.page(limit=1_000).items:  # what the round before left
                if job.state in ("waiting", "running"):
                    while (taken := claim(store, "broom", seconds=0)) is not None:
                        store.jobs.park(taken, "swept")
            self.asked, self.held, self.ended = [], [], {}

        @rule(attempts=st.integers(1, 3))
        def ask(self, attempts):
            self.asked.append(store.jobs.add("a", None, max_attempts=attempts))

        @rule(holder=st.sampled_from(["w1", "w2"]), seconds=st.sampled_from([1, 60]))
        def take(self, holder, seconds):
            job = claim(store, holder, seconds)
            if job is not None:
                assert job.id not in self.ended
                assert 1 <= job.attempts <= job.max_attempts
                self.held.append((job, clock() + timedelta(seconds=seconds)))

        @rule(which=st.integers(0, 4), how=st.sampled_from(["finish", "fail", "park", "release", "heartbeat"]))
        def say(self, which, how):
            if which >= len(self.held):
                return
            job, until = self.held.pop(which)
            newest = store.jobs.get(job.id)
            ours = (newest.state, newest.holder, newest.attempts) == ("running", job.holder, job.attempts)
            try:
                if how == "finish":
                    store.jobs.finish(job, "done")
                elif how == "fail":
                    store.jobs.fail(job, "no", retry_seconds=1)
                elif how == "park":
                    store.jobs.park(job, "no")
                elif how == "release":
                    assert store.jobs.release(job) == ours
                else:
                    assert store.jobs.heartbeat(job, seconds=1) == ours
                    self.held.append((job, until))
            except StoreConflict:
                assert not ours
            else:
                if how == "finish":
                    assert ours
                    assert job.id not in self.ended
                    self.ended[job.id] = "done"

        @rule(seconds=st.sampled_from([1, 60]))
        def wait(self, seconds):
            clock.go(seconds=seconds)

        @invariant()
        def every_job_is_somewhere(self):
            for number in self.asked:
                job = store.jobs.get(number)
                assert job.state in ("waiting", "running", "done", "parked")
                assert (job.state == "done") == (number in self.ended)
                assert (job.holder is not None) == (job.state == "running")
                assert (job.finished_at is not None) == (job.state in ("done", "parked"))

    run_state_machine_as_test(Workers, settings=settings(max_examples=6, stateful_step_count=20, deadline=None))
