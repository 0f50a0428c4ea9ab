"""The database behind a store: SQLite as safe as its version allows, or PostgreSQL.

SQLite before 3.51.3 can damage a file in WAL mode that several processes write to (its change log, "WAL-reset bug"), so
those versions keep a rollback journal. `synchronous=FULL` makes a commit wait for the disk in both modes.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from leadloop.errors import DependencyMissing, Problem, StoreError
from leadloop.store.trouble import explain

WRITES = "leadloop_writes"
"""The execution option that marks a transaction which is going to write."""
WAL_IS_SAFE_SINCE = (3, 51, 3)
_WAIT_SECONDS = 30


def choose_journal(version: tuple[int, ...]) -> str:
    """The journal mode that this version of SQLite can be trusted with when several processes write.

    >>> choose_journal((3, 40, 1)), choose_journal((3, 51, 3))
    ('DELETE', 'WAL')
    """
    return "WAL" if version >= WAL_IS_SAFE_SINCE else "DELETE"


def address_of(place: str | Path) -> URL:
    """The address of a store: a file for SQLite, or a PostgreSQL URL, which always means psycopg 3."""
    text = str(place)
    if isinstance(place, Path) or "://" not in text:
        return URL.create("sqlite+pysqlite", database=str(Path(text).expanduser().absolute()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None:
        raise StoreError(
            "store", Problem("address", "cannot be read", "write postgresql://user:password@host/database")
        )
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite":
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise StoreError(
                "store", Problem("address", "names no file", "name one: every connection must see the same")
            )
        return URL.create("sqlite+pysqlite", database=str(Path(url.database).absolute()))
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreError("store", Problem("address", "names neither SQLite nor PostgreSQL", "use one of these"))


def make_engine(url: URL) -> Engine:
    """An engine for this address; nothing is connected to yet. Raises DependencyMissing where psycopg is not installed."""
    if url.drivername.startswith("sqlite"):
        return _sqlite(url)
    try:
        # Durable commits and UTC, whatever the server's own defaults are.
        options = "-c synchronous_commit=on -c timezone=UTC -c lock_timeout=30s"
        if given := url.query.get("options"):
            options = f"{given if isinstance(given, str) else ' '.join(given)} {options}"
            url = url.difference_update_query(["options"])
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_timeout=_WAIT_SECONDS,
            # A server whose network went away is given up after half a minute, not after the system's quarter of an hour.
            connect_args={
                "options": options,
                "connect_timeout": 10,
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "tcp_user_timeout": 30_000,
            },
        )
    except ImportError:
        pass
    except SQLAlchemyError as error:
        raise explain(error) from None
    raise DependencyMissing(
        "store", Problem("PostgreSQL", "needs psycopg, which is not installed", "pip install 'leadloop[postgres]'")
    )


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    if not path.parent.is_dir():
        raise StoreError("store", Problem(str(path.parent), "is no folder", "make it first"))
    try:
        # Nobody else on this machine needs to read what people told us.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError("store", Problem(str(path), f"cannot be opened: {error.strerror}", "name another")) from None
    journal = choose_journal(sqlite3.sqlite_version_info)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # Python's module would else begin and commit where it thinks best
        for pragma in (
            f"busy_timeout = {_WAIT_SECONDS * 1000}",
            f"journal_mode = {journal}",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",  # what is erased is overwritten, not only unlinked
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later can fail half-way where another one wrote in between.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def describe(url: URL) -> str:
    """The address without its password, for people to read."""
    return str(url.database) if url.drivername.startswith("sqlite") else url.render_as_string(hide_password=True)
