"""Numbers and amounts of money as people and spreadsheets write them.

Both readers take a column of text and give back numbers, with null where a text is none. They look at each text alone, and
never at its neighbours: what a cell means does not depend on the file it came in.
"""

from __future__ import annotations

import re
from functools import partial

import polars as pl

from leadloop.leads.money_ranges import read_money_ranges

_SPACES = " \u00a0\u2009\u202f"
_APOSTROPHES = "'’"


def _thousands(separators: str) -> str:
    """A pattern of digits in groups of three, with the same separator throughout; no such number starts with a zero."""
    return "|".join(rf"[1-9][0-9]{{0,2}}(?:{re.escape(sign)}[0-9]{{3}})+" for sign in separators)


_INDIAN = r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
_PLAIN = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_WITH_POINT = rf"^[+-]?(?:{_PLAIN}|(?:{_thousands(',' + _APOSTROPHES + _SPACES)}|{_INDIAN})(?:\.[0-9]*)?)$"
_WITH_COMMA = (
    rf"^[+-]?(?:(?:[0-9]+|{_thousands('.' + _APOSTROPHES + _SPACES)})(?:,[0-9]*)?|,[0-9]+)(?:[eE][+-]?[0-9]+)?$"
)
_SEPARATORS = rf"[{_APOSTROPHES}{_SPACES}]"

_SCALES = {
    1e3: ("k", "tsd", "thousand"),
    1e5: ("lac", "lakh", "lakhs"),
    1e6: ("m", "mm", "mn", "mln", "mio", "million", "millions"),
    1e7: ("crore", "crores"),
    1e9: ("b", "bn", "mrd", "billion", "billions"),
}
_SCALE_OF = {word: scale for scale, words in _SCALES.items() for word in words}
_CODES = (
    "aed|ars|aud|brl|cad|chf|clp|cny|cop|czk|dkk|dollars?|eur|euros?|fr|gbp|hkd|huf|idr|ils|inr|jpy|kr|krw|mxn|myr|nok|"
    "nzd|php|pln|rmb|ron|rs|sar|sek|sgd|thb|try|twd|usd|us|zar|zł"
)
_CURRENCY = rf"(?:(?:us|au?|ca?|nz|hk|sg?|nt|mx|r)?\p{{Sc}}|(?:{_CODES})\.?)"
_USUAL_SIGNS = "$€£¥₹" + _SPACES
_DIGITS = rf"^[0-9.,{_APOSTROPHES}{_SPACES}]*[0-9]$"


