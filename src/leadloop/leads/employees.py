"""How many people a company employs, from a number or from any of the bands that are in use.

Vendors cut their bands differently, so what is kept is never a band's name but the interval that it stands for.
"""

from __future__ import annotations

import math
import re

import polars as pl

OPEN_END = 4.0
"""An open band is taken to reach this many times its lower end."""

_LONGEST = 80
_SEPARATORS = ",.'’ \u00a0\u2009\u202f"
_MONTHS = (
    "jan|january|janvier|januar|feb|february|februar|mar|march|märz|mrz|apr|april|may|mai|jun|june|juin|juni|jul|july|juli|"
    "aug|august|sep|sept|september|oct|october|okt|oktober|nov|november|dec|december|dez|dezember"
)
_DATE = re.compile(
    rf"\d{{1,2}}[-/. ]+(?:{_MONTHS})\.?(?:[-/. ]+\d{{2,4}})?|(?:{_MONTHS})\.?[-/. ]+\d{{1,4}}"
    r"|\d{4}-\d{1,2}-\d{1,2}(?:[t ].*)?|\d{1,2}([/.])\d{1,2}\1\d{2,4}(?: .*)?|\d{1,2}/\d{1,2}",
    re.IGNORECASE,
)


def _count(place: str) -> str:
    """A pattern of one count: grouped by one kind of separator or plain, then perhaps "k" or "m"."""
    return (
        rf"(?P<{place}>[1-9][0-9]{{0,2}}(?P<{place}_by>[{_SEPARATORS}])[0-9]{{3}}(?:(?P={place}_by)[0-9]{{3}})*(?:\.00?)?"
        rf"|[0-9]+(?:\.[0-9]+)?)\s*(?P<{place}_unit>k|m)?"
    )


_LOW, _HIGH = _count("low"), _count("high")
_WORDS = re.compile(r"\s?(?:employees|employee|people|persons|person|staff|ftes?)$")
_ONE = frozenset({"self-employed", "self employed", "myself only", "just me", "freelancer", "sole proprietor"})
_LINKEDIN = re.compile(r"size_(?P<low>[0-9]+)(?:_to_(?P<high>[0-9]+)|_(?P<more>or_more))?")
_RANGE = re.compile(rf"{_LOW}\s*(?:-|–|—|‑|−|to|bis|\.\.\.?)\s*{_HIGH}")
_AT_LEAST = re.compile(rf"(?:>=|≥|from|at least)\s*{_LOW}")
_OR_MORE = re.compile(rf"{_LOW}\s*(?:\+|plus|or more|and more|and above|and over)")
_ABOVE = re.compile(rf"(?:>|over|above|more than)\s*{_LOW}")
_AT_MOST = re.compile(rf"(?:<=|≤|up to|at most)\s*{_LOW}")
_BELOW = re.compile(rf"(?:<|under|below|less than|fewer than)\s*{_LOW}")
_ABOUT = re.compile(rf"(?:~|≈|about|approx\.?|circa|ca\.?)?\s*{_LOW}")


def read_employees(text: str) -> tuple[float, float] | None:
    """How many people a company employs, as the lowest and highest number that the text allows, or None.

    Open ends are taken as a factor of four ("10,001+" reaches 40,004), which keeps their logarithm comparable with
    closed bands. Ranges that a spreadsheet turned into dates ("2-Oct" for 2-10) are not guessed at.

    >>> read_employees("50-100"), read_employees("1,200"), read_employees("1k-5k"), read_employees("2-Oct")
    ((50.0, 100.0), (1200.0, 1200.0), (1000.0, 5000.0), None)
    """
    if len(text) > _LONGEST:
        return None
    bare = _WORDS.sub("", text.strip().casefold()).strip()
    if bare in _ONE:
        return (1.0, 1.0)
    if match := _LINKEDIN.fullmatch(bare):
        low = float(match["low"])
        high = low * OPEN_END if match["more"] else float(match["high"] or low)
        return _in_order(low, high)
    if looks_like_spreadsheet_date(bare):
        return None
    if match := _RANGE.fullmatch(bare):
        high = _value(match, "high")
        low = _value(match, "low", match["high_unit"])  # "1-5k" is 1,000 to 5,000
        if low >= high:
            low = _value(match, "low")  # and "500-1k" is 500 to 1,000
        return _in_order(low, high)
    if match := _AT_LEAST.fullmatch(bare) or _OR_MORE.fullmatch(bare):
        low = _value(match, "low")
        return (low, low * OPEN_END)
    if match := _ABOVE.fullmatch(bare):
        low = math.floor(_value(match, "low")) + 1.0
        return (low, low * OPEN_END)
    if match := _AT_MOST.fullmatch(bare):
        high = _value(match, "low")
        return (min(1.0, high), high)
    if match := _BELOW.fullmatch(bare):
        high = math.ceil(_value(match, "low")) - 1.0
        return None if high < 0 else (min(1.0, high), high)
    if match := _ABOUT.fullmatch(bare):
        count = _value(match, "low")
        return (count, count)
    return None


def looks_like_spreadsheet_date(text: str) -> bool:
    """Whether an employee range was probably turned into a date by a spreadsheet.

    >>> looks_like_spreadsheet_date("2-Oct"), looks_like_spreadsheet_date("2-10")
    (True, False)
    """
    return len(text) <= _LONGEST and _DATE.fullmatch(text.strip()) is not None


def read_employee_cells(text: pl.Series) -> pl.Series:
    """A column of texts as intervals of employees: a struct of `low` and `high`, null where a text is neither.

    >>> read_employee_cells(pl.Series(["120", "50-100", "2-Oct"])).to_list()
    [{'low': 120.0, 'high': 120.0}, {'low': 50.0, 'high': 100.0}, None]
    """
    # Real columns repeat their bands, and where they hold exact counts those are plain; so few texts need reading.
    bare = text.str.strip_chars()
    plain = bare.set(~bare.str.contains(r"^[0-9]{1,15}$"), None).cast(pl.Float64)
    distinct = bare.filter(bare.is_not_null() & plain.is_null()).unique()
    read = {band: found for band in distinct.to_list() if (found := read_employees(band)) is not None}
    ends = [
        plain.fill_null(
            bare.replace_strict(
                {band: found[end] for band, found in read.items()}, default=None, return_dtype=pl.Float64
            )
        )
        for end in (0, 1)
    ]
    return exact_or_band(*ends)


def exact_or_band(low: pl.Series, high: pl.Series) -> pl.Series:
    """Two columns of ends as one column of intervals; null where either is missing, negative or not finite."""
    ends = pl.DataFrame([low.alias("low"), high.alias("high")])
    sound = (pl.col("low") >= 0) & pl.col("low").is_finite() & pl.col("high").is_finite()
    return ends.select(pl.when(sound).then(pl.struct("low", "high")).alias(low.name)).to_series()


def _value(match: re.Match[str], place: str, unit: str | None = None) -> float:
    """The count at a place of a match; `unit` stands in where it has none of its own."""
    digits, unit = match[place], match[f"{place}_unit"] or unit
    if by := match[f"{place}_by"]:
        # Nobody writes 1.234k for more than a million: with a unit, a single point starts the decimals.
        decimal = by == "." and digits.count(".") == 1 and unit
        if not decimal:
            digits = re.sub(rf"[{_SEPARATORS}]", "", digits.removesuffix(".00").removesuffix(".0"))
    return float(digits) * {"k": 1e3, "m": 1e6}.get(unit or "", 1.0)


def _in_order(low: float, high: float) -> tuple[float, float] | None:
    return (low, high) if low <= high else None
