"""Any table of leads is opened by what it holds, and what cannot be read is refused with a way out."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import polars as pl
import pytest
from tests.public_data import public_file

from leadloop.errors import DataError
from leadloop.ingest.tables import open_table

CSV = b"name,city\nAda,Rome\n"
JSON = b'{"name": "Ada", "city": "Rome"}\n'


def parquet() -> bytes:
    file = io.BytesIO()
    pl.DataFrame({"name": ["Ada"], "city": ["Rome"]}).write_parquet(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("leads.csv", CSV, "csv"),
        ("leads.tsv", CSV.replace(b",", b"\t"), "csv"),
        ("LEADS.CSV.GZ", gzip.compress(CSV, mtime=0), "csv"),
        ("leads", CSV, "csv"),
        ("leads.export.2024", CSV, "csv"),
        ("leads.jsonl", JSON, "jsonl"),
        ("leads.ndjson.gz", gzip.compress(JSON, mtime=0), "jsonl"),
        ("leads", JSON, "jsonl"),
        ("leads.csv", JSON, "jsonl"),
        ("leads.parquet", parquet(), "parquet"),
        ("leads[1].parquet", parquet(), "parquet"),
        ("leads", parquet(), "parquet"),
        ("leads.csv", parquet(), "parquet"),
    ],
)
def test_the_format_is_found(tmp_path: Path, name: str, data: bytes, format: str):
    (tmp_path / name).write_bytes(data)
    table = open_table(tmp_path / name)
    assert (table.format, table.columns) == (format, ("name", "city"))
    [(batch, rejects)] = table.batches()
    assert (batch.cells.rows(), rejects) == ([("Ada", "Rome")], [])


@pytest.mark.parametrize("data", [CSV, JSON, parquet(), gzip.compress(JSON, mtime=0)])
def test_a_stream_of_any_format_is_read(data: bytes):
    [(batch, _)] = open_table(io.BytesIO(data)).batches()
    assert batch.cells.rows() == [("Ada", "Rome")]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("leads.xlsx", b"PK\x03\x04rest", "is an Excel workbook or a zip archive; save it as CSV"),
        ("leads.csv", b"PK\x03\x04rest", "is an Excel workbook or a zip archive; save it as CSV"),
        ("leads.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel workbook; save it as CSV"),
        ("leads.xls", b"<html><table><tr><td>name</td></tr></table>", "is a web page or an XML file"),
        ("leads.json", b'[\n{"name": "Ada"}\n]', "is one JSON array, not JSON lines; write one object a line"),
        ("leads.parquet", CSV, "is not a Parquet file: it does not begin with PAR1"),
        ("leads.parquet", parquet()[:-20], "cannot be read as Parquet"),
        ("leads.parquet.gz", gzip.compress(parquet(), mtime=0), "is a Parquet file inside a gzip archive"),
        ("leads.csv", b"", r"is empty \(0 bytes\)"),
        ("leads.parquet", b"", r"is empty \(0 bytes\)"),
    ],
)
def test_what_is_no_table_is_refused_with_advice(tmp_path: Path, name: str, data: bytes, says: str):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=says):
        open_table(tmp_path / name)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"format": "excel"}, '"excel" is not one we read; use csv, parquet, jsonl'),
        ({"format": "parquet"}, "is not a Parquet file"),
        ({"delimiter": ""}, "'' cannot separate cells; give one plain character"),
        ({"delimiter": "::"}, "'::' cannot separate cells"),
        ({"delimiter": '"'}, "cannot separate cells"),
        ({"delimiter": "§"}, "cannot separate cells"),
        ({"delimiter": ";"}, 'gives a single column, "name,city"; the cells look separated by commas'),
    ],
)
def test_a_wrong_declaration_is_refused_with_advice(how: dict[str, str], says: str):
    with pytest.raises(DataError, match=says):
        open_table(io.BytesIO(CSV), **how)


def test_a_declared_format_goes_before_the_name(tmp_path: Path):
    (tmp_path / "leads.csv").write_bytes(b'{"name":\n"x"}\n' + JSON)
    table = open_table(tmp_path / "leads.csv", format="jsonl")
    [(batch, rejects)] = table.batches()
    assert (batch.cells.rows(), [reject.line for reject in rejects]) == ([("Ada", "Rome")], [1, 2])


def test_dates_numbers_and_codes_stay_as_they_stand_in_a_csv_file():
    data = b"when,code,amount,size\n2024-05-01T10:00:00.5,007,1.50,2-10\n01/05/2024,NaN,1e400,\n"
    [(batch, _)] = open_table(io.BytesIO(data)).batches()
    assert batch.cells.rows() == [
        ("2024-05-01T10:00:00.5", "007", "1.50", "2-10"),
        ("01/05/2024", "NaN", "1e400", None),
    ]
    assert set(batch.cells.dtypes) == {pl.String()}


def test_ten_thousand_columns_are_read():
    header = ",".join(f"c{place}" for place in range(10_000))
    row = ",".join(str(place) for place in range(10_000))
    [(batch, _)] = open_table(io.BytesIO(f"{header}\n{row}\n{row}\n".encode())).batches()
    assert batch.cells.shape == (2, 10_000)


def test_a_batch_of_no_rows_cannot_be_asked_for():
    with pytest.raises(ValueError, match="at least one row"):
        open_table(io.BytesIO(CSV)).batches(0)


@pytest.mark.parametrize(
    ("name", "delimiter", "rows", "columns"),
    [
        ("x_education_leads.csv.gz", ",", 9_240, 37),
        ("bank-additional-full.csv.gz", ";", 41_188, 21),
        ("raop_requests.csv.gz", ",", 4_040, 32),
        ("olist_closed_deals_dataset.csv.gz", ",", 842, 14),
        ("bpic2012_loan_events.csv.gz", ",", 164_509, 7),
    ],
)
def test_public_files_are_read_cell_for_cell_as_the_standard_library_reads_them(
    name: str, delimiter: str, rows: int, columns: int
):
    path = public_file(name)
    table = open_table(path)
    batches = [batch for batch, rejects in table.batches() if not rejects]
    cells = pl.concat([batch.cells for batch in batches])
    assert (table.delimiter, cells.shape) == (delimiter, (rows, columns))
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        header, *expected = csv.reader(file, delimiter=delimiter)
    assert table.columns == tuple(header)
    assert cells.rows() == [tuple(cell or None for cell in row) for row in expected]


def test_a_public_file_without_a_header_is_refused():
    path = public_file("coil2000_ticdata2000.txt.gz")
    with pytest.raises(DataError, match="is there no header row"):
        open_table(path)


def test_the_same_requests_come_out_of_their_json_and_their_csv():
    path = public_file("raop_requests.csv.gz")
    from_csv = pl.concat([batch.cells for batch, _ in open_table(path).batches()])
    again = io.BytesIO()
    from_csv.write_ndjson(again)
    again.seek(0)
    from_json = pl.concat([batch.cells for batch, _ in open_table(again).batches()])
    assert from_json.rows() == from_csv.rows()
