"""Ranges of money as vendors of company facts write them: "$10M-50M", "$1B+", "under $1M"."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import sqrt

import polars as pl

OPEN_END = 4.0
"""An open range is taken to reach this many times its end, as for numbers of employees."""
_LONGEST = 60
_MAYBE = (
    r"\d.*(?:[-–—+]|\bto\b|\bplus\b|\bmore\b|\babove\b)|[<>≥≤]"
    r"|(?i)^(?:over|above|more than|at least|from|under|below|less than|up to)\b"
)
_RANGE = re.compile(r"(?P<low>[^-–—]*\d[^-–—]*?)\s*(?:-|–|—|\bto\b)\s*(?P<high>[^-–—]*\d[^-–—]*)")
_MORE = re.compile(
    r"(?:(?:>=?|≥|over|above|more than|at least|from)\s*(?P<low>.+)"
    r"|(?P<least>.+?)\s*(?:\+|plus|or more|and more|and above))"
)
_LESS = re.compile(r"(?:<=?|≤|under|below|less than|up to)\s*(?P<high>.+)")
_UNIT = re.compile(r"\s*[A-Za-z][A-Za-z. ]*$")
_MARKED = re.compile(r"[^\d\s.,'’+<>≥≤–—-]")


def read_money_ranges(bare: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The middles of ranges of money, null where a text is none; `read` reads amounts.

    A range counts as the geometric mean of its ends, so that $1M to $100M counts as $10M. It needs a currency or a unit:
    "2-10" may be anything.
    """
    short = bare.set(~((bare.str.len_chars() <= _LONGEST) & bare.str.contains(_MAYBE)), None)
    parts = {text: found for text in short.drop_nulls().unique().to_list() if (found := _take_apart(text)) is not None}
    if not parts:
        return pl.Series(bare.name, [None] * len(bare), dtype=pl.Float64)
    ends = list(dict.fromkeys(end for wordings in parts.values() for end in wordings if end))
    amounts = dict(zip(ends, read(pl.Series(ends, dtype=pl.String)).to_list(), strict=True))
    middles = {text: _middle(*(amounts.get(end) for end in wordings)) for text, wordings in parts.items()}
    known = {text: middle for text, middle in middles.items() if middle is not None}
    return short.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.Float64)


def _take_apart(text: str) -> tuple[str, str, str] | None:
    """The lowest amount, the same with the unit of the highest, and the highest; empty where there is none.

    >>> _take_apart("$10-50M"), _take_apart("$1B+"), _take_apart("2-10")
    (('$10', '$10M', '50M'), ('$1B', '', ''), None)
    """
    bare = " ".join(text.split())
    if not _MARKED.search(re.sub(r"\bto\b", "", bare)):
        return None
    if found := _LESS.fullmatch(bare.lower()):
        return "", "", bare[found.start("high") :]
    if found := _MORE.fullmatch(bare.lower()):
        start, stop = found.span("low" if found["low"] else "least")
        return bare[start:stop], "", ""
    if found := _RANGE.fullmatch(bare):
        low, high = found["low"], found["high"]
        unit = _UNIT.search(high)
        return low, low + unit[0] if unit and low[-1].isdigit() else "", high
    return None


def _middle(low: float | None, low_in_unit: float | None, high: float | None) -> float | None:
    if high is None:
        return low * sqrt(OPEN_END) if low else None
    # "$10-50M" is 10 to 50 million, and "$500,000-1M" is not 500,000 million.
    low = low_in_unit if low_in_unit is not None and low_in_unit <= high else low
    if low is None or low == 0:
        return high / sqrt(OPEN_END) if high > 0 else None
    return sqrt(low * high) if 0 < low <= high else None
