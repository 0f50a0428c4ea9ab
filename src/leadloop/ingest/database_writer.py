"""A table of a database, written whole or not at all: rows gather on disk, and one transaction at the end puts them in place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.ingest.databases import Address, connect, open_sqlite, quoted

_IN_POSTGRESQL: tuple[tuple[Any, str], ...] = (
    (pl.Boolean, "boolean"),
    (pl.Date, "date"),
    (pl.Float64, "double precision"),
    (pl.Float32, "double precision"),
)


class DatabaseWriter:
    """Gathers rows in files of its own, so that the database is kept busy only at the end."""

    def __init__(self, address: Address, folder: Path) -> None:
        self._address, self._folder = address, folder
        self._parts = 0
        self._schema = pl.Schema()

    def write(self, frame: pl.DataFrame) -> None:
        """Add rows. All frames have the columns of the first."""
        if self._schema and list(frame.columns) != self._schema.names():
            raise ValueError(f"the columns were {self._schema.names()} and are now {frame.columns}")
        known = self._schema or frame.schema
        self._schema = pl.Schema(
            {name: frame.schema[name] if known[name] == pl.Null else known[name] for name in known}
        )
        frame.write_parquet(self._folder / f"{self._parts:06}.parquet", compression="lz4")
        self._parts += 1

    def put(self) -> None:
        """Put all rows in place."""
        if not self._schema:
            return
        with self._address.refusing():
            if self._address.kind == "sqlite":
                self._put_into_sqlite()
            else:
                self._put_into_postgresql()

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        for part in range(self._parts):
            yield from pl.read_parquet(self._folder / f"{part:06}.parquet").cast(self._schema).iter_rows()

    def _columns(self) -> str:
        return ", ".join(map(quoted, self._schema.names()))

    def _put_into_sqlite(self) -> None:
        table = self._address.table
        with closing(open_sqlite(self._address, "rwc")) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                cursor = connection.execute("SELECT name FROM pragma_table_info(?)", (self._address.asked,))
                self._require_same([name for (name,) in cursor])
                kinds = ", ".join(
                    f"{quoted(name)} {'REAL' if kind.is_float() else 'INTEGER' if _is_whole(kind) else 'TEXT'}"
                    for name, kind in self._schema.items()
                )
                connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({kinds})")
                connection.execute(f"DELETE FROM {table}")
                marks = ", ".join("?" * len(self._schema))
                rows = (tuple(map(_plain, row)) for row in self._rows())
                connection.executemany(f"INSERT INTO {table} ({self._columns()}) VALUES ({marks})", rows)
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def _put_into_postgresql(self) -> None:
        table = self._address.table
        with connect(self._address) as server, server.cursor() as cursor:
            cursor.execute(f"SELECT to_regclass('{table.replace(chr(39), chr(39) * 2)}')".encode())
            found = cursor.fetchone()
            if found and found[0]:
                cursor.execute(f"SELECT * FROM {table} LIMIT 0".encode())
                self._require_same([column.name for column in cursor.description or ()])
            kinds = ", ".join(f"{quoted(name)} {_kind(kind)}" for name, kind in self._schema.items())
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {table} ({kinds})".encode())
            cursor.execute(f"DELETE FROM {table}".encode())
            with cursor.copy(f"COPY {table} ({self._columns()}) FROM STDIN".encode()) as copy:
                for row in self._rows():
                    copy.write_row([_joined(value) for value in row])

    def _require_same(self, there: list[str]) -> None:
        """Only a table of the very same columns is written anew: any other is somebody's."""
        if there and set(there) != set(self._schema.names()):
            what = f"is there already, with other columns ({', '.join(there[:6])}{' ...' if len(there) > 6 else ''})"
            raise DataError(self._address.name, Problem("table", what, "name one that is not there yet"))


@contextmanager
def writing_table(address: Address) -> Iterator[DatabaseWriter]:
    """Write rows into a table, which is made where it is not there; one of the very same columns is emptied first.

    Raises DataError where the address asks for a query, where a table of other columns is there, or the database refuses.
    """
    if address.is_query:
        raise DataError(address.name, Problem("address", "asks a query", "name the table to write to behind #"))
    with tempfile.TemporaryDirectory(prefix="leadloop-", suffix=".parts") as folder:
        writer = DatabaseWriter(address, Path(folder))
        yield writer
        writer.put()


def _kind(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.Datetime):
        return "timestamp with time zone" if dtype.time_zone else "timestamp"
    if dtype.is_integer():
        return "bigint"
    return next((name for kind, name in _IN_POSTGRESQL if dtype == kind), "text")


def _is_whole(dtype: pl.DataType) -> bool:
    return dtype.is_integer() or dtype == pl.Boolean


def _joined(value: Any) -> Any:
    return "; ".join(str(one) for one in value if one is not None) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """A value as SQLite holds it: times as text that sorts as they do."""
    if isinstance(value, (date, datetime)):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return _joined(value)
