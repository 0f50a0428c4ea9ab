from datetime import timedelta

import pytest
from tests.store.stores_for_tests import START

from leadloop.errors import StoreConflict
from leadloop.store import LeadRecord, SourceRecord
from leadloop.store.source_turns import SourceTurns


def record(number, at=START, parent="", **raw):
    return SourceRecord(number, {"id": number, **raw}, at, parent)


def test_a_record_is_kept_once_and_every_change_of_it_as_a_version(store, clock):
    kept = store.source_records.keep("fellow", "recording", [record("r1", title="a"), record("r2")])
    assert (set(kept.new), kept.changed, kept.unchanged) == ({"r1", "r2"}, (), 0)
    clock.go(hours=1)
    again = store.source_records.keep("fellow", "recording", [record("r1", title="a"), record("r2", gone=None)])
    assert (again.new, again.changed, again.unchanged) == ((), (), 2), "what is null says no more than what is missing"
    later = store.source_records.keep("fellow", "recording", [record("r1", clock(), title="b")])
    assert later.changed == ("r1",)
    versions = store.source_records.versions("fellow", "recording", "r1")
    assert [(one.version, one.raw["title"], one.changed_at) for one in versions] == [(1, "a", START), (2, "b", clock())]
    assert store.source_records.current("fellow", "recording", ["r1", "r9"]) == {"r1": {"id": "r1", "title": "b"}}
    assert store.source_records.counts("fellow") == {"recording": 2}


def test_what_arrives_late_changes_nothing(store, clock):
    store.source_records.keep("fellow", "note", [record("n1", START + timedelta(hours=1), title="new")])
    late = store.source_records.keep("fellow", "note", [record("n1", START, title="old")])
    assert late.unchanged == 1
    assert store.source_records.current("fellow", "note", ["n1"])["n1"]["title"] == "new"
    # The same key twice in one page: the last one that came counts.
    twice = [record("n2", title="a"), record("n2", title="b")]
    assert store.source_records.keep("fellow", "note", twice).new == ("n2",)
    assert len(store.source_records.versions("fellow", "note", "n2")) == 1


def test_a_lead_takes_all_that_it_was_made_of_with_it(store):
    keep = store.source_records.keep
    keep("fellow", "note", [record("n1", who="ann")])
    keep("fellow", "recording", [record("r1", parent="n1"), record("r2", parent="n2")])
    keep("fellow", "action_item", [record("a1", parent="n1")])
    assert set(store.source_records.belonging("fellow", "recording", ["n1", "n2"])) == {"n1", "n2"}
    store.leads.record("b2b", [LeadRecord("L-1", {"name": "x"})])
    store.source_records.assign("fellow", "recording", "r1", playbook="b2b", lead_id="L-1")
    assert store.source_records.lead_of("fellow", "recording", "r1") == ("b2b", "L-1")
    assert store.source_records.lead_of("fellow", "recording", "r2") is None
    assert sorted(kind for _, kind, _ in store.source_records.of_lead("b2b", "L-1")) == [
        "action_item",
        "note",
        "recording",
    ]
    removed = store.erasures.erase_person(who="ada", playbook="b2b", lead_id="L-1").removed
    assert removed["source_records"] == 3
    assert store.source_records.counts("fellow") == {"recording": 1}
    assert store.row_counts()["source_versions"] == 1


def test_a_reading_goes_on_where_it_was_and_another_does_not_write_over_it(store, clock):
    states = store.source_states
    first = states.begin("fellow", "acme", "notes", since=None, at=clock())
    states.advance(first, "page 2")
    clock.go(hours=1)
    again = states.begin("fellow", "acme", "notes", since=None, at=clock())
    assert (again.cursor, again.begun_at) == ("page 2", START), "the one that is not over"
    other = states.begin("fellow", "acme", "notes", since=START, at=clock())
    assert (other.cursor, other.begun_at) == (None, clock())
    for said in (lambda: states.advance(again, "page 3"), lambda: states.succeed(again)):
        with pytest.raises(StoreConflict, match="read anew"):
            said()
    states.succeed(other)
    done = states.get("fellow", "acme", "notes")
    assert (done.begun_at, done.cursor, done.succeeded_at, done.ended_at) == (None, None, clock(), clock())


def test_a_failure_stays_on_the_record_until_the_next_end_and_is_counted(store, clock):
    states = store.source_states
    for _ in range(2):
        clock.go(hours=1)
        states.fail("fellow", "acme", "sync", "no key " * 1_000)
    failed = states.get("fellow", "acme", "sync")
    assert (failed.failures, failed.failed_at, len(failed.failure)) == (2, clock(), 2_000)
    whole = states.begin("fellow", "acme", "sync", since=None, at=clock())
    states.succeed(whole, counts=False)
    ended = states.all("fellow")[0]
    assert (ended.failures, ended.failure, ended.succeeded_at) == (0, None, None)


def test_turns_are_shared_and_counted_by_the_day(store, clock):
    def take(turns, **more):
        told = {"per_second": 2, "per_day": 4, "hold_seconds": 5.0, **more}
        return turns.take("fellow", "acme", **told)

    one, other = store.source_turns, SourceTurns(store._connections)
    slots = [take(one).slot, take(other).slot]
    assert sorted(slots) == [0, 1]
    waits = take(one)
    assert (waits.slot, waits.wait_seconds) == (None, 5.0), "whoever took them was not heard of"
    one.give_back("fellow", "acme", slots[0], after_seconds=1.0)
    assert take(other).wait_seconds == 1.0
    clock.go(seconds=1)
    assert take(other).slot == slots[0]
    clock.go(seconds=6)
    assert take(one).slot is not None
    clock.go(seconds=6)
    assert take(one).used_up
    assert one.used_today("fellow", "acme") == 4
    assert one.take("fellow", "other", per_second=1, per_day=1, hold_seconds=1).slot == 0
    clock.go(days=1)
    assert take(one).slot is not None
    assert one.used_today("fellow", "acme") == 1


def test_an_event_is_kept_once_and_known_again_when_it_was_worked_on(store, clock):
    number = store.source_events.add("fellow", "msg_1", "ai_note.generated", {"id": "n1"}, sent_at=clock())
    assert store.source_events.add("fellow", "msg_1", "ai_note.generated", {"id": "n1"}, sent_at=clock()) is None
    assert store.source_events.get(number).payload == {"id": "n1"}
    assert store.source_events.counts("fellow") == {"waiting": 1}
    store.source_events.finish(number)
    done = store.source_events.get(number)
    assert (done.state, done.payload) == ("done", None), "what it said is let go"
    assert store.source_events.add("fellow", "msg_1", "ai_note.generated", {}, sent_at=clock()) is None
    assert store.source_events.get(999) is None
