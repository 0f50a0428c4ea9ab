from datetime import timedelta

import polars as pl
import pytest
from tests.store.stores_for_tests import START, make_score

from leadloop.errors import StoreError
from leadloop.leads import Field, LeadSchema
from leadloop.store import Event, LeadOutcome, LeadRecord

FIELDS = [Field("employees", "number", "intake"), Field("demo", "boolean", "intake"), Field("tags", "text", "intake")]


def day(number):
    return START + timedelta(days=number)


def frames(store, now=100, within_days=30, rows=5_000, fields=FIELDS, later=()):
    return list(store.training.past("b2b", fields, later, {"won": within_days}, now=day(now), rows=rows))


def lead(store, lead_id, at=0, **fields):
    store.leads.record("b2b", [LeadRecord(lead_id, fields, day(at))])


def outcome(store, lead_id, value, at, key=None, target="won"):
    store.outcomes.add("b2b", [LeadOutcome(key or f"{lead_id}-{at}-{value}", lead_id, target, value, day(at))])


def outcomes(store, **asked):
    return {row["_lead_id"]: row["_outcome won"] for frame in frames(store, **asked) for row in frame.to_dicts()}


def test_a_lead_is_taken_as_it_was_when_it_was_first_scored_whatever_became_known_later(store):
    lead(store, "L-1", employees=10)
    store.scores.add("b2b", [make_score("s1", "L-1", at=day(2), fields={"employees": 20, "demo": True, "tags": ["a"]})])
    store.scores.add("b2b", [make_score("s2", "L-1", at=day(3), fields={"employees": 30})])
    lead(store, "L-1", at=4, employees=40)
    outcome(store, "L-1", 1, 10)
    [frame] = frames(store)
    assert frame.to_dicts() == [
        {
            "_lead_id": "L-1",
            "_scored_at": day(2).replace(tzinfo=None),
            "_source": "",
            "_not_worked": False,
            "_outcome won": 1.0,
            "_outcome_at won": day(10).replace(tzinfo=None),
            "employees": "20",
            "demo": "true",
            "tags": '["a"]',
        }
    ]


def test_a_lead_that_was_never_scored_is_taken_as_it_first_came_in(store):
    lead(store, "L-1", at=5, employees=40)
    lead(store, "L-1", at=1, employees=10)
    [frame] = frames(store)
    assert frame["employees"].to_list() == ["10"]
    assert frame["_scored_at"].to_list() == [day(1).replace(tzinfo=None)]


def test_a_lead_that_was_scored_and_never_kept_is_learned_from_too(store):
    store.scores.add("b2b", [make_score("s1", "L-0", at=day(2)), make_score("s2", "L-9", at=day(2))])
    lead(store, "L-5")
    assert list(outcomes(store)) == ["L-0", "L-5", "L-9"]


def test_leads_of_which_nothing_was_told_are_there_too_and_those_to_come_are_not(store):
    for lead_id, at in [("silent", 60), ("won", 80), ("future", 200)]:
        lead(store, lead_id, at)
    outcome(store, "won", 1, 90)
    assert outcomes(store) == {"silent": None, "won": 1.0}
    assert outcomes(store, within_days=None) == {"silent": None, "won": 1.0}
    assert outcomes(store, now=85) == {"silent": None, "won": None}


def test_the_time_of_an_outcome_is_told_where_it_is_known(store):
    for lead_id, dated in (("same moment", True), ("undated", False)):
        lead(store, lead_id)
        store.outcomes.add("b2b", [LeadOutcome(lead_id, lead_id, "won", 1, day(0), dated=dated)])
    (frame,) = frames(store)
    assert frame["_outcome won"].to_list() == [1.0, 1.0]
    assert frame["_outcome_at won"].to_list() == [day(0).replace(tzinfo=None), None]


def test_what_is_known_only_at_the_end_is_read_as_it_holds_now(store):
    lead(store, "L-1", employees=10, amount="3")
    lead(store, "L-1", at=4, employees=40, amount="7")
    (frame,) = frames(store, later=[Field("amount", "money", "outcome")])
    assert (frame["employees"].to_list(), frame["amount"].to_list()) == (["10"], ["7"])


def test_what_came_about_before_the_score_after_the_deadline_or_for_another_target_does_not_count(store):
    lead(store, "L-1", at=10)
    outcome(store, "L-1", 1, 9)
    outcome(store, "L-1", 1, 41)
    outcome(store, "L-1", 1, 12, target="other")
    assert outcomes(store) == {"L-1": None}


def test_a_correction_counts_in_place_of_what_it_corrects(store):
    lead(store, "L-1")
    outcome(store, "L-1", 1, 12)
    outcome(store, "L-1", 0, 11)
    assert outcomes(store) == {"L-1": 0.0}


def test_frames_are_as_small_as_asked_and_hold_every_lead_once(store):
    store.leads.record("b2b", [LeadRecord(f"L-{number:03}", {"employees": number}, START) for number in range(101)])
    store.scores.add("b2b", [make_score(f"s{number}", f"L-{number:03}") for number in range(50, 151)])
    found = frames(store, rows=25)
    assert [frame.height for frame in found] == [25] * 6 + [1]
    whole = pl.concat(found)
    assert whole["_lead_id"].to_list() == [f"L-{number:03}" for number in range(151)]


def test_the_schema_of_a_playbook_reads_a_frame(store):
    lead(store, "L-1", employees="50-100", demo=True, came="2026-02-03T04:05:06", visits=12.5, source="web")
    kinds = {"employees": "employees", "demo": "boolean", "came": "time", "visits": "number", "source": "category"}
    schema = LeadSchema(tuple(Field(name, kind, "intake") for name, kind in kinds.items()))
    [frame] = frames(store, fields=schema.fields)
    reading = schema.read(frame)
    assert reading.rejects == ()
    row = reading.leads.data.row(0, named=True)
    assert (row["employees"], row["demo"], row["visits"]) == ({"low": 50.0, "high": 100.0}, True, 12.5)


def test_nothing_to_learn_from_gives_no_frame(store):
    assert frames(store) == []
    with pytest.raises(StoreError, match="rows"):
        frames(store, rows=0)


def test_leads_that_nobody_worked_are_marked_unless_they_ended(store):
    for lead_id in ("A", "B", "C", "D"):
        store.scores.add("b2b", [make_score(f"s{lead_id}", lead_id)])
    later = START + timedelta(days=2)
    store.events.add("b2b", [Event(f"n{one}", one, "not_worked", later) for one in ("A", "B", "C")])
    store.events.add("b2b", [Event("w", "B", "worked", later)])
    store.outcomes.add("b2b", [LeadOutcome("o", "C", "won", 1.0, later)])
    [frame] = store.training.past("b2b", [], [], {"won": 30.0}, now=START + timedelta(days=90))
    assert dict(frame.select("_lead_id", "_not_worked").rows()) == {"A": True, "B": False, "C": False, "D": False}
