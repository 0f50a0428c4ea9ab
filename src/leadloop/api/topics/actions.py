"""What was done about leads: told by whoever did it, and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadloop.api.requests.idempotency import Work, storing
from leadloop.api.requests.routes import Body, Call, Route
from leadloop.api.served.playbooks import declared
from leadloop.api.topics.leads import FIELDS, explain_ahead
from leadloop.api.topics.listing import PARTS, list_route
from leadloop.api.topics.outcomes import KEPT, kept_body, key_of
from leadloop.api.wire.arguments import write_moment
from leadloop.api.wire.forms import NO_MORE, Entry, Form, read_forms
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import NUMBER, SHARE, TEXT, WHOLE, array, maybe, record
from leadloop.errors import Problem
from leadloop.flows.recommend.action_file import action_name

if TYPE_CHECKING:
    from leadloop.store import Action, Recommendation, Store

_ACTION = Form(
    (
        Entry("lead_id", "id", required=True),
        Entry("action", required=True, most=63),
        Entry("at", "moment", required=True),
        Entry("actor"),
        Entry("result", most=63),
        Entry("propensity", "number", low=0, high=1),
        Entry("source"),
        Entry("details", "object"),
        Entry("key"),
    )
)


@storing
async def keep_actions(call: Call) -> Work:
    """Keep what was done about some leads; all of it or nothing."""
    name = call.path("playbook")
    await declared(call, name)
    rows, _ = await read_forms(call, "actions", _ACTION, NO_MORE)
    longest = call.service.settings.max_text_bytes
    problems = []
    for place, row in enumerate(rows):
        where = f"actions[{place}]"
        problems += explain_ahead(call, row["at"], f"{where}.at")
        if row["propensity"] == 0:
            problems.append(
                Problem(f"{where}.propensity", "is 0", "give the probability with which it was drawn, or leave it out")
            )
        if not action_name(row["action"]):
            problems.append(Problem(f"{where}.action", "is blank", "name what was done"))
        for detail, value in (row["details"] or {}).items():
            if isinstance(value, str) and len(value.encode()) > longest:
                problems.append(Problem(f"{where}.details.{detail}", f"has more than {longest:,} bytes", "shorten it"))
    if problems:
        raise Refusal(422, problems)

    def work(store: Store) -> Any:
        from leadloop.store import Action

        actions = [
            Action(
                key_of(row),
                row["lead_id"],
                action_name(row["action"]),
                row["at"],
                row["actor"] or "",
                row["result"] or "",
                None if row["propensity"] is None else float(row["propensity"]),
                row["source"] or "",
                row["details"] or {},
            )
            for row in rows
        ]
        kept = store.actions.add(name, actions)
        return {"actions": [kept_body(one, at) for one, at in zip(actions, kept, strict=True)]}

    return work


def action_body(one: Action) -> dict[str, Any]:
    """An action as plain JSON values."""
    return {
        "key": one.key,
        "lead_id": one.lead_id,
        "action": one.kind,
        "at": write_moment(one.at),
        "actor": one.actor,
        "result": one.result,
        "propensity": one.propensity,
        "source": one.source,
        "details": dict(one.details),
    }


def recommendation_body(playbook: str, one: Recommendation) -> dict[str, Any]:
    """A recommendation as plain JSON values."""
    return {
        "id": one.id,
        "playbook": playbook,
        "lead_id": one.lead_id,
        "rank": one.rank,
        "action": one.kind,
        "actor": one.actor,
        "success": one.success,
        "success_low": one.success_low,
        "success_high": one.success_high,
        "score": round(100 * one.success, 2),
        "confidence": round(1 - (one.success_high - one.success_low), 6),
        "priority": one.priority,
        "respond_within_minutes": one.respond_within_minutes,
        "propensity": one.propensity,
        "why": dict(one.why),
        "status": one.status,
        "rating": one.rating,
        "note": one.note,
        "model_version": one.model_version,
        "made_at": write_moment(one.made_at),
        "changed_at": write_moment(one.changed_at) if one.changed_at else None,
        "changed_by": one.changed_by,
    }


ACTION = record(
    {
        "key": TEXT,
        "lead_id": TEXT,
        "action": TEXT,
        "at": TEXT,
        "actor": TEXT,
        "result": TEXT,
        "propensity": maybe(NUMBER),
        "source": TEXT,
        "details": FIELDS,
    }
)
RECOMMENDATION = record(
    {
        "id": WHOLE,
        "playbook": TEXT,
        "lead_id": TEXT,
        "rank": WHOLE,
        "action": TEXT,
        "actor": TEXT,
        "success": SHARE,
        "success_low": SHARE,
        "success_high": SHARE,
        "score": NUMBER,
        "confidence": NUMBER,
        "priority": TEXT,
        "respond_within_minutes": WHOLE,
        "propensity": maybe(SHARE),
        "why": FIELDS,
        "status": TEXT,
        "rating": maybe(NUMBER),
        "note": TEXT,
        "model_version": TEXT,
        "made_at": TEXT,
        "changed_at": maybe(TEXT),
        "changed_by": TEXT,
    }
)
_EXAMPLE = {"lead_id": "A-1", "action": "call", "at": "2026-01-05T10:00:00Z", "actor": "ada", "key": "crm-19"}

ROUTES = [
    Route(
        "POST", "/v1/{playbook}/actions", "feedback", keep_actions,
        "Tell of up to `max_batch_size` things that were done about leads, all or none.",
        record({"actions": array(KEPT)}),
        Body(record({"actions": array(_ACTION.schema, minItems=1)}), {"actions": [_EXAMPLE]}),
        PARTS, {}, (404, 503), writes=True,
    ),
    list_route(
        "actions", "What was done about leads, in the order in which it was told.",
        lambda store: store.actions.page, action_body, ACTION,
    ),
]  # fmt: skip
