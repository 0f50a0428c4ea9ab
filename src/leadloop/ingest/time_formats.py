"""How times are written in a column: ISO, day or month first, with names of months, as seconds since 1970.

Whether 03/04/2024 is in March or April is decided by evidence (a day over 12 somewhere in the column, the file's other
columns) or left as a marked guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from leadloop.ingest.column import Column
from leadloop.leads import Field
from leadloop.leads.values import cells_as_values

DayPlace = Literal["first", "second", "both", "unclear"]

_ENOUGH = 0.995
_SOME = 0.005
_YEARS = (1900, 2100)
_LOOKS_LIKE_TIME = r"(?i)^[\d\s:/.,+\-a-z]{6,40}$"
_HAS_MONTH_OR_YEAR = r"(?i)jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\b(?:19|20)\d{2}"
_NUMERIC_DATE = re.compile(
    r"(?P<one>\d{1,2})(?P<sign>[-/.])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})"
    r"(?:(?P<gap>,? |T)(?P<clock>\d{1,2}:\d{2})(?P<seconds>:\d{2})?(?P<fraction>\.\d+)?(?P<half>(?P<half_gap> ?)[AaPp][Mm])?)?"
)
_DATES = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%Y"),
    *("%d-%B-%Y", "%d-%b-%y", "%d/%b/%Y", "%d. %B %Y", "%d.%b.%Y", "%a, %d %b %Y", "%a, %b %d, %Y"),
)
_CLOCKS = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %I:%M %p",
    " %I:%M:%S %p",
    ", %H:%M",
    ", %H:%M:%S",
    ", %I:%M %p",
    ", %I:%M:%S %p",
)
_OTHER_PATTERNS = (
    *(date + clock for date in _DATES for clock in _CLOCKS),
    *("%a, %d %b %Y %H:%M:%S %z", "%d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %Y", "%d/%b/%Y:%H:%M:%S %z"),
    *("%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M:%S %p", "%Y%m%dT%H%M%S"),
)
_COMPACT = "%Y%m%d"
_UNIX_SECONDS = (6.3e8, 2.6e9)  # 1990 to 2052
_EXCEL_DAYS = (25_000, 60_000)  # 1968 to 2064


@dataclass(frozen=True, slots=True)
class TimeFormats:
    """The ways in which a column's times are written.

    `formats` are for `Field.formats` (empty: ISO alone). `day` says where the day stands in dates such as 03/04/2024:
    "unclear" where no day is over 12, "both" where some rows have it first and some second, None where there are no such
    dates. `evidence` says how that was seen, `called` what the formats are called where their patterns do not say it.
    """

    formats: tuple[str, ...]
    day: DayPlace | None
    evidence: str
    called: str = ""


def find_time_formats(column: Column, *, day_first: bool | None = None) -> TimeFormats | None:
    """How the times of a column are written, or None where (nearly) all of it cannot be read as times.

    `day_first` says how the file's other columns write days, for dates that do not tell by themselves.

    >>> find_time_formats(Column("came", pl.Series(["2024-01-05", "2024-01-06T10:00:00.5Z"]))).formats
    ()
    >>> find_time_formats(Column("came", pl.Series(["05/01/2024", "31/01/2024 10:30"]))).formats
    ('%d/%m/%Y', '%d/%m/%Y %H:%M')
    """
    sample = column.sample
    alike = sample.texts.str.contains(_LOOKS_LIKE_TIME) & sample.texts.str.contains(r"\d[-/.:,\s]|[-/.:,\s]\d")
    if not sample.filled or sample.rows_where(alike) < 0.9 * sample.filled:
        return None
    numeric = pl.Series(
        [_NUMERIC_DATE.fullmatch(text) is not None for text in sample.texts.to_list()], dtype=pl.Boolean
    )
    numeric_share = sample.rows_where(numeric) / sample.filled
    iso_share = _share(sample, ("iso",))
    if not numeric_share:
        return _named_months(column) if iso_share < 0.9 else _iso_alone(column)
    found = _day_and_month(column, day_first)
    if found.day == "both":
        return found if numeric_share + iso_share >= 0.9 else None
    if numeric_share + iso_share < 0.9:
        return _named_months(column, found)
    formats = (*(("iso",) if iso_share else ()), *found.formats)
    return replace(found, formats=formats) if _share(column, formats) >= _ENOUGH else None


def _iso_alone(column: Column) -> TimeFormats | None:
    return TimeFormats((), None, "") if _share(column, ()) >= _ENOUGH else None


def _day_and_month(column: Column, day_first: bool | None) -> TimeFormats:
    """Dates such as 03/04/2024: the day's place by evidence from all texts, then a pattern for each way they are written."""
    first = second = 0
    written: Counter[tuple[str, str]] = Counter()
    signs: Counter[str] = Counter()
    for text, rows in zip(column.texts.to_list(), column.rows.tolist(), strict=True):
        match = _NUMERIC_DATE.fullmatch(text)
        if match:
            one, two = int(match["one"]), int(match["two"])
            first += rows if 12 < one <= 31 and two <= 12 else 0
            second += rows if one <= 12 < two <= 31 else 0
            written[_as_pattern(match)] += rows
            signs[match["sign"]] += rows
    day, because = _day_place(first, second, column.filled)
    if day == "both":
        return TimeFormats((), "both", because)
    if day == "unclear":
        day_first, because = _unclear_day(column, signs, written, day_first)
    else:
        day_first = day == "first"
    place = 0 if day_first else 1
    # Two-digit years are tried first: %Y would read 24 as the year 24.
    patterns = sorted(written, key=lambda both: ("%y" not in both[0], -written[both]))
    return TimeFormats(tuple(both[place] for both in patterns), day, because)


