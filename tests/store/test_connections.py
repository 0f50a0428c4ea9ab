"""A thread has one transaction at a time: nothing in it waits for what it holds itself."""

from __future__ import annotations

import ast
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy
from tests.store.stores_for_tests import START

import leadloop.store
from leadloop.errors import StoreError
from leadloop.store import Variant

ARMS = [Variant("rules", "rules", 50, is_control=True), Variant("model", "v2", 50)]
READINGS = {
    "one test": lambda store: store.experiments.named("b2b", "first"),
    "a test by its number": lambda store: store.experiments.get(1),
    "tests that run": lambda store: store.experiments.every_running(),
    "tests that run in a playbook": lambda store: store.experiments.running("b2b"),
    "tests that have not ended": lambda store: store.experiments.unended("b2b"),
    "tests that were won": lambda store: store.experiments.last_won(),
    "tests, a page of them": lambda store: store.experiments.page("b2b"),
    "what is in service": lambda store: store.promotions.alias("b2b", "champion"),
    "sums of a test": lambda store: store.arm_sums.exposed(store.experiments.get(1), now=START, edges=()),
}


@contextmanager
def a_writer_that_comes_in_between(store):
    """After the first statement of a reading somebody else commits: on SQLite it has to wait for the reading to end, and keeps
    everybody out who begins to read after it.
    """
    with closing(sqlite3.connect(store.where, timeout=0, isolation_level=None, check_same_thread=False)) as other:
        came = []

        def come(_connection, _cursor, statement, *_):
            if not came and statement.startswith("SELECT"):
                came.append(Thread(target=lambda: wait_and_commit(other)))
                other.execute("BEGIN IMMEDIATE")
                other.execute("INSERT INTO secrets (name, secret) VALUES ('other', x'00')")
                if not commit(other):
                    came[0].start()

        engine = store._connections.engine
        sqlalchemy.event.listen(engine, "after_cursor_execute", come)
        sqlalchemy.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout = 2000").close())
        engine.dispose()  # connections from now on wait for two seconds, as the test else would for half a minute
        try:
            yield came
        finally:
            sqlalchemy.event.remove(engine, "after_cursor_execute", come)
            if came and came[0].ident:
                came[0].join()


def wait_and_commit(connection):
    while not commit(connection):
        time.sleep(0.005)


def commit(connection):
    with suppress(sqlite3.OperationalError):
        connection.execute("COMMIT")
    return not connection.in_transaction


@pytest.mark.parametrize("reading", READINGS)
def test_a_writer_that_waits_for_a_reading_does_not_make_it_wait(reading, sqlite_store):
    test = sqlite_store.experiments.start("b2b", "first", ARMS, target="won")
    sqlite_store.experiments.expose(test, "A", "model")
    if reading == "tests that were won":
        sqlite_store.experiments.stop(test, winner="model")
    said = READINGS[reading](sqlite_store)
    with a_writer_that_comes_in_between(sqlite_store) as came:
        assert READINGS[reading](sqlite_store) == said
    assert came


def test_a_reading_inside_a_reading_needs_no_second_connection(store):
    pool, out = store._connections.engine.pool, []
    sqlalchemy.event.listen(pool, "checkout", lambda *_: out.append(pool.checkedout()))
    test = store.experiments.start("b2b", "first", ARMS, target="won")
    with store._connections.read() as first:
        assert store.experiments.named("b2b", "first") == test
        with store._connections.read() as second:
            assert second is first
    assert max(out) == 1
    with store._connections.write() as writing, store._connections.read() as reading:
        assert reading is writing


def test_writing_inside_a_reading_is_refused_at_once(store):
    with store._connections.read(), pytest.raises(StoreError, match="only reads"):
        store.experiments.start("b2b", "first", ARMS, target="won")
    store.experiments.start("b2b", "first", ARMS, target="won")


def test_no_repository_hands_out_rows_while_it_keeps_its_reading_open():
    """Whoever takes them could write in between, or never take the last one."""
    opens = {"self._connections.read()", "self._connections.write()", "connections.read()", "connections.write()"}
    for path in sorted(Path(leadloop.store.__file__).parent.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef) or is_context(function):
                continue
            for block in (one for one in ast.walk(function) if isinstance(one, ast.With)):
                if any(ast.unparse(item.context_expr) in opens for item in block.items):
                    given = [one for one in ast.walk(block) if isinstance(one, ast.Yield | ast.YieldFrom)]
                    assert given == [], f"{path.name}, {function.name}"


def is_context(function):
    return any(ast.unparse(one) == "contextmanager" for one in function.decorator_list)
