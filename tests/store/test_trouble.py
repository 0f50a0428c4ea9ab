"""What goes wrong in the database is told without what it was given."""

import sqlite3
import threading
import traceback

import pytest
from sqlalchemy import text
from tests.store.stores_for_tests import START, Clock

from leadloop.errors import DependencyMissing, LeadLoopError, StoreConflict, StoreError, StoreFull, StoreUnavailable
from leadloop.store import Event, LeadRecord, open_store
from leadloop.store.engine import make_engine
from leadloop.store.trouble import explain


def whole(error):
    """Everything that a log could hold of an error, with whatever it hides."""
    told = ""
    while error is not None:
        told += "".join(traceback.format_exception_only(error))
        told += f"{error!r} {error.args!r} {getattr(error, 'orig', None)!r} {getattr(error, 'statement', '')!r}"
        error = error.__context__
    return told


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO leads (playbook, lead_id, version, at, first_at, recorded_at) "
        "SELECT playbook, :secret, version, at, first_at, recorded_at FROM leads",
        "SELECT * FROM nowhere WHERE x = :secret",
        "INSERT INTO secrets (name) VALUES (:secret)",
        "SELECT CAST(CAST(:secret AS TEXT) AS INTEGER) + x",
    ],
)
def test_no_error_quotes_what_the_database_was_given(store, statement):
    store.leads.record("b2b", [LeadRecord("ann-marker", {})])

    def fail():
        with store._connections.write() as connection:
            connection.execute(text(statement), {"secret": "ann-marker"})

    with pytest.raises(LeadLoopError) as failed:
        fail()
    assert "ann-marker" not in whole(failed.value)


def test_a_value_that_json_cannot_say_is_refused_and_not_quoted(store):
    for value in (float("nan"), float("inf"), object(), {1, 2}):
        with pytest.raises(StoreError, match="JSON") as failed:
            store.events.add("b2b", [Event("k", "L-1", "x", START, {"ann-marker": value})])
        assert "ann-marker" not in whole(failed.value)


def test_a_database_that_others_keep_busy_is_unavailable(sqlite_store, tmp_path):
    path = sqlite_store.where
    holding, done = threading.Event(), threading.Event()

    def hold():
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        holding.set()
        done.wait()
        other.close()

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    try:
        with sqlite_store._connections.read() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        with pytest.raises(StoreUnavailable, match="busy"):
            sqlite_store.events.add("b2b", [Event("k", "L-1", "x", START)])
    finally:
        done.set()
        holder.join()
    assert sqlite_store.events.add("b2b", [Event("k", "L-1", "x", START)])[0].new


def test_a_full_disk_is_said_and_what_was_stored_stays(sqlite_store):
    store = sqlite_store
    store.events.add("b2b", [Event("k1", "L-1", "x", START)])
    with store._connections.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreFull):
        store.events.add("b2b", [Event(f"m{number}", "L-1", "x", START, {"much": "x" * 5_000}) for number in range(20)])
    with store._connections.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert store.events.add("b2b", [Event("k2", "L-1", "x", START)])[0].new
    assert [event.key for event in store.events.stream("b2b")] == ["k1", "k2"]


def test_a_damaged_file_and_a_file_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(StoreError, match="damaged or no SQLite file"):
        open_store(path, now=Clock())


def test_a_server_that_does_not_answer_is_unavailable_and_its_password_stays_secret():
    with pytest.raises(StoreUnavailable) as failed:
        open_store("postgresql://ann:hunter2@127.0.0.1:1/x", now=Clock())
    assert "hunter2" not in whole(failed.value)


def test_a_connection_that_was_cut_is_made_anew(address, clock):
    if not address.startswith("postgres"):
        pytest.skip("SQLite has no connection to cut")
    store = open_store(address, now=clock)
    store.step()
    other = open_store(address, now=clock)
    with other._connections.read() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    assert store.events.add("b2b", [Event("k", "L-1", "x", START)])[0].new
    for one in (store, other):
        one.close()


@pytest.mark.parametrize(
    "place", ["mysql://a/b", "sqlite://", "sqlite:///:memory:", "://", "postgresql://[", "/nowhere/at/all/x.db"]
)
def test_an_address_that_leads_nowhere_is_refused(place):
    with pytest.raises(StoreError):
        open_store(place, now=Clock())


def test_a_clock_without_a_zone_is_refused(tmp_path):
    store = open_store(tmp_path / "x.db", now=Clock(START.replace(tzinfo=None)))
    with pytest.raises(StoreError, match="zone"):
        store.events.add("b2b", [])
    store.close()


def test_without_the_driver_of_postgresql_it_is_said_how_to_get_it(monkeypatch):
    def missing(*_args, **_more):
        raise ImportError("No module named 'psycopg'")

    monkeypatch.setattr("leadloop.store.engine.create_engine", missing)
    from leadloop.store.engine import address_of

    with pytest.raises(DependencyMissing, match="leadloop\\[postgres\\]"):
        make_engine(address_of("postgres://a/b"))


def test_our_own_errors_pass_as_they_are():
    error = StoreConflict("x", [])
    assert explain(error) is error
