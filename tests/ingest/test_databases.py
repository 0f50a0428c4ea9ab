"""A table or query of a database is read as a file is, and a table is written whole or not at all."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest

from leadloop.errors import DataError
from leadloop.ingest import databases
from leadloop.ingest.databases import read_address
from leadloop.ingest.tables import open_table
from leadloop.ingest.writers import open_writer

LEADS = pl.DataFrame(
    {
        "id": ["L1", "L2", "L3"],
        "employees": [12, None, 7],
        "budget": [1.5, 2.25, None],
        "came": [datetime(2026, 1, 2, 3, 4, 5), None, datetime(2026, 1, 3)],
        "note": ["likes “50%” off", "a;b", None],
    }
)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """The address of an empty database, without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'crm.db'}"
    return request.getfixturevalue("new_postgres")().replace("+psycopg", "")


def write(address, *frames, rows=()):
    with open_writer(address) as out:
        for frame in (*frames, *rows):
            out.write(frame)


def read(address, rows=20_000):
    found = list(open_table(address).batches(rows))
    assert not any(rejects for _, rejects in found)
    return [batch for batch, _ in found]


def test_what_is_written_is_read_again_in_batches(address):
    write(f"{address}#leads", LEADS[:2], LEADS[2:])
    table = open_table(f"{address}#leads")
    assert (table.format, table.columns) == ("database", tuple(LEADS.columns))
    batches = read(f"{address}#leads", rows=2)
    assert [batch.cells.height for batch in batches] == [2, 1]
    assert [list(batch.lines) for batch in batches] == [[1, 2], [3]]
    assert [round(batch.share_read, 2) for batch in batches] == [0.67, 1.0]
    cells = pl.concat([batch.cells for batch in batches])
    came = cells["came"] if cells["came"].dtype != pl.String else cells["came"].str.to_datetime(strict=False)
    assert cells.with_columns(came).rows() == LEADS.rows()


def test_a_query_is_asked_and_changes_nothing(address):
    write(f"{address}#leads", LEADS)
    (batch,) = read(f"{address}#SELECT id, budget * 2 AS twice FROM leads WHERE note LIKE '%50\\%%' ESCAPE '\\';")
    assert batch.cells.rows() == [("L1", 3.0)]
    for sabotage in ("DELETE FROM leads", "WITH gone AS (DELETE FROM leads RETURNING *) SELECT * FROM gone"):
        with pytest.raises(DataError):
            read(f"{address}#{sabotage}")
    assert read(f"{address}#leads")[0].cells.height == 3


def test_a_table_of_the_same_columns_is_written_anew_and_any_other_is_left_alone(address):
    write(f"{address}#leads", LEADS)
    write(f"{address}#leads", LEADS[:1])
    assert read(f"{address}#leads")[0].cells.height == 1
    with pytest.raises(DataError, match="is there already, with other columns"):
        write(f"{address}#leads", LEADS.drop("note"))
    with pytest.raises(DataError, match="asks a query"):
        write(f"{address}#select 1", LEADS)


def test_a_writer_that_fails_leaves_the_table_as_it_was(address):
    write(f"{address}#leads", LEADS)

    def rows():
        yield LEADS[:1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(f"{address}#leads", rows=rows())
    assert read(f"{address}#leads")[0].cells.height == 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", "names no table"),
        ("#nowhere", "says: "),
        ("#select 1 as a, 2 as a", '"a"'),
        ("#select * from leads where 1 = 0", "are none"),
    ],
)
def test_what_cannot_be_read_is_said(address, asked, said):
    write(f"{address}#leads", LEADS)
    with pytest.raises(DataError, match=said):
        open_table(f"{address}{asked}")


def test_types_of_postgresql_become_ours(new_postgres):
    address = new_postgres().replace("+psycopg", "")
    query = (
        "SELECT 1.25::numeric AS n, DATE '2026-01-02' AS d, TIMESTAMPTZ '2026-01-02 03:04+02' AS t, true AS b, "
        "'{\"a\": [1]}'::jsonb AS j, NULL::int AS e, TIME '10:30' AS o"
    )
    (batch,) = read(f"{address}#{query}")
    moment = datetime(2026, 1, 2, 1, 4, tzinfo=UTC)
    assert batch.cells.rows() == [(1.25, date(2026, 1, 2), moment, True, '{"a": [1]}', None, "10:30:00")]
    with pytest.raises(DataError, match="holds bytes"):
        open_table(f"{address}#SELECT 'x'::bytea AS picture")


def test_a_column_of_sqlite_that_mixes_kinds_is_text_everywhere(tmp_path):
    with closing(sqlite3.connect(tmp_path / "crm.db")) as database, database:
        database.execute("CREATE TABLE leads (mixed, large, numbers)")
        rows = [(1, 2**60, 1), ("two", 0.5, 2.5), (None, None, None)]
        database.executemany("INSERT INTO leads VALUES (?, ?, ?)", rows)
    (first, *_) = read(f"sqlite:///{tmp_path / 'crm.db'}#leads", rows=1)
    assert first.cells.rows() == [("1", str(2**60), 1.0)]
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(DataError, match="unable to open"):
        open_table(f"sqlite:///{tmp_path / 'none.db'}#leads")
    assert not (tmp_path / "none.db").exists(), "reading makes no database"


def test_large_rows_make_smaller_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "BATCH_BYTES", 50_000)
    address = f"sqlite:///{tmp_path / 'crm.db'}#leads"
    write(address, pl.DataFrame({"id": range(3_000), "note": ["x" * 40] * 3_000}))
    heights = [batch.cells.height for batch in read(address)]
    assert sum(heights) == 3_000
    assert max(heights) <= 2_000


@pytest.mark.parametrize("secret", ["s3cret", "p%40ss%2Fword"])
def test_a_password_is_never_repeated(secret):
    """Nor where the driver repeats it: nobody listens at port 1."""
    address = f"postgresql://ann:{secret}@127.0.0.1:1/sales?password={secret}#leads"
    with pytest.raises(DataError) as told:
        open_table(address)
    assert "ann@127.0.0.1:1/sales" in str(told.value)
    assert secret not in str(told.value)
    assert secret not in repr(read_address(address))
    for wrong in (f"postgresql://ann:{secret}@127.0.0.1/sales", f"postgresql://ann:{secret}@127.0.0.1:x/sales#leads"):
        with pytest.raises(DataError) as told:
            open_table(wrong)
        assert secret not in str(told.value)
    with pytest.raises(DataError, match="cannot be taken here") as told:
        open_table(Path(address))
    assert secret not in str(told.value)
    assert urlsplit(address).password == secret
