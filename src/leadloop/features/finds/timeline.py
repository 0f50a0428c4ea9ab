"""When somebody means to act: "in 6 weeks", "by end of Q3", "as soon as possible", in days from the lead's own time."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from math import isnan, log1p

from leadloop.features.finds.amounts import NUMBER, NUMBER_WORDS, read_number
from leadloop.features.finds.find import Find, FindColumn, places_of, sentence_around

_DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}
_NEXT = {"week": 7, "month": 30, "quarter": 91, "year": 365}
_MANY = rf"(?:{NUMBER}|an?|a couple(?: of)?|couple of|a few|few)"
_UNITS = re.compile(r"(day|week|month|quarter|year)s?\b")
_SPAN = re.compile(
    r"\b(?:in|within|over|time(?:line|frame| frame)(?: is| of|:)?|deadline(?: is|:)?|horizon(?: is|:)?)\s+"
    r"(?:the\s+)?(?:next\s+|coming\s+)?"
    rf"(?:about\s+|around\s+|roughly\s+|approximately\s+|less than\s+|under\s+)?({_MANY})(?:\s?(?:-|to|or)\s?({NUMBER}))?[\s-]$"
)
_MAY_COUNT = re.compile(rf"(?:\d|\b(?:an?|of|few|{'|'.join(NUMBER_WORDS)}))[\s-]$")
_FROM_NOW = re.compile(r"\s(?:from now|out|away)\b")
_COUNTED = re.compile(rf"\b({NUMBER})[\s-]$")
_LAST_OF = re.compile(r"\bend of (?:the |this )?$")
_THIS = re.compile(r"\b(?:by|before|within|later) this $")
_SOON = ("asap", "as soon as possible", "immediately", "right away", "straight away")
_DENIED = re.compile(r"\b(?:no|not|never|without|nothing)\b[^,.:;]*$|n't\b[^,.:;]*$|\bbut not[^,.:;]*$")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = re.compile(
    r"(?:jan(?:uary)?|feb(?:ruary)?|march|april|may|june|july|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|"
    r"dec(?:ember)?)\b\.?(?: (\d{1,2})(?:st|nd|rd|th)?\b(?!\d))?(?:,? (20\d\d))?"
)
_DAY_BEFORE = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)? (?:of )?$")
_QUARTER = re.compile(r"q([1-4])\b(?:(?:,? |/)(20\d\d))?")
_WHEN = re.compile(
    r"\b(by|before|until|in|during|for|on|end of|late|early|start of|beginning of|mid|middle of)(?: the)?[ -](?:late |early )?$"
)
_DUE = re.compile(r"\b(?:deadline|due|go[ -]live|launch|target|start(?:s|ing)?|need(?:s|ed)?)\b")
_DATED = re.compile(r"\b(?:by|before|until|on|due|deadline:?) $")
_UNTIL = re.compile(r"\b(?:by|before|until)(?: the)? $")
_WEEKDAY = re.compile(r"(?:by|before|until) (mon|tues|wednes|thurs|fri|satur|sun)day\b")
_WEEKDAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
_ISO = re.compile(r"(20\d\d)-(\d\d)-(\d\d)\b")


def find_timeline(text: str, when: datetime | None = None) -> int | None:
    """The soonest time to act that a text names, in days from `when`, at least 1; None where it names none.

    What stands on the calendar ("by June", "end of the quarter") needs `when`; without it only spans count. "Next month" is
    30 days, a quarter 91. The past ("3 weeks ago") and what is denied ("not asap") name no time.

    >>> find_timeline("live in 6 weeks"), find_timeline("no need to do this asap")
    (42, None)
    >>> find_timeline("by end of q3", datetime(2026, 5, 12))
    141
    """
    found = [days for days in (*_spans(text), *(_dates(text, when.date()) if when else ())) if days > 0]
    return min(found, default=None)


def _spans(text: str) -> Iterator[int]:
    for word in _SOON:
        for place in places_of(text, (word,)):
            before, _ = sentence_around(text, place, place + len(word), 40)
            if not _DENIED.search(before):
                yield 1
    for place in places_of(text, ("day", "week", "month", "quarter", "year")):
        unit = _UNITS.match(text, place)
        if unit is None or (place and text[place - 1].isalpha()):
            continue
        next_one = text.endswith("next ", 0, place)
        if not next_one and not _MAY_COUNT.search(text, max(0, place - 12), place):
            continue
        before, after = sentence_around(text, place, unit.end(), 44)
        if after.startswith(" ago"):
            continue
        if next_one and unit[1] in _NEXT and not unit[0].endswith("s"):
            yield _NEXT[unit[1]]
        span = _SPAN.search(before)
        if span:
            many = _count(span[2] or span[1])
        else:
            counted = _COUNTED.search(before) if _FROM_NOW.match(after) else None
            many = _count(counted[1]) if counted else float("nan")
        if not isnan(many) and 0 < many * _DAYS[unit[1]] < 3660:
            yield max(1, round(many * _DAYS[unit[1]]))


def _count(said: str) -> float:
    if said in ("a", "an"):
        return 1.0
    return 2.0 if "couple" in said else 3.0 if "few" in said else read_number(said)


def _dates(text: str, today: date) -> Iterator[int]:
    for moment in _moments(text, today):
        yield (moment - today).days


def _moments(text: str, today: date) -> Iterator[date]:
    for place in places_of(text, ("week", "month", "quarter", "year")):
        before = text[max(0, place - 20) : place]
        if _LAST_OF.search(before) or _THIS.search(before):
            yield _last_of(text[place : place + 4], today)
    for place in places_of(text, ("eoy", "eoq", "eom", "year-end", "year end")):
        if not (place and text[place - 1].isalpha()):
            yield _last_of({"eoq": "quar", "eom": "mont"}.get(text[place : place + 3], "year"), today)
    for found in _matches(text, ("by ", "before ", "until "), _WEEKDAY):
        yield today + timedelta((_WEEKDAYS.index(found[1]) - today.weekday() - 1) % 7 + 1)
    if "20" in text:
        for found in _ISO.finditer(text):
            if re.search(
                r"\b(?:by|before|until|on|due|deadline:?) $", text[max(0, found.start() - 12) : found.start()]
            ):
                yield from _day(int(found[1]), int(found[2]), int(found[3]))
    for found in _QUARTER.finditer(text) if "q" in text else ():
        quarter = int(found[1])
        yield from _period(text, found.start(), 3 * quarter - 2, 3 * quarter, int(found[2] or 0), today)
    for number, stem in enumerate(_MONTHS, start=1):
        for found in _matches(text, (stem,), _MONTH):
            yield from _in_month(text, found, number, today)


def _in_month(text: str, found: re.Match[str], number: int, today: date) -> Iterator[date]:
    ahead = _DAY_BEFORE.search(text, max(0, found.start() - 9), found.start())
    day = int((ahead[1] if ahead else found[1]) or 0)
    if not day:
        yield from _period(text, found.start(), number, number, int(found[2] or 0), today)
        return
    begin = ahead.start() if ahead else found.start()
    before, after = sentence_around(text, begin, found.end(), 36)
    if _UNTIL.search(before) or _DUE.search(before) or _DUE.search(after):
        for year in (int(found[2]),) if found[2] else (today.year, today.year + 1):
            moments = [moment for moment in _day(year, number, day) if moment > today]
            if moments:
                yield moments[0]
                return


def _matches(text: str, words: tuple[str, ...], pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Where one of these words begins a word and the pattern matches there."""
    for place in places_of(text, words):
        if not (place and text[place - 1].isalnum()):
            found = pattern.match(text, place)
            if found:
                yield found


