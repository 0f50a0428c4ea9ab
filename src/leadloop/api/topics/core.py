"""The routes of any playbook: score one lead or many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.scoring.live import Scored
from leadloop.api.topics.cards import card_body, error_row
from leadloop.api.wire.shapes import CARD, CARD_FIELDS, ERROR_ROW, TEXT, WHOLE, array, record

PLAYBOOK = {"playbook": "The playbook's name."}
_EXPLAIN = {
    "explain": Query(True, "Whether every reason is given; without reasons a score takes a fraction of the time.")
}
_LEAD = {
    "type": "object",
    "description": "A lead: a field each, named as in the playbook. See the schema of each playbook.",
}


async def score_one(call: Call) -> dict[str, Any]:
    """Score one lead."""
    served = call.service.versions.get(call.path("playbook"))
    return card_body(await call.score_one(served, await call.json(), explain=call.query("explain")))


async def score_many(call: Call) -> dict[str, Any]:
    """Score several leads; one that cannot be read is an error row and spoils no other."""
    served = call.service.versions.get(call.path("playbook"))
    leads, _ = await call.leads()
    answers = await call.score(served, leads, explain=call.query("explain"))
    rows = [
        {"index": place, **card_body(one)} if isinstance(one, Scored) else error_row(place, one)
        for place, one in enumerate(answers)
    ]
    scored = sum(isinstance(one, Scored) for one in answers)
    return {"model_version": served.version, "scored": scored, "errors": len(rows) - scored, "results": rows}


def routes(examples: Mapping[str, Any]) -> list[Route]:
    """The routes of any playbook; `examples` holds a lead of each playbook that is served."""
    name = next(iter(examples), "")
    lead = examples.get(name, {})
    return [
        Route(
            "POST", "/v1/{playbook}/score", "scorer", score_one,
            "Score one lead: probability, score, band, route, and why.",
            CARD, Body(_LEAD, lead), PLAYBOOK, _EXPLAIN, (404, 503),
        ),
        Route(
            "POST", "/v1/{playbook}/scores", "scorer", score_many,
            "Score up to `max_batch_size` leads; one that cannot be read is an error row and spoils no other.",
            record({
                "model_version": TEXT, "scored": WHOLE, "errors": WHOLE,
                "results": array({"anyOf": [record({"index": WHOLE, **CARD_FIELDS}), ERROR_ROW]}),
            }),
            Body(record({"leads": array(_LEAD, minItems=1)}), {"leads": [lead, {"no such field": 1}]}),
            PLAYBOOK, _EXPLAIN, (404, 503),
        ),
    ]  # fmt: skip
