"""Reading one lead that waits: the same values as the schema reads from a table, without a table for every field.

Polars needs most of a millisecond to begin, for every field. What plain Python is sure to read alike (numbers, texts, yes and no,
ISO times) it reads; everything else goes the way of tables, a cell at a time, and short cells are remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from math import inf, isfinite
from typing import Any

import numpy as np
import polars as pl

from leadloop.leads.employees import read_employees
from leadloop.leads.field import Field
from leadloop.leads.frame import DTYPES, LeadFrame
from leadloop.leads.made_fields import domain_of, make_values
from leadloop.leads.reject import Reject
from leadloop.leads.schema import LeadSchema, explain_unread, read_column
from leadloop.leads.times import ISO
from leadloop.leads.values import DECIMAL_COMMA, FALSE_WORDS, TRUE_WORDS, cells_as_values

_REMEMBERED = 4_096
_SHORT = 80
_PLAIN_DIGITS = re.compile(r"[0-9]{1,15}")
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_PLAIN_AMOUNT = re.compile(r"\$?([0-9]{1,15}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,4})(\.[0-9]{1,9})?([kKmMbB]?)")
_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9}
_ISO_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.(?:[0-9]{3}|[0-9]{6}))?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
_BLANKS = " \t\n\r"

Cell = tuple[Any, bool, str]
"""A value, whether the cell held one, and why it cannot be read (empty where it can)."""


class OneLeadReader:
    """Reads leads one at a time, each as `LeadSchema.read` reads a table of one row.

    >>> reader = OneLeadReader(LeadSchema((Field("visits", "number", "intake"), Field("source", "category", "intake"))))
    >>> reader.read({"visits": "1,200", "source": " Google "})
    ({'visits': 1200.0, 'source': 'Google'}, [])
    """

    def __init__(self, schema: LeadSchema) -> None:
        self.schema = schema
        self._readers = [(field, _reader(field)) for field in schema.fields if not field.made_from]
        self._makers = [(field, _maker(field)) for field in schema.fields if field.made_from]

    def read(self, lead: Mapping[str, Any], line: int = 1) -> tuple[dict[str, Any], list[Reject]]:
        """The values of every field, null where nothing was given, and every mistake; `lead` goes by the fields' own names."""
        values: dict[str, Any] = {}
        rejects: list[Reject] = []
        for field, read in self._readers:
            given = lead.get(field.name)
            value, held, wrong = (None, False, "") if given is None else read(given)
            if wrong:
                rejects.append(Reject(line, wrong, field.name, str(given)[:60]))
            elif field.required and not held:
                rejects.append(Reject(line, "is required and has no value", field.name))
            values[field.name] = value
        for field, make in self._makers:
            values[field.name] = make(values[field.made_from])
        return values, rejects

    def frame(self, leads: Iterable[Mapping[str, Any]], lines: Iterable[int]) -> LeadFrame:
        """Leads that were read, as a frame."""
        rows = list(leads)
        data = pl.DataFrame(
            [
                pl.Series(field.name, [row[field.name] for row in rows], dtype=DTYPES[field.type])
                for field in self.schema.fields
            ]
        )
        return LeadFrame(self.schema, data, np.array(list(lines), dtype=np.int64))


class _Unsure(Exception):
    """A table might read it otherwise."""


def _reader(field: Field) -> Callable[[Any], Cell]:
    """A function from what was given for a field to its value."""
    quick = _quick(field)
    remembered = lru_cache(_REMEMBERED, typed=True)(lambda value: _as_table(value, field))

    def read(value: Any) -> Cell:
        if isinstance(value, list | dict):
            return None, True, explain_unread(field, value)
        try:
            read = quick(value)
        except _Unsure:
            if isinstance(value, str) and len(value) > _SHORT:
                return _as_table(value, field)
            return remembered(value)
        return read, read is not None, ""

    return read


def _as_table(value: Any, field: Field) -> Cell:
    """The value as a table of one cell holds it."""
    try:
        raw = pl.Series(field.name, [value])
    except (OverflowError, pl.exceptions.PolarsError):
        return None, True, explain_unread(field, value)
    values, held, bad = read_column(raw, field)
    return (None, True, explain_unread(field, value)) if bad[0] else (values[0], bool(held[0]), "")


def _maker(field: Field) -> Callable[[Any], Any]:
    """A function from the value of the field that this one is made from to its own."""

    @lru_cache(_REMEMBERED)
    def make(value: str) -> Any:
        if field.domain_of and value.isascii() and value.isprintable():
            return domain_of(value)
        return make_values(pl.Series([value], dtype=pl.String), field)[0]

    return lambda value: None if value is None else make(value)


