import pytest
from tests.store.stores_for_tests import START, fill

from leadloop.errors import StoreError
from leadloop.store import Event, LeadRecord
from leadloop.store.retention import families
from leadloop.store.tables import METADATA


def count(store, table):
    with store._connections.read() as connection:
        return len(connection.execute(METADATA.tables[table].select()).all())


@pytest.mark.parametrize("family", families(START))
def test_what_is_older_goes_and_the_rest_stays(store, clock, family):
    fill(store, "L-old")
    job = store.jobs.claim("w", seconds=60)
    store.jobs.finish(job)
    for message in store.webhooks.claim("w", seconds=60, room={}, usual=9, most=9):
        store.webhooks.end(message, "sent", status=200, error=None, seconds=0.1)
    limit = clock.go(days=400)
    fill(store, "L-new")
    table = families(START)[family][0].name
    before = count(store, table)
    removed = store.forget_older_than(family, limit, who="ada")
    assert removed == 1
    assert count(store, table) == before - 1
    assert store.forget_older_than(family, limit, who="ada") == 0
    last = store.audit.page().items[-1]
    assert (last.action, last.details["family"], last.details["rows"]) == ("forget", family, 1)


def test_a_lead_goes_with_all_its_versions_once_nothing_was_recorded_of_it_since(store, clock):
    fill(store, "L-old")
    fill(store, "L-kept")
    limit = clock.go(days=400)
    store.leads.record("b2b", [LeadRecord("L-kept", {"employees": 90})])
    store.forget_older_than("leads", limit, who="ada")
    assert store.leads.versions("b2b", "L-old") == ()
    assert len(store.leads.versions("b2b", "L-kept")) == 3


def test_more_rows_than_go_at_once_all_go(store, clock):
    store.events.add("b2b", [Event(f"k{number}", "L-1", "opened", START) for number in range(2_100)])
    assert store.forget_older_than("events", clock.go(days=1), who="ada") == 2_100


def test_a_job_that_is_not_done_and_the_audit_log_are_never_forgotten(store, clock):
    store.jobs.add("train", None)
    limit = clock.go(days=4_000)
    assert store.forget_older_than("jobs", limit, who="ada") == 0
    for family in ("audit", "everything"):
        with pytest.raises(StoreError, match=family):
            store.forget_older_than(family, limit, who="ada")
