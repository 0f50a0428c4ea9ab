"""`/score`, `/score/batch`, `/health`, `/models/info`, `/models/reload/{version}`: companies after a discovery call."""

from __future__ import annotations

from collections import Counter
from time import perf_counter
from typing import Any
from uuid import uuid4

import leadloop
from leadloop.api.faces.fields import as_lead, body_schema, documented, served_by_face
from leadloop.api.requests.routes import Body, Call, Route
from leadloop.api.scoring.live import Scored, Unscored
from leadloop.api.served.versions import Served
from leadloop.api.topics.cards import additions, rounded
from leadloop.api.topics.models import reload
from leadloop.api.wire.forms import Entry
from leadloop.api.wire.problems import Refusal, tell_all
from leadloop.api.wire.shapes import (
    ADDED,
    ANY,
    FLAG,
    NUMBER,
    PROBLEM,
    SCORE,
    SHARE,
    TEXT,
    WHOLE,
    array,
    mapping,
    maybe,
    record,
)
from leadloop.errors import Problem, tell_briefly

FIT = "voice_ai_fit"
"""The target whose own score is the fit with Voice AI."""
_MOST_REASONS = 5

FIELDS = (
    documented("company_name", required=True),
    documented("domain"),
    documented("industry"),
    documented("employees", "text or number"),
    documented("revenue", "text or number"),
    documented("description"),
    documented("call_title"),
    documented("call_notes"),
    documented("products_discussed", "texts"),
    documented("urgency_level", "number", low=0, high=5),
    documented("lead_source"),
    documented("ae_name"),
)

EXAMPLE = {
    "company_name": "Acme Corp",
    "domain": "acme.com",
    "industry": "SaaS",
    "employees": "50-100",
    "description": "AI-powered customer service platform",
    "call_notes": "Discussed Voice AI integration needs...",
    "urgency_level": 4,
}


async def home(call: Call) -> dict[str, Any]:
    """What this is, and where to read on."""
    return {
        "service": "LeadLoop",
        "version": leadloop.__version__,
        "documentation": "/docs",
        "openapi": "/openapi.json",
        "health": "/health",
    }


async def score(call: Call) -> dict[str, Any]:
    """Score one company."""
    served, given = _served(call), await call.json()
    lead = as_lead(FIELDS, served, given)
    if isinstance(lead, Unscored):
        raise Refusal(422, lead.problems)
    return answer(await call.score_one(served, lead), given)


async def score_batch(call: Call) -> dict[str, Any]:
    """Score several companies."""
    started = perf_counter()
    served = _served(call)
    given, body = await call.leads(others=("batch_id",))
    batch_id = body.get("batch_id")
    if batch_id is not None and not isinstance(batch_id, str):
        raise Refusal(422, Problem("batch_id", "is not text", "give text, or leave it out"))
    answers = await score_all(call, served, FIELDS, given)
    results = [
        answer(one, lead) if isinstance(one, Scored) else _error_row(place, one, lead)
        for place, (one, lead) in enumerate(zip(answers, given, strict=True))
    ]
    scores = [one.card.score for one in answers if isinstance(one, Scored)]
    return {
        "batch_id": batch_id or f"batch_{uuid4().hex[:12]}",
        "results": results,
        "summary": {
            "total_leads": len(given),
            "processed_successfully": len(scores),
            "errors": len(given) - len(scores),
            "average_score": rounded(sum(scores) / len(scores), 2) if scores else None,
            "recommendations": dict(Counter(one.card.route for one in answers if isinstance(one, Scored))),
            "processing_time_ms": rounded((perf_counter() - started) * 1000, 3),
        },
    }


async def score_all(call: Call, served: Served, fields: tuple[Entry, ...], given: list[Any]) -> list[Scored | Unscored]:
    """What is said of each documented lead, in order."""
    leads = [as_lead(fields, served, one) for one in given]
    good = [lead for lead in leads if not isinstance(lead, Unscored)]
    said = iter(await call.score(served, good)) if good else iter(())
    return [lead if isinstance(lead, Unscored) else next(said) for lead in leads]


def answer(scored: Scored, given: dict[str, Any]) -> dict[str, Any]:
    """The documented answer, and after it what is new."""
    card = scored.card
    own = {one.target: one for one in card.targets}
    lead_id = given.get("lead_id")
    return {
        "lead_id": str(lead_id) if lead_id is not None else f"lead_{uuid4().hex[:12]}",
        "company_name": given["company_name"],
        "qualification_score": card.score,
        "voice_ai_fit": own[FIT].score if FIT in own else None,
        "progression_probability": rounded(card.probability),
        "recommendation": card.route,
        "reasoning": [str(one) for one in card.reasons[:_MOST_REASONS]],
        "priority": card.priority,
        "confidence": rounded(card.confidence),
        "model_version": card.model_version,
        "scored_at": scored.scored_at,
        **additions(scored),
    }


def _error_row(place: int, one: Unscored, lead: Any) -> dict[str, Any]:
    name = lead.get("company_name") if isinstance(lead, dict) else None
    return {
        "index": place,
        "lead_id": one.given_id,
        "company_name": name if isinstance(name, str) else None,
        "error": tell_briefly(one.problems)[:1_000],
        "errors": tell_all(one.problems),
    }


