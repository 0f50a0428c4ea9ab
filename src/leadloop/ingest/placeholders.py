"""What stands in a cell where nobody gave an answer: "Select", "N/A", "-", 999, 1 January 1900.

A placeholder is never assumed: it must occur in the column, and must not be an ordinary answer there. Words are known by
what they say, numbers only by statistics: a value far from all others that many rows share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from leadloop.ingest.column import Column, percent, phrases, quoted

# Without brackets and dashes, in lower case. These say that nothing was answered, whatever the question was.
_NOTHING = phrases(
    """
    select, select one, select an option, select option, select value, please select, choose, choose one,
    choose an option, please choose, n/a, n.a, n a, null, nan, nat, undefined, blank, empty, missing, tbd, tba,
    to be determined, to be defined, unknown, unkown, unk, not known, unspecified, not specified, not provided, not given,
    not set, not available, not applicable, not entered, not answered, not disclosed, not recorded, not stated,
    not selected, nothing selected, no answer, no response, no data, no value, no information, none selected, none given,
    none provided, none specified, unbekannt, keine angabe, k.a, nicht angegeben, ohne angabe, bitte wählen,
    bitte auswählen, inconnu, non renseigné, non spécifié, desconocido, no especificado, sin especificar, não informado,
    desconhecido, sconosciuto, non specificato, onbekend
    """
)
_ERRORS = frozenset({"#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#error!", "\\n"})
# These are answers as often as not.
_EITHER = frozenset({"none", "na", "nil"})
_DECORATION = re.compile(r"^[\s\-_.<>()\[\]{}*=~:\\]+|[\s\-_.<>()\[\]{}*=~:\\]+$")
_PLACE_NAME = re.compile(r"country|region|continent|territor|market|state|geo|area|iso|land\b|nation", re.I)

_OTHERS = 1_000
_FEWEST_SENTINELS = 5
_MOST_SENTINELS = 3
_SENTINEL_SHARE = 0.002
_SPIKE = 10.0
_SPIKE_SHARE = 0.005
_FEW_VALUES = 20
_SENTINEL_DATES = (
    *(date(1, 1, 1), date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1900, 1, 2)),
    *(date(1970, 1, 1), date(2099, 12, 31), date(2999, 12, 31), date(9999, 12, 31), date(9999, 1, 1), date(1901, 1, 1)),
)
_FAR_DAYS = 5 * 365


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A text that stands for "no answer": how it is written, in how many rows, and how that was seen."""

    text: str
    rows: int
    because: str


def find_placeholders(column: Column, marks: frozenset[str] = frozenset()) -> tuple[Placeholder, ...]:
    """The words in a column that say "no answer". `marks` are words that mean so elsewhere in the file (`find_marks`).

    >>> city = Column("City", pl.Series(["Mumbai", "Select", "select", "-", "Pune", "Mumbai"]))
    >>> [(found.text, found.rows) for found in find_placeholders(city)]
    [('Select', 2), ('-', 1)]
    """
    suspects = column.texts.filter(_may_be_placeholder(column.texts)).to_list()
    if not suspects:
        return ()
    others = [text for text in column.texts.head(_OTHERS).to_list() if _bare(text) not in _NOTHING]
    found: dict[str, Placeholder] = {}
    held_by = column.rows[column.texts.is_in(suspects).to_numpy()]
    for text, rows in zip(suspects, held_by.tolist(), strict=True):
        because = _says_nothing(text, column.name, others, marks)
        if because:
            first = found.get(text.lower())
            held = rows + (first.rows if first else 0)
            found[text.lower()] = Placeholder(first.text if first else text, held, because)
    return tuple(sorted(found.values(), key=lambda one: (-one.rows, one.text)))


def find_marks(column: Column) -> frozenset[str]:
    """Words such as "None" and "NA" that can only mean "no answer" here, because all the rest are numbers or times.

    A system that writes None for nothing in one column writes it in all.
    """
    either = [text for text in column.texts.to_list() if _bare(text) in _EITHER and text == text.strip("()<>[]")]
    if not either or column.distinct <= _FEW_VALUES:
        return frozenset()
    others = column.without(either)
    coded = others.matching(r"[-+]?[\d.,:/ TZ+-]*\d[\d.,:/ TZ+-]*|[^@\s]+@[^@\s]+\.[^@\s]+")
    return frozenset(text.lower() for text in either) if coded >= 0.98 * others.filled > 0 else frozenset()


def _may_be_placeholder(texts: pl.Series) -> pl.Series:
    """A cheap look that lets through only short texts worth reading closely."""
    short = texts.str.len_chars() <= 30
    digits = texts.str.contains(r"\d")
    return (short & (~digits | texts.str.contains(r"(?i)^#div/0!$"))).fill_null(False)


def _bare(text: str) -> str:
    folded = re.sub(r"\s+", " ", text.strip().lower())
    return folded if folded in _ERRORS else _DECORATION.sub("", folded)


def _says_nothing(text: str, name: str, others: list[str], marks: frozenset[str]) -> str:
    """Why this text is no answer in a column that also holds these others, or nothing where it may be one."""
    folded = text.strip().lower()
    if folded in _ERRORS:
        return "an error or export mark"
    bare = _bare(text)
    if bare in _NOTHING:
        return "says that nothing was answered"
    if folded in ("[]", "{}"):
        return "an empty list"
    if not bare or not any(character.isalnum() for character in bare):
        # A plus and a minus are the answers of a test; a dash among words is a gap.
        words = any(any(character.isalnum() for character in other) for other in others)
        return (
            "a mark without letters or digits"
            if words and len(folded) <= 3 and folded not in ("+", "++", "+++")
            else ""
        )
    if bare in _EITHER:
        if folded != bare:
            return "an export mark"
        if folded in marks:
            return "stands among numbers or times in this file"
        if bare == "na" and not _PLACE_NAME.search(name) and not _are_codes(others, text):
            return "the usual mark for not available"
    return ""


