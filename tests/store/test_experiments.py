from dataclasses import replace
from datetime import timedelta

import pytest
from tests.store.stores_for_tests import START, make_score

from leadloop.errors import StoreConflict, StoreError
from leadloop.store import LeadOutcome, Variant

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


def test_leads_are_counted_not_rows_and_only_what_came_after_they_saw_it(store, clock):
    store.outcomes.add("b2b", [LeadOutcome("before", "L-1", "won", 1, START)])
    store.scores.add("b2b", [make_score("before", "L-1", score=1.0)])
    test = store.experiments.start("b2b", "first", ARMS, target="won")
    clock.go(hours=1)
    for lead_id in ("L-1", "L-2", "L-3"):
        store.experiments.expose(test, lead_id, "model")
    store.experiments.expose(test, "L-4", "rules")
    later = START + timedelta(days=1)
    given = [("L-1", 40), ("L-1", 99), ("L-2", 60)]
    store.scores.add("b2b", [make_score(f"s{n}", lead, at=later, score=score) for n, (lead, score) in enumerate(given)])
    told = [
        ("L-2", "won", 1),
        ("L-2", "won", 1),
        ("L-3", "won", 1),
        ("L-3", "won", 0),
        ("L-1", "other", 1),
        ("L-9", "won", 1),
    ]
    store.outcomes.add(
        "b2b", [LeadOutcome(f"o{n}", lead, target, value, later) for n, (lead, target, value) in enumerate(told)]
    )
    rules, model = store.experiments.tally(test)
    assert (rules.leads, rules.converted, rules.value, rules.scored, rules.mean_score) == (1, 0, 0.0, 0, None)
    assert (model.leads, model.converted, model.value, model.scored, model.mean_score) == (3, 1, 1.0, 2, 50.0)


def test_results_are_kept_with_their_variant(store):
    test = store.experiments.start("b2b", "first", ARMS, target="won")
    found = replace(ARMS[1], sample_size=120, conversion_rate=0.2, statistical_significance=0.04)
    store.experiments.note_results(test, [found])
    assert store.experiments.get(test.id).variants == (ARMS[0], found)