async def health(call: Call) -> dict[str, Any]:
    """Whether a model is loaded, and which."""
    return health_of(call, call.service.settings.calls_playbook)


def health_of(call: Call, playbook: str) -> dict[str, Any]:
    """Whether something scores the leads of a playbook, and what."""
    versions = call.service.versions
    served = versions.served.get(playbook)
    status = "unhealthy" if served is None else "degraded" if playbook in versions.problems else "healthy"
    return {
        "status": status,
        "model_loaded": served is not None,
        "model_version": served.version if served else None,
        "timestamp": call.service.workspace.now(),
    }


async def model_info(call: Call) -> dict[str, Any]:
    """Which model scores, and what is known of it."""
    served = _served(call)
    return {
        "model_version": served.version,
        "metadata": describe(served),
        "feature_count": feature_count(served),
        "loaded_at": served.loaded_at,
    }


def describe(served: Served) -> dict[str, Any]:
    """What is known of the version that serves."""
    version = served.record
    if version is None:
        return {"playbook": served.playbook, "method": "rules", "degraded": True}
    return {
        "playbook": version.playbook,
        "release": version.release,
        "created_at": version.created_at,
        "targets": [version.target, *version.targets],
        "metrics": {
            version.target: dict(version.metrics),
            **{name: dict(told["metrics"]) for name, told in version.targets.items()},
        },
        "members": [dict(one) for one in version.members],
        "synthetic": version.synthetic,
        "degraded": served.degraded,
    }


def feature_count(served: Served) -> int:
    """How many columns the models see; for rules, how many rules there are."""
    if served.record is None:
        return len(served.scorer.playbook.rules)
    return len(served.record.columns)


async def reload_model(call: Call) -> dict[str, Any]:
    """Serve another version from now on."""
    done = await reload(call, call.service.settings.calls_playbook, call.path("version"), "")
    return {"status": "reloaded", **done}


def _served(call: Call) -> Served:
    return served_by_face(call, call.service.settings.calls_playbook)


ANSWER: dict[str, Any] = {
    "lead_id": TEXT,
    "company_name": TEXT,
    "qualification_score": SCORE,
    "voice_ai_fit": maybe(SCORE),
    "progression_probability": maybe(SHARE),
    "recommendation": TEXT,
    "reasoning": array(TEXT),
    "priority": TEXT,
    "confidence": maybe(SHARE),
    "model_version": TEXT,
    "scored_at": TEXT,
    **ADDED,
}
HEALTH: dict[str, Any] = record(
    {
        "status": {"enum": ["healthy", "degraded", "unhealthy"]},
        "model_loaded": FLAG,
        "model_version": maybe(TEXT),
        "timestamp": TEXT,
    }
)
_SUMMARY = record(
    {
        "total_leads": WHOLE,
        "processed_successfully": WHOLE,
        "errors": WHOLE,
        "average_score": maybe(NUMBER),
        "recommendations": mapping(WHOLE),
        "processing_time_ms": NUMBER,
    }
)
_ERROR = record({"index": WHOLE, "lead_id": ANY, "company_name": maybe(TEXT), "error": TEXT, "errors": array(PROBLEM)})
_ONE = body_schema(FIELDS)

ROUTES = [
    Route(
        "GET", "/", None, home, "What this is, and where to read on.",
        record({"service": TEXT, "version": TEXT, "documentation": TEXT, "openapi": TEXT, "health": TEXT}),
    ),
    Route(
        "POST", "/score", "scorer", score, "Score one company after a discovery call.",
        record(ANSWER), Body(_ONE, EXAMPLE), refuses=(404, 503),
    ),
    Route(
        "POST", "/score/batch", "scorer", score_batch,
        "Score up to `max_batch_size` companies; one that cannot be read is an error row and spoils no other.",
        record({"batch_id": TEXT, "results": array({"anyOf": [record(ANSWER), _ERROR]}), "summary": _SUMMARY}),
        Body(record({"leads": array(_ONE, minItems=1)}, {"batch_id": maybe(TEXT)}),
             {"leads": [EXAMPLE, {"industry": "SaaS"}], "batch_id": "monday"}),
        refuses=(404, 503),
    ),
    Route("GET", "/health", None, health, "Whether a model is loaded, and which.", HEALTH),
    Route(
        "GET", "/models/info", "analyst", model_info, "Which model scores, and what is known of it.",
        record({"model_version": TEXT, "metadata": {"type": "object"}, "feature_count": WHOLE, "loaded_at": TEXT}),
        refuses=(404, 503),
    ),
    Route(
        "POST", "/models/reload/{version}", "admin", reload_model,
        "Put a version in service and serve it from now on; no request is dropped.",
        record({"status": TEXT, "playbook": TEXT, "model_version": TEXT, "previous_version": maybe(TEXT),
                "loaded_at": TEXT}),
        parts={"version": "Its id or release, `champion` or `latest`."}, refuses=(404, 409, 503), writes=True,
    ),
]  # fmt: skip
