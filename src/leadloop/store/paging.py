"""Pages of a listing: each ends with a mark from which the next one goes on, however many rows came or went meanwhile."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Select, tuple_

from leadloop.errors import Problem, StoreError
from leadloop.store.connections import Connections

T = TypeVar("T")
LARGEST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a listing."""

    items: tuple[T, ...]
    """The rows, in the listing's order."""
    next: str | None
    """The mark to ask for the page after this one with; none where this is the last."""


def mark_of(listing: str, place: list[Any]) -> str:
    """A mark for this place of a listing.

    >>> read_mark("events", mark_of("events", [12]), 1)
    [12]
    """
    return base64.urlsafe_b64encode(json.dumps([listing, *place]).encode()).decode().rstrip("=")


def read_mark(listing: str, mark: str, length: int) -> list[Any]:
    """The place that a mark stands for; raises StoreError where it is none of this listing's."""
    place: list[Any] = []
    try:
        named, *place = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        sound = named == listing and len(place) == length and all(_is_place(part) for part in place)
    except (ValueError, TypeError, RecursionError):
        sound, place = False, []
    if not sound:
        raise StoreError(
            "store", Problem("page", "the mark is not one of this listing's", "use `next` of the page before")
        )
    return place


def _is_place(part: Any) -> bool:
    """Whether a database may be asked about this: numbers have at most 64 bits."""
    return type(part) is str or (type(part) is int and abs(part) < 2**63)


def read_page(
    connections: Connections,
    listing: str,
    query: Select[Any],
    by: Column[Any],
    make: Callable[[Any], T],
    *,
    after: str | None,
    limit: int,
    newest_first: bool = False,
) -> Page[T]:
    """The rows of a query that come after a mark, in the order of one column whose values are unique in it.

    Rows are found by the index of that column, so the last page takes as long as the first.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise StoreError("store", Problem("limit", f"is {limit}", f"ask for 1 to {LARGEST_PAGE} rows"))
    if after is not None:
        [place] = read_mark(listing, after, 1)
        if type(place) is not (int if by.type.python_type is int else str):
            raise StoreError("store", Problem("page", "the mark is not one of this listing's", "use `next` of a page"))
        bound = tuple_(by) < (place,) if newest_first else tuple_(by) > (place,)
        query = query.where(bound)
    with connections.read() as connection:
        rows = connection.execute(query.order_by(by.desc() if newest_first else by).limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    mark = mark_of(listing, [rows[-1]._mapping[by.name]]) if more else None
    return Page(tuple(make(row) for row in rows), mark)


def all_pages(page: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """Every row of a listing, a page in memory at a time and no lock between pages."""
    after: str | None = None
    while True:
        found = page(after)
        yield from found.items
        if found.next is None:
            return
        after = found.next
