"""What counts as "not given": empty cells, and the placeholders that a field names.

A placeholder is met in two ways: as it is written ("Select", "n/a"), and, in fields of numbers, money, employees and times,
by its value, so that 999 also stands for 999.0 and for "$999", and 1900-01-01 for that day however it is written.
"""

from __future__ import annotations

import polars as pl

from leadloop.leads.field import Field
from leadloop.leads.frame import DTYPES
from leadloop.leads.values import cells_as_text, cells_as_values

_BY_VALUE = frozenset({"number", "money", "employees", "time"})


def blank_placeholders(cells: pl.Series, field: Field) -> pl.Series:
    """The cells with null wherever nothing was given, as far as the writing tells: empty text and placeholders.

    >>> source = Field("source", "category", "intake", missing=("select",))
    >>> blank_placeholders(pl.Series(["Select", " ", "Google"]), source).to_list()
    [None, None, 'Google']
    """
    if cells.dtype.is_float():
        cells = cells.fill_nan(None)
    if cells.dtype == pl.String:
        bare = cells.str.strip_chars()
        empty = bare == ""
        if field.missing:
            empty = empty | _is_placeholder(bare, field)
    else:
        written = cells_as_text(cells) if field.missing and not cells.dtype.is_temporal() else None
        if written is None:
            return cells
        empty = _is_placeholder(written, field)
    return cells.set(empty.fill_null(False), None) if empty.any() else cells


def find_sentinels(values: pl.Series, field: Field) -> pl.Series | None:
    """Which values of a field stand for "not given" (999 for a number); None where there can be none.

    >>> find_sentinels(pl.Series([3.0, 999.0, None]), Field("visits", "number", "intake", missing=("999",))).to_list()
    [False, True, False]
    """
    if not field.missing or field.type not in _BY_VALUE:
        return None
    sentinels = cells_as_values(pl.Series(field.missing, dtype=pl.String), field).drop_nulls().unique()
    if not len(sentinels):
        return None
    if values.dtype == DTYPES["employees"]:
        ends = [values.struct.field(end) for end in ("low", "high")]
        found = pl.Series([False] * len(values), dtype=pl.Boolean)
        for sentinel in sentinels.to_list():
            found = found | ((ends[0] == sentinel["low"]) & (ends[1] == sentinel["high"]))
    else:
        found = values.is_in(sentinels.implode())
    return found.fill_null(False)


def _is_placeholder(bare: pl.Series, field: Field) -> pl.Series:
    # Both sides are lowered by the same hand: Python's casefold turns "ß" into "ss", and a cell would never match.
    words = pl.Series(field.missing, dtype=pl.String).str.strip_chars().str.to_lowercase()
    return bare.str.to_lowercase().is_in(words.implode())
