from dataclasses import replace

import pytest
from tests.store.stores_for_tests import START

from leadloop.errors import StoreConflict, StoreError
from leadloop.store import Variant

ARMS = [Variant("rules", "rules", 50, is_control=True), Variant("model", "v2", 50, policy="abc")]


def test_a_test_comes_back_with_its_variants(store):
    test = store.experiments.start("b2b", "first", ARMS, target="won", settings={"alpha": 0.05})
    assert store.experiments.get(test.id) == test == store.experiments.named("b2b", "first")
    assert test.variants == tuple(ARMS)
    assert (test.start_date, test.end_date, test.settings) == (START, None, {"alpha": 0.05})
    assert store.experiments.running("b2b") == (test,)
    assert len(test.salt) == 32


def test_everything_wrong_with_the_variants_is_said_at_once(store):
    with pytest.raises(StoreError) as refused:
        store.experiments.start("b2b", "first", [Variant("a", "v1", 60), Variant("a", "v2", 60)], target="won")
    assert [problem.where for problem in refused.value.problems] == ["variants", "is_control", "traffic_percentage"]
    assert store.experiments.running("b2b") == ()


def test_a_name_is_unique_among_the_running_tests_only(store):
    first = store.experiments.start("b2b", "first", ARMS, target="won")
    with pytest.raises(StoreConflict, match="test_name"):
        store.experiments.start("b2b", "first", ARMS, target="won")
    store.experiments.start("insurance", "first", ARMS, target="won")
    stopped = store.experiments.stop(first, winner="model")
    assert (stopped.winner, stopped.end_date) == ("model", START)
    assert not any(variant.is_active for variant in stopped.variants)
    second = store.experiments.start("b2b", "first", ARMS, target="won")
    assert store.experiments.named("b2b", "first") == second
    assert [test.id for test in store.experiments.page("b2b").items] == [second.id, first.id]


def test_a_test_is_stopped_once_and_for_a_variant_of_its_own(store):
    test = store.experiments.start("b2b", "first", ARMS, target="won")
    with pytest.raises(StoreError, match="winner"):
        store.experiments.stop(test, winner="nobody")
    store.experiments.stop(test)
    with pytest.raises(StoreConflict, match="stopped"):
        store.experiments.stop(test)
    with pytest.raises(StoreError, match="stopped"):
        store.experiments.expose(test, "L-1", "model")


def test_a_lead_stays_with_the_variant_it_saw_first(store):
    test = store.experiments.start("b2b", "first", ARMS, target="won")
    assert store.experiments.seen_by(test, "L-1") is None
    assert store.experiments.expose(test, "L-1", "model") == "model"
    assert store.experiments.expose(test, "L-1", "rules") == "model"
    assert store.experiments.seen_by(test, "L-1") == "model"
    with pytest.raises(StoreError, match="variant"):
        store.experiments.expose(test, "L-2", "nobody")


def test_results_are_kept_with_their_variant(store):
    test = store.experiments.start("b2b", "first", ARMS, target="won")
    found = replace(ARMS[1], sample_size=120, conversion_rate=0.2, statistical_significance=0.04)
    store.experiments.note_results(test, [found])
    assert store.experiments.get(test.id).variants == (ARMS[0], found)


def test_a_planned_test_runs_when_it_is_begun_rests_and_goes_on_with_the_same_leads(store, clock):
    planned = store.experiments.plan("b2b", "first", ARMS, target="won")
    assert (planned.state, store.experiments.running("b2b")) == ("planned", ())
    clock.go(days=1)
    begun = store.experiments.begin(planned)
    assert (begun.state, begun.start_date, begun.salt) == ("running", clock.time, planned.salt)
    assert store.experiments.pause(begun).state == "paused"
    with pytest.raises(StoreConflict, match="is paused"):
        store.experiments.pause(begun)
    assert store.experiments.begin(begun).salt == planned.salt
    with pytest.raises(StoreConflict, match="is running"):
        store.experiments.begin(begun)


def test_a_ramp_goes_up_by_its_steps_and_never_down(store, clock):
    steps = [{"after_days": 0, "percent": 10}, {"after_days": 3, "percent": 40}]
    test = store.experiments.start("b2b", "first", ARMS, target="won", settings={"ramp_plan": steps})
    assert [test.ramp_percent(clock.go(days=days)) for days in (0, 2, 1, 30)] == [10, 10, 40, 40]
    with pytest.raises(StoreError, match="percent"):
        store.experiments.ramp(test, 20)
    assert store.experiments.ramp(test, 70).ramp_percent(clock.time) == 70


def test_tests_of_one_group_have_parts_that_do_not_touch_and_no_other_group_runs_beside_them(store):
    first = store.experiments.start("b2b", "first", ARMS, target="won", part=30)
    second = store.experiments.start("b2b", "second", ARMS, target="won", part=50)
    assert (first.part, second.part) == ((0, 30), (30, 80))
    with pytest.raises(StoreConflict, match=r"has no 30 % of its units left: “first” has 30 %, “second” has 50 %"):
        store.experiments.start("b2b", "third", ARMS, target="won", part=30)
    with pytest.raises(StoreConflict, match="one version"):
        store.experiments.start("b2b", "third", ARMS, target="won", part=10, group="other")
    store.experiments.stop(first)
    assert store.experiments.start("b2b", "third", ARMS, target="won", part=30).part == (0, 30)
    assert {first.group_salt} == {second.group_salt}
    with pytest.raises(StoreConflict, match="deals out leads"):
        store.experiments.plan("b2b", "fourth", ARMS, target="won", unit="account", unit_field="company")


def test_a_hold_out_stays_with_its_group(store):
    test = store.experiments.start("b2b", "first", ARMS, target="won", holdout=5)
    store.experiments.stop(test)
    assert store.experiments.start("b2b", "second", ARMS, target="won").holdout == 5


def test_changed_shares_are_on_the_record(store, clock):
    test = store.experiments.start("b2b", "first", ARMS, target="won", settings={"allocation": "thompson"})
    clock.go(days=1)
    changed = store.experiments.allocate(test, {"rules": 0.1, "model": 0.9}, evidence={"model": {"units": 100}})
    assert [variant.traffic_percentage for variant in changed.variants] == [10, 90]
    assert [(at, shares) for at, shares, _ in store.experiments.allocations(test)] == [
        (START, {"rules": 0.5, "model": 0.5}),
        (clock.time, {"rules": 0.1, "model": 0.9}),
    ]
    with pytest.raises(StoreError, match="shares"):
        store.experiments.allocate(test, {"rules": 1.0}, evidence={})


def test_a_lead_that_is_scored_under_another_variant_later_keeps_the_first_and_is_marked(store):
    test = store.experiments.start("b2b", "first", ARMS, target="won")
    store.experiments.expose(test, "L-1", "rules", propensity=0.5)
    store.experiments.expose(test, "L-1", "rules", propensity=0.5)
    assert sum(one.crossed for one in store.arm_sums.exposed(test, now=START, edges=(7.0,))) == 0
    store.experiments.expose(test, "L-1", "model", propensity=0.5)
    (one,) = store.arm_sums.exposed(test, now=START, edges=(7.0,))
    assert (one.variant_name, one.units, one.crossed) == ("rules", 1, 1)
