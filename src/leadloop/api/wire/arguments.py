"""Arguments of a query: what each may be, and reading all of them with every mistake at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from starlette.datastructures import QueryParams

from leadloop.api.wire.problems import Refusal
from leadloop.errors import Problem

Kind = Literal["flag", "whole", "moment", "text"]

LARGEST_PAGE = 1_000
"""The most rows of one page."""
_LONGEST = 1_000
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EARLIEST = 1900


@dataclass(frozen=True)
class Query:
    """An argument of the query."""

    default: Any
    meaning: str
    kind: Kind | None = None
    """What it holds; where it is not said, what its default is."""
    low: int | None = None
    high: int | None = None

    @property
    def holds(self) -> Kind:
        """What it holds."""
        if self.kind is not None:
            return self.kind
        return "flag" if isinstance(self.default, bool) else "whole" if isinstance(self.default, int) else "text"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Its schema."""
        shape: dict[str, Any] = {
            "flag": {"type": "boolean"},
            "whole": {"type": "integer"},
            "moment": {"type": "string", "format": "date-time"},
            "text": {"type": "string"},
        }[self.holds]
        limits = {"minimum": self.low, "maximum": self.high, "default": self.default}
        return shape | {name: value for name, value in limits.items() if value is not None}

    def read(self, text: str) -> tuple[Any, str, str]:
        """The value that a text stands for, what is wrong with it (empty where nothing is), and how to mend it."""
        match self.holds:
            case "flag":
                return text.lower() == "true", _unless(text.lower() in ("true", "false"), text), "give true or false"
            case "whole":
                low, high = self.low or 0, 2**53 if self.high is None else self.high
                value = int(text) if re.fullmatch(r"[0-9]{1,15}", text) else -1
                return value, _unless(low <= value <= high, text), f"give a whole number from {low} to {high}"
            case "moment":
                # What stands for a blank in a query is the plus of a zone that nobody has quoted.
                moment = read_moment(re.sub(r" (?=[0-9]{2}:[0-9]{2}$)", "+", text))
                return (
                    moment,
                    _unless(moment is not None, text),
                    "give a time with its zone, as in 2026-01-05T10:00:00Z",
                )
            case "text":
                return text, _unless(0 < len(text) <= _LONGEST, text), f"give a text of 1 to {_LONGEST} signs"


PAGE: Mapping[str, Query] = {
    "after": Query(None, "`next` of the page before; without it the first page.", "text"),
    "limit": Query(100, "How many rows at most.", low=1, high=LARGEST_PAGE),
}
"""The arguments of every listing."""


def read_arguments(declared: Mapping[str, Query], given: QueryParams) -> dict[str, Any]:
    """The value of every argument, its default where it is not given; raises Refusal with every mistake at once."""
    values = {name: query.default for name, query in declared.items()}
    problems: list[Problem] = []
    names = [name for name, _ in given.multi_items()]
    for name in dict.fromkeys(names):
        if name not in declared:
            close = difflib.get_close_matches(name, list(declared), n=1)
            mend = f"did you mean {close[0]}?" if close else "leave it out"
            problems.append(Problem(f"query {name}", "is not read here", mend))
        elif names.count(name) > 1:
            problems.append(Problem(f"query {name}", "is given twice", "give it once"))
        else:
            values[name], wrong, mend = declared[name].read(given[name])
            if wrong:
                problems.append(Problem(f"query {name}", wrong, mend))
    if problems:
        raise Refusal(422, problems)
    return values


def read_moment(text: str) -> datetime | None:
    """A moment with its zone as ISO 8601 writes it, in UTC; None for anything else, and for what no calendar has.

    >>> read_moment("2026-01-05T12:00:00+02:00").isoformat()
    '2026-01-05T10:00:00+00:00'
    >>> read_moment("2026-01-05"), read_moment("2026-01-05T10:00:00"), read_moment("2026-02-30T10:00:00Z")
    (None, None, None)
    """
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= _EARLIEST else None


def write_moment(moment: datetime) -> str:
    """A moment as it is answered everywhere: UTC, to the microsecond.

    >>> write_moment(datetime(2026, 1, 5, 10, tzinfo=UTC))
    '2026-01-05T10:00:00.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _unless(sound: bool, text: str) -> str:
    return "" if sound else f"is “{text}”"
