"""How many people work somewhere: "team of 40", "about 1,200 employees", "250-person company"."""

from __future__ import annotations

import re
from datetime import datetime
from math import isnan, log1p, nan

from leadloop.features.finds.amounts import NUMBER, read_number
from leadloop.features.finds.find import Find, FindColumn, places_of, sentence_around, sentences_with

_RANGE = rf"({NUMBER})(k)?\s?(\+)?(?:\s?(?:-|to)\s?({NUMBER})(k)?)?"
_MORE = r"(over|more than|at least|upwards of)?\s*(?:about|around|roughly|approximately|some|nearly|almost)?\s*"
_COUNT = re.compile(rf"{_MORE}(?<![\w$€£.,]){_RANGE}\s(?:full-time |permanent )?$")
_OF = re.compile(
    rf"(?:\bteam|\bstaff|\bworkforce|\bcompany|\bfirm|\bheadcount)(?: of| is|:)\s*{_MORE}{_RANGE}(?![\w%])"
)
_SIZED = re.compile(
    rf"(?<![\w$€£.,]){_RANGE}[\s-](?:person|people|employee|man)[\s-](?:company|team|firm|shop|business|startup|start-up|agency|office|organi[sz]ation)"
)
_WE_ARE = re.compile(rf"\b(?:we are|we're|they are|they're)\s+{_MORE}{_RANGE}\speople\b")
_CHANGE = re.compile(
    r"\b(?:laid off|lay off|hir(?:ed?|es|ing)|fired?|cut(?:ting)?|add(?:ed|ing|s)?|"
    r"train(?:ed|ing|s)?|interview\w*|new|lost|let go)\s*(?:of\s*)?$"
)
_WORKERS = re.compile(r"(?:employees|staff|ftes?|workers)\b")


def find_employees(text: str, when: datetime | None = None) -> tuple[float, float] | None:
    """How many people a text says work there: fewest and most (the most is NaN after "over"); None where it does not say.

    >>> find_employees("a team of 40"), find_employees("50 to 100 employees"), find_employees("laid off 200 employees")
    ((40.0, 40.0), (50.0, 100.0), None)
    """
    for place in sorted(places_of(text, ("employees", "staff", "fte", "workers"))):
        if (place and text[place - 1].isalpha()) or not _WORKERS.match(text, place):
            continue
        before, _ = sentence_around(text, place, place, 48)
        found = _COUNT.search(before)
        if found and not _CHANGE.search(before[: found.start()]):
            return _size(found.groups())
    for _, sentence in sentences_with(
        text, ("team", "staff", "workforce", "company", "firm", "headcount", "people", "person", "-man ")
    ):
        for pattern in (_OF, _WE_ARE):
            said = pattern.search(sentence)
            if said:
                return _size(said.groups())
        sized = _SIZED.search(sentence)
        if sized:
            return _size((None, *sized.groups()))
    return None


def _size(groups: tuple[str | None, ...]) -> tuple[float, float] | None:
    more, low, thousands, plus, high, high_thousands = groups
    assert low is not None
    fewest = read_number(low) * (1000 if thousands or (high_thousands and not thousands) else 1)
    if isnan(fewest):
        return None
    if more or plus:
        return fewest, nan
    return fewest, read_number(high) * (1000 if high_thousands else 1) if high else fewest


def _columns(text: str, when: datetime | None) -> tuple[float, ...] | None:
    found = find_employees(text, when)
    if found is None:
        return None
    low, high = found
    return ((log1p(low) + log1p(low if isnan(high) else high)) / 2,)


EMPLOYEES = Find(
    "employees",
    "How many people work there: of a range the geometric mean, as for a field of that type.",
    (FindColumn("employees named (log)", "speaks of {}", "names no number of employees", "count of employee"),),
    (
        "employee",
        "staff",
        "fte",
        "workers",
        "workforce",
        "team of",
        "company of",
        "firm of",
        "headcount",
        "person",
        "people",
    ),
    _columns,
    "a number of employees",
)
