"""The routes of any playbook: score one lead or many, and see and choose the version that does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from anyio import to_thread

from leadloop.api.cards import card_body, error_row
from leadloop.api.live import Scored
from leadloop.api.problems import Refusal
from leadloop.api.routes import Body, Call, Query, Route
from leadloop.api.shapes import (
    ANY,
    CARD,
    CARD_FIELDS,
    ERROR_ROW,
    FLAG,
    TEXT,
    WHOLE,
    array,
    mapping,
    maybe,
    record,
)
from leadloop.errors import Problem, VersionError
from leadloop.registry import ModelVersion

_PLAYBOOK = {"playbook": "The playbook's name."}
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


async def list_models(call: Call) -> dict[str, Any]:
    """Every saved version of a playbook."""
    name = call.path("playbook")
    return await to_thread.run_sync(lambda: versions_page(call, name))


def versions_page(call: Call, playbook: str) -> dict[str, Any]:
    """Every saved version, oldest first, and which of them is in service."""
    versions = call.service.versions
    serving = versions.served.get(playbook)
    if serving is None and playbook not in versions.problems:
        versions.get(playbook)
    registry = call.service.workspace.registry
    try:
        champion, saved = registry.champion(playbook), registry.versions(playbook)
    except VersionError as error:
        raise Refusal(409, error.problems) from None
    return {
        "playbook": playbook,
        "champion": champion,
        "serving": serving.version if serving else None,
        "problem": versions.problems.get(playbook),
        "models": [version_line(one, champion) for one in saved],
    }


def version_line(version: ModelVersion, champion: str | None) -> dict[str, Any]:
    """A saved version in short."""
    return {
        "version": version.id,
        "release": version.release,
        "target": version.target,
        "created_at": version.created_at,
        "in_service": version.id == champion,
        "synthetic": version.synthetic,
        "metrics": {name: told["value"] for name, told in version.metrics.items()},
    }


async def show_model(call: Call) -> dict[str, Any]:
    """One saved version, with all that its manifest says."""
    playbook, name = call.path("playbook"), call.path("version")
    return await to_thread.run_sync(lambda: version_page(call, playbook, name))


def version_page(call: Call, playbook: str, name: str) -> dict[str, Any]:
    """One saved version in full; raises Refusal where there is none of this name."""
    registry = call.service.workspace.registry
    if playbook not in call.service.versions.problems:
        call.service.versions.get(playbook)
    try:
        version = registry.find(playbook, name)
        champion = registry.champion(playbook)
        steps = [step for step in registry.history(playbook) if version.id in (step.version, step.previous)]
    except VersionError as error:
        raise Refusal(404, error.problems) from None
    page = asdict(version)
    del page["files"]
    page["promotions"] = [asdict(step) for step in steps]
    return {**page, "in_service": version.id == champion}


async def change_champion(call: Call) -> dict[str, Any]:
    """Put a version in service."""
    body = await call.json()
    problems = [Problem(name, "is not read here", "leave it out") for name in body if name not in ("version", "why")]
    version, why = body.get("version"), body.get("why", "")
    if not isinstance(version, str) or not version:
        problems.append(Problem("version", "is no name of a version", "give its id or release, or latest"))
    if not isinstance(why, str):
        problems.append(Problem("why", "is not text", "say it in a sentence"))
    if problems:
        raise Refusal(422, problems)
    return await reload(call, call.path("playbook"), str(version), str(why))


async def reload(call: Call, playbook: str, version: str, why: str) -> dict[str, Any]:
    """Put a version in service and serve it from now on; what is being answered is answered by the one before."""
    versions = call.service.versions
    before = versions.served.get(playbook)
    said = why or f"request {call.ask.request_id}"
    served = await to_thread.run_sync(lambda: versions.reload(playbook, version, who=call.caller.name, why=said))
    return {
        "playbook": playbook,
        "model_version": served.version,
        "previous_version": before.version if before else None,
        "loaded_at": served.loaded_at,
    }


_LINE = record(
    {
        "version": TEXT,
        "release": TEXT,
        "target": TEXT,
        "created_at": TEXT,
        "in_service": FLAG,
        "synthetic": FLAG,
        "metrics": mapping({"type": "number"}),
    }
)
LOADED: dict[str, Any] = {"playbook": TEXT, "model_version": TEXT, "previous_version": maybe(TEXT), "loaded_at": TEXT}


def routes(examples: Mapping[str, Any]) -> list[Route]:
    """The routes of any playbook; `examples` holds a lead of each playbook that is served."""
    name = next(iter(examples), "")
    lead = examples.get(name, {})
    return [
        Route(
            "POST", "/v1/{playbook}/score", "scorer", score_one,
            "Score one lead: probability, score, band, route, and why.",
            CARD, Body(_LEAD, lead), _PLAYBOOK, _EXPLAIN, (404, 503),
        ),
        Route(
            "POST", "/v1/{playbook}/scores", "scorer", score_many,
            "Score up to `max_batch_size` leads; one that cannot be read is an error row and spoils no other.",
            record({
                "model_version": TEXT, "scored": WHOLE, "errors": WHOLE,
                "results": array({"anyOf": [record({"index": WHOLE, **CARD_FIELDS}), ERROR_ROW]}),
            }),
            Body(record({"leads": array(_LEAD, minItems=1)}), {"leads": [lead, {"no such field": 1}]}),
            _PLAYBOOK, _EXPLAIN, (404, 503),
        ),
        Route(
            "GET", "/v1/{playbook}/models", "analyst", list_models,
            "Every saved version of a playbook, and which one is in service.",
            record({"playbook": TEXT, "champion": maybe(TEXT), "serving": maybe(TEXT), "problem": maybe(TEXT),
                    "models": array(_LINE)}),
            None, _PLAYBOOK, {}, (404, 409, 503),
        ),
        Route(
            "GET", "/v1/{playbook}/models/{version}", "analyst", show_model,
            "One saved version with all that is known of it; `champion` is the one in service, `latest` the newest.",
            {"type": "object", "required": ["id", "release", "metrics", "in_service"], "additionalProperties": ANY},
            None, {**_PLAYBOOK, "version": "Its id or release, `champion` or `latest`."}, {}, (404, 503),
        ),
        Route(
            "PUT", "/v1/{playbook}/models/champion", "admin", change_champion,
            "Put a version in service, on the record; no request is dropped.",
            record(LOADED),
            Body(record({"version": TEXT}, {"why": TEXT}), {"version": "latest", "why": "better on the test leads"}),
            _PLAYBOOK, {}, (404, 409, 503), writes=True,
        ),
    ]  # fmt: skip
