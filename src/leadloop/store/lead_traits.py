"""What pages call a lead by, and what they sum up of it, read off its fields by their usual names.

A store knows no playbook: a field that is called otherwise is not found here, and the lead then goes by its identifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

COMPANY = (
    "company_name",
    "company",
    "account_name",
    "account",
    "organisation",
    "organization",
    "business_name",
    "employer",
)
NAME = (*COMPANY, "title", "name", "lead_name", "full_name", "contact_name", "contact", "subject")
OWNER = (
    *("ae_name", "owner", "owner_name", "lead_owner", "account_executive", "assigned_to", "agent_name", "agent"),
    *("sales_rep", "salesperson", "rep", "broker"),
)
INDUSTRY = ("industry", "sector", "vertical", "category", "line", "line_of_business")
CALLED = ("call_at", "call_date", "meeting_date", "started_at")
SENTIMENT = ("sentiment", "sentiment_score", "mood")
FOLLOW_UP = ("next_meeting_set", "follow_up_scheduled", "follow_up")
_FOUND_BY = (
    *("contact_name", "full_name", "domain", "website", "url", "email", "phone", "city", "location_name", "location"),
    *("country", "contact_title", "call_title", "title", "name"),
)
_YES, _NO = frozenset({"true", "yes", "y", "1", "1.0"}), frozenset({"false", "no", "n", "0", "0.0"})
_NO_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")


def traits_of(lead_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a lead's standing that its fields say.

    >>> traits = traits_of("L-1", {"Company Name": "Acme", "ae_name": "Vera", "sentiment": "7.5"})
    >>> traits["name"], traits["owner"], traits["sentiment"], traits["words"]
    ('Acme', 'Vera', 7.5, 'l-1 acme vera')
    """
    said = {re.sub(r"\W+", "_", str(name)).strip("_").casefold(): value for name, value in fields.items()}
    name, company, owner, industry = (_first(said, names) for names in (NAME, COMPANY, OWNER, INDUSTRY))
    more = (_text(said.get(one)) for one in _FOUND_BY)
    return {
        "name": name,
        "company": company,
        "owner": owner,
        "industry": industry,
        "called_at": next((at for at in map(_moment, _those(said, CALLED)) if at is not None), None),
        "sentiment": next((one for one in map(_number, _those(said, SENTIMENT)) if one is not None), None),
        "follow_up": next((one for one in map(_flag, _those(said, FOLLOW_UP)) if one is not None), None),
        "words": plain_words(" ".join(dict.fromkeys(filter(None, (lead_id, name, company, owner, industry, *more))))),
    }


def plain_words(text: str) -> str:
    """A text as leads are found by it: small letters, single spaces.

    >>> plain_words("  ACME  Großhandel ")
    'acme grosshandel'
    """
    return " ".join(_NO_TEXT.sub(" ", text).casefold().split())[:600]


def _those(said: Mapping[str, Any], names: Iterable[str]) -> Iterable[Any]:
    return (said[name] for name in names if said.get(name) is not None)


def _first(said: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((text for text in map(_text, _those(said, names)) if text), "")


def _text(value: Any) -> str:
    if not isinstance(value, str | int | float):
        return ""
    return " ".join(_NO_TEXT.sub(" ", str(value)).split())[:255]


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def _flag(value: Any) -> bool | None:
    text = str(value).strip().casefold()
    return True if text in _YES else False if text in _NO else None


def _moment(value: Any) -> datetime | None:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