def _period(text: str, place: int, first: int, last: int, year: int, today: date) -> Iterator[date]:
    """The day that is meant by words such as "by", "in" or "end of" before a run of months."""
    said = _WHEN.search(text, max(0, place - 20), place)
    if said is None or (said[1] == "on"):
        return
    at_once = said[1] in ("by", "before", "until", "early", "start of", "beginning of")
    middle = (first + last) // 2
    for one in (year,) if year else (today.year, today.year + 1):
        if said[1] in ("mid", "middle of"):
            moment = date(one, middle, 15)
        else:
            moment = date(one, first, 1) if at_once else date(one, last, monthrange(one, last)[1])
        if moment > today:
            # "In March", said in May, may be the March that was.
            if year or one == today.year or said[1] not in ("in", "during", "for"):
                yield moment
            return


def _last_of(unit: str, today: date) -> date:
    if unit == "week":
        return today + timedelta(6 - today.weekday())
    month = {"mont": today.month, "quar": (today.month + 2) // 3 * 3}.get(unit, 12)
    return date(today.year, month, monthrange(today.year, month)[1])


def _day(year: int, month: int, day: int) -> Iterator[date]:
    if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
        yield date(year, month, day)


def _columns(text: str, when: datetime | None) -> tuple[float, ...] | None:
    days = find_timeline(text, when)
    return None if days is None else (log1p(days),)


TIMELINE = Find(
    "timeline",
    "The soonest time to act that is named, in days from the lead's own time.",
    (FindColumn("days to act (log)", "names a time to act within {}", "names no time to act", "count of day"),),
    (
        "day",
        "week",
        "month",
        "quarter",
        "year",
        *_SOON,
        "eoy",
        "eoq",
        "eom",
        "by ",
        "before ",
        "until ",
        "in ",
        "q1",
        "q2",
        "q3",
        "q4",
    ),
    _columns,
    "a time to act",
)
