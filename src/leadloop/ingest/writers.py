"""Tables written batch by batch, whole or not at all, and harmless when a spreadsheet opens them."""

from __future__ import annotations

import base64
import errno
import gzip
import json
import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.ingest.database_writer import writing_table
from leadloop.ingest.databases import is_address, read_address
from leadloop.ingest.tables import FORMAT_OF_ENDING, FORMATS, Format

Formulas = Literal["escape", "keep"]

# Spreadsheets run what begins with one of these (full-width forms too), some of them also after blanks.
_FORMULA = r"^(?:[\s\x{200B}\x{FEFF}]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]|[\t\r\n])"
_NUMBER = r"^[+-]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][+-]?\d+)?%?$"

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

# A Parquet file cannot be extended. Parts of about this size are written first and joined in one pass at the end.
PART_BYTES = 8 * 2**20


class Writer(Protocol):
    """Something that takes a table a batch at a time."""

    def write(self, frame: pl.DataFrame) -> None:
        """Add rows. All frames have the columns of the first; ValueError says where one has not."""


@contextmanager
def open_writer(
    destination: Path | str | Literal["-"], *, format: str | None = None, formulas: Formulas = "escape"
) -> Iterator[Writer]:
    """Write a table so that it is there completely or not at all: `with open_writer("scored.csv") as out: out.write(frame)`.

    `destination` is a path or "-" for standard output; the format follows its ending (.csv, .jsonl, .parquet, the first
    two also with .gz) unless `format` names it; standard output is CSV. Rows go to a temporary file beside the
    destination, which takes its place at the end; on any error, Ctrl-C included, it is removed and an older file stays
    as it was. In CSV, text that a spreadsheet would run as a formula gets a `'` in front unless it is a number, or
    `formulas="keep"`; lists become text joined by "; ". The address of a table in a database does as well (see
    `database_writer.writing_table`). Raises DataError where nothing can be written there.
    """
    if is_address(destination):
        with writing_table(read_address(destination)) as table:
            yield table
        return
    target = None if destination == "-" else Path(os.path.realpath(destination))
    kind = _format(str(destination), target, format)
    with ExitStack() as stack:
        file = _standard_output() if target is None else stack.enter_context(_replacing(target, str(destination)))
        if kind == "parquet":
            yield stack.enter_context(_parquet_parts(file, target))
            return
        if target is not None and target.suffix.lower() == ".gz":
            file = stack.enter_context(gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=4, mtime=0))  # type: ignore[assignment]
        yield _CsvWriter(file, formulas) if kind == "csv" else _JsonLinesWriter(file)
        file.flush()


def escape_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Put a `'` before text that a spreadsheet would run; numbers written as text stay numbers.

    >>> escape_formulas(pl.DataFrame({"note": ["=1+1", "-5", "@sum", "call back"]})).to_series().to_list()
    ["'=1+1", '-5', "'@sum", 'call back']
    """
    escaped = []
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
            text = pl.col(name).cast(pl.String)
            runs = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
            escaped.append(pl.when(runs).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(name))
    return frame.with_columns(escaped)


class _CsvWriter:
    def __init__(self, file: BinaryIO, formulas: Formulas) -> None:
        self._file = file
        self._formulas = formulas
        self._columns: list[str] = []

    def write(self, frame: pl.DataFrame) -> None:
        first = not self._columns
        frame = _same_columns(frame, self._columns)
        self._columns = frame.columns
        flat = _flat(frame)
        if self._formulas == "escape":
            flat = escape_formulas(flat)
            if first:
                flat.columns = escape_formulas(pl.DataFrame({"name": flat.columns}))["name"].to_list()
        flat.write_csv(self._file, include_header=first)


class _JsonLinesWriter:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._columns: list[str] = []

    def write(self, frame: pl.DataFrame) -> None:
        frame = _same_columns(frame, self._columns)
        self._columns = frame.columns
        if frame.height:
            _without_bytes(frame).write_ndjson(self._file)


class _ParquetWriter:
    """Gathers rows into parts on disk, so that memory holds one part at most."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[pl.DataFrame] = []
        self._held_bytes = 0
        self._schema = pl.Schema()
        self.parts: list[Path] = []

    def write(self, frame: pl.DataFrame) -> None:
        frame = _same_columns(frame, self._schema.names())
        self._schema = _joint_schema(self._schema, frame.schema)
        self._held.append(frame)
        self._held_bytes += int(frame.estimated_size())
        if self._held_bytes > PART_BYTES:
            self.spill()

    def spill(self) -> None:
        """Write what is held as a part."""
        part = self._folder / f"{len(self.parts):06}.parquet"
        self._together().write_parquet(part, compression="lz4")
        self.parts.append(part)
        self._held, self._held_bytes = [], 0

    def join(self, file: BinaryIO) -> None:
        """Write all rows as one Parquet file."""
        if not self.parts:
            self._together().write_parquet(file)
            return
        if self._held:
            self.spill()
        # A column that was all null so far has no type in the parts already written, hence the cast.
        parts = [pl.scan_parquet(part, glob=False).cast(self._schema) for part in self.parts]
        pl.concat(parts, rechunk=False).sink_parquet(file, maintain_order=True)

    def _together(self) -> pl.DataFrame:
        return pl.concat([frame.cast(self._schema) for frame in self._held]) if self._held else pl.DataFrame()


