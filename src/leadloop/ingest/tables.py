"""A table of leads in a file, whatever its format: opened with every complaint at once, read in batches.

>>> import io
>>> table = open_table(io.BytesIO(b"company;employees\\nAda & Co;12\\nBabbage Ltd;\\n"))
>>> table.format, table.delimiter, table.columns
('csv', ';', ('company', 'employees'))
>>> for batch, rejects in table.batches():
...     print(batch.cells.rows(), batch.lines, rejects)
[('Ada & Co', '12'), ('Babbage Ltd', None)] [2 3] []
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

from leadloop.errors import DataError, Problem
from leadloop.ingest import csv_rows, databases, json_lines, parquet
from leadloop.ingest.batch import Batch
from leadloop.ingest.csv_dialect import SAMPLE_BYTES, check_names, find_dialect
from leadloop.ingest.encodings import Encoding, find_encoding
from leadloop.ingest.sources import Source, open_source
from leadloop.leads.reject import Reject

BATCH_ROWS = 20_000

Format = Literal["csv", "parquet", "jsonl"]
FORMATS: tuple[Format, ...] = ("csv", "parquet", "jsonl")
FORMAT_OF_ENDING: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}

_FOREIGN = (
    (b"PK\x03\x04", "is an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook"),
    (b"%PDF", "is a PDF"),
    (b"SQLite format 3", "is an SQLite database"),
    (b"ARROW1\0\0", "is an Arrow file"),
    (b"\x28\xb5\x2f\xfd", "is a zstd archive"),
    (b"BZh91AY", "is a bzip2 archive"),
    (b"\xfd7zXZ", "is an xz archive"),
)
_WEB_PAGE = (b"<!doctype", b"<html", b"<table", b"<?xml")


@dataclass(frozen=True)
class Table:
    """A table of leads, opened: its columns are known and its rows can be read as often as needed, in bounded memory.

    `source` is what a person calls it, `size_bytes` its size on disk, `encoding` and `delimiter` how it is written
    (empty where that means nothing), `notes` what a person should know about how it was read.
    """

    source: str
    format: Format | Literal["database"]
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    notes: tuple[str, ...]
    size_bytes: int
    _read: Callable[[int], Iterator[tuple[Batch, list[Reject]]]] = field(repr=False, compare=False)

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[tuple[Batch, list[Reject]]]:
        """Yield the rows from the start in batches of at most `rows`, each with the rows rejected among them.

        A batch is smaller where rows are large: some megabytes of text are held at a time, whatever the file's size.
        Raises DataError where the rest of the file cannot be read as rows (a quote left open, a damaged archive).
        """
        if rows < 1:
            raise ValueError(f"a batch holds at least one row, not {rows}")
        return self._read(rows)


def open_table(
    source: Path | str | Literal["-"] | BinaryIO,
    *,
    format: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Table:
    """Open a table of leads and check everything about it that can be checked before its rows are read.

    `source` is a path, "-" for standard input, a binary stream (kept in a temporary file until the Table is gone), or the
    address of a table or query in a database, as text (see `databases`; the three options say nothing about it).
    `format` ("csv", "parquet", "jsonl"), `delimiter` and `encoding` are found out unless they are given. Files ending in
    .gz are unpacked on the way. Raises DataError with every problem found, each with what to do about it.
    """
    if isinstance(source, (str, Path)) and databases.is_address(source):
        asked = databases.ask(databases.read_address(source))
        if not asked.rows:
            raise DataError(asked.address.name, Problem("rows", "are none", "ask for others"))
        return Table(asked.address.name, "database", tuple(asked.columns), "", "", (), 0, asked.batches)
    if format is not None and format not in FORMATS:
        problem = Problem("format", f'"{format}" is not one we read', f"use {', '.join(FORMATS)}")
        raise DataError(str(source), problem)
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0'):
        problem = Problem(
            "delimiter", f"{delimiter!r} cannot separate cells", "give one plain character, such as , or ;"
        )
        raise DataError(str(source), problem)
    found = open_source(source)
    head = found.head(4096)
    _refuse_foreign(found, head)
    kind = _format(found, head, format)
    if kind == "parquet":
        return _open_parquet(found)
    written = find_encoding(found, encoding)
    return _open_json_lines(found, written) if kind == "jsonl" else _open_csv(found, written, delimiter)


def _open_csv(source: Source, encoding: Encoding, delimiter: str | None) -> Table:
    sample, whole = b"", True
    for block, _ in encoding.utf8_blocks(source):
        sample += block
        if len(sample) > SAMPLE_BYTES:
            sample, whole = sample[:SAMPLE_BYTES], False
            break
    dialect = find_dialect(source.name, sample, whole=whole, delimiter=delimiter)
    return Table(
        source.name,
        "csv",
        dialect.columns,
        encoding.name,
        dialect.delimiter,
        encoding.notes + dialect.notes,
        source.size_bytes,
        partial(csv_rows.read_batches, source, encoding, dialect),
    )


def _open_json_lines(source: Source, encoding: Encoding) -> Table:
    columns = json_lines.find_columns(source, encoding)
    return Table(
        source.name,
        "jsonl",
        tuple(columns.kinds),
        encoding.name,
        "",
        encoding.notes + columns.notes,
        source.size_bytes,
        partial(json_lines.read_batches, source, encoding, columns),
    )


def _open_parquet(source: Source) -> Table:
    if source.gzipped:
        mend = "Parquet is compressed already: unpack it and give the .parquet file"
        raise DataError(source.name, Problem("file", "is a Parquet file inside a gzip archive", mend))
    schema, height = parquet.find_schema(source)
    check_names(source.name, schema)
    read = partial(parquet.read_batches, source, tuple(schema), height)
    return Table(source.name, "parquet", tuple(schema), "", "", (), source.size_bytes, read)


def _refuse_foreign(source: Source, head: bytes) -> None:
    what = next((what for magic, what in _FOREIGN if head.startswith(magic)), None)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if what is None and start.startswith(_WEB_PAGE):
        what = "is a web page or an XML file, whatever its name says"
    if what is not None:
        mend = "save it as CSV (in Excel: Save as, CSV UTF-8), and give that file"
        raise DataError(source.name, Problem("file", what, mend))


def _format(source: Source, head: bytes, named: str | None) -> Format:
    """The format by what the file holds where that is beyond doubt, else by its name, else by its first character."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    by_content: Format | None = None
    if head.startswith(b"PAR1"):
        by_content = "parquet"
    elif start.startswith(b"{") and _is_object(start.partition(b"\n")[0]):
        by_content = "jsonl"
    endings = [ending.lower() for ending in Path(source.name).suffixes]
    ending = next((ending for ending in reversed(endings) if ending != ".gz"), "")
    chosen = by_content or FORMAT_OF_ENDING.get(ending) or ("jsonl" if start.startswith(b"{") else "csv")
    for each in FORMATS:
        if each == named:
            chosen = each
    if chosen == "jsonl" and start.startswith(b"["):
        mend = "write one object a line (with jq: jq -c '.[]' leads.json > leads.jsonl)"
        raise DataError(source.name, Problem("file", "is one JSON array, not JSON lines", mend))
    if chosen == "parquet" and by_content != "parquet":
        problem = Problem("file", "is not a Parquet file: it does not begin with PAR1", "check what wrote it")
        raise DataError(source.name, problem)
    if named in ("csv", "jsonl") and by_content == "parquet":
        raise DataError(source.name, Problem("format", f"is Parquet, not {named}", "leave the format out"))
    return chosen


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