def _quick(field: Field) -> Callable[[Any], Any]:
    """A function that reads what it is sure of, null for what stands for nothing, and raises _Unsure for the rest."""
    match field.type:
        case "number" | "money":
            return _quick_number(field)
        case "boolean":
            return _unsure if field.missing else _quick_boolean
        case "time":
            return _unsure if field.missing or field.formats not in ((), (ISO,)) else _quick_time
        case "employees":
            return _quick_employees(field)
        case "text":
            return _quick_text(field, trims=False, lowers=False)
        case "email" | "url":
            return _quick_text(field, trims=True, lowers=True)
        case _:
            return _quick_text(field, trims=True, lowers=False)


def _unsure(value: Any) -> Any:
    raise _Unsure


def _quick_number(field: Field) -> Callable[[Any], Any]:
    sentinels = cells_as_values(pl.Series(field.missing, dtype=pl.String), field)
    if any(value is None and any(map(str.isdigit, text)) for text, value in zip(field.missing, sentinels, strict=True)):
        return _unsure  # a placeholder such as "1st" may be met in ways that only tables know
    absent = set(sentinels.drop_nulls())
    plain = _PLAIN_DIGITS if DECIMAL_COMMA in field.formats else _PLAIN_NUMBER

    def read(value: Any) -> Any:
        if isinstance(value, bool):
            raise _Unsure
        if isinstance(value, str):
            number = float(value) if plain.fullmatch(value) else _plain_amount(value, field)
        else:
            number = float(value)
            if not isfinite(number) or abs(number) > 2.0**53:
                raise _Unsure
        return None if number in absent else number

    return read


def _plain_amount(text: str, field: Field) -> float:
    """An amount such as $1,200.50 or 36.6M."""
    amount = _PLAIN_AMOUNT.fullmatch(text)
    if amount is None or field.type != "money" or DECIMAL_COMMA in field.formats:
        raise _Unsure
    whole, rest, scale = amount.groups("")
    number = float(whole.replace(",", "") + rest)
    return number * _SCALES[scale.lower()] if scale else number


def _quick_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii():
        word = value.lower()
        if word in TRUE_WORDS:
            return True
        if word in FALSE_WORDS:
            return False
    raise _Unsure


def _quick_time(value: Any) -> Any:
    if not isinstance(value, str) or not _ISO_TIME.fullmatch(value):
        raise _Unsure
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise _Unsure from None


def _quick_employees(field: Field) -> Callable[[Any], Any]:
    words = {word.strip(_BLANKS).lower() for word in field.missing}
    sentinels = cells_as_values(pl.Series(field.missing, dtype=pl.String), field).to_list()
    if any(
        not word.isascii() or (ends is None and any(map(str.isdigit, word)))
        for word, ends in zip(field.missing, sentinels, strict=True)
    ):
        return _unsure
    absent = {(ends["low"], ends["high"]) for ends in sentinels if ends is not None}

    def read(value: Any) -> Any:
        if isinstance(value, str):
            ends = _band(value, words)
        elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**53:
            ends = float(value), float(value)
        else:
            raise _Unsure
        return None if ends is None or ends in absent else {"low": ends[0], "high": ends[1]}

    return read


def _band(text: str, absent: set[str]) -> tuple[float, float] | None:
    """The ends of a band such as 51-200, null for what stands for nothing; the table hands texts to the same function."""
    if _PLAIN_DIGITS.fullmatch(text) and text not in absent:
        return float(text), float(text)
    if not (text.isascii() and text.isprintable()):
        raise _Unsure
    bare = text.strip(" ")
    if not bare or bare.lower() in absent:
        return None
    ends = read_employees(bare)
    if ends is None or not (0 <= ends[0] < inf and ends[1] < inf):
        raise _Unsure
    return ends


def _quick_text(field: Field, *, trims: bool, lowers: bool) -> Callable[[Any], Any]:
    absent = {word.strip(_BLANKS).lower() for word in field.missing}
    sure = all(word.isascii() for word in absent)
    longest = 4 * max(map(len, absent), default=0)

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise _Unsure
        bare = value.strip(_BLANKS)
        if not bare:
            return None
        # What counts as a blank, or as a small letter, beyond ASCII is not for us to guess.
        if not ("!" <= bare[0] <= "~" and "!" <= bare[-1] <= "~"):
            raise _Unsure
        if len(bare) <= longest:
            if not (sure and bare.isascii()):
                raise _Unsure
            if bare.lower() in absent:
                return None
        if lowers:
            if not bare.isascii():
                raise _Unsure
            return bare.lower()
        return bare if trims else value

    return read
