"""A value that was given with a type, as the text that a file would hold it in.

A score that is to be given again later must be read from what was noted, and what was noted may have come as JSON. Texts are the
one form that every field reads; so a value is noted as a text that its field reads as the very same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from math import copysign, isfinite
from typing import Any

import polars as pl

from leadloop.leads.field import Field
from leadloop.leads.times import ISO, UNIX, UNIX_MS, read_times
from leadloop.leads.values import DECIMAL_COMMA, cells_as_text

_PROBE = datetime(2031, 7, 9, 13, 45, 6, 123457)  # noqa: DTZ001


def write_cell(value: Any, field: Field) -> str | None:
    """A value as a text that its field reads as it reads the value itself; None where nothing was given.

    >>> write_cell(12.5, Field("visits", "number", "intake")), write_cell(True, Field("visits", "number", "intake"))
    ('12.5', '1')
    >>> write_cell(12.5, Field("visits", "number", "intake", formats=("decimal_comma",)))
    '12,5'
    >>> write_cell(5.0, Field("plan", "category", "intake")), write_cell(None, Field("plan", "category", "intake"))
    ('5', None)
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not isfinite(value):
        return None
    if field.type in ("number", "money"):
        written = _digits(value)
        return written.replace(".", ",") if DECIMAL_COMMA in field.formats else written
    if field.type in ("employees", "time"):
        return str(value) if isinstance(value, bool) else _digits(value)
    text = cells_as_text(pl.Series([value]))
    return None if text is None else text[0]


def write_cells(rows: Sequence[Mapping[str, Any]], field: Field) -> pl.Series:
    """The values of a field in records that were kept, as such texts, a row each.

    >>> write_cells([{"visits": 3}, {}], Field("visits", "number", "intake")).to_list()
    ['3', None]
    """
    return pl.Series(field.name, [write_cell(row.get(field.name), field) for row in rows], dtype=pl.String)


def write_moment(moment: datetime, field: Field) -> str | None:
    """A moment (UTC without a zone) as a text that this field of times reads as the very same; None where it can read none so
    exactly.

    >>> at = datetime(2026, 3, 2, 9, 30, 0, 250)
    >>> write_moment(at, Field("came", "time", "intake"))
    '2026-03-02T09:30:00.000250'
    >>> write_moment(at, Field("came", "time", "intake", formats=("unix",)))
    '1772443800.000250'
    >>> write_moment(at, Field("came", "time", "intake", formats=("%d/%m/%Y",))) is None
    True
    """
    write = _moment_writer(field.formats)
    return None if write is None else write(moment)


@lru_cache(maxsize=256)
def _moment_writer(formats: tuple[str, ...]) -> Callable[[datetime], str] | None:
    for form in formats or (ISO,):
        write = _writer(form)
        try:
            written = write(_PROBE)
            if read_times(pl.Series([written]), formats)[0] == _PROBE:
                return write
        except (ValueError, pl.exceptions.PolarsError):
            continue
    return None


def _writer(form: str) -> Callable[[datetime], str]:
    if form == ISO:
        return lambda moment: moment.isoformat(timespec="microseconds")
    if form in (UNIX, UNIX_MS):
        return lambda moment: _since_1970(moment, 1_000 if form == UNIX_MS else 1)
    pattern = form.replace("%.f", ".%f")
    return lambda moment: moment.strftime(pattern)


def _since_1970(moment: datetime, scale: int) -> str:
    passed = moment - datetime(1970, 1, 1)  # noqa: DTZ001
    micros = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    return f"{Decimal(micros * scale) / 1_000_000:.6f}"


def _digits(value: bool | int | float) -> str:
    """A number in digits that stand for nothing else, without an exponent.

    >>> _digits(1e-7), _digits(5.0), _digits(0.1 + 0.2)
    ('0.0000001', '5', '0.30000000000000004')
    """
    if value == 0 and copysign(1, value) < 0:
        return "-0.0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return str(int(value))
