"""A table of leads in a database: named by an address, read by a cursor in bounded memory, and never changed.

An address says which database, and behind `#` which of its tables, or a query: `postgresql://ann@crm.example/sales#leads`,
`sqlite:///crm.db#select * from leads where city = 'Ulm'`. A password may stand in it (`ann:secret@`), and is never repeated in a
message; better leave it to PostgreSQL's own `~/.pgpass` or `PGPASSWORD`, since other users of a machine can see command lines.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, unquote, urlsplit

import numpy as np
import polars as pl

from leadloop.errors import DataError, DependencyMissing, Problem
from leadloop.ingest.batch import Batch
from leadloop.ingest.csv_dialect import check_names
from leadloop.leads.reject import Reject

if TYPE_CHECKING:
    import psycopg

_ADDRESS = re.compile(r"(?P<kind>sqlite|postgres(?:ql)?)(?:\+\w+)?:/+", re.IGNORECASE)
_QUERY = re.compile(r"\s*(?:select|with|values|table)\b", re.IGNORECASE)
_AS_WRITTEN = "as in postgresql://ann@host/sales#leads or sqlite:///crm.db#leads"
_ROWS_AT_ONCE = 1_000
BATCH_BYTES = 32 * 2**20
"""Of rows with long texts a batch holds about so many bytes."""
_MOST_WHOLE = 2**53

# PostgreSQL's numbers of its types: the same on every server (src/include/catalog/pg_type.dat).
_BYTES = 17
_TYPES: dict[int, pl.DataType] = {
    16: pl.Boolean(),
    **dict.fromkeys((20, 21, 23), pl.Int64()),
    **dict.fromkeys((700, 701, 1700), pl.Float64()),
    1082: pl.Date(),
    1114: pl.Datetime("us"),
    1184: pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True)
class Address:
    """Where a table is: the database, and the table or query in it."""

    kind: Literal["sqlite", "postgresql"]
    database: str = field(repr=False)
    """What the driver is given; a password may stand in it."""
    asked: str
    """The name of a table, or a query."""
    name: str
    """What a person calls it, without any password."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What must not be repeated."""

    @property
    def is_query(self) -> bool:
        """Whether it asks for more than a table by its name."""
        return _QUERY.match(self.asked) is not None

    @property
    def query(self) -> str:
        """What to ask the database."""
        return self.asked.strip().rstrip(";") if self.is_query else f"SELECT * FROM {self.table}"

    @property
    def table(self) -> str:
        """The name of the table as a query holds it.

        >>> read_address("sqlite:///crm.db#sales.new leads").table
        '"sales"."new leads"'
        """
        return ".".join(quoted(part) for part in self.asked.split("."))

    def refuse(self, where: str, what: str, mend: str) -> DataError:
        """The error to raise, with nothing in it that must not be repeated."""
        for secret in self.secrets:
            what = what.replace(secret, "***")
        return DataError(self.name, Problem(where, " ".join(what.split()), mend))

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Raise our own errors in place of the driver's."""
        try:
            yield
        except Exception as error:
            if isinstance(error, sqlite3.Error) or type(error).__module__.startswith("psycopg"):
                mend = "see that the address, the table or query, and your rights are right"
                raise self.refuse("database", f"says: {error}", mend) from None
            raise


def is_address(text: object) -> bool:
    """Whether somebody named a database, and not a file.

    >>> is_address("postgresql://host/sales#leads"), is_address("leads.csv")
    (True, False)
    """
    return isinstance(text, (str, Path)) and _ADDRESS.match(str(text)) is not None


def read_address(text: str | Path) -> Address:
    """What an address says; raises DataError where it says no table, or is none.

    >>> read_address("postgresql://ann:secret@crm.example/sales#leads").name
    'postgresql://ann@crm.example/sales, table leads'
    """
    whole, _, asked = str(text).partition("#")
    found = _ADDRESS.match(whole)
    secrets: tuple[str, ...] = ()
    kind: Literal["sqlite", "postgresql"] = "sqlite" if found and found["kind"].lower() == "sqlite" else "postgresql"
    if isinstance(text, Path) or "://" not in whole:
        raise DataError(f"the {kind} database", Problem("address", "cannot be taken here", "name a file"))
    if kind == "sqlite":
        database, plain = unquote(whole.partition("://")[2].removeprefix("/")), whole
        problem = Problem("address", "names no file", _AS_WRITTEN) if not database else None
    else:
        try:
            parts = urlsplit("postgresql://" + whole.partition("://")[2])
            password, _ = parts.password or "", parts.port
        except ValueError:
            raise DataError("the database", Problem("address", "cannot be read", _AS_WRITTEN)) from None
        user, _, host = parts.netloc.rpartition("@")
        secrets = tuple(one for one in {password, unquote(password)} if one)
        plain = parts._replace(netloc=f"{user.partition(':')[0]}@{host}" if user else host, query="").geturl()
        problem = Problem("address", "names no database", _AS_WRITTEN) if parts.path in ("", "/") else None
        database = parts.geturl()
    shown = "a query" if _QUERY.match(asked) else f"table {asked}"
    if problem is None and not asked.strip():
        shown, problem = "", Problem("address", "names no table", f"put its name, or a query, behind #, {_AS_WRITTEN}")
    if problem:
        raise DataError(plain, problem)
    return Address(kind, database, asked.strip(), f"{plain}, {shown}", secrets)