def read_numbers(text: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """A column of numbers as people write them: Float64, null where a text is no finite number.

    Thousands may be grouped by commas, apostrophes or spaces (also the Indian way), and a percent sign is dropped. With
    `decimal_comma` the comma starts the decimals and points may group thousands. Text that only the other convention
    could explain ("1,5" without, "1.5" with it) is not read.

    >>> read_numbers(pl.Series(["1,234.5", "12%", "1e3", "1,5", "12 apples"])).to_list()
    [1234.5, 12.0, 1000.0, None, None]
    >>> read_numbers(pl.Series(["1.234,5", "1.5"]), decimal_comma=True).to_list()
    [1234.5, None]
    """
    bare = text.str.strip_chars()
    if decimal_comma:
        return _read_carefully(bare, decimal_comma)
    values = _finite(bare.cast(pl.Float64, strict=False))
    # Most cells are plain; only the rest pay for the careful reader.
    rest = bare.is_not_null() & values.is_null()
    if not rest.any():
        return values
    return values.scatter(rest.arg_true(), _read_carefully(bare.filter(rest), decimal_comma))


def read_money(text: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """A column of amounts without their currency: Float64, null where a text is no amount.

    The currency may stand before or behind, as a sign or a code; "k", "M", "bn", "lakh" and the like multiply; brackets
    around an amount make it negative, as accountants write it. Amounts are not converted: 5 € is 5. A range counts as the
    geometric mean of its ends, an open one as twice (or half) its end.

    >>> read_money(pl.Series(["$1,200.50", "€ 1.2M", "10k", "(500)", "about 5"])).to_list()
    [1200.5, 1200000.0, 10000.0, -500.0, None]
    >>> read_money(pl.Series(["$10M-40M", "$2B+", "under €1M", "2-10"])).to_list()
    [20000000.0, 4000000000.0, 500000.0, None]
    >>> read_money(pl.Series(["1.200,50 EUR"]), decimal_comma=True).to_list()
    [1200.5]
    """
    bare = text.str.strip_chars()
    values = _read_single(bare, decimal_comma)
    rest = bare.is_not_null() & values.is_null()
    if rest.any():
        # The ends of a range are amounts and no ranges themselves.
        ranges = read_money_ranges(bare.filter(rest), partial(_read_single, decimal_comma=decimal_comma))
        values = values.scatter(rest.arg_true(), ranges)
    return values


def _read_single(text: pl.Series, decimal_comma: bool) -> pl.Series:
    """Amounts, null where a text is a range or none at all."""
    bare = text.str.strip_chars()
    # Nearly every amount is a number with one sign beside it; only the rest is taken apart.
    values = read_numbers(bare.str.strip_chars(_USUAL_SIGNS), decimal_comma=decimal_comma)
    values = values.set(bare.str.contains("%", literal=True), None)
    rest = bare.is_not_null() & values.is_null()
    if rest.any():
        values = values.scatter(rest.arg_true(), _read_amounts(bare.filter(rest), decimal_comma))
    return values


def _read_carefully(bare: pl.Series, decimal_comma: bool) -> pl.Series:
    tidy = bare.str.replace(r"\s*%$", "").str.replace("−", "-", literal=True)
    fits = tidy.str.contains(_WITH_COMMA if decimal_comma else _WITH_POINT)
    plain = tidy.set(~fits, None).str.replace_all(_SEPARATORS, "")
    if decimal_comma:
        plain = plain.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    else:
        plain = plain.str.replace_all(",", "", literal=True)
    return _finite(plain.cast(pl.Float64, strict=False))


def _read_amounts(bare: pl.Series, decimal_comma: bool) -> pl.Series:
    """Amounts taken apart from the outside in: brackets, sign, currency, sign, currency, "k" or "M", and the digits left."""
    amount = bare.str.replace("−", "-", literal=True)
    bracket = amount.str.contains(r"^\(.*\)$")
    amount = amount.zip_with(~bracket, amount.str.replace(r"^\(\s*", "").str.replace(r"\s*\)$", ""))
    outer = amount.str.extract(r"^([+-])")
    amount = amount.str.replace(r"^[+-]\s*", "").str.replace(rf"(?i)^{_CURRENCY}\s*", "")
    inner = amount.str.extract(r"^([+-])")
    amount = amount.str.replace(r"^[+-]", "")
    amount = amount.str.replace(rf"(?i)\s*{_CURRENCY}$", "").str.replace(r"(?:[.,][-–—]{1,2}|/-)$", "")
    word = amount.str.extract(r"([A-Za-z]+)\.?$").str.to_lowercase()
    amount = amount.str.replace(r"\s*[A-Za-z]+\.?$", "")
    scale = word.replace_strict(_SCALE_OF, default=None, return_dtype=pl.Float64)
    values = read_numbers(amount.set(~amount.str.contains(_DIGITS), None), decimal_comma=decimal_comma)
    values = (values * scale).zip_with(word.is_not_null(), values)
    values = values.zip_with(~(bracket | (outer.fill_null(inner) == "-").fill_null(False)), -values)
    signs = bracket.cast(pl.Int8) + outer.is_not_null().cast(pl.Int8) + inner.is_not_null().cast(pl.Int8)
    return _finite(values.set(signs > 1, None))


def _finite(values: pl.Series) -> pl.Series:
    return values.set(~values.is_finite(), None)
