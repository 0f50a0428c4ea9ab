"""Every behaviour of the store is tested on SQLite and on PostgreSQL, each test with a database that is empty."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy
from tests.store.stores_for_tests import Clock

from leadloop.store import Store, open_store
from leadloop.store.tables import METADATA

NewAddress = Callable[[], str]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "store.db"
    open_store(path, now=Clock()).close()
    return path


@pytest.fixture(scope="session")
def postgres(new_postgres: NewAddress) -> str:
    """A database with the newest tables, which tests share one after the other: a hundred small ones take minutes to make and
    remove.
    """
    made = new_postgres()
    open_store(made, now=Clock()).close()
    return made


@pytest.fixture
def clean_postgres(postgres: str) -> Iterator[str]:
    yield postgres
    engine = sqlalchemy.create_engine(postgres, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("SET LOCAL session_replication_role = replica"))  # no trigger, no reference
        for table in METADATA.sorted_tables:
            if table.name != "audit_head":
                connection.execute(table.delete())
        connection.execute(METADATA.tables["audit_head"].update().values(number=0, hash="0" * 64))


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
        made: str = request.getfixturevalue("clean_postgres")
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
