"""What a feature quotes in a sentence about a lead: "3 words", "Tuesday", "2.5 days after"."""

from __future__ import annotations

from datetime import datetime
from math import expm1

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_QUARTERS = ("first", "second", "third", "last")


def quote_value(quote: str, number: float, value: object) -> str:
    """A column's number, or its field's value where the number has lost what people would say, in words.

    `quote` is "count of <thing>" for log(1 + count), "mean count of <thing>" for a mean, "amount" for log(1 + amount),
    "share" for 0 to 1, "days" for sign * log(1 + days), or a part of the field's time: "hour", "weekday", "day", "month",
    "quarter". Raises `ValueError` for another.

    >>> quote_value("count of word", 1.3862944, None), quote_value("count of word", 0.6931472, None)
    ('3 words', '1 word')
    >>> quote_value("weekday", -0.4, datetime(2026, 11, 20, 9, 30)), quote_value("days", -1.2527630, None)
    ('Friday', '2.5 days before')
    """
    if quote.startswith("count of "):
        return _count(round(expm1(number)), quote.removeprefix("count of "))
    if quote.startswith("mean count of "):
        return _count(round(number, 1), quote.removeprefix("mean count of "))
    if quote == "amount":
        return f"{float(f'{expm1(number):.6g}'):,.10g}"  # a column holds seven digits, of which the last is rounded
    if quote == "share":
        return f"{number:.0%}" if number >= 0.01 else "under 1%"
    if quote == "days":
        return _days(expm1(abs(number)), number < 0)
    if isinstance(value, datetime):
        match quote:
            case "hour":
                return f"{value:%H}:00 to {value:%H}:59"
            case "weekday":
                return _WEEKDAYS[value.weekday()]
            case "day":
                return str(value.day)
            case "month":
                return _MONTHS[value.month - 1]
            case "quarter":
                return _QUARTERS[(value.month - 1) // 3]
    raise ValueError(f"{quote!r} of {value!r} cannot be quoted")


def _count(count: float, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _days(days: float, before: bool) -> str:
    side = "before" if before else "after"
    if days < 1 / 24:
        return f"less than an hour {side}"
    if days < 2:
        return f"{_count(round(days * 24), 'hour')} {side}"
    return f"{_count(round(days, 1) if days < 10 else round(days), 'day')} {side}"
