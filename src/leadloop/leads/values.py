"""How the cells of one column become values of their field's type.

Every reader takes the cells of one column, text or values that already have a type (from Parquet or JSON), and gives them
back typed, with null where a cell cannot be read. Telling "missing" from "cannot be read" is the schema's business: it knows
which cells held something.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from leadloop.leads.employees import exact_or_band, read_employee_cells
from leadloop.leads.field import Field
from leadloop.leads.frame import DTYPES
from leadloop.leads.numbers import read_money, read_numbers
from leadloop.leads.times import NUMERIC, read_times, read_unix, within_calendar

TRUE_WORDS = ("1", "true", "yes", "y", "t", "on", "1.0", "ja", "wahr", "oui", "vrai", "sí", "si", "sì", "sim")
FALSE_WORDS = ("0", "false", "no", "n", "f", "off", "0.0", "nein", "falsch", "non", "faux", "não", "nao", "nee")
DECIMAL_COMMA = "decimal_comma"


def cells_as_values(cells: pl.Series, field: Field) -> pl.Series:
    """The cells of one column as values of the field's type; null where a cell cannot be read as one.

    `cells` holds text, or values that already have a type (from Parquet or JSON). A cell is read by itself: what stands
    above or below it changes nothing.

    >>> cells_as_values(pl.Series(["7", "8.5", "many"]), Field("visits", "number", "intake")).to_list()
    [7.0, 8.5, None]
    """
    cells = without_levels(cells)
    dtype = DTYPES[field.type]
    values = None if cells.dtype == pl.Null else _READERS[field.type](cells, field)
    if values is None:
        values = pl.Series([None] * len(cells), dtype=dtype)
    return values.alias(cells.name)


def without_levels(cells: pl.Series) -> pl.Series:
    """The cells as text where they are the numbered levels that Parquet and pandas make of repeated texts."""
    return cells.cast(pl.String) if cells.dtype in (pl.Categorical, pl.Enum) else cells


def cells_as_text(cells: pl.Series) -> pl.Series | None:
    """The cells as text, whatever their type; None where they hold lists, objects or bytes, which are no text.

    >>> cells_as_text(pl.Series([5.0, None, 2.5])).to_list(), cells_as_text(pl.Series([True])).to_list()
    (['5', None, '2.5'], ['true'])
    """
    cells = without_levels(cells)
    if cells.dtype == pl.String:
        return cells
    if cells.dtype.is_nested() or cells.dtype in (pl.Binary, pl.Object):
        return None
    if not cells.dtype.is_float():
        return cells.cast(pl.String)
    # 5.0 out of a table with holes is the 5 of a table without.
    whole = cells.cast(pl.Int64, strict=False)
    return whole.cast(pl.String).zip_with((whole.cast(cells.dtype) == cells).fill_null(False), cells.cast(pl.String))


def _numbers(cells: pl.Series, field: Field) -> pl.Series | None:
    if cells.dtype == pl.String:
        return read_numbers(cells, decimal_comma=DECIMAL_COMMA in field.formats)
    return _finite(cells)


def _money(cells: pl.Series, field: Field) -> pl.Series | None:
    if cells.dtype == pl.String:
        return read_money(cells, decimal_comma=DECIMAL_COMMA in field.formats)
    return _finite(cells)


def _finite(cells: pl.Series) -> pl.Series | None:
    if not cells.dtype.is_numeric() and cells.dtype != pl.Boolean:
        return None
    values = cells.cast(pl.Float64, strict=False)
    return values.set(~values.is_finite(), None)


def _employees(cells: pl.Series, field: Field) -> pl.Series | None:
    if cells.dtype == pl.String:
        return read_employee_cells(cells)
    if not cells.dtype.is_numeric():
        return None
    count = cells.cast(pl.Float64, strict=False)
    return exact_or_band(count, count)


def _booleans(cells: pl.Series, field: Field) -> pl.Series | None:
    if cells.dtype == pl.Boolean:
        return cells
    if cells.dtype.is_numeric():
        yes, no = cells == 1, cells == 0
    elif cells.dtype == pl.String:
        words = cells.str.strip_chars().str.to_lowercase()
        yes, no = words.is_in(TRUE_WORDS), words.is_in(FALSE_WORDS)
    else:
        return None
    return yes.set(~(yes | no), None)


def _times(cells: pl.Series, field: Field) -> pl.Series | None:
    if cells.dtype == pl.String:
        return read_times(cells, field.formats)
    if cells.dtype == pl.Date or isinstance(cells.dtype, pl.Datetime):
        return within_calendar(cells)
    form = next((form for form in field.formats if form in NUMERIC), None)
    if form is None or not cells.dtype.is_numeric():
        return None
    return read_unix(cells.cast(pl.Float64, strict=False), form)


def _texts(cells: pl.Series, field: Field) -> pl.Series | None:
    return cells_as_text(cells)


def _trimmed(cells: pl.Series, field: Field) -> pl.Series | None:
    text = cells_as_text(cells)
    return None if text is None else text.str.strip_chars()


def _lowered(cells: pl.Series, field: Field) -> pl.Series | None:
    text = _trimmed(cells, field)
    return None if text is None else text.str.to_lowercase()


_READERS: dict[str, Callable[[pl.Series, Field], pl.Series | None]] = {
    "number": _numbers,
    "money": _money,
    "employees": _employees,
    "category": _trimmed,
    "text": _texts,
    "boolean": _booleans,
    "time": _times,
    "email": _lowered,
    "phone": _trimmed,
    "url": _lowered,
    "id": _trimmed,
}
