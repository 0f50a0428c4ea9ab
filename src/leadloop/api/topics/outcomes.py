"""What became of leads: how they ended, and what happened to them on the way. Both are only ever added to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from leadloop.api.requests.idempotency import Work, storing
from leadloop.api.requests.routes import Body, Call, Route
from leadloop.api.served.playbooks import declared
from leadloop.api.topics.leads import FIELDS, explain_ahead
from leadloop.api.topics.listing import PARTS, list_route
from leadloop.api.wire.arguments import write_moment
from leadloop.api.wire.forms import NO_MORE, Entry, Form, read_forms
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import FLAG, NUMBER, TEXT, WHOLE, array, record
from leadloop.errors import Problem
from leadloop.flows.upkeep.telling import explain_value

if TYPE_CHECKING:
    from leadloop.store import Event, LeadOutcome, Store, Stored

_OUTCOME = Form(
    (
        Entry("lead_id", "id", required=True),
        Entry("target", required=True, most=63),
        Entry("value", "number", required=True),
        Entry("at", "moment", required=True),
        Entry("source"),
        Entry("key"),
    )
)
_EVENT = Form(
    (
        Entry("lead_id", "id", required=True),
        Entry("name", required=True),
        Entry("at", "moment", required=True),
        Entry("details", "object"),
        Entry("key"),
    )
)


@storing
async def keep_outcomes(call: Call) -> Work:
    """Keep how some leads ended; all of it or nothing."""
    name = call.path("playbook")
    targets = {one.name: one for one in (await declared(call, name)).playbook.targets}
    rows, _ = await read_forms(call, "outcomes", _OUTCOME, NO_MORE)
    problems = []
    for place, row in enumerate(rows):
        where = f"outcomes[{place}]"
        problems += explain_ahead(call, row["at"], f"{where}.at")
        target = targets.get(row["target"])
        if target is None:
            problems.append(Problem(f"{where}.target", f"is no target of {name}", f"give one of {', '.join(targets)}"))
        elif wrong := explain_value(target, row["value"]):
            problems.append(Problem(f"{where}.value", *wrong))
    if problems:
        raise Refusal(422, problems)

    def work(store: Store) -> Any:
        from leadloop.store import LeadOutcome

        outcomes = [
            LeadOutcome(key_of(row), row["lead_id"], row["target"], row["value"], row["at"], row["source"] or "")
            for row in rows
        ]
        stored = store.outcomes.add(name, outcomes)
        return {"outcomes": [kept_body(one, at) for one, at in zip(outcomes, stored, strict=True)]}

    return work


@storing
async def keep_events(call: Call) -> Work:
    """Keep what happened to some leads; all of it or nothing."""
    name = call.path("playbook")
    await declared(call, name)
    rows, _ = await read_forms(call, "events", _EVENT, NO_MORE)
    longest = call.service.settings.max_text_bytes
    problems = []
    for place, row in enumerate(rows):
        problems += explain_ahead(call, row["at"], f"events[{place}].at")
        for detail, value in (row["details"] or {}).items():
            if isinstance(value, str) and len(value.encode()) > longest:
                problems.append(
                    Problem(f"events[{place}].details.{detail}", f"has more than {longest:,} bytes", "shorten it")
                )
    if problems:
        raise Refusal(422, problems)

    def work(store: Store) -> Any:
        from leadloop.store import Event

        events = [Event(key_of(row), row["lead_id"], row["name"], row["at"], row["details"] or {}) for row in rows]
        return {
            "events": [
                kept_body(one, at) for one, at in zip(events, store.events.add(name, events), strict=True)
            ]
        }  # fmt: skip

    return work


def key_of(row: Mapping[str, Any]) -> str:
    """The sender's key of an item; one of our own where it has none, which then is never known again."""
    return row["key"] or uuid4().hex


def kept_body(item: Any, stored: Stored) -> dict[str, Any]:
    """What became of an item that was sent."""
    return {"id": stored.id, "key": item.key, "lead_id": item.lead_id, "new": stored.new}


def outcome_body(one: LeadOutcome) -> dict[str, Any]:
    """An outcome as plain JSON values."""
    return {
        "key": one.key,
        "lead_id": one.lead_id,
        "target": one.target,
        "value": one.value,
        "at": write_moment(one.at),
        "source": one.source,
    }


def event_body(one: Event) -> dict[str, Any]:
    """An event as plain JSON values."""
    return {
        "key": one.key,
        "lead_id": one.lead_id,
        "name": one.name,
        "at": write_moment(one.at),
        "details": dict(one.details),
    }


KEPT = record({"id": WHOLE, "key": TEXT, "lead_id": TEXT, "new": FLAG})
OUTCOME = record({"key": TEXT, "lead_id": TEXT, "target": TEXT, "value": NUMBER, "at": TEXT, "source": TEXT})
EVENT = record({"key": TEXT, "lead_id": TEXT, "name": TEXT, "at": TEXT, "details": FIELDS})
_AT = "2026-01-05T10:00:00Z"


def routes(targets: Sequence[str]) -> list[Route]:
    """The routes of outcomes and events; `targets` are those of the playbook that examples are of."""
    target = targets[0] if targets else "won"
    outcome = {"lead_id": "A-1", "target": target, "value": 1, "at": _AT, "key": "crm-17"}
    event = {"lead_id": "A-1", "name": "quote_sent", "at": _AT, "details": {"by": "mail"}, "key": "crm-18"}
    return [
        Route(
            "POST", "/v1/{playbook}/outcomes", "feedback", keep_outcomes,
            "Tell how up to `max_batch_size` leads ended, all or none; the last outcome of a target that was told holds.",
            record({"outcomes": array(KEPT)}),
            Body(record({"outcomes": array(_OUTCOME.schema, minItems=1)}), {"outcomes": [outcome]}),
            PARTS, {}, (404, 503), writes=True,
        ),
        list_route(
            "outcomes", "How leads ended, in the order in which it was told.",
            lambda store: store.outcomes.page, outcome_body, OUTCOME,
        ),
        Route(
            "POST", "/v1/{playbook}/events", "feedback", keep_events,
            "Tell of up to `max_batch_size` things that happened to leads, all or none.",
            record({"events": array(KEPT)}),
            Body(record({"events": array(_EVENT.schema, minItems=1)}), {"events": [event]}),
            PARTS, {}, (404, 503), writes=True,
        ),
        list_route(
            "events", "What happened to leads, in the order in which it was told.",
            lambda store: store.events.page, event_body, EVENT,
        ),
    ]  # fmt: skip
