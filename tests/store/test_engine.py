import os
import stat

import pytest

from leadloop.store import open_store
from leadloop.store.engine import address_of, choose_journal, describe
from leadloop.store.migrating import HEAD


def pragma(store, name):
    with store._connections.read() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def test_sqlite_waits_for_the_disk_holds_to_references_and_overwrites_what_is_removed(sqlite_store):
    import sqlite3

    assert pragma(sqlite_store, "journal_mode") == choose_journal(sqlite3.sqlite_version_info).lower()
    assert [pragma(sqlite_store, name) for name in ("synchronous", "foreign_keys", "secure_delete")] == [2, 1, 1]
    assert sqlite_store.describe()["commits"].endswith("synchronous full")


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 2)])
def test_a_version_that_can_damage_a_log_keeps_a_journal(version):
    assert choose_journal(version) == "DELETE"


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 0), (4, 0, 0)])
def test_a_version_that_cannot_keeps_a_log(version):
    assert choose_journal(version) == "WAL"


@pytest.mark.skipif(os.name != "posix", reason="files have owners on POSIX")
def test_nobody_else_may_read_the_file(tmp_path, clock):
    open_store(tmp_path / "new.db", now=clock).close()
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_means_psycopg_3(scheme):
    url = address_of(f"{scheme}://ann:hunter2@db/leads")
    assert url.drivername == "postgresql+psycopg"
    assert describe(url) == "postgresql+psycopg://ann:***@db/leads"


def test_a_store_says_what_it_runs_on(store):
    told = store.describe()
    assert told["step"] == HEAD
    assert told["commits"] in (
        "journal delete, synchronous full",
        "journal wal, synchronous full",
        "synchronous_commit on",
    )


def test_postgresql_acknowledges_what_is_on_disk_whatever_the_server_is_set_to(address, clock):
    if not address.startswith("postgres"):
        pytest.skip("SQLite has a setting of its own")
    separator = "&" if "?" in address else "?"
    store = open_store(f"{address}{separator}options=-c%20synchronous_commit%3Doff", now=clock)
    assert store.describe()["commits"] == "synchronous_commit on"
    store.close()
