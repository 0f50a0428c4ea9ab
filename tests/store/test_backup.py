import os
import sqlite3
import threading

import pytest
from tests.store.stores_for_tests import START, Clock, fill

from leadloop.errors import StoreError
from leadloop.store import Event, LeadRecord, open_store, restore
from leadloop.store.keys import find_key
from leadloop.store.migrating import HEAD


def add(store, number):
    return store.events.add("b2b", [Event(f"k{number}", "L-1", "opened", START)])


def test_a_backup_holds_what_the_store_held_and_can_be_opened_and_restored(sqlite_store, tmp_path, clock):
    fill(sqlite_store)
    backup = sqlite_store.back_up(tmp_path / "copy.db")
    assert backup.rows["lead_versions"] == 2
    assert len(backup.sha256) == 64
    add(sqlite_store, 1)
    sqlite_store.leads.record("b2b", [LeadRecord("L-later", {})])
    assert restore(backup.path, sqlite_store.where, now=clock, who="ada").erasures == 0
    assert sqlite_store.leads.get("b2b", "L-later") is None
    assert sqlite_store.leads.get("b2b", "L-1").version == 2
    assert sqlite_store.audit.page().items[-1].action == "restore"
    assert sqlite_store.audit.verify().number == 6
    assert add(sqlite_store, 1)[0].new
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_backup_under_load_holds_everything_that_was_acknowledged_before(sqlite_store, tmp_path):
    acknowledged, stop = [], threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            add(sqlite_store, number)
            acknowledged.append(f"k{number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(4):
            before = list(acknowledged)
            backup = sqlite_store.back_up(tmp_path / f"copy_{number}.db")
            copy = open_store(backup.path, now=Clock())
            held = {event.key for event in copy.events.stream("b2b")}
            copy.close()
            assert held.issuperset(before)
            assert len(held) == backup.rows["events"]
    finally:
        stop.set()
        writer.join()


def keys_of(store):
    return {one.key.name: one.key.revoked_at is not None for one in store.keys.known()}


def test_a_key_that_was_revoked_after_the_backup_stays_revoked_and_a_newer_one_stays(sqlite_store, tmp_path, clock):
    stolen = sqlite_store.keys.issue("admin", "stolen", who="ada")
    good = sqlite_store.keys.issue("scorer", "good", who="ada")
    backup = sqlite_store.back_up(tmp_path / "copy.db")
    sqlite_store.keys.revoke(stolen.key.id, who="ada")
    (at,) = [one.key.revoked_at for one in sqlite_store.keys.known() if one.key.id == stolen.key.id]
    newer = sqlite_store.keys.issue("admin", "newer", who="ada")
    done = restore(backup.path, sqlite_store.where, now=clock, who="ada")
    assert (done.keys_added, done.keys_revoked) == ((newer.key.id,), (stolen.key.id,))
    known = {one.key.id: one for one in sqlite_store.keys.known()}
    assert known[stolen.key.id].key.revoked_at == at
    assert find_key(known, stolen.text, clock()) is None
    assert find_key(known, good.text, clock()).name == "good"
    assert find_key(known, newer.text, clock()).name == "newer"
    assert sqlite_store.audit.page().items[-1].details == {
        "erasures": 0, "keys added": [newer.key.id], "keys revoked": [stolen.key.id],
    }  # fmt: skip
    sqlite_store.audit.verify()


def test_a_key_that_was_revoked_before_the_backup_is_revoked_whatever_the_store_says_now(sqlite_store, tmp_path, clock):
    key = sqlite_store.keys.issue("admin", "stolen", who="ada").key
    sqlite_store.keys.revoke(key.id, who="ada")
    backup = sqlite_store.back_up(tmp_path / "copy.db")
    with sqlite3.connect(sqlite_store.where) as other:
        other.execute("UPDATE api_keys SET revoked_at = NULL")
    other.close()
    assert restore(backup.path, sqlite_store.where, now=clock, who="ada").keys_revoked == ()
    assert keys_of(sqlite_store) == {"stolen": True}


def test_a_backup_without_keys_does_not_open_a_store_that_has_some(sqlite_store, tmp_path, clock):
    backup = sqlite_store.back_up(tmp_path / "copy.db")
    sqlite_store.keys.issue("admin", "first", who="ada")
    gone = sqlite_store.keys.issue("admin", "gone", who="ada").key
    sqlite_store.keys.revoke(gone.id, who="ada")
    restore(backup.path, sqlite_store.where, now=clock, who="ada")
    assert keys_of(sqlite_store) == {"first": False, "gone": True}


def test_where_the_store_is_lost_the_keys_that_are_handed_in_count(sqlite_store, tmp_path, clock):
    stolen = sqlite_store.keys.issue("admin", "stolen", who="ada").key
    backup = sqlite_store.back_up(tmp_path / "copy.db")
    sqlite_store.keys.revoke(stolen.id, who="ada")
    done = restore(backup.path, tmp_path / "new.db", now=clock, who="ada", keys=sqlite_store.keys.known())
    assert done.keys_revoked == (stolen.id,)
    found = open_store(tmp_path / "new.db", now=clock)
    assert keys_of(found) == {"stolen": True}
    found.close()


def test_nothing_is_written_over(sqlite_store, tmp_path):
    (tmp_path / "letter").write_text("Dear")
    with pytest.raises(StoreError, match="there already"):
        sqlite_store.back_up(tmp_path / "letter")
    with pytest.raises(StoreError, match="no folder"):
        sqlite_store.back_up(tmp_path / "nowhere" / "copy.db")
    assert (tmp_path / "letter").read_text() == "Dear"


def test_a_damaged_backup_one_of_something_else_and_one_of_a_newer_leadloop_are_refused(sqlite_store, tmp_path, clock):
    fill(sqlite_store)
    good = sqlite_store.back_up(tmp_path / "good.db").path
    content = bytearray(good.read_bytes())
    content[5_000:9_000] = os.urandom(4_000)
    (tmp_path / "damaged.db").write_bytes(content)
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 500)
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x (y)").connection.close()
    newer = sqlite3.connect(tmp_path / "newer.db")
    sqlite3.connect(good).backup(newer)
    newer.execute("UPDATE alembic_version SET version_num = '0999'")
    newer.commit()
    newer.close()
    for name in ("damaged", "letter", "other", "newer", "missing"):
        with pytest.raises(StoreError):
            restore(tmp_path / f"{name}.db", sqlite_store.where, now=clock, who="ada")
    assert sqlite_store.leads.get("b2b", "L-1").version == 2


