"""Webhooks: which addresses are told of scores, and what became of each message. Workers deliver them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio import to_thread

from leadloop.api.requests.idempotency import ShownOnce
from leadloop.api.requests.routes import Body, Call, Route
from leadloop.api.wire.arguments import PAGE, write_moment
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import NUMBER, TEXT, WHOLE, array, mapping, maybe, record
from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.notify.endpoints import (
    TYPES,
    add_webhook,
    remove_webhook,
    rotate_secret,
    test_webhook,
    turn_on,
)

if TYPE_CHECKING:
    from leadloop.flows.notify.endpoints import NewWebhook
    from leadloop.store.webhooks import Message, Webhook

_LISTS = ("types", "routes", "bands", "fields")


async def list_webhooks(call: Call) -> dict[str, Any]:
    """Every address, with how many messages wait, were sent, given up and dropped."""

    def look(store: Any) -> dict[str, Any]:
        counts = store.webhooks.counts()
        return {"webhooks": [{**_body(one), "messages": counts.get(one.id, {})} for one in store.webhooks.all()]}

    return await call.look_up(look)


async def add(call: Call) -> Any:
    """A new address; its secret is in this answer and nowhere else."""
    body = await call.json()
    problems = [
        Problem(name, "is not read here", f"a webhook has url, playbook, {', '.join(_LISTS)}")
        for name in body
        if name not in ("url", "playbook", *_LISTS)
    ]
    told: dict[str, Any] = {}
    for name in _LISTS:
        given = body.get(name)
        if given is None:
            continue
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            problems.append(Problem(name, "is no list of texts", "leave it out, or give names"))
        else:
            told[name] = given
    for name in ("url", "playbook"):
        if not isinstance(body.get(name, ""), str):
            problems.append(Problem(name, "is no text", "give one"))
    if not body.get("url"):
        problems.append(Problem("url", "is missing", "say where to send"))
    if problems:
        raise Refusal(422, problems)
    place, who = call.service.workspace, call.caller.name

    def make() -> NewWebhook:
        try:
            return add_webhook(place, body["url"], playbook=body.get("playbook", ""), who=who, **told)
        except LeadLoopError as error:
            if type(error) is LeadLoopError:
                raise Refusal(422, error.problems) from None
            raise

    return _once(await to_thread.run_sync(make))


async def rotate(call: Call) -> Any:
    """A new secret, in this answer and nowhere else."""
    place, identity, who = call.service.workspace, call.path("webhook"), call.caller.name
    await _require(call)
    return _once(await to_thread.run_sync(lambda: rotate_secret(place, identity, who=who)))


async def remove(call: Call) -> dict[str, Any]:
    """Forget an address and its messages."""
    place, identity, who = call.service.workspace, call.path("webhook"), call.caller.name
    await _require(call)
    await to_thread.run_sync(lambda: remove_webhook(place, identity, who=who))
    return {"removed": identity}


async def switch_on(call: Call) -> dict[str, Any]:
    """Send there again."""
    place, identity, who = call.service.workspace, call.path("webhook"), call.caller.name
    await _require(call)
    await to_thread.run_sync(lambda: turn_on(place, identity, who=who))
    return _body(await _require(call))


async def test(call: Call) -> dict[str, Any]:
    """Send a test message there."""
    one = await _require(call)
    if one.state != "on":
        raise Refusal(409, Problem("webhook", f"is off: {one.why or 'somebody turned it off'}", "turn it on first"))
    name = await to_thread.run_sync(lambda: test_webhook(call.service.workspace, one.id))
    return {"message": name}


async def deliveries(call: Call) -> dict[str, Any]:
    """What became of the messages for an address."""
    one = await _require(call)
    page = await call.look_up(
        lambda store: store.webhooks.page(one.id, after=call.query("after"), limit=call.query("limit"))
    )
    return {"deliveries": [_delivery(message) for message in page.items], "next": page.next}


async def _require(call: Call) -> Webhook:
    identity = call.path("webhook")
    found = await call.look_up(lambda store: store.webhooks.get(identity))
    if found is None:
        raise Refusal(404, Problem("webhook", f"“{identity[:40]}” is not known here", "see the list of webhooks"))
    return found


def _once(made: NewWebhook) -> ShownOnce:
    told = _body(made.webhook)
    return ShownOnce({**told, "secret": made.secret}, {**told, "secret": None})


def _body(one: Webhook) -> dict[str, Any]:
    lists = {name: list(getattr(one, name)) for name in _LISTS}
    about = {"id": one.id, "url": one.url, "playbook": one.playbook, **lists}
    return {**about, "state": one.state, "why": one.why, "created_at": write_moment(one.created_at)}


def _delivery(one: Message) -> dict[str, Any]:
    return {
        "id": one.id,
        "message": one.message,
        "type": one.type,
        "playbook": one.playbook,
        "lead_id": one.lead_id,
        "state": one.state,
        "attempts": one.attempts,
        "status": one.status,
        "error": one.error,
        "seconds": one.seconds,
        "created_at": write_moment(one.created_at),
        "next_at": write_moment(one.run_after) if one.state == "waiting" else None,
        "finished_at": write_moment(one.finished_at) if one.finished_at else None,
    }


_NAMES = array(TEXT)
_WEBHOOK: dict[str, Any] = {
    "id": TEXT,
    "url": TEXT,
    "playbook": TEXT,
    "types": _NAMES,
    "routes": _NAMES,
    "bands": _NAMES,
    "fields": _NAMES,
    "state": {"type": "string", "enum": ["on", "off"]},
    "why": TEXT,
    "created_at": TEXT,
}
_NEW = record({**_WEBHOOK, "secret": maybe(TEXT)})
_DELIVERY = record(
    {
        "id": WHOLE,
        "message": TEXT,
        "type": TEXT,
        "playbook": TEXT,
        "lead_id": TEXT,
        "state": TEXT,
        "attempts": WHOLE,
        "status": maybe(WHOLE),
        "error": maybe(TEXT),
        "seconds": maybe(NUMBER),
        "created_at": TEXT,
        "next_at": maybe(TEXT),
        "finished_at": maybe(TEXT),
    }
)
_ONE = {"webhook": "The webhook's id."}
_GIVEN = record(
    {"url": TEXT},
    {
        "playbook": TEXT,
        "types": {"type": "array", "items": {"type": "string", "enum": list(TYPES)}},
        "routes": _NAMES,
        "bands": _NAMES,
        "fields": _NAMES,
    },
)
_EXAMPLE = {"url": "https://crm.example.com/hooks/leadloop", "types": ["lead.routed"]}

ROUTES = [
    Route(
        "GET", "/v1/webhooks", "admin", list_webhooks, "Every address that is told of scores, and how its messages fare.",
        record({"webhooks": array(record({**_WEBHOOK, "messages": mapping(WHOLE)}))}), None, {}, {}, (503,),
    ),
    Route(
        "POST", "/v1/webhooks", "admin", add,
        "Tell an address of scores: each new one (`lead.scored`), or a lead's first and those that change its route "
        "(`lead.routed`). The secret is in this answer, once: a repetition does not hold it.",
        _NEW, Body(_GIVEN, _EXAMPLE), {}, {}, (503,), writes=True,
    ),
    Route(
        "DELETE", "/v1/webhooks/{webhook}", "admin", remove, "Forget an address and all of its messages.",
        record({"removed": TEXT}), None, _ONE, {}, (404, 503), writes=True,
    ),
    Route(
        "POST", "/v1/webhooks/{webhook}/rotate", "admin", rotate,
        "Give an address a new secret; the old one signs along for a day.",
        _NEW, None, _ONE, {}, (404, 503), writes=True,
    ),
    Route(
        "POST", "/v1/webhooks/{webhook}/on", "admin", switch_on, "Send to an address again that was turned off.",
        record(_WEBHOOK), None, _ONE, {}, (404, 503), writes=True,
    ),
    Route(
        "POST", "/v1/webhooks/{webhook}/test", "admin", test, "Send a test message to an address.",
        record({"message": TEXT}), None, _ONE, {}, (404, 409, 503), writes=True,
    ),
    Route(
        "GET", "/v1/webhooks/{webhook}/deliveries", "admin", deliveries,
        "What became of the messages for an address, the newest first, a page at a time.",
        record({"deliveries": array(_DELIVERY), "next": maybe(TEXT)}), None, _ONE, PAGE, (404, 503),
    ),
]  # fmt: skip