def _are_codes(others: list[str], text: str) -> bool:
    """Whether the column's other values are short codes too, so that NA may be Namibia or North America."""
    short = [other for other in others if other != text]
    return bool(short) and sum(len(other) <= 3 and other.isalpha() for other in short) >= 0.8 * len(short)


def find_sentinels(column: Column, numbers: np.ndarray) -> tuple[Placeholder, ...]:
    """Numbers such as 999 or -1 that stand for "no answer". `numbers` holds the value of each of the column's texts.

    One must lie at the end of the range and many rows must share it. A large one must also lie apart from all others
    (farther than they spread), or hold ten times as many rows as each of its neighbours: a 9 that merely ends a scale of
    0 to 9 is an answer. A negative one must stand below numbers that are never negative.

    >>> days = Column("pdays", pl.Series(["999"] * 90 + [str(day % 28) for day in range(200)]))
    >>> [(found.text, found.rows) for found in find_sentinels(days, days.texts.cast(float).to_numpy())]
    [('999', 90)]
    """
    known = ~np.isnan(numbers)
    values, places = np.unique(numbers[known], return_inverse=True)
    rows = np.bincount(places, weights=column.rows[known]).astype(np.int64)
    # Several may stand side by side (998 and 999, -9 and -1), so each is judged against what is left without all of them.
    enough = rows >= max(_FEWEST_SENTINELS, _SENTINEL_SHARE * rows.sum())
    above = _true_before_false((enough[-_MOST_SENTINELS:] & _is_nines(values[-_MOST_SENTINELS:]))[::-1])
    below = _true_before_false((enough & (values < 0))[:_MOST_SENTINELS] & _is_nines(values[:_MOST_SENTINELS]))
    usual, usual_rows = values[below : len(values) - above], rows[below : len(values) - above]
    if len(usual) < 3:
        return ()
    shown = f"while the others run from {usual[0]:,.6g} to {usual[-1]:,.6g}"
    # Numbers that are never negative and reach beyond a short scale: -1 is none of them.
    never_negative = len(usual) >= 5 and usual[0] >= 0 and usual[-1] >= 5
    found = []
    for place in [*reversed(range(len(values) - above, len(values))), *range(below)]:
        apart = values[place] - usual[-1] > usual[-1] - usual[0]
        towering = len(usual) >= _FEW_VALUES and rows[place] >= max(
            _SPIKE * usual_rows[-5:].max(), _SPIKE_SHARE * rows.sum()
        )
        if never_negative if values[place] < 0 else apart or towering:
            share = percent(rows[place] / rows.sum())
            found.append(Placeholder(str(int(values[place])), int(rows[place]), f"{share} of all values, {shown}"))
    return tuple(found)


def _true_before_false(held: np.ndarray) -> int:
    """How many are true before the first that is not."""
    return int(np.argmin([*held, False]))


def _is_nines(values: np.ndarray) -> np.ndarray:
    """Which numbers people and systems take for "no number": 9, 99, 999 ..., 888 ..., 998, and -1, -9, -99 ..."""
    digits = [str(int(abs(value))) if abs(value) < 1e15 and value == int(value) else "" for value in values]
    return np.array(
        [
            set(each) == {"9"}
            or (set(each) == {"8"} and len(each) > 2)
            or each in ("998", "9998")
            or (each == "1" and value < 0)
            for each, value in zip(digits, values, strict=True)
        ],
        dtype=bool,
    )


def find_sentinel_times(column: Column, times: pl.Series) -> tuple[Placeholder, ...]:
    """Dates such as 1900-01-01 or 9999-12-31 that stand for "no date". `times` holds the time of each of the column's texts.

    One counts only where all other times lie five years away, or more.
    """
    days = times.dt.date()
    usual = days.filter(~days.is_in(_SENTINEL_DATES)).drop_nulls()
    if usual.is_empty():
        return ()
    first, last = usual.min(), usual.max()
    assert isinstance(first, date) and isinstance(last, date)
    found = []
    for text, day, rows in zip(column.texts.to_list(), days.to_list(), column.rows.tolist(), strict=True):
        if day in _SENTINEL_DATES and not _near(day, first, last):
            found.append(Placeholder(text, rows, f"the other times run from {first} to {last}"))
    return tuple(found)


def _near(day: date, first: date, last: date) -> bool:
    return bool(day + timedelta(days=min(_FAR_DAYS, (date.max - day).days)) >= first) and bool(
        (day - last).days <= _FAR_DAYS
    )


def describe(found: tuple[Placeholder, ...]) -> tuple[str, ...]:
    """One guess a kind of evidence: which placeholders, and in how many rows.

    >>> describe((Placeholder("N/A", 12, "says that nothing was answered"), Placeholder("?", 3, "a mark")))
    ('missing: “N/A” in 12 rows, says that nothing was answered', 'missing: “?” in 3 rows, a mark')
    >>> describe((Placeholder("?", 3, "a mark"), Placeholder("-", 1, "a mark")))
    ('missing: “?” in 3 rows, “-” in 1 row, a mark',)
    """
    told: dict[str, list[str]] = {}
    for one in found:
        told.setdefault(one.because, []).append(
            f"{quoted([one.text])} in {one.rows:,} row{'' if one.rows == 1 else 's'}"
        )
    return tuple(f"missing: {', '.join(each)}, {because}" for because, each in told.items())