@contextmanager
def _parquet_parts(file: BinaryIO, target: Path | None) -> Iterator[Writer]:
    # Beside the destination, because the usual place for temporary files may be memory.
    beside = target.parent if target else None
    with tempfile.TemporaryDirectory(dir=beside, prefix=".leadloop-", suffix=".parts") as folder:
        writer = _ParquetWriter(Path(folder))
        yield writer
        writer.join(file)
        file.flush()


def _joint_schema(known: pl.Schema, new: pl.Schema) -> pl.Schema:
    if not known:
        return new
    joint = pl.Schema({name: new[name] if dtype == pl.Null else dtype for name, dtype in known.items()})
    for name, dtype in new.items():
        if dtype not in (joint[name], pl.Null):
            raise ValueError(f'column "{name}" was {joint[name]} and is now {dtype}')
    return joint


def _same_columns(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    if columns and set(frame.columns) != set(columns):
        raise ValueError(f"the columns were {columns} and are now {frame.columns}")
    return frame.select(columns) if columns else frame


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns as CSV can hold them: lists joined by "; ", objects as JSON, bytes as base64, durations as in P1DT2H."""
    flat = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if isinstance(dtype, pl.List) and not _is_intricate(dtype.inner):
            column = column.list.eval(pl.element().cast(pl.String)).list.drop_nulls().list.join("; ")
        elif dtype.is_nested():
            column = pl.lit(_as_json(frame[name]))
        elif isinstance(dtype, pl.Binary):
            column = column.bin.encode("base64")
        elif isinstance(dtype, pl.Duration):
            column = column.dt.to_string("iso")
        flat.append(column)
    return frame.select(flat)


def _without_bytes(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns as JSON can hold them: bytes as base64."""
    held = []
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.Binary):
            held.append(pl.col(name).bin.encode("base64"))
        elif _holds_bytes(dtype):
            held.append(pl.lit(_as_json(frame[name])))
    return frame.with_columns(held)


def _holds_bytes(dtype: object) -> bool:
    if isinstance(dtype, pl.List | pl.Array):
        return _holds_bytes(dtype.inner)
    if isinstance(dtype, pl.Struct):
        return any(_holds_bytes(field.dtype) for field in dtype.fields)
    return isinstance(dtype, pl.Binary)


def _is_intricate(dtype: object) -> bool:
    return isinstance(dtype, pl.DataType) and (dtype.is_nested() or isinstance(dtype, pl.Binary | pl.Duration))


def _as_json(values: pl.Series) -> pl.Series:
    texts = [
        None if value is None else json.dumps(value, ensure_ascii=False, default=_spelt) for value in values.to_list()
    ]
    return pl.Series(values.name, texts, dtype=pl.String)


def _spelt(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


@contextmanager
def _replacing(target: Path, name: str) -> Iterator[BinaryIO]:
    """A file that takes the place of `target` when all went well, and vanishes when not."""
    if target.exists() and not target.is_file() and not target.is_dir():  # a pipe or a device has no place to take
        with target.open("wb") as file:
            yield file
        return
    if target.is_dir():
        raise DataError(name, Problem("destination", "is a folder", "name a file in it"))
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        # Created the way any new file is, so that its rights are those the person's settings give.
        with open(beside, "x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        os.replace(beside, target)
    except BaseException as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        # Only what speaks of this file, or of a full disk; an error of the rows being read is not ours to explain.
        if getattr(error, "filename", None) == str(beside) or _system_error(error) in _NO_ROOM:
            mend = (
                "make the folder first"
                if isinstance(error, FileNotFoundError)
                else "choose another place, or make room"
            )
            why = getattr(error, "strerror", None) or str(error)
            raise DataError(name, Problem("destination", f"cannot be written: {why}", mend)) from error
        raise
    _sync_folder(target.parent)


def _system_error(error: BaseException) -> int | None:
    """The system's number of an error; Polars hands it on in words only."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    told = (
        re.search(r"\(os error (\d+)\)", str(error))
        if isinstance(error, (OSError, pl.exceptions.PolarsError))
        else None
    )
    return int(told[1]) if told else None


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut, where the system can (Windows cannot open a folder)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _standard_output() -> BinaryIO:
    return sys.stdout.buffer


def _format(name: str, target: Path | None, named: str | None) -> Format:
    endings = [ending.lower() for ending in target.suffixes] if target else []
    packed = endings[-1:] == [".gz"]
    ending = (endings[:-1] if packed else endings)[-1:]
    by_ending = FORMAT_OF_ENDING.get(ending[0]) if ending else None
    chosen = next((each for each in FORMATS if each == named), None) if named is not None else by_ending
    if target is None and named is None:
        return "csv"
    if chosen is None:
        what = f'"{named}" is not a format we write' if named is not None else "its ending does not tell the format"
        mend = f"end it in .csv, .jsonl or .parquet, or name the format ({', '.join(FORMATS)})"
        raise DataError(name, Problem("destination", what, mend))
    if chosen == "parquet" and packed:
        problem = Problem("destination", "Parquet is compressed already", "leave .gz out")
        raise DataError(name, problem)
    return chosen