def quoted(name: str) -> str:
    """A name as a query holds it, whatever signs it has."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Asked:
    """A query whose columns are known."""

    address: Address
    columns: dict[str, pl.DataType]
    rows: int

    def batches(self, rows: int) -> Iterator[tuple[Batch, list[Reject]]]:
        """Yield the rows in batches; a database has no rows that cannot be told apart, so no rejects."""
        done = 0
        held: list[pl.DataFrame] = []
        with self.address.refusing(), _reading(self.address) as ask, closing(ask(self.address.query)) as cursor:
            while some := cursor.fetchmany(min(_ROWS_AT_ONCE, rows - sum(part.height for part in held))):
                held.append(self._frame(some))
                height = sum(part.height for part in held)
                if height >= rows or sum(part.estimated_size() for part in held) > BATCH_BYTES:
                    yield self._batch(held, done)
                    done, held = done + height, []
            if held:
                yield self._batch(held, done)

    def _batch(self, held: list[pl.DataFrame], done: int) -> tuple[Batch, list[Reject]]:
        cells = pl.concat(held)
        lines = np.arange(done + 1, done + cells.height + 1, dtype=np.int64)
        return Batch(cells, lines, min(1.0, (done + cells.height) / max(1, self.rows))), []

    def _frame(self, rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
        values = zip(*rows, strict=True)
        try:
            return pl.DataFrame(
                [
                    pl.Series(name, _fitting(column, dtype), dtype=dtype, strict=True)
                    for (name, dtype), column in zip(self.columns.items(), values, strict=True)
                ]
            )
        except (TypeError, OverflowError, ValueError, pl.exceptions.PolarsError):
            raise self.address.refuse("rows", "changed their types while they were read", "try again") from None


def ask(address: Address) -> Asked:
    """See which columns a table or query has and how many rows; raises DataError where it cannot be read.

    What SQLite holds may differ in type from row to row, so all of them are looked at once.
    """
    with address.refusing(), _reading(address) as query:
        if address.kind == "postgresql":
            rows = int(_one(query(f"SELECT count(*) FROM ({address.query}) AS leads"))[0])
            with closing(query(f"SELECT * FROM ({address.query}) AS leads LIMIT 0")) as cursor:
                kinds = [(column.name, column.type_code) for column in cursor.description or ()]
            check_names(address.name, [name for name, _ in kinds])
            _refuse_bytes(address, [name for name, code in kinds if code == _BYTES])
            return Asked(address, {name: _TYPES.get(code, pl.String()) for name, code in kinds}, rows)
        with closing(query(address.query)) as cursor:  # as a part of another query, equal names would be told apart
            names = [column[0] for column in cursor.description or ()]
        check_names(address.name, names)
        looks = ", ".join(
            f"max(typeof({name}) = 'integer'), max(typeof({name}) = 'real'), max(typeof({name}) = 'text'), "
            f"max(typeof({name}) = 'blob'), max(typeof({name}) = 'integer' AND abs({name} / 2) > {_MOST_WHOLE // 2})"
            for name in map(quoted, names)
        )
        rows, *seen = _one(query(f"SELECT count(*), {looks} FROM ({address.query})"))
        kinds_of = {name: tuple(map(bool, seen[5 * place : 5 * place + 5])) for place, name in enumerate(names)}
        _refuse_bytes(address, [name for name, kinds in kinds_of.items() if kinds[3]])
        return Asked(address, {name: _type(kinds) for name, kinds in kinds_of.items()}, rows)


def _type(kinds: tuple[bool, ...]) -> pl.DataType:
    """The type that holds every value of a column of SQLite exactly; mixed kinds are kept as text."""
    whole, real, text, _, large = kinds
    if text or (real and large) or not (whole or real):
        return pl.String()
    return pl.Float64() if real else pl.Int64()


def _fitting(values: Sequence[Any], dtype: pl.DataType) -> list[Any]:
    if dtype == pl.String:
        return [value if value is None or type(value) is str else _spelt(value) for value in values]
    if dtype == pl.Float64:
        return [None if value is None else float(value) for value in values]
    return list(values)


def _spelt(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat() if isinstance(value, time) else str(value)


def _refuse_bytes(address: Address, columns: Sequence[str]) -> None:
    if columns:
        mend = "name the other columns in a query behind #"
        raise DataError(address.name, [Problem(name, "holds bytes and no values", mend) for name in columns])


def _one(cursor: Any) -> Sequence[Any]:
    with closing(cursor):
        row: Sequence[Any] = cursor.fetchone()
        return row


@contextmanager
def _reading(address: Address) -> Iterator[Callable[[str], Any]]:
    """Ask a database within one transaction that sees one state of it and can change nothing."""
    if address.kind == "sqlite":
        with closing(open_sqlite(address, "ro")) as connection:
            connection.execute("BEGIN")
            yield connection.execute
        return
    import_psycopg(address)
    import psycopg

    with closing(psycopg.connect(address.database)) as server:
        server.read_only = True
        server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

        def ask(query: str) -> Any:
            # A cursor with a name is one of the server: it hands over some rows at a time.
            cursor = server.cursor(name="leadloop")
            return cursor.execute(query.encode())

        yield ask


def open_sqlite(address: Address, mode: Literal["ro", "rw", "rwc"]) -> sqlite3.Connection:
    """A connection to a file of SQLite that waits for others, and begins no transaction by itself."""
    file = f"file:{quote(str(Path(address.database).absolute()))}?mode={mode}"
    return sqlite3.connect(file, uri=True, timeout=timedelta(seconds=30).seconds, isolation_level=None)


def import_psycopg(address: Address) -> None:
    """Raise DependencyMissing where PostgreSQL cannot be asked."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        cure = "pip install 'leadloop[postgres]'"
        raise DependencyMissing(
            address.name, Problem("PostgreSQL", "needs psycopg, which is not installed", cure)
        ) from None


def connect(address: Address) -> psycopg.Connection[Any]:
    """A connection to PostgreSQL that may write."""
    import_psycopg(address)
    import psycopg

    return psycopg.connect(address.database)
