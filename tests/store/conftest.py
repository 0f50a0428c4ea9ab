"""Every behaviour of the store is tested on SQLite and on PostgreSQL, each test with a database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy
from tests.store.stores_for_tests import Clock

from leadloop.store import Store, open_store

NewAddress = Callable[[], str]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "store.db"
    open_store(path, now=Clock()).close()
    return path


@pytest.fixture(scope="session")
def postgres_copies(new_postgres: NewAddress) -> Iterator[NewAddress]:
    """Makes databases whose tables are there already, which is quicker than to migrate each."""
    template = sqlalchemy.make_url(new_postgres())
    open_store(template.render_as_string(hide_password=False), now=Clock()).close()
    engine = sqlalchemy.create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
    numbers = count(1)
    with engine.connect() as connection:
        # These tests kill the server's clients, never the server, so it need not wait for the disk: each of many small
        # databases would else cost half a second when it stops.
        connection.execute(sqlalchemy.text("ALTER SYSTEM SET fsync = off"))
        connection.execute(sqlalchemy.text("SELECT pg_reload_conf()"))

    def make() -> str:
        name = f"store_{next(numbers)}"
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"CREATE DATABASE {name} TEMPLATE {template.database}"))
        return template.set(database=name).render_as_string(hide_password=False)

    yield make
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_address(request: pytest.FixtureRequest, tmp_path: Path) -> NewAddress:
    """Makes addresses of empty databases without any table."""
    if request.param == "postgresql":
        make: NewAddress = request.getfixturevalue("new_postgres")
        return make
    numbers = count(1)
    return lambda: str(tmp_path / f"empty_{next(numbers)}.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with the newest tables and nothing in them."""
    if request.param == "postgresql":
        made: str = request.getfixturevalue("postgres_copies")()
        return made
    path = tmp_path / "store.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return str(path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(address: str, clock: Clock) -> Iterator[Store]:
    opened = open_store(address, now=clock)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    path = tmp_path / "only.db"
    shutil.copy(sqlite_template, path)
    opened = open_store(path, now=clock)
    yield opened
    opened.close()
