"""Numbers and amounts of money as people write them: 120,000, 95k, 12 lakh, $1.5M, five."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import nan

NUMBER_WORDS = {
    word: float(number)
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "hundred": 100.0}
NUMBER = rf"(?:\d[\d,.]*\d|\d|{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})"
"""A number in digits or as a word, as part of a pattern over text in small letters."""

_TIMES = {"k": 1e3, "thousand": 1e3, "grand": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9,
          "lakh": 1e5, "lakhs": 1e5, "lac": 1e5, "lacs": 1e5, "lpa": 1e5, "crore": 1e7, "crores": 1e7, "cr": 1e7}  # fmt: skip
_SIGNS = {"$": "usd", "€": "eur", "£": "gbp", "₹": "inr", "dollar": "usd", "dollars": "usd", "euro": "eur", "euros": "eur",
          "pounds": "gbp", "rupees": "inr", "rs": "inr"}  # fmt: skip
_CODE = "usd|eur|gbp|inr|cad|aud|chf"
_DIGITS = re.compile(r"\d[\d,.]*")
_SIGN_BEFORE = re.compile(rf"(?:([$€£₹])|\b({_CODE}|rs)\.?)\s?$")
_AFTER = re.compile(
    rf"\s?(?:({'|'.join(sorted(_TIMES, key=len, reverse=True))})(?![a-z]))?\s?(?:([€£])|({_CODE}|dollars?|euros?|"
    rf"pounds|rupees)\b)?"
)
_HOURS = re.compile(r"h(?:r|our)?\b")
_BETWEEN = re.compile(r"\bbetween\b[^.]{0,6}$")
_OF_PAY = r"(?: (?:salary|pay|wage))?(?: of)?"
_SIGN = r"\s*(?:[$€£₹]|usd |eur )?\s?$"
_UP_TO = re.compile(
    r"(?:up to|at most|no more than|not more than|max(?:imum)?\.?" + _OF_PAY + r"|under|below|less than)" + _SIGN
)
_FROM = re.compile(
    r"(?:from|starting (?:at|from)|starts at|at least|min(?:imum)?\.?"
    + _OF_PAY
    + r"|over|more than|above|upwards of)"
    + _SIGN
)


def read_number(text: str) -> float:
    """A number as written in small letters; NaN where it is none.

    Three digits after a comma or a full stop are thousands, one or two are decimals.

    >>> read_number("120,000"), read_number("80.000"), read_number("17.50"), read_number("five"), read_number("1,2,3")
    (120000.0, 80000.0, 17.5, 5.0, nan)
    """
    if text in NUMBER_WORDS:
        return NUMBER_WORDS[text]
    parts = re.split(r"[.,]", text)
    if not all(parts) or not all(part.isdecimal() for part in parts):
        return nan
    if len(parts) == 1:
        return float(text)
    if 1 <= len(parts[0]) <= 3 and parts[0] != "0" and all(len(part) == 3 for part in parts[1:]):
        return float("".join(parts))
    if (
        "." in text
        and len(parts[-1]) <= 2
        and all(len(part) == 3 for part in parts[1:-1])
        and "," not in text[text.index(".") :]
    ):
        return float("".join(parts[:-1]) + "." + parts[-1])
    return nan


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount or a range of amounts in a text: lowest and highest (NaN where open), its currency, and where it stands.

    `marked`: with a currency, or in thousands, so that it cannot be a year or a count of small things.
    """

    low: float
    high: float
    currency: str
    start: int
    stop: int
    marked: bool
    multiplied: bool


def read_amounts(text: str) -> Iterator[Amount]:
    """Every number of a text in small letters, ranges as one, with "k", "million", "lakh" worked in.

    >>> [(amount.low, amount.high, amount.currency) for amount in read_amounts("$95k-115k, up to 3 lakh, from €70,000")]
    [(95000.0, 115000.0, 'usd'), (nan, 300000.0, ''), (70000.0, nan, 'eur')]
    """
    waiting: tuple[float, float, str, int, int, bool] | None = None
    for found in _DIGITS.finditer(text):
        written = found[0].rstrip(".,")
        start, stop = found.start(), found.start() + len(written)
        value = read_number(written)
        if value != value or (start and (text[start - 1].isalpha() or text[start - 1] in "_#")):
            continue
        sign = _SIGN_BEFORE.search(text, max(0, start - 5), start)
        after = _AFTER.match(text, stop)
        times, behind, word = after.groups() if after else (None, None, None)
        if written == "401" and times == "k":
            continue
        if after and (times or behind or word):
            stop = after.end()
        currency = _SIGNS.get(
            (sign[1] or sign[2]) if sign else (behind or word or ""), (sign[2] if sign else word) or ""
        )
        glued = stop < len(text) and (text[stop].isalpha() or text[stop] == "_")
        if glued and not times and not word and not _HOURS.match(text, stop):
            continue  # a part of a name, such as 2fa
        begin = sign.start() if sign else start
        factor = _TIMES.get(times or "", 1.0)
        number = (value * factor, factor, currency, begin, stop, bool(currency or times))
        if waiting is not None:
            joined = _join(waiting, number, value, text)
            if joined is not None:
                yield joined
                waiting = None
                continue
            yield _alone(waiting, text)
        waiting = number
    if waiting is not None:
        yield _alone(waiting, text)


def _join(
    low: tuple[float, float, str, int, int, bool],
    high: tuple[float, float, str, int, int, bool],
    written: float,
    text: str,
) -> Amount | None:
    between = text[low[4] : high[3]]
    if len(between) > 8 or not re.fullmatch(r"\s?(?:-|to|and|or)\s?", between):
        return None
    if between.strip() in ("and", "or") and not _BETWEEN.search(text, max(0, low[3] - 16), low[3]):
        return None
    # "65-75k": both are thousands.
    lowest = low[0] * high[1] if low[1] == 1 and low[0] < written and high[1] > 1 else low[0]
    if lowest > high[0]:
        return None
    return Amount(lowest, high[0], low[2] or high[2], low[3], high[4], low[5] or high[5], high[1] > 1)


def _alone(one: tuple[float, float, str, int, int, bool], text: str) -> Amount:
    value, factor, currency, start, stop, marked = one
    back = max(0, start - 22)
    if _UP_TO.search(text, back, start):
        return Amount(nan, value, currency, start, stop, marked, factor > 1)
    if _FROM.search(text, back, start):
        return Amount(value, nan, currency, start, stop, marked, factor > 1)
    return Amount(value, value, currency, start, stop, marked, factor > 1)
