"""Dates and times as text or numbers: ISO 8601, patterns that a person names, and seconds since 1970.

All times are UTC and carry no zone; a text without a zone is taken as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache, partial

import polars as pl

DTYPE = pl.Datetime("us")
ISO, UNIX, UNIX_MS = "iso", "unix", "unix_ms"
NUMERIC = (UNIX, UNIX_MS)

_ISO_SHAPE = (
    r"(?i)^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:\s?(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?)?$"
)
# What one of them reads, another reads the same way or not at all: their order is a matter of speed alone.
_ISO_PATTERNS = (
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f"),
    *("%Y-%m-%d %H:%M:%S%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z"),
)
_EARLIEST, _LATEST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001
# Beyond 126 years from 1970 a number of seconds is more likely one of milliseconds.
_FARTHEST_MICROSECONDS = 4e15
_KNOWN = datetime(2023, 11, 28, 13, 45, 6)  # noqa: DTZ001
_EARLIEST_WRITTEN = 1000
_SAMPLE = 64


def read_times(text: pl.Series, formats: Sequence[str] = ()) -> pl.Series:
    """A column of texts as times, each by the first of the formats that fits it; null where none does.

    `formats` are strptime patterns, `iso` (which also stands for no format at all), `unix` (seconds since 1970) or
    `unix_ms`. Years run from 1 to 9999.

    >>> read_times(pl.Series(["2024-02-29 08:30", "2024-02-29T09:30:00+01:00", "29.2.2024"])).dt.to_string().to_list()
    ['2024-02-29 08:30:00.000000', '2024-02-29 08:30:00.000000', None]
    >>> read_times(pl.Series(["31/12/2024"]), ["%d/%m/%Y"]).dt.date().to_list()
    [datetime.date(2024, 12, 31)]
    """
    bare = text.str.strip_chars()
    values = _nothing(bare)
    for form in formats or (ISO,):
        if explain_pattern(form):
            continue
        values = _fill(values, bare, partial(_read_form, form=form))
    return values


def read_unix(numbers: pl.Series, form: str) -> pl.Series:
    """A column of numbers as times: seconds since 1970, or milliseconds where `form` is `unix_ms`.

    >>> read_unix(pl.Series([1.7e9]), "unix").dt.to_string("%Y-%m-%d %H:%M:%S").to_list()
    ['2023-11-14 22:13:20']
    """
    micros = numbers * (1e3 if form == UNIX_MS else 1e6)
    near = micros.set(~(micros.abs() <= _FARTHEST_MICROSECONDS), None)
    return near.round().cast(pl.Int64, strict=False).cast(DTYPE)


def within_calendar(values: pl.Series) -> pl.Series:
    """A column of dates or times with null for years that no calendar in use has (before 1, after 9999), as UTC times.

    >>> from datetime import date
    >>> within_calendar(pl.Series([date(2024, 2, 29)])).dt.to_string("%Y-%m-%d %H:%M").to_list()
    ['2024-02-29 00:00']
    """
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is not None:
        values = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if values.dtype == pl.Datetime("ns"):
        return values.cast(DTYPE)  # nanoseconds reach from 1677 to 2262
    ends = (_EARLIEST.date(), _LATEST.date()) if values.dtype == pl.Date else (_EARLIEST, _LATEST)
    return values.set(~values.is_between(*ends), None).cast(DTYPE)


@lru_cache(maxsize=256)
def explain_pattern(form: str) -> str:
    """Why a format cannot be used to read times; empty where it can.

    >>> explain_pattern("%d/%m/%Y"), explain_pattern("%d/%m")
    ('', 'does not name a date')
    """
    if form in (ISO, *NUMERIC):
        return ""
    if "%" not in form:
        return "is no way to write a time"
    if "Z" in _directives(form):
        return "reads a zone's name, which does not say how far it is from UTC"
    if "f" in _directives(form.replace(".%f", "%.f")):
        return "reads a fraction of a second without the point before it"
    try:
        written = pl.Series([_KNOWN]).dt.replace_time_zone("UTC").dt.to_string(form.replace(".%f", "%.f"))
        read = _read_pattern(written, form)
    except pl.exceptions.PolarsError:
        return "is no pattern of a time"
    # A pattern without a day stands for the first of the month, one without a month for the first of the year.
    firsts = (_KNOWN, _KNOWN.replace(day=1), _KNOWN.replace(month=1, day=1))
    return "" if read.dt.date()[0] in [first.date() for first in firsts] else "does not name a date"


def _fill(values: pl.Series, text: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The values, and where one is missing, what `read` makes of its text."""
    rest = (text.is_not_null() & values.is_null()).arg_true()
    return values.scatter(rest, read(text.gather(rest))) if len(rest) else values


def _read_form(text: pl.Series, form: str) -> pl.Series:
    if form == ISO:
        return _read_iso(text)
    if form in NUMERIC:
        return read_unix(text.cast(pl.Float64, strict=False), form)
    # A year of two digits read as one of four would be the year 24.
    values = _read_pattern(text, form)
    return values.set(values.dt.year() < _EARLIEST_WRITTEN, None)


def _read_iso(text: pl.Series) -> pl.Series:
    shaped = text.set(~text.str.contains(_ISO_SHAPE), None).str.to_uppercase()
    shaped = shaped.str.replace(r"\s?(?:UTC|GMT)$", "Z").str.replace("T", " ", literal=True)
    shaped = shaped.str.replace(",", ".", literal=True)
    patterns = list(_ISO_PATTERNS)
    if len(text) > _SAMPLE:
        sample = shaped.head(_SAMPLE)
        patterns.sort(key=lambda pattern: _read_pattern(sample, pattern).null_count())
    values = _nothing(shaped)
    for pattern in patterns:
        values = _fill(values, shaped, partial(_read_pattern, form=pattern))
    return values


def _read_pattern(text: pl.Series, form: str) -> pl.Series:
    """The texts that a pattern fits as UTC times; raises PolarsError where the pattern makes no sense."""
    # %z as Python reads it takes "Z" and "+01" too; chrono, which reads here, writes that %#z. The same for fractions.
    pattern = re.sub(r"(?<!%)((?:%%)*)%z", r"\1%#z", form).replace(".%f", "%.f")
    zoned = bool(_directives(form) & {"z", "#z", ":z", "::z"})
    # A time of day hardly ever comes twice, and looking it up costs more than reading it.
    found = text.str.to_datetime(
        pattern, time_unit="us", time_zone="UTC" if zoned else None, strict=False, cache="%S" not in form
    )
    return within_calendar(found)


def _directives(form: str) -> set[str]:
    """What a pattern asks for, without the percent signs.

    >>> sorted(_directives("%d %% %#z"))
    ['#z', '%', 'd']
    """
    return set(re.findall(r"%([#:.]*[A-Za-z%])", form))


def _nothing(text: pl.Series) -> pl.Series:
    return pl.Series(text.name, [None] * len(text), dtype=DTYPE)
