"""Quality and drift over HTTP: computed for any stretch of time, and what checks found before."""

from __future__ import annotations

from typing import Any

from anyio import to_thread

from leadloop.api.requests.routes import Call, Query, Route
from leadloop.api.served.playbooks import declared
from leadloop.api.topics.listing import PARTS
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import ANY, NUMBER, TEXT, WHOLE, array, mapping, maybe, record
from leadloop.errors import DataError, LeadLoopError, Problem
from leadloop.flows.watch.asked import ask_drift, ask_history, ask_quality
from leadloop.flows.watch.history import export_performance
from leadloop.monitoring import QualityPoint
from leadloop.monitoring.plain import as_plain


async def show_quality(call: Call) -> dict[str, Any]:
    """How good the scores of a stretch of time were."""
    playbook = await _watched(call)

    def look() -> dict[str, Any]:
        report = ask_quality(
            playbook,
            version=call.query("version"),
            start=call.query("from"),
            end=call.query("to"),
            now=call.service.live.clock(),
            workspace=call.service.workspace,
        )
        return report.as_json()

    return await _ask(look)


async def show_drift(call: Call) -> dict[str, Any]:
    """How the newest leads differ from those that the version learned from."""
    playbook, days = await _watched(call), call.query("days")

    def look() -> dict[str, Any]:
        report = ask_drift(
            playbook,
            days=days or None,
            version=call.query("version"),
            now=call.service.live.clock(),
            workspace=call.service.workspace,
        )
        return report.as_json()

    return await _ask(look)


async def show_history(call: Call) -> dict[str, Any]:
    """What checks found."""
    playbook = await _watched(call)

    def look() -> dict[str, Any]:
        points = ask_history(
            playbook, version=call.query("version"), most=call.query("limit"), workspace=call.service.workspace
        )
        return {"playbook": playbook, "history": [_point(one) for one in points]}

    return await _ask(look)


async def show_performance(call: Call) -> dict[str, Any]:
    """The performance of every version, in the form that dashboards read."""
    playbook = await _watched(call)
    place = call.service.workspace
    return await _ask(lambda: {"playbook": playbook, "models": as_plain(export_performance(place, playbook))})


async def _watched(call: Call) -> str:
    """The playbook of the path, refused where it is not known here."""
    playbook: str = call.path("playbook")
    await declared(call, playbook)
    return playbook


async def _ask(look: Any) -> dict[str, Any]:
    try:
        found: dict[str, Any] = await to_thread.run_sync(look)
    except DataError as error:
        raise Refusal(404, error.problems) from None
    except LeadLoopError as error:
        if error.subject == "quality":
            said = [Problem(f"query {one.where.removeprefix('--')}", one.what, one.mend) for one in error.problems]
            raise Refusal(422, said) from None
        raise
    return found


def _point(one: QualityPoint) -> dict[str, Any]:
    plain: dict[str, Any] = as_plain(one)
    return plain


_MEASURE = record(
    {
        "name": TEXT,
        "value": maybe(NUMBER),
        "low": maybe(NUMBER),
        "high": maybe(NUMBER),
        "higher_is_better": ANY,
        "baselines": mapping(maybe(NUMBER)),
        "meaning": TEXT,
    }
)
_SPAN = {"start": TEXT, "end": TEXT}
_QUALITY = {
    "type": "object",
    "required": ["playbook", "target", "model_version", "start", "end", "scored", "matured", "won", "open", "measures"],
    "properties": {
        **_SPAN,
        "scored": WHOLE,
        "matured": WHOLE,
        "won": WHOLE,
        "open": WHOLE,
        "measures": array(_MEASURE),
    },
    "additionalProperties": ANY,
}
_DRIFT = {
    "type": "object",
    "required": ["playbook", "model_version", "start", "end", "leads", "fields", "level", "reasons"],
    "properties": {**_SPAN, "leads": WHOLE, "level": TEXT, "reasons": array(TEXT)},
    "additionalProperties": ANY,
}
_POINT = record(
    {
        "number": WHOLE,
        "model_version": TEXT,
        **_SPAN,
        "measured_at": TEXT,
        **dict.fromkeys(("scored", "matured", "won", "open"), WHOLE),
        "measures": mapping(NUMBER),
        "expected": mapping(NUMBER),
        "drift": TEXT,
    }
)
_VERSION = "A version's id, release or name; the one in service where it is left out"
_SEED = mapping(maybe(NUMBER))
_PERFORMANCE = record(
    {
        "model_version": TEXT,
        "training_date": TEXT,
        "metrics": _SEED,
        "feature_importance": array(record({"feature": TEXT, "importance": NUMBER})),
        "matured": array(
            record({"from": TEXT, "to": TEXT, "scored": WHOLE, "matured": WHOLE, "open": WHOLE, "metrics": _SEED})
        ),
    }
)

ROUTES = [
    Route(
        "GET", "/v1/{playbook}/quality", "analyst", show_quality,
        "How good the scores were that were really given, by what became of the leads; the newest weeks whose leads had the time "
        "to end, or any days.",
        _QUALITY, None, PARTS,
        {"version": Query("", f"{_VERSION}; `served` is whatever served."),
         "from": Query(None, "Scores from this moment on.", "moment"),
         "to": Query(None, "Scores before this moment.", "moment")},
        (404, 409, 503),
    ),
    Route(
        "GET", "/v1/{playbook}/quality/history", "analyst", show_history,
        "What checks found, the newest first.",
        record({"playbook": TEXT, "history": array(_POINT)}), None, PARTS,
        {"version": Query("", "Only of this version."), "limit": Query(30, "How many at most.", "whole", 1, 1_000)},
        (404, 409, 503),
    ),
    Route(
        "GET", "/v1/{playbook}/performance", "analyst", show_performance,
        "The performance of every version: its test leads, what moves its scores, and what outcomes said since.",
        record({"playbook": TEXT, "models": array(_PERFORMANCE)}), None, PARTS, {}, (404, 409, 503),
    ),
    Route(
        "GET", "/v1/{playbook}/drift", "analyst", show_drift,
        "How the newest leads differ from those that the version learned from, field by field, and what is to be made of it.",
        _DRIFT, None, PARTS,
        {"version": Query("", f"{_VERSION}."),
         "days": Query(0, "Of the last so many days; 0: a week, or as many as it takes.", "whole", 0, 3_650)},
        (404, 409, 503),
    ),
]  # fmt: skip
