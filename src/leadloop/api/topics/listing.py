"""Lists of what is kept of a playbook, a page at a time: all are asked for, answered and described alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from leadloop.api.requests.routes import Call, Query, Route
from leadloop.api.served.playbooks import declared
from leadloop.api.wire.arguments import PAGE
from leadloop.api.wire.shapes import TEXT, array, maybe, record

if TYPE_CHECKING:
    from leadloop.store import Page, Store

T = TypeVar("T")

PARTS = {"playbook": "The playbook's name."}
OF_LEAD = {"lead_id": Query(None, "Only what is told of this lead.", "text")}


def list_route(
    name: str,
    summary: str,
    pages: Callable[[Store], Callable[..., Page[T]]],
    body: Callable[[T], dict[str, Any]],
    schema: dict[str, Any],
    query: Mapping[str, Query] = OF_LEAD,
) -> Route:
    """A route that lists what is kept under a name.

    `pages` gives the store's own function of pages, which is asked with the arguments of the query by their names; `body` is
    an item as it is answered, and `schema` says what that is.
    """

    async def answer(call: Call) -> dict[str, Any]:
        playbook = call.path("playbook")
        await declared(call, playbook)
        page = await call.look_up(lambda store: pages(store)(playbook, **call.arguments))
        return {name: [body(one) for one in page.items], "next": page.next}

    return Route(
        "GET", f"/v1/{{playbook}}/{name}", "analyst", answer, summary,
        record({name: array(schema), "next": maybe(TEXT)}), None, PARTS, {**PAGE, **query}, (404, 503),
    )  # fmt: skip