def _as_pattern(match: re.Match[str]) -> tuple[str, str]:
    """The strptime pattern of a numeric date, with the day first and with the month first."""
    year = "%Y" if len(match["year"]) == 4 else "%y"
    clock = ""
    if match["clock"]:
        hour = "%I:%M" if match["half"] else "%H:%M"
        clock = match["gap"] + hour + (":%S" if match["seconds"] else "") + ("%.f" if match["fraction"] else "")
        clock += match["half_gap"] + "%p" if match["half"] else ""
    sign = match["sign"]
    return f"%d{sign}%m{sign}{year}{clock}", f"%m{sign}%d{sign}{year}{clock}"


def _day_place(first: int, second: int, filled: int) -> tuple[DayPlace, str]:
    if first and second and min(first, second) > _SOME * filled:
        return "both", (
            f"the day stands first in some rows and second in others ({first:,} and {second:,} rows tell), so the rest cannot "
            "be told apart"
        )
    if first > second:
        return "first", f"the first number is over 12 in {first:,} rows, so the day stands first"
    if second:
        return "second", f"the second number is over 12 in {second:,} rows, so the month stands first"
    return "unclear", ""


def _unclear_day(
    column: Column, signs: Counter[str], written: Counter[tuple[str, str]], day_first: bool | None
) -> tuple[bool, str]:
    """Day first or not where no number is over 12: by the file's other columns, else by the way the dates are written."""
    if day_first is not None:
        because = "as in the file's other dates"
    elif signs["."] > sum(signs.values()) / 2:
        day_first, because = True, "as is usual with points"
    else:
        halves = any("%p" in both[0] for both in written)
        day_first, because = False, "as is usual with AM and PM" if halves else "as is usual in the US"
    way = "day first" if day_first else "month first"
    return day_first, f"no number is over 12, so it could be either; read with the {way}, {because}"


def _named_months(column: Column, numeric: TimeFormats | None = None) -> TimeFormats | None:
    """Dates with the names of months, and other fixed ways of writing: as few patterns as read nearly everything.

    `numeric` is how the dates without names are written, where there are some among the others.
    """
    sample = column.sample
    if sample.rows_where(sample.texts.str.contains(_HAS_MONTH_OR_YEAR)) < 0.9 * sample.filled:
        return None
    rest = sample
    formats: list[str] = []
    candidates: Sequence[str] = ("iso", *(numeric.formats if numeric else ()), *_OTHER_PATTERNS)
    while rest.filled > 0 and len(formats) < 4:
        shares = [_share(rest, (pattern,)) for pattern in candidates]
        best = int(np.argmax(shares))
        if shares[best] * rest.filled < max(1, _SOME * sample.filled):
            break
        formats.append(candidates[best])
        rest = Column(rest.name, rest.texts.filter(_read(rest, (candidates[best],)).is_null()))
    if not formats or _share(column, tuple(formats)) < _ENOUGH:
        return None
    if formats == ["iso"]:
        return TimeFormats((), None, "")
    if numeric and set(formats) & set(numeric.formats):
        return replace(numeric, formats=tuple(formats))
    return TimeFormats(tuple(formats), None, "")


def find_number_times(column: Column, numbers: np.ndarray, *, named: bool) -> TimeFormats | None:
    """Times written as plain numbers, in a column whose name speaks of time (`named`): seconds since 1970, or 20240131.

    `numbers` holds the value of each of the column's texts.
    """
    if not named or not len(numbers):
        return None
    known = numbers[~np.isnan(numbers)]
    for form, scale in (("unix", 1.0), ("unix_ms", 1e3)):
        low, high = _UNIX_SECONDS[0] * scale, _UNIX_SECONDS[1] * scale
        if len(known) and np.mean((known >= low) & (known <= high)) >= _ENOUGH:
            unit = "seconds" if form == "unix" else "milliseconds"
            return TimeFormats((form,), None, "", f"{unit} since 1970, by its name and range")
    if column.matching(r"(?:19|20)\d{6}") >= _ENOUGH * column.filled and _share(column, (_COMPACT,)) >= _ENOUGH:
        return TimeFormats((_COMPACT,), None, "")
    return None


def looks_like_excel_days(numbers: np.ndarray) -> bool:
    """Whether numbers may be the days that a spreadsheet counts from 1900 (45,292 is the first day of 2024)."""
    known = numbers[~np.isnan(numbers)]
    return bool(len(known) > 1 and known.min() >= _EXCEL_DAYS[0] and known.max() <= _EXCEL_DAYS[1])


def _read(column: Column, formats: tuple[str, ...]) -> pl.Series:
    """The texts as times; null also where the year is not one of our time, which is how a wrong pattern shows."""
    times = cells_as_values(column.texts, Field(column.name, "time", "intake", formats=formats))
    years = times.dt.year()
    strange = ~years.is_between(*_YEARS) & (years != 9999) & (years != 1)
    return times.set(strange.fill_null(False), None)


def _share(column: Column, formats: tuple[str, ...]) -> float:
    """The share of filled rows that these formats read."""
    if not column.filled:
        return 0.0
    return column.rows_where(_read(column, formats).is_not_null()) / column.filled
