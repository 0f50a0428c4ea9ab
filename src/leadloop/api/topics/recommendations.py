"""Next best actions over HTTP: listed, made for some leads, and answered by the people who work them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio import to_thread

from leadloop.api.requests.idempotency import Work, storing
from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.served.playbooks import declared
from leadloop.api.topics.actions import RECOMMENDATION, recommendation_body
from leadloop.api.wire.forms import Entry, Form, explain_unknown
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import TEXT, WHOLE, array, mapping, record
from leadloop.errors import DataError, Problem
from leadloop.flows.recommend.recommend import recommend

if TYPE_CHECKING:
    from leadloop.store import Store

STATUSES = ("open", "accepted", "done", "dismissed", "replaced")
_OPTIONS = Form(
    (
        Entry("min_confidence", "number", low=0, high=1),
        Entry("max_recommendations", "whole", low=1, high=50),
    )
)
_CHANGE = Form(
    (
        Entry("status", choices=("open", "accepted", "done", "dismissed")),
        Entry("rating", "number", low=0, high=100),
        Entry("result", most=63),
        Entry("note", most=1000),
    )
)


async def list_recommendations(call: Call) -> dict[str, Any]:
    """What is recommended, the most promising first."""
    status = call.query("status")
    if status not in (*STATUSES, "any"):
        raise Refusal(
            422, Problem("query status", f"is “{status[:40]}”", f"give one of {', '.join((*STATUSES, 'any'))}")
        )
    arguments = {name: call.query(name) for name in ("playbook", "lead_id", "score_min", "limit", "offset")}
    arguments["status"] = None if status == "any" else status

    def look(store: Store) -> dict[str, Any]:
        count, found = store.recommendations.list(**arguments)
        return {
            "recommendations": [recommendation_body(playbook, one) for playbook, one in found],
            "total": count,
            "limit": arguments["limit"],
            "offset": arguments["offset"],
        }

    return await call.look_up(look)


async def generate(call: Call) -> dict[str, Any]:
    """Recommend what to do next about some leads, in place of what was open for them."""
    body = await call.json()
    problems = explain_unknown(body, ["lead_ids", "options", "playbook"])
    ids, most = body.get("lead_ids"), call.service.settings.max_batch_size
    named = (
        isinstance(ids, list) and ids and all(isinstance(one, str | int) and not isinstance(one, bool) for one in ids)
    )
    if not named:
        problems.append(Problem("lead_ids", "is no list of identifiers", "send at least one lead's identifier"))
    playbook = body.get("playbook") or call.service.settings.calls_playbook
    if not isinstance(playbook, str):
        problems.append(Problem("playbook", "is no text", "give the name of a playbook"))
    options, wrong = _OPTIONS.read(body.get("options") or {}, "options")
    problems += wrong
    if problems:
        raise Refusal(422, problems)
    assert isinstance(ids, list)
    if len(ids) > most:
        mend = "send fewer at once"
        raise Refusal(413, Problem("lead_ids", f"are {len(ids):,}, and at most {most:,} are read at once", mend))
    await declared(call, playbook)
    place = call.service.workspace

    def make() -> dict[str, Any]:
        done = recommend(
            place,
            playbook,
            [str(one) for one in ids],
            min_confidence=options["min_confidence"] or 0.0,
            most=options["max_recommendations"],
            now=call.service.live.clock(),
        )
        return {
            "playbook": playbook,
            "model_version": done.model_version,
            "recommendations": [recommendation_body(playbook, one) for one in done.recommendations],
            "nothing": dict(done.nothing),
        }

    try:
        return await to_thread.run_sync(make)
    except DataError as error:
        raise Refusal(404, error.problems) from error


@storing
async def change(call: Call) -> Work:
    """Note what somebody made of a recommendation; what was done goes into the action log."""
    text = call.path("id")
    values, problems = _CHANGE.read(await call.json())
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0
    if not any(value is not None for value in values.values()) and not problems:
        problems.append(Problem("body", "says nothing", "give status, rating, result or note"))
    if problems:
        raise Refusal(422, problems)
    who = call.caller.name

    def work(store: Store) -> Any:
        rating = values["rating"]
        one = store.recommendations.change(
            number,
            status=values["status"],
            rating=None if rating is None else float(rating) / 100,
            note=values["note"],
            result=values["result"] or "",
            who=who,
        )
        if one is None:
            raise Refusal(404, Problem("id", f"“{text[:40]}” is no recommendation", "see GET /api/v1/recommendations"))
        known = store.recommendations.get(number)
        assert known is not None
        return recommendation_body(*known)

    return work


_PAGE = {
    "limit": Query(50, "How many at most.", low=1, high=1_000),
    "offset": Query(0, "How many to leave out.", low=0, high=1_000_000),
    "score_min": Query(0, "The least expected success, from 0 to 100.", low=0, high=100),
    "status": Query("open", f"One of {', '.join(STATUSES)}, or any."),
    "playbook": Query(None, "Only those of this playbook.", "text"),
    "lead_id": Query(None, "Only those of this lead.", "text"),
}
ROUTES = [
    Route(
        "GET", "/api/v1/recommendations", "scorer", list_recommendations,
        "What is recommended to do next, the most promising first.",
        record({"recommendations": array(RECOMMENDATION), "total": WHOLE, "limit": WHOLE, "offset": WHOLE}),
        None, {}, _PAGE, (503,),
    ),
    Route(
        "POST", "/api/v1/recommendations/generate", "scorer", generate,
        "Recommend what to do next about up to `max_batch_size` leads: ranked, with expected success, reasons and a time.",
        record(
            {"playbook": TEXT, "model_version": TEXT, "recommendations": array(RECOMMENDATION), "nothing": mapping(TEXT)}
        ),
        Body(
            record(
                {"lead_ids": array({"anyOf": [TEXT, WHOLE]}, minItems=1)},
                {"options": _OPTIONS.schema, "playbook": TEXT},
            ),
            {"lead_ids": ["A-1"], "options": {"min_confidence": 0.5, "max_recommendations": 3}},
        ),
        {}, {}, (404, 503), writes=True,
    ),
    Route(
        "PATCH", "/api/v1/recommendations/{id}", "feedback", change,
        "Say what became of a recommendation. What was done is logged as an action, and learned from.",
        RECOMMENDATION,
        Body(_CHANGE.schema, {"status": "done", "rating": 80, "result": "reached"}),
        {"id": "The recommendation's number."}, {}, (404, 503), writes=True,
    ),
]  # fmt: skip
