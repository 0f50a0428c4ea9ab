"""JSON lines: one object a line, keys may vary; what is not sound JSON becomes a reject with its line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.ingest.batch import Batch
from leadloop.ingest.encodings import Encoding
from leadloop.ingest.excerpt import shorten
from leadloop.ingest.sources import BLOCK_BYTES, Source
from leadloop.leads.reject import Reject

LARGEST_LINE_BYTES = 8 * 2**20
LARGEST_CELL = 2**20
MOST_KEYS = 10_000

_SURROGATE_OR_NUL = re.compile("[\ud800-\udfff\0]")
_MAY_HOLD_THEM = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")

# What one key held in all its lines, as bits, so that a column's type is known before the first batch.
# An integer is wide where a float no longer holds it exactly, and huge where 64 bits do not.
_BOOLEAN, _INTEGER, _WIDE, _HUGE, _FLOAT, _TEXT, _LIST, _OBJECT = (1 << bit for bit in range(8))
_BIT_OF = {type(None): 0, bool: _BOOLEAN, int: _INTEGER, float: _FLOAT, str: _TEXT, list: _LIST, dict: _OBJECT}

# Kinds that a Polars type holds as they are, together.
_EXACT = {
    _BOOLEAN: pl.Boolean(),
    _INTEGER: pl.Int64(),
    _WIDE: pl.Int64(),
    _INTEGER | _WIDE: pl.Int64(),
    _FLOAT: pl.Float64(),
    _INTEGER | _FLOAT: pl.Float64(),
}

# Any list or object makes the column one of lists or objects; their parts stay JSON text, because the schema will refuse
# the column anyway and needs its type, not its contents.
LIST_COLUMN = pl.List(pl.String)
OBJECT_COLUMN = pl.Struct({"json": pl.String})


class _Refused(ValueError):
    """The reason why a line is not a lead."""


@dataclass(frozen=True, slots=True)
class JsonColumns:
    """The columns of a JSON lines file: for each key, in order of appearance, the kinds of values it holds."""

    kinds: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def dtype(self, key: str) -> pl.DataType:
        """The Polars type that holds every value of a key exactly; mixed kinds are kept as text."""
        kinds = self.kinds[key]
        if kinds & _OBJECT:
            return OBJECT_COLUMN
        if kinds & _LIST:
            return LIST_COLUMN
        return _EXACT.get(kinds, pl.String())


def find_columns(source: Source, encoding: Encoding) -> JsonColumns:
    """Read the whole file once and collect its keys and what they hold, so that every batch has the same columns.

    Raises DataError where no line holds an object, or where there are so many keys that they must be data themselves.
    """
    kinds: dict[str, int] = {}
    first_reason = ""
    objects = 0
    for line, text, _ in _lines(source, encoding):
        try:
            found = parse_line(text)
        except _Refused as error:
            first_reason = first_reason or f"line {line} {error}"
            continue
        objects += 1
        for key, value in found.items():
            kinds[key] = kinds.get(key, 0) | _bit_of(value)
        if len(kinds) > MOST_KEYS:
            what = f"has over {MOST_KEYS:,} different keys by line {line}, so the keys look like data"
            raise DataError(source.name, Problem("keys", what, "write one object for each lead, with fixed keys"))
    if not objects:
        what = f"no line holds a JSON object: {first_reason}" if first_reason else "holds only blank lines"
        raise DataError(source.name, Problem("file", what, 'write one object a line, as in {"name": "Ada", "age": 36}'))
    if not kinds:
        raise DataError(source.name, Problem("file", "every object is empty", "export it again with its fields"))
    mixed = [key for key, seen in kinds.items() if seen.bit_count() > 1 and seen not in _EXACT]
    notes = (f"kept as text because they mix kinds of values: {', '.join(mixed[:10])}",) if mixed else ()
    return JsonColumns(kinds, notes)


def _bit_of(value: Any) -> int:
    bit = _BIT_OF[type(value)]
    if bit == _INTEGER and not -(2**53) <= value <= 2**53:
        return _WIDE if -(2**63) <= value < 2**63 else _HUGE
    return bit


def read_batches(
    source: Source, encoding: Encoding, columns: JsonColumns, rows: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[Batch, list[Reject]]]:
    """Yield batches of at most `rows` rows and a few megabytes, each with the rejects found among them."""
    found: list[dict[str, Any]] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    held = 0
    share = 0.0
    for line, text, share in _lines(source, encoding):
        try:
            found.append(parse_line(text))
            lines.append(line)
            held += len(text)
        except _Refused as error:
            rejects.append(Reject(line, str(error), value=shorten(text[:400].decode("utf-8", "replace"))))
        if len(found) == rows or held > block_bytes or len(rejects) > rows:
            yield _batch(source, columns, found, lines, share), rejects
            found, lines, rejects, held = [], [], [], 0
    if found or rejects:
        yield _batch(source, columns, found, lines, share), rejects


def parse_line(text: bytes) -> dict[str, Any]:
    """Read one line as an object, or raise ValueError with the reason why it is none.

    >>> parse_line(b'{"name": "Ada", "calls": 3}')
    {'name': 'Ada', 'calls': 3}
    >>> parse_line(b'{"calls": NaN}')
    Traceback (most recent call last):
    ...
    leadloop.ingest.json_lines._Refused: holds NaN, which is not JSON; leave the key out or write null
    """
    if len(text) > LARGEST_LINE_BYTES:
        raise _Refused(f"is longer than {LARGEST_LINE_BYTES / 2**20:.0f} MB")
    if b"\0" in text:
        raise _Refused("holds a NUL byte: the file was damaged on its way")
    try:
        value = _DECODER.decode(text.decode())
    except UnicodeDecodeError:
        raise _Refused("holds bytes that are not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _Refused(f"is not JSON: {error.msg} at character {error.colno}") from None
    except RecursionError:
        raise _Refused("is nested too deep") from None
    except _Refused:
        raise
    except ValueError:  # Python refuses to read integers of over 4,300 digits
        raise _Refused("holds a number with too many digits") from None
    if not isinstance(value, dict):
        raise _Refused("is not an object: write the keys and values of a lead between { and }")
    if "" in value:
        raise _Refused("has a key without a name")
    suspicious = _MAY_HOLD_THEM.search(text) is not None
    if (suspicious or len(text) > LARGEST_CELL) and (reason := _unusable(value)):
        raise _Refused(reason)
    return value


def _unusable(value: Any) -> str:
    if isinstance(value, str):
        if len(value) > LARGEST_CELL:
            return f"a value is longer than {LARGEST_CELL / 2**20:.0f} MB"
        if _SURROGATE_OR_NUL.search(value):
            return "holds a NUL or half a character (a lone surrogate)"
        return ""
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return next((reason for part in parts if (reason := _unusable(part))), "")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twin = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise _Refused(f'holds the key "{shorten(twin)}" twice')
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Refused(f"holds {shorten(digits, 20)}, which is too large for a number")
    return number


def _no_constant(name: str) -> Any:
    raise _Refused(f"holds {name}, which is not JSON; leave the key out or write null")


_DECODER = json.JSONDecoder(object_pairs_hook=_without_twins, parse_float=_finite, parse_constant=_no_constant)


def _lines(source: Source, encoding: Encoding) -> Iterator[tuple[int, bytes, float]]:
    """Number the lines that are not blank; of one that is far too long only the beginning is kept."""
    line, carry = 1, b""
    for block, share in encoding.utf8_blocks(source):
        *whole, rest = block.split(b"\n")
        for text in whole:
            text, carry = carry + text, b""
            if not text.isspace() and text:
                yield line, text, share
            line += 1
        carry += rest[: max(0, LARGEST_LINE_BYTES + 1 - len(carry))]
    if carry.strip():
        yield line, carry, 1.0


def _batch(source: Source, columns: JsonColumns, found: list[dict[str, Any]], lines: list[int], share: float) -> Batch:
    try:
        cells = pl.DataFrame([_column(columns, key, [row.get(key) for row in found]) for key in columns.kinds])
    except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
        problem = Problem("file", "changed while it was read", "wait until its export has ended")
        raise DataError(source.name, problem) from error
    return Batch(cells, np.array(lines, dtype=np.int64), share)


def _column(columns: JsonColumns, key: str, values: list[Any]) -> pl.Series:
    dtype = columns.dtype(key)
    if dtype == pl.String and columns.kinds[key] != _TEXT:
        values = [_as_text(value) for value in values]
    elif dtype == pl.Float64:
        values = [None if value is None else float(value) for value in values]
    elif dtype == OBJECT_COLUMN:
        values = [None if value is None else {"json": json.dumps(value, ensure_ascii=False)} for value in values]
    elif dtype == LIST_COLUMN:
        lists = (value if value is None or isinstance(value, list) else [value] for value in values)
        values = [None if value is None else [_as_text(part) for part in value] for value in lists]
    return pl.Series(key, values, dtype=dtype, strict=True)


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
