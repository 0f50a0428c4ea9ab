"""Pay and budgets: amounts of money that somebody offers, by the year."""

from __future__ import annotations

import re
from datetime import datetime
from math import isnan, log1p, nan

from leadloop.features.finds.amounts import read_amounts
from leadloop.features.finds.find import Find, FindColumn, sentence_around, sentences_with

HOURS_A_YEAR = 2080.0
_LEAST_PAY = 5_000.0
"""Less than this a year is pocket money, or no pay at all."""
_LEAST_BUDGET = 100.0
_PERIODS = {"h": HOURS_A_YEAR, "hr": HOURS_A_YEAR, "hour": HOURS_A_YEAR, "hourly": HOURS_A_YEAR, "day": 260.0, "daily": 260.0,
            "week": 52.0, "wk": 52.0, "weekly": 52.0, "month": 12.0, "mo": 12.0, "monthly": 12.0, "year": 1.0, "yr": 1.0,
            "annum": 1.0, "annual": 1.0, "annually": 1.0, "yearly": 1.0, "anually": 1.0, "pa": 1.0, "lpa": 1.0}  # fmt: skip
_AFTER = re.compile(
    r"\s?(?:(?:/|\bper\s|\ban?\s|\bp\.?)\s?(h|hr|hour|day|week|wk|month|mo|year|yr|annum)\b|(hourly|daily|weekly|monthly|yearly|"
    r"annually|anually|lpa)\b|\bp\.?\s?(a)\b)"
)
_BEFORE = re.compile(r"\b(hourly|daily|weekly|monthly|annual|yearly)\b")
_CUE = re.compile(r"\b(?:sal(?:a|e)?ry|salaries|compensation|pay(?:ing|s)?|paid|wages?|base|ote|ctc|package|"
    r"earn(?:ings?)?|remuneration|"
                  r"stipend|rate|gross|lpa|starting at|offer(?:ing)?)\b")  # fmt: skip
_NOT_PAY = re.compile(
    r"\b(?:rent|rental|fees?|subscription|plan|costs?|budget|price[sd]?|bill|bills|spend|lease|"
    r"loan|deposit|parking|willing to pay|bonus|"
    r"reimburse\w*|allowance|shipping|revenue|raised|arr|mrr|invoice|insurance)\b"
)
_NEXT_TO = re.compile(r"\s?(?:base|gross|ote|salary|basic|lpa|fixed)\b")
_SPEND = re.compile(
    r"\b(?:budgets?|set aside|setting aside|allocated|approved spend|to spend|can spend|willing to (?:pay|spend)|earmarked)\b"
)
_SPEND_WORDS = ("budget", "aside", "allocated", "spend", "willing to pay", "earmarked")


def find_salary(text: str, when: datetime | None = None) -> tuple[float, float, bool, str] | None:
    """The pay that a text offers: lowest and highest a year (NaN where open), whether by the hour, and the currency.

    An hour is 2,080 to the year, a day 260, a week 52. Amounts stay in their own currency.

    >>> find_salary("pay: $18-22 an hour"), find_salary("401k match, $15 shipping")
    ((37440.0, 45760.0, True, 'usd'), None)
    """
    for amount in read_amounts(text):
        before, after = sentence_around(text, amount.start, amount.stop, 42)
        period = _period(before, after)
        cue = bool(_CUE.search(before)) or bool(_NEXT_TO.match(after))
        if _NOT_PAY.search(before[-30:]) or re.match(r"\s?(?:bonus|shipping|fee)\b", after):
            continue
        wage = (
            period == HOURS_A_YEAR or (period > 0 and bool(amount.currency)) or bool(re.match(r"\s?p\.?\s?a\b", after))
        )
        lakhs = amount.multiplied and re.search(r"lpa|lakhs?|lacs?", text[amount.start : amount.stop + 5])
        if not (cue or wage or (lakhs and period)):
            continue
        if period == 0:
            smallest = amount.high if isnan(amount.low) else amount.low
            if smallest < 10_000 or smallest > 1e8 or not (amount.marked or cue):
                continue
            period = 1.0
        if not amount.marked and not cue:
            continue
        if (amount.low if isnan(amount.high) else amount.high) * period < _LEAST_PAY:
            continue
        return amount.low * period, amount.high * period, period == HOURS_A_YEAR, amount.currency
    return None


def _period(before: str, after: str) -> float:
    found = _AFTER.match(after)
    if found:
        return _PERIODS[found[1] or found[2] or "pa"]
    if re.match(r"\s?lpa\b", after):
        return 1.0
    said = _BEFORE.search(before)
    return _PERIODS[said[1]] if said else 0.0


def find_budget(text: str, when: datetime | None = None) -> tuple[float, float, str] | None:
    """The money that somebody has to spend: lowest and highest (NaN where open), and the currency; by the year if said.

    >>> find_budget("budget: 30-40k"), find_budget("on a tight budget with 40 agents")
    ((30000.0, 40000.0, ''), None)
    """
    for _, sentence in sentences_with(text, _SPEND_WORDS):
        if not _SPEND.search(sentence):
            continue
        for amount in read_amounts(sentence):
            most = amount.low if isnan(amount.high) else amount.high
            if not (amount.currency or amount.multiplied) or most < _LEAST_BUDGET:
                continue
            before, after = sentence[max(0, amount.start - 48) : amount.start], sentence[amount.stop :][:48]
            if _SPEND.search(before) or _SPEND.search(after[:30]):
                period = _period("", after)
                times = period if period > 1 else 1.0
                return amount.low * times, amount.high * times, amount.currency
    return None


def _logs(low: float, high: float) -> tuple[float, float]:
    return (nan if isnan(low) else log1p(low), nan if isnan(high) else log1p(high))


def _salary_columns(text: str, when: datetime | None) -> tuple[float, ...] | None:
    found = find_salary(text, when)
    if found is None:
        return None
    low, high, hourly, currency = found
    return (*_logs(low, high), float(hourly), float(currency == "usd") if currency else nan)


def _budget_columns(text: str, when: datetime | None) -> tuple[float, ...] | None:
    found = find_budget(text, when)
    return None if found is None else _logs(found[0], found[1])


SALARY = Find(
    "salary",
    "The pay offered, by the year in its own currency.",
    (
        FindColumn("salary from (a year, log)", "offers a salary from {}", "offers no lowest salary", "amount"),
        FindColumn("salary up to (a year, log)", "offers a salary up to {}", "offers no highest salary", "amount"),
        FindColumn("salary is by the hour", "offers pay by the hour", "offers no pay by the hour", binary=True),
        FindColumn("salary is in dollars", "offers a salary in dollars", "offers no salary in dollars", binary=True),
    ),
    ("salar", "salry", "pay", "paid", "wage", "compensation", "base", "ote", "ctc", "lpa", "lakh", "package", "earn", "rate",
     "gross", "stipend", "p.a", "annum", "hour", "/h", "per ", " a week", " a day", " a year", "/w", "/d",
     "/m", "/y", "starting at", "offer"),
    _salary_columns,
    "a salary",
)  # fmt: skip
BUDGET = Find(
    "budget",
    "The money that somebody has to spend, by the year where a period is said.",
    (
        FindColumn("budget from (log)", "names a budget from {}", "names no budget", "amount"),
        FindColumn("budget up to (log)", "names a budget up to {}", "names no budget", "amount"),
    ),
    _SPEND_WORDS,
    _budget_columns,
    "a budget",
)
