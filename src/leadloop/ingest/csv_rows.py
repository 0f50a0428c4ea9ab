"""The rows of a CSV file: the good ones in batches, the bad ones with their line and the reason.

There are two ways through. `exact_rows` reads with the standard library's CSV reader and knows what to do with anything.
`plain_rows` finds the ends of the rows with array arithmetic and hands them to Polars, several times faster; it steps
aside (None) unless it can prove that nothing in the block is odd. A property test holds that both give the same.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.ingest.batch import Batch
from leadloop.ingest.csv_dialect import LARGEST_CELL, CsvDialect, records
from leadloop.ingest.encodings import Encoding
from leadloop.ingest.excerpt import shorten
from leadloop.ingest.sources import BLOCK_BYTES, Source
from leadloop.leads.reject import Reject

LARGEST_ROW_BYTES = 8 * LARGEST_CELL

_LF, _CR, _QUOTE = b'\n\r"'
_UNDECODED = re.compile("[\udc80-\udcff]")

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read from a piece of a file.

    `cells` has `dialect.width` String columns, `lines` the line each row starts in; `used_bytes` and `used_lines` say how
    far reading got, up to the start of a row that goes on after the piece.
    """

    cells: pl.DataFrame
    lines: Places
    rejects: list[Reject]
    used_bytes: int
    used_lines: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the rows of a piece start and end (at their line feed), and how many cells each has."""

    starts: Places
    ends: Places
    cells: Places
    lines: Places


def read_batches(
    source: Source, encoding: Encoding, dialect: CsvDialect, rows: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[Batch, list[Reject]]]:
    """Yield batches of at most `rows` rows, each with the rejects found among them, holding a few megabytes at a time.

    Raises DataError where a quote is left open, with the line where it opens: what follows cannot be told apart from the
    cell.
    """
    for part, share in _parts(source, encoding, dialect, block_bytes):
        yield from _sliced(_without_end(part, dialect), rows, share)


def _parts(source: Source, encoding: Encoding, dialect: CsvDialect, block_bytes: int) -> Iterator[tuple[Rows, float]]:
    """Cut the file into pieces that end where a row ends, and read each; what is left over begins the next piece."""
    line, carry = 1, b""
    skipping = last = False
    blocks = encoding.utf8_blocks(source, block_bytes)
    while not last:
        block, share = next(blocks, (b"", 1.0))
        last = not block
        if skipping and not last:  # the rest of a line that was too long to be a row
            end = block.find(b"\n")
            if end < 0:
                continue
            block, skipping, line = block[end + 1 :], False, line + 1
        carry += block
        if last and carry and not carry.endswith(b"\n"):
            carry += b"\n"
        carry, line = _after_lines(carry, line, dialect.rows_from_line)
        if line < dialect.rows_from_line:
            continue
        used = 1
        while carry and used:
            part = _read(source.name, carry, dialect, line, last=last)
            used = part.used_bytes
            carry, line = carry[used:], line + part.used_lines
            if len(carry) > LARGEST_ROW_BYTES and b"\n" not in carry:
                reason = f"the line is longer than {LARGEST_ROW_BYTES / 2**20:.0f} MB"
                part.rejects.append(Reject(line, reason, value=shorten(carry[:400].decode(errors="replace"))))
                carry, skipping = b"", True
            if part.cells.height or part.rejects:
                yield part, share
            if not last:
                break


def _after_lines(text: bytes, line: int, until: int) -> tuple[bytes, int]:
    start = 0
    while line < until and (end := text.find(b"\n", start)) >= 0:
        start, line = end + 1, line + 1
    return text[start:], line


def _read(name: str, text: bytes, dialect: CsvDialect, line: int, *, last: bool) -> Rows:
    plain = plain_rows(text, dialect, line)
    return exact_rows(name, text, dialect, line, last=last) if plain is None else plain


def plain_rows(text: bytes, dialect: CsvDialect, line: int) -> Rows | None:
    """Read the complete rows of a piece of a file (UTF-8, from the start of a row), or None where anything is odd.

    Odd is: a quote that does not stand at the edge of its cell, a CR outside quotes, a NUL, bytes that are not UTF-8, a
    row of a megabyte. `line` is the line where the piece starts.
    """
    if b"\0" in text or dialect.blanks_before_quotes or not _is_utf8(text):
        return None
    shape = _shape(text, dialect.delimiter, line)
    if shape is None or int((shape.ends - shape.starts).max()) > LARGEST_CELL:
        return None
    used = int(shape.ends[-1]) + 1
    blank = shape.ends == shape.starts
    if _CR in text[:used]:
        letters = np.frombuffer(text, dtype=np.uint8)
        blank |= (shape.ends == shape.starts + 1) & (letters[shape.starts] == _CR)
    good = ~blank & (shape.cells == dialect.width)
    rejects = [
        _ragged(
            int(shape.lines[row]), int(shape.cells[row]), dialect, text[shape.starts[row] : shape.ends[row]].decode()
        )
        for row in np.flatnonzero(~blank & ~good)
    ]
    kept = text[:used] if good.all() else _joined(text, shape, good)
    cells = _parsed(kept, dialect)
    if cells is None or cells.height != int(good.sum()):
        return None
    return Rows(cells, shape.lines[good], rejects, used, text.count(b"\n", 0, used))


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.end >= len(text) and error.reason == "unexpected end of data"  # a character cut by the block's end
    return True


def _shape(text: bytes, delimiter: str, line: int) -> _Shape | None:
    """Find the rows, or None where a quote or a CR stands where the format does not allow it, or no row is complete."""
    letters = np.frombuffer(text, dtype=np.uint8)
    line_feeds = np.flatnonzero(letters == _LF)
    delimiters = letters == (ord(delimiter) if delimiter.isascii() else 0)
    ends = line_feeds
    if b'"' in text:
        quotes = letters == _QUOTE
        # A byte lies inside quotes where an odd number of them came before. Counted modulo 256, which keeps odd and even.
        inside = (np.cumsum(quotes, dtype=np.uint8) & 1).astype(np.bool_)
        ends = line_feeds[~inside[line_feeds]]
        delimiters &= ~inside
    if not len(ends):
        return None
    cut = int(ends[-1]) + 1
    if b'"' in text and not _quotes_at_edges(letters, np.flatnonzero(quotes[:cut]), delimiter):
        return None
    if b"\r" in text:
        returns = np.flatnonzero(letters[: cut - 1] == _CR)
        if b'"' in text:
            returns = returns[~inside[returns]]
        if (letters[returns + 1] != _LF).any():
            return None
    starts = np.concatenate([[0], ends[:-1] + 1])
    before = np.searchsorted(np.flatnonzero(delimiters[:cut]), ends)
    cells = np.diff(before, prepend=0) + 1
    lines = line + (np.searchsorted(line_feeds, starts) if len(ends) < len(line_feeds) else np.arange(len(ends)))
    return _Shape(starts, ends, cells, lines)


def _quotes_at_edges(letters: npt.NDArray[np.uint8], quotes: Places, delimiter: str) -> bool:
    """Whether each opening quote follows a delimiter or a line, and each closing one stands before one.

    A doubled quote inside a cell closes and opens in one place, so a quote may also touch another quote.
    """
    opening, closing = quotes[0::2], quotes[1::2]
    before = letters[opening[opening > 0] - 1]
    after = letters[closing + 1]  # a row is complete only with its line feed, so there is one more byte
    edge = ord(delimiter)
    follows = (before == edge) | (before == _LF) | (before == _QUOTE)
    ends = (after == edge) | (after == _LF) | (after == _CR) | (after == _QUOTE)
    return bool(follows.all() and ends.all())


def _joined(text: bytes, shape: _Shape, good: npt.NDArray[np.bool_]) -> bytes:
    letters = np.frombuffer(text, dtype=np.uint8)[: int(shape.ends[-1]) + 1]
    return letters[np.repeat(good, shape.ends - shape.starts + 1)].tobytes()


def _parsed(text: bytes, dialect: CsvDialect) -> pl.DataFrame | None:
    names = [str(place) for place in range(dialect.width)]
    schema = dict.fromkeys(names, pl.String)
    if not text:
        return pl.DataFrame(schema=schema)
    # Polars unpacks what begins like an archive and drops a byte order mark. With a header of our own in front, a block
    # that happens to begin so is only text.
    header = dialect.delimiter.join(names).encode() + b"\n"
    try:
        cells = pl.read_csv(header + text, separator=dialect.delimiter, schema=schema, glob=False)
    except pl.exceptions.PolarsError:
        return None
    return _empty_is_null(cells) if b'"' in text else cells


def _empty_is_null(cells: pl.DataFrame) -> pl.DataFrame:
    return cells.with_columns(pl.when(pl.all() != "").then(pl.all()))


def exact_rows(name: str, text: bytes, dialect: CsvDialect, line: int, *, last: bool) -> Rows:
    """Read the complete rows of a piece of a file with the standard library's reader, whatever they hold.

    A row that breaks the rules of quoting is rejected with the lines it covers. Where every one of the lines after its
    first is a complete row on its own, only the first line is rejected: a quote was left open there. Raises DataError
    where the file ends (or 8 MB pass) inside a quoted cell and what follows cannot be told apart from it.
    """
    text = text[: text.rfind(b"\n") + 1]
    lines = io.StringIO(text.decode("utf-8", "surrogateescape"), newline="\n").readlines()
    line_feeds = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _LF)
    feed = _Lines(lines)
    reader = _reader(feed, dialect)
    rows: list[list[str]] = []
    starts: list[int] = []
    rejects: list[Reject] = []
    while feed.place < len(lines):
        start = feed.place
        try:
            record = next(reader)
        except (csv.Error, StopIteration) as error:
            open_quote = feed.exhausted
            pending = int(line_feeds[-1]) - (int(line_feeds[start - 1]) if start else -1)
            if open_quote and not last and pending <= LARGEST_ROW_BYTES:
                feed.place = start
                break
            end = feed.place
            reason = _why(error, line + start, line + end - 1, open_quote=open_quote)
            if _all_are_rows(lines[start + 1 : end], dialect):
                end = start + 1
            elif open_quote:
                mend = "close that quote (a quote inside a quoted cell is written twice), or export the file again"
                raise DataError(name, Problem(f"line {line + start}", reason, mend)) from None
            elif end > start + 1:
                reason = f"lines {line + start} to {line + end - 1} cannot be read as rows: {reason}"
            rejects.append(Reject(line + start, reason, value=shorten(lines[start])))
            feed = _Lines(lines, end)
            reader = _reader(feed, dialect)
            continue
        if not record:
            continue
        if len(record) != dialect.width:
            rejects.append(_ragged(line + start, len(record), dialect, "".join(lines[start : feed.place])))
        elif (reject := _unusable(record, line + start, dialect, lines[start])) is not None:
            rejects.append(reject)
        else:
            rows.append(record)
            starts.append(line + start)
    names = {str(place): pl.String for place in range(dialect.width)}
    cells = _empty_is_null(pl.DataFrame(rows, schema=names, orient="row")) if rows else pl.DataFrame(schema=names)
    used = int(line_feeds[feed.place - 1]) + 1 if feed.place else 0
    return Rows(cells, np.array(starts, dtype=np.int64), rejects, used, feed.place)


class _Lines:
    """Lines handed to the CSV reader one by one, so that we know which of them a row covers."""

    def __init__(self, lines: list[str], place: int = 0) -> None:
        self._lines = lines
        self.place = place
        self.exhausted = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.place == len(self._lines):
            self.exhausted = True
            raise StopIteration
        line = self._lines[self.place]
        self.place += 1
        return line


def _reader(lines: Iterator[str], dialect: CsvDialect) -> Iterator[list[str]]:
    return records(lines, dialect.delimiter, blanks_before_quotes=dialect.blanks_before_quotes, strict=True)


def _why(error: Exception, first: int, final: int, *, open_quote: bool) -> str:
    said = str(error)
    if open_quote:
        return f"a quote opens in the row of line {first} and is not closed by line {final}"
    if "new-line" in said:
        return "a carriage return stands outside quotes"
    if "field larger" in said:
        return f"a cell is longer than {LARGEST_CELL / 2**20:.0f} MB"
    where = f"in line {final}" if final > first else "in it"
    return f"a quote closes {where} and is followed by more text; inside a quoted cell a quote is written twice"


def _all_are_rows(lines: list[str], dialect: CsvDialect) -> bool:
    """Whether each line is a whole row with the right number of cells and faultless quotes: then they are rows."""
    text = "".join(lines).encode("utf-8", "surrogateescape")
    shape = _shape(text, dialect.delimiter, 0) if text else None
    return shape is not None and len(shape.ends) == len(lines) and bool((shape.cells == dialect.width).all())


def _unusable(record: list[str], line: int, dialect: CsvDialect, text: str) -> Reject | None:
    """A row of the right width whose cells cannot be used: NUL bytes, bytes that are not UTF-8, cells over a megabyte."""
    for place, cell in enumerate(record):
        field = dialect.columns[place] if place < len(dialect.columns) else ""
        if len(cell) > LARGEST_CELL:
            return Reject(line, f"a cell is longer than {LARGEST_CELL / 2**20:.0f} MB", field, shorten(cell))
        if not cell.isprintable():
            if "\0" in cell:
                return Reject(line, "a cell holds a NUL byte: the file was damaged on its way", field, shorten(cell))
            if _UNDECODED.search(cell):
                shown = _UNDECODED.sub("\N{REPLACEMENT CHARACTER}", cell)
                return Reject(line, "a cell holds bytes that are not UTF-8", field, shorten(shown))
    return None


def _ragged(line: int, cells: int, dialect: CsvDialect, text: str) -> Reject:
    count = "1 cell" if cells == 1 else f"{cells} cells"
    shown = shorten(_UNDECODED.sub("\N{REPLACEMENT CHARACTER}", text.rstrip("\r\n")))
    return Reject(line, f"has {count} where the header has {dialect.width}", value=shown)


def _without_end(part: Rows, dialect: CsvDialect) -> Rows:
    """Name the columns, and drop those at the end that the header does not name, if they are empty as they should be."""
    cells, lines, rejects = part.cells, part.lines, part.rejects
    named = len(dialect.columns)
    if dialect.width > named:
        filled = (
            cells.select(pl.any_horizontal(pl.nth(range(named, dialect.width)).is_not_null())).to_series().to_numpy()
        )
        if filled.any():
            reason = "has a value in a column without a name, at the end of the row"
            rejects = sorted(
                rejects + [Reject(int(line), reason) for line in lines[filled]], key=lambda each: each.line
            )
            cells, lines = cells.filter(~pl.Series(filled)), lines[~filled]
        cells = cells.select(pl.nth(range(named)))
    cells.columns = list(dialect.columns)
    return Rows(cells, lines, rejects, part.used_bytes, part.used_lines)


def _sliced(part: Rows, rows: int, share: float) -> Iterator[tuple[Batch, list[Reject]]]:
    rejected = [reject.line for reject in part.rejects]
    done = 0
    for start in range(0, max(1, part.cells.height), rows):
        after = start + rows
        until = bisect_left(rejected, int(part.lines[after])) if after < len(part.lines) else len(rejected)
        yield Batch(part.cells[start:after], part.lines[start:after], share), part.rejects[done:until]
        done = until