def test_a_backup_whose_audit_log_was_tampered_with_is_refused(sqlite_store, tmp_path, clock):
    fill(sqlite_store)
    path = sqlite_store.back_up(tmp_path / "copy.db").path
    other = sqlite3.connect(path)
    other.executescript("DROP TRIGGER audit_no_update; UPDATE audit SET who = 'mallory' WHERE number = 2")
    other.close()
    with pytest.raises(StoreError, match="row 2"):
        restore(path, sqlite_store.where, now=clock, who="ada")
    assert sqlite_store.audit.verify().number == 5


def test_an_older_backup_is_migrated_when_it_is_restored(sqlite_store, tmp_path, clock):
    store = open_store(tmp_path / "old.db", now=clock)
    store.leads.record("b2b", [LeadRecord("L-old", {})])
    store.downgrade("0001")
    backup = store.back_up(tmp_path / "copy.db")
    store.close()
    restore(backup.path, sqlite_store.where, now=clock, who="ada")
    assert sqlite_store.leads.get("b2b", "L-old") is not None
    assert sqlite_store.step() == HEAD


def test_for_postgresql_it_is_said_what_to_use_instead(address, clock, tmp_path):
    if not address.startswith("postgres"):
        pytest.skip("SQLite is backed up from here")
    store = open_store(address, now=clock)
    with pytest.raises(StoreError, match="pg_dump"):
        store.back_up(tmp_path / "copy")
    with pytest.raises(StoreError, match="pg_restore"):
        restore(tmp_path / "copy", address, now=clock, who="ada")
    store.close()
