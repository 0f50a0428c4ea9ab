import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from tests.store.stores_for_tests import Clock, fill

from leadloop.errors import StoreError
from leadloop.store import LeadOutcome, migrating, open_store
from leadloop.store.tables import METADATA

FOLDER = Path(migrating.__file__).with_name("migrations")


def tables(store):
    with store._connections.read() as connection:
        return set(inspect(connection).get_table_names()) - {"sqlite_sequence", "alembic_version"}


def rows(store):
    with store._connections.read() as connection:
        return {
            table.name: connection.execute(text(f"SELECT * FROM {table.name}")).all()
            for table in METADATA.sorted_tables
        }


def test_the_steps_are_the_files_in_their_order():
    script = ScriptDirectory(str(FOLDER), version_locations=[str(FOLDER)])
    assert [revision.revision for revision in script.walk_revisions()][::-1] == list(migrating.STEPS)
    assert list(script.get_heads()) == [migrating.HEAD]


def test_the_newest_step_leaves_the_tables_that_the_code_works_with(store):
    with store._connections.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_filled_database_goes_down_and_up_and_keeps_what_it_can(new_address):
    store = open_store(new_address(), now=Clock())
    fill(store)
    before = rows(store)
    later = list(migrating.STEPS[1:])
    assert store.downgrade("0001") == later[::-1]
    assert store.step() == "0001"
    assert tables(store) == {"leads", "lead_versions", "events", "outcomes", "scores", "lead_feedback"}
    assert store.migrate() == later
    after = rows(store)
    assert after["lead_versions"] == before["lead_versions"] != []
    assert after["scores"] == before["scores"] != []
    assert after["jobs"] == []
    fill(store, "L-2")
    assert store.audit.verify().number == 5
    assert store.downgrade("base") == [*later[::-1], "0001"]
    assert tables(store) == set()
    assert store.migrate() == list(migrating.STEPS)
    assert store.migrate() == []
    store.close()


def test_what_was_imported_before_undated_outcomes_were_told_apart_is_undated_where_it_stands_at_its_lead(new_address):
    address = new_address()
    store = open_store(address, now=Clock())
    fill(store)
    came = store.leads.get("b2b", "L-1").at
    for key, at, source in (("a", came, "import"), ("b", came + timedelta(days=2), "import"), ("c", came, "crm")):
        store.outcomes.add("b2b", [LeadOutcome(key, "L-1", "won", 1, at, source)])
    store.downgrade("0003")
    store.migrate()
    dated = {one.key: one.dated for one in store.outcomes.of_lead("b2b", "L-1")}
    assert {key: dated[key] for key in "abc"} == {"a": False, "b": True, "c": True}
    store.close()


def test_a_database_of_a_newer_leadloop_is_refused_and_left_alone(store, address):
    with store._connections.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    try:
        with pytest.raises(StoreError, match="upgrade LeadLoop, or restore a backup"):
            open_store(address, now=Clock())
        for move in (store.migrate, lambda: store.downgrade("0001")):
            with pytest.raises(StoreError, match="0999"):
                move()
        assert len(tables(store)) == len(METADATA.tables)
    finally:
        with store._connections.write() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{migrating.HEAD}'"))


def test_an_older_database_is_migrated_or_on_request_refused(new_address):
    address = new_address()
    store = open_store(address, now=Clock())
    store.downgrade("0002")
    with pytest.raises(StoreError, match="migrate it first"):
        open_store(address, now=Clock(), migrate=False)
    again = open_store(address, now=Clock())
    assert again.step() == migrating.HEAD
    with pytest.raises(StoreError, match="not known"):
        again.migrate("0999")
    for one in (store, again):
        one.close()


def test_of_several_that_start_at_once_each_step_is_taken_by_one(new_address):
    address = new_address()
    opened, failed = [], []

    def start():
        try:
            opened.append(open_store(address, now=Clock()))
        except BaseException as error:
            failed.append(error)

    starts = [threading.Thread(target=start) for _ in range(4)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()
    assert failed == []
    assert tables(opened[0]) == set(METADATA.tables)
    fill(opened[0])
    for store in opened:
        store.close()


def test_a_database_that_is_up_to_date_is_opened_without_loading_alembic(sqlite_store):
    code = (
        "import sys; from datetime import UTC, datetime; from leadloop.store import open_store; "
        f"open_store({sqlite_store.where!r}, now=lambda: datetime.now(UTC)); "
        "sys.exit('alembic' in sys.modules)"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        ).returncode
        == 0
    )
