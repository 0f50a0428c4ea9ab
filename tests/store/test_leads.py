from datetime import timedelta

import pytest
from tests.store.stores_for_tests import START, make_score

from leadloop.errors import StoreError
from leadloop.store import LeadRecord, Recorded


def record(store, lead_id="L-1", at=None, **fields):
    return store.leads.record("b2b", [LeadRecord(lead_id, fields, at)], source="crm")


def test_a_lead_comes_back_as_it_was_recorded(store):
    fields = {"name": "Zoë ‮\x00 \ud800", "tags": ["a", None], "big": 12345678901234567890, "yes": True, "n": 0.1}
    assert record(store, **fields) == Recorded(1, 0, 0)
    lead = store.leads.get("b2b", "L-1")
    assert (lead.version, lead.at, lead.recorded_at, lead.source) == (1, START, START, "crm")
    assert lead.fields == fields


def test_a_lead_is_known_to_its_playbook_alone(store):
    record(store)
    assert store.leads.get("insurance", "L-1") is None


def test_every_change_is_kept_and_what_held_at_a_moment_can_be_asked(store, clock):
    record(store, employees=10)
    clock.go(days=1)
    assert record(store, employees=20) == Recorded(0, 1, 0)
    assert store.leads.get("b2b", "L-1").fields == {"employees": 20}
    assert store.leads.as_of("b2b", "L-1", START + timedelta(hours=23)).fields == {"employees": 10}
    assert store.leads.as_of("b2b", "L-1", START + timedelta(days=1)).fields == {"employees": 20}
    assert store.leads.as_of("b2b", "L-1", START - timedelta(seconds=1)) is None
    assert [version.fields["employees"] for version in store.leads.versions("b2b", "L-1")] == [10, 20]


def test_a_record_that_says_nothing_new_is_not_kept_twice(store, clock):
    record(store, employees=10, name="Ada")
    clock.go(days=1)
    assert record(store, name="Ada", employees=10) == Recorded(0, 0, 1)
    assert len(store.leads.versions("b2b", "L-1")) == 1


def test_a_record_that_comes_late_does_not_change_what_holds(store, clock):
    record(store, employees=20)
    assert record(store, at=START - timedelta(days=3), employees=5) == Recorded(0, 1, 0)
    assert store.leads.get("b2b", "L-1").fields == {"employees": 20}
    assert store.leads.as_of("b2b", "L-1", START - timedelta(days=1)).fields == {"employees": 5}


def test_one_lead_may_come_several_times_in_one_call(store):
    rows = [LeadRecord("L-1", {"n": number}, START + timedelta(hours=number)) for number in (2, 0, 1, 1)]
    assert store.leads.record("b2b", rows) == Recorded(1, 2, 1)
    assert store.leads.get("b2b", "L-1").fields == {"n": 2}


def test_many_leads_are_recorded_and_streamed_in_order(store):
    rows = [LeadRecord(f"L-{number:04}", {"n": number}) for number in range(1_205)]
    assert store.leads.record("b2b", rows).new == 1_205
    assert [lead.fields["n"] for lead in store.leads.stream("b2b")] == list(range(1_205))
    assert store.leads.count("b2b") == 1_205


def test_leads_are_ordered_by_their_bytes_on_every_database(store):
    for lead_id in ("b", "B", "a", "é", "A-1", "A1"):
        record(store, lead_id)
    assert [lead.lead_id for lead in store.leads.stream("b2b")] == ["A-1", "A1", "B", "a", "b", "é"]


def test_only_leads_without_a_score_or_changed_lately_can_be_asked_for(store, clock):
    record(store, "old")
    store.scores.add("b2b", [make_score("s1", "old")])
    clock.go(days=8)
    record(store, "new")
    assert [lead.lead_id for lead in store.leads.stream("b2b", unscored=True)] == ["new"]
    assert [lead.lead_id for lead in store.leads.stream("b2b", since=START + timedelta(days=1))] == ["new"]


@pytest.mark.parametrize("lead_id", ["secret" * 43, "secret\x00b", "secret\ud800"], ids=["long", "zero", "half"])
def test_an_id_that_some_database_could_not_hold_is_refused_on_all_and_nothing_is_stored(store, lead_id):
    with pytest.raises(StoreError, match="lead_id") as refused:
        store.leads.record("b2b", [LeadRecord("a", {}), LeadRecord(lead_id, {})])
    assert "secret" not in str(refused.value)
    assert store.leads.count("b2b") == 0


def test_a_moment_without_a_zone_is_refused(store):
    with pytest.raises(StoreError, match="no zone"):
        record(store, at=START.replace(tzinfo=None))
