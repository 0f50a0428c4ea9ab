"""Writing requests: values as JSON, and leads in batches that the service takes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from leadloop.errors import DataError, Problem

MOST_LEADS = 100
"""How many leads the service takes at once, unless it is set otherwise."""
MOST_BYTES = 900_000
"""How large a batch may be; the service takes a million bytes, unless it is set otherwise."""

Lead = Mapping[str, Any]


def write(value: Any, where: str = "body") -> bytes:
    """A value as JSON; raises DataError for what JSON cannot say.

    >>> write({"at": datetime(2026, 1, 5, 10, tzinfo=UTC), "price": Decimal("9.50")}).decode()
    '{"at":"2026-01-05T10:00:00+00:00","price":9.5}'
    """
    try:
        text = json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        return text.encode()
    except (TypeError, ValueError, UnicodeEncodeError, RecursionError) as error:
        problem = Problem(where, f"cannot be written as JSON: {error}", "give texts, numbers, true or false, or None")
        raise DataError("request", problem) from None


def write_lead(lead: Lead, where: str = "lead") -> bytes:
    """A lead as JSON. Not-a-number is how frames say that nothing is there, and is sent as null.

    >>> write_lead({"visits": float("nan"), "day": date(2026, 1, 5)}).decode()
    '{"visits":null,"day":"2026-01-05"}'
    """
    if not isinstance(lead, Mapping):
        raise DataError("request", Problem(where, "is no mapping", "give the lead's fields by their names"))
    return write({name: None if _is_nan(value) else value for name, value in lead.items()}, where)


def write_list(name: str, items: Iterable[bytes], **others: bytes) -> bytes:
    """A body with a list in it, and what else it says.

    >>> write_list("leads", [b'{"a":1}', b'{"a":2}'], source=b'"form"').decode()
    '{"leads":[{"a":1},{"a":2}],"source":"form"}'
    """
    more = b"".join(b"," + write(key) + b":" + value for key, value in others.items())
    return b"{" + write(name) + b":[" + b",".join(items) + b"]" + more + b"}"


def write_items(name: str, items: Iterable[Any]) -> bytes:
    """A body with a list of what is told, each without what it does not say."""
    return write_list(name, (_write_item(one, f"{name}[{place}]") for place, one in enumerate(items)))


def _write_item(item: Any, where: str) -> bytes:
    said = asdict(item) if is_dataclass(item) and not isinstance(item, type) else item
    if not isinstance(said, Mapping):
        raise DataError(
            "request", Problem(where, "is nothing that can be told", "give an Outcome, an Event or a Feedback")
        )
    at = said.get("at")
    if isinstance(at, datetime) and at.tzinfo is None:
        raise DataError("request", Problem(f"{where}.at", "has no zone", "give one, as in datetime.now(UTC)"))
    return write({name: value for name, value in said.items() if value is not None}, where)


def write_moment(moment: datetime, where: str) -> str:
    """A moment with its zone; raises DataError where it has none."""
    if moment.tzinfo is None:
        raise DataError("request", Problem(where, "has no zone", "give one, as in datetime.now(UTC)"))
    return moment.astimezone(UTC).isoformat()


class Batches:
    """Gathers leads until the service would not take more at once.

    >>> batches = Batches(most=2)
    >>> [batches.add({"visits": visits}) for visits in (1, 2, 3)]
    [None, None, (0, [b'{"visits":1}', b'{"visits":2}'])]
    >>> batches.rest()
    (2, [b'{"visits":3}'])
    """

    def __init__(self, most: int = MOST_LEADS, most_bytes: int = MOST_BYTES) -> None:
        if most < 1:
            raise ValueError(f"a batch of {most} leads holds none")
        self._most, self._most_bytes = most, most_bytes
        self._first, self._size, self._leads = 0, 0, list[bytes]()

    def add(self, lead: Lead) -> tuple[int, list[bytes]] | None:
        """Add a lead; what is full by then, as the place of its first lead and all of them."""
        written = write_lead(lead, f"leads[{self._first + len(self._leads)}]")
        full = None
        if self._leads and (len(self._leads) == self._most or self._size + len(written) > self._most_bytes):
            full = self.rest()
        self._leads.append(written)
        self._size += len(written) + 1
        return full

    def rest(self) -> tuple[int, list[bytes]] | None:
        """What was gathered since; None where that is nothing."""
        if not self._leads:
            return None
        gathered = self._first, self._leads
        self._first, self._size, self._leads = self._first + len(self._leads), 0, []
        return gathered


def in_batches(leads: Iterable[Lead], most: int) -> Iterator[tuple[int, list[bytes]]]:
    """Leads in batches, each with the place of its first lead; no more is taken from `leads` than is needed for the next."""
    batches = Batches(most)
    for lead in leads:
        if full := batches.add(lead):
            yield full
    if last := batches.rest():
        yield last


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__}")
