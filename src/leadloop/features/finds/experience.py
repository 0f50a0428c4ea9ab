"""Years of experience that a text asks for."""

from __future__ import annotations

import re
from datetime import datetime
from math import isnan, log1p, nan

from leadloop.features.finds.amounts import NUMBER, read_number
from leadloop.features.finds.find import Find, FindColumn, places_of, sentence_around

_UNIT = re.compile(r"(?:years?|yrs?|yeras|yaers|months?|yoe)\b(?:['.](?=\s|$))?")
_COUNT = re.compile(
    rf"(?<![\w$€£.,])({NUMBER})\s?(\+|plus)?\s?(?:(?:-|to|and|or)\s?({NUMBER}))?\s?(\+|plus|or more)?[\s-]{{0,2}}$"
)
_SAID = re.compile(r"\bexp(?:er[a-z]{5,7}|ir[a-z]{5,7}|\b)|\byoe\b")
_ASKED = re.compile(
    r"\b(?:require[sdm]?\w*|min(?:imum)?\b|at ?least|must have|"
    r"ideally|prefer\w*|similar role|qualifications?|senior|junior)"
)
_ASKED_AFTER = re.compile(
    r"^\s*(?:in (?:an? )?(?:similar|related|comparable|relevant)|hands-on|(?:minimum|required|preferred)\b)"
)
_FIELD = re.compile(r"\s*(?:$|[,)+]|(?:in|as|of|with|hands-on|minimum|required|preferred|or more)\b)")
_MOST = re.compile(r"(?:up to|max(?:imum)?\.?(?: of)?|at most|no more than)\s*$")
_OTHER_AFTER = re.compile(
    r"^\s*(?:ago|old|older|of age|or older|in business|warrant\w*|contract|lease|"
    r"term|guarantee|of service|free|now|later|left|running)\b"
)
_OTHER_BEFORE = re.compile(r"(?:\bage[ds]?|\bnext|\blast|\bpast|\bevery|\bcelebrating|\bfor over|\bunder)\s*$")
_OWN = re.compile(
    r"\b(?:we(?:'ve)?|i(?:'ve)?) (?:have|has|had|bring|offer|got|been|boast)\b|\bwe've\b|\bour (?:company|team|firm|staff|crew)\b"
)
_COMPANY = re.compile(r"^\W*with (?:over|more than)?\s*$")


def find_experience(text: str, when: datetime | None = None) -> tuple[float, float] | None:
    """The years of experience that a text asks for: fewest and most (NaN where open); None where it asks for none.

    >>> (
    ...     find_experience("3+ years of experience"),
    ...     find_experience("2-4 yrs exp"),
    ...     find_experience("10 years in business"),
    ... )
    ((3.0, nan), (2.0, 4.0), None)
    """
    for place in sorted(places_of(text, ("year", "yr", "yera", "yaer", "month", "yoe"))):
        if place and text[place - 1].isalpha():
            continue
        unit = _UNIT.match(text, place)
        if unit is None:
            continue
        before, after = sentence_around(text, place, unit.end(), 60)
        count = _COUNT.search(before[-26:])
        if count is None:
            continue
        ahead = before[: len(before) - len(count[0])]
        if (
            _OTHER_AFTER.match(after)
            or _OTHER_BEFORE.search(ahead)
            or _OWN.search(ahead)
            or _OWN.search(after)
            or _COMPANY.search(ahead)
        ):
            continue
        months = unit[0].startswith("month")
        plus = bool(count[2] or count[4])
        said = unit[0].startswith("yoe") or bool(_SAID.search(after[:45]))
        asked = bool(_SAID.search(ahead[-40:])) or bool(_ASKED.search(ahead[-40:]) or _ASKED_AFTER.match(after))
        if not (said or plus or (asked and not months and _FIELD.match(after))):
            continue
        low, high = read_number(count[1]), read_number(count[3]) if count[3] else nan
        if months:
            low, high = low / 12, high / 12
        elif isnan(low) or low > 50:
            continue
        if _MOST.search(ahead):
            return nan, low
        return low, nan if count[3] is None else high
    return None


def _columns(text: str, when: datetime | None) -> tuple[float, ...] | None:
    found = find_experience(text, when)
    return None if found is None else tuple(nan if isnan(years) else log1p(years) for years in found)


EXPERIENCE = Find(
    "experience",
    "The years of experience asked for.",
    (
        FindColumn(
            "experience from (years, log)", "asks for {} of experience", "asks for no experience", "count of year"
        ),
        FindColumn(
            "experience up to (years, log)",
            "asks for up to {} of experience",
            "names no most years of experience",
            "count of year",
        ),
    ),
    ("year", "yr", "yera", "yaer", "month", "yoe"),
    _columns,
    "years of experience",
)
