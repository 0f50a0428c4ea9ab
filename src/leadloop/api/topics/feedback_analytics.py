"""Feedback analytics over HTTP."""

from __future__ import annotations

from typing import Any

from leadloop.api.requests.routes import Call, Query, Route
from leadloop.api.served.playbooks import declared
from leadloop.api.topics.listing import PARTS
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import NUMBER, SHARE, TEXT, WHOLE, array, mapping, maybe, record
from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.upkeep.feedback_analytics import DAYS, analyse


async def show_analytics(call: Call) -> dict[str, Any]:
    """What people did with leads in a stretch of time."""
    playbook = call.path("playbook")
    await declared(call, playbook)
    start, end = call.query("from"), call.query("to")
    try:
        return await call.look_up(
            lambda store: analyse(
                store,
                playbook,
                start,
                end,
                version=call.query("version"),
                users=call.query("users"),
                now=call.service.live.clock(),
            )
        )
    except LeadLoopError as error:
        if error.subject != "quality":
            raise
        said = [Problem(f"query {one.where.removeprefix('--')}", one.what, one.mend) for one in error.problems]
        raise Refusal(422, said) from None


_PART = record({"count": WHOLE, "share": maybe(SHARE), "average_confidence": maybe(SHARE)})
_PARTS = mapping(_PART)
_ANALYTICS = record(
    {
        "playbook": TEXT,
        "model_version": maybe(TEXT),
        "from": TEXT,
        "to": TEXT,
        **dict.fromkeys(("total", "leads", "sessions", "users"), WHOLE),
        "average_confidence": maybe(SHARE),
        "average_rating": maybe(NUMBER),
        "average_seconds": maybe(NUMBER),
        "contact_success_rate": maybe(SHARE),
        "conversion_value": NUMBER,
        **dict.fromkeys(("actions", "confidence", "sources", "versions", "hours", "weekdays", "days"), _PARTS),
        "busiest_users": array(record({"user": TEXT, "count": WHOLE, "average_confidence": maybe(SHARE)})),
        "overrides": record(
            {"total": WHOLE, "reasons": array(record({"reason": TEXT, "count": WHOLE, "leads": WHOLE}))}
        ),
    }
)

ROUTES = [
    Route(
        "GET", "/v1/{playbook}/feedback/analytics", "analyst", show_analytics,
        "What people did with leads in any stretch of time: how sure that is, when, from where, and why they overrode scores.",
        _ANALYTICS, None, PARTS,
        {
            "from": Query(None, f"From this moment on; where it is left out, {DAYS:.0f} days before the end.", "moment"),
            "to": Query(None, "Before this moment; where it is left out, until now.", "moment"),
            "version": Query("", "Only of leads that the version of this id had scored."),
            "users": Query(10, "How many of the busiest users to list, by a hash.", low=0, high=1_000),
        },
        (404, 503),
    ),
]  # fmt: skip
