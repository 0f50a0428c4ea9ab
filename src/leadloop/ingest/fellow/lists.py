"""What may be asked of each list of Fellow's API.

Fellow answers an unknown or misplaced key with 200 and with everything, unfiltered. So every key is held against these tables
first, and what is not in them is never sent.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from leadloop.errors import Problem, SourceError

LARGEST_PAGE = 50
Kind = Literal["moment", "text", "texts", "flag", "scope"]
SCOPES = ("assigned_to_me", "assigned_to_others", "all")
ORDERS = ("created_at_desc", "created_at_asc", "due_date", "updated_at_desc", "updated_at_asc")

_TIMES: Mapping[str, Kind] = {
    "created_at_start": "moment",
    "created_at_end": "moment",
    "updated_at_start": "moment",
    "updated_at_end": "moment",
}
_MEETING: Mapping[str, Kind] = {"event_guid": "text", "channel_id": "text", "title": "text", **_TIMES}


@dataclass(frozen=True, eq=False)
class Listing:
    """One list: where it is, and what may be asked of it."""

    name: str
    """Its path, and the key of its reply."""
    filters: Mapping[str, Kind]
    include: tuple[str, ...] = ()
    """What it leaves out unless it is asked for."""
    ordered: bool = False
    """Whether it can be told an order."""


RECORDINGS = Listing("recordings", _MEETING, ("transcript", "ai_notes"))
NOTES = Listing("notes", {**_MEETING, "event_attendees": "texts"}, ("event_attendees", "content_markdown"))
ACTION_ITEMS = Listing(
    "action_items",
    {
        "scope": "scope",
        "completed": "flag",
        "archived": "flag",
        "ai_detected": "flag",
        "ai_suggestion_accepted_by_user": "flag",
        **_TIMES,
    },
    ordered=True,
)


def list_body(
    listing: Listing,
    *,
    cursor: str | None = None,
    page_size: int = LARGEST_PAGE,
    filters: Mapping[str, Any] | None = None,
    include: Sequence[str] = (),
    order_by: str = "",
) -> dict[str, Any]:
    """The body that asks for one page of a list. Raises SourceError with everything that Fellow would silently not have read.

    >>> list_body(NOTES, filters={"updated_at_start": datetime(2026, 11, 1, tzinfo=UTC)}, include=["event_attendees"])
    {'pagination': {'cursor': None, 'page_size': 50}, 'filters': {'updated_at_start': '2026-11-01T00:00:00Z'},
     'include': {'event_attendees': True}}
    >>> list_body(RECORDINGS, filters={"updated_start": datetime(2026, 11, 1, tzinfo=UTC)})
    Traceback (most recent call last):
    leadloop.errors.SourceError: fellow recordings: 1 problem
      updated_start  is no filter of this list; did you mean updated_at_start?
    """
    problems = []
    if not 1 <= page_size <= LARGEST_PAGE:
        problems.append(Problem("page_size", f"is {page_size}", f"give one from 1 to {LARGEST_PAGE}"))
    said: dict[str, Any] = {}
    for name, value in (filters or {}).items():
        kind = listing.filters.get(name)
        if kind is None:
            problems.append(Problem(name, "is no filter of this list", _nearest(name, listing.filters)))
        elif wrong := _explain(kind, value):
            problems.append(Problem(name, *wrong))
        else:
            said[name] = _write(kind, value)
    for name in include:
        if name not in listing.include:
            mend = _nearest(name, listing.include) if listing.include else "leave it out"
            problems.append(Problem(name, "cannot be included in this list", mend))
    if order_by and not (listing.ordered and order_by in ORDERS):
        known = f"give one of {', '.join(ORDERS)}" if listing.ordered else "leave it out"
        problems.append(Problem("order_by", "is no order of this list", known))
    if problems:
        raise SourceError(f"fellow {listing.name}", problems)
    body: dict[str, Any] = {"pagination": {"cursor": cursor, "page_size": page_size}}
    if said:
        body["filters"] = said
    if include:
        body["include"] = dict.fromkeys(include, True)
    if order_by:
        body["order_by"] = order_by
    return body


def write_moment(moment: datetime) -> str:
    """A moment as Fellow writes it.

    >>> write_moment(datetime(2026, 11, 1, 8, 30, tzinfo=UTC))
    '2026-11-01T08:30:00Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="auto").replace("+00:00", "Z")


def _explain(kind: Kind, value: Any) -> tuple[str, str] | None:
    if kind == "moment":
        if isinstance(value, datetime):
            return None if value.tzinfo else ("has no zone", "give it in UTC")
        return None if isinstance(value, date) else ("is no moment", "give a date, or a time with its zone")
    if kind == "flag":
        return None if isinstance(value, bool) else ("is neither true nor false", "give one of them")
    if kind == "scope":
        return None if value in SCOPES else ("is no scope", f"give one of {', '.join(SCOPES)}")
    if kind == "texts":
        right = (
            not isinstance(value, str) and isinstance(value, Sequence) and all(isinstance(one, str) for one in value)
        )
        return None if right and value else ("is no list of texts", "give at least one")
    return None if isinstance(value, str) and value else ("is no text", "give one")


def _write(kind: Kind, value: Any) -> Any:
    if kind == "moment":
        return write_moment(value) if isinstance(value, datetime) else value.isoformat()
    return list(value) if kind == "texts" else value


def _nearest(name: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"it knows {', '.join(known)}"
