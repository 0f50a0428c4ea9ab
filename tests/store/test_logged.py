"""Whole columns of what was logged, and the history of quality, the same on both databases."""

from datetime import timedelta

import polars as pl
from tests.store.stores_for_tests import START, make_score

from leadloop.store import Event, LeadOutcome, QualityRecord

LATER = START + timedelta(days=2)


def test_scores_come_as_columns_with_moments_in_utc(store):
    early, late = (make_score(key, key, at=at, score=50.5) for key, at in (("a", START), ("b", LATER)))
    store.scores.add("b2b", [late, early])
    store.scores.add("other", [make_score("c", "c")])
    found = store.logged.scores("b2b", START, LATER)
    assert found.select("lead_id", "at", "score", "probability", "band").rows() == [
        ("a", START.replace(tzinfo=None), 50.5, 0.2, "warm")
    ]
    assert store.logged.scores("b2b", START, LATER + timedelta(seconds=1)).height == 2
    assert store.logged.scores("b2b", START, LATER, version="v2").height == 0
    assert store.logged.scores("b2b", START, LATER, version="v2").schema == found.schema


def test_outcomes_and_events_come_in_the_order_in_which_they_were_told(store):
    store.outcomes.add(
        "b2b", [LeadOutcome("1", "a", "won", 1.0, LATER), LeadOutcome("2", "b", "won", 0.0, START, "", False)]
    )
    found = store.logged.outcomes("b2b", "won", START, LATER)
    assert found.select("lead_id", "value", "dated").rows() == [("a", 1.0, True), ("b", 0.0, False)]
    assert store.logged.outcomes("b2b", "won", START, START).height == 1
    store.events.add("b2b", [Event("1", "a", "not_worked", START), Event("2", "a", "opened", START)])
    assert store.logged.events("b2b", ["not_worked"], START, LATER)["name"].to_list() == ["not_worked"]


def test_the_fields_of_scores_are_found_by_their_number(store):
    store.scores.add("b2b", [make_score("a", "a", fields={"employees": "50"})])
    [number] = store.logged.scores("b2b", START, LATER)["id"].to_list()
    assert store.logged.fields([number]) == {number: {"employees": "50"}}
    assert store.logged.first("b2b") == START
    assert store.logged.first("b2b", "v2") is None


def test_a_stretch_that_is_measured_again_takes_the_place_of_what_was_measured_before(store):
    def keep(version, week, area, **more):
        start = START + timedelta(weeks=week)
        record = QualityRecord(version, "won", start, start + timedelta(7), 9, 8, 2, 1, measures={"AUC": area}, **more)
        store.quality.keep("b2b", record)

    keep("v1", 0, 0.7)
    keep("v1", 1, 0.6)
    keep("v2", 1, 0.8, drift="noted")
    keep("v1", 0, 0.75)
    found = store.quality.newest("b2b")
    assert [(one.model_version, one.measures["AUC"]) for one in found] == [("v2", 0.8), ("v1", 0.6), ("v1", 0.75)]
    assert [one.drift for one in store.quality.newest("b2b", model_version="v2")] == ["noted"]
    assert len(store.quality.newest("b2b", before=START + timedelta(days=8))) == 1
    first = store.quality.page("b2b", limit=2)
    assert len(first.items) == 2
    assert len(store.quality.page("b2b", after=first.next).items) == 1
    assert isinstance(store.logged.scores("b2b", START, LATER), pl.DataFrame)
