"""Parquet: the file's own types, in batches, whatever the size of its row groups."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from leadloop.errors import DataError
from leadloop.ingest import parquet
from leadloop.ingest.tables import open_table


def test_types_are_kept_and_rows_are_numbered_from_one(tmp_path: Path):
    leads = pl.DataFrame(
        {
            "calls": [1, None, 3],
            "won": [True, False, None],
            "on": [date(2024, 5, 1), None, date(2024, 5, 3)],
            "tags": [["a"], [], None],
            "place": [{"city": "Rome"}, None, {"city": None}],
        }
    )
    leads.write_parquet(tmp_path / "leads.parquet")
    table = open_table(tmp_path / "leads.parquet")
    found = [batch for batch, rejects in table.batches(rows=2) if not rejects]
    assert_frame_equal(pl.concat([batch.cells for batch in found]), leads)
    assert [batch.lines.tolist() for batch in found] == [[1, 2], [3]]
    assert [batch.share_read for batch in found] == [2 / 3, 1.0]


@pytest.mark.parametrize("columns_bytes", [1, 10_000, 10**9])
def test_reading_a_few_columns_at_a_time_gives_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns_bytes: int
):
    leads = pl.DataFrame({name: range(place, 25_000 + place) for place, name in enumerate("abcde")})
    leads.write_parquet(tmp_path / "leads.parquet", row_group_size=7_000, compression="uncompressed")
    monkeypatch.setattr(parquet, "COLUMNS_BYTES", columns_bytes)
    monkeypatch.setattr(parquet, "CELLS_AT_ONCE", 45_000)
    batches = [batch for batch, _ in open_table(tmp_path / "leads.parquet").batches(rows=4_000)]
    assert_frame_equal(pl.concat([batch.cells for batch in batches]), leads)
    assert [line for batch in batches for line in batch.lines.tolist()] == list(range(1, 25_001))
    assert max(batch.cells.height for batch in batches) == 4_000


def test_a_file_without_rows_is_refused(tmp_path: Path):
    pl.DataFrame({"a": []}, schema={"a": pl.String}).write_parquet(tmp_path / "leads.parquet")
    with pytest.raises(DataError, match="holds columns and no rows"):
        open_table(tmp_path / "leads.parquet")


def test_a_column_without_a_name_is_refused(tmp_path: Path):
    pl.DataFrame({"a": [1], "": [2]}).write_parquet(tmp_path / "leads.parquet")
    with pytest.raises(DataError, match="column 2 has no name"):
        open_table(tmp_path / "leads.parquet")


def test_damage_in_the_middle_is_refused_while_reading(tmp_path: Path):
    path = tmp_path / "leads.parquet"
    pl.DataFrame({"a": [str(number) for number in range(50_000)]}).write_parquet(path)
    data = bytearray(path.read_bytes())
    data[4:400] = b"\xff" * 396
    path.write_bytes(data)
    table = open_table(path)
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        list(table.batches())
