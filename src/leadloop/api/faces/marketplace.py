"""`/api/v1/ml`: postings and classified leads."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from anyio import to_thread

from leadloop.api.faces.calls import HEALTH, describe, health_of, score_all
from leadloop.api.faces.fields import as_lead, body_schema, documented, served_by_face
from leadloop.api.faces.marketplace_feedback import FEEDBACK_ROUTES, PREFIX, recent
from leadloop.api.requests.routes import Body, Call, Query, Route
from leadloop.api.scoring.live import Scored, Unscored
from leadloop.api.served.versions import Served
from leadloop.api.topics.cards import additions, error_row, rounded
from leadloop.api.topics.feedback import ANALYTICS
from leadloop.api.topics.jobs import RETRAIN_BODY, RETRAINING, ask_to_retrain
from leadloop.api.topics.models import prune, reload, versions_page
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import (
    ADDED,
    ANY,
    ERROR_ROW,
    FLAG,
    NUMBER,
    SCORE,
    SHARE,
    TEXT,
    WHOLE,
    array,
    mapping,
    maybe,
    record,
)

_MOST_FACTORS = 10

FIELDS = (
    documented("lead_id", "text or number", required=True),
    documented("title", required=True),
    documented("description"),
    documented("category"),
    documented("subcategory"),
    documented("price", "text or number"),
    documented("email"),
    documented("phone"),
    documented("contact_name"),
    documented("location_name"),
    documented("posted_at"),
    documented("scraped_at"),
)

EXAMPLE = {
    "lead_id": 123,
    "title": "Software Engineer Position",
    "description": "Looking for Python developer...",
    "category": "software/qa/dba",
    "location_name": "San Francisco",
    "price": 120000,
    "email": "recruiter@company.com",
    "posted_at": "2024-01-01T12:00:00Z",
}


async def score(call: Call) -> dict[str, Any]:
    """Score one posting."""
    served = _served(call)
    lead = as_lead(FIELDS, served, await call.json())
    if isinstance(lead, Unscored):
        raise Refusal(422, lead.problems)
    return answer(await call.score_one(served, lead))


async def score_batch(call: Call) -> dict[str, Any]:
    """Score several postings."""
    started = perf_counter()
    served = _served(call)
    given, _ = await call.leads()
    answers = await score_all(call, served, FIELDS, given)
    good = [one for one in answers if isinstance(one, Scored)]
    return {
        "predictions": [answer(one) for one in good],
        "total_count": len(good),
        "avg_score": rounded(sum(one.card.score for one in good) / len(good), 2) if good else None,
        "processing_time": rounded(perf_counter() - started),
        "errors": [error_row(place, one) for place, one in enumerate(answers) if isinstance(one, Unscored)],
    }


def answer(scored: Scored) -> dict[str, Any]:
    """The documented answer, and after it what is new."""
    card = scored.card
    return {
        "lead_id": scored.given_id,
        "score": card.score,
        "confidence": rounded(card.confidence),
        "model_version": card.model_version,
        "feature_importance": importance(scored),
        "prediction_time": scored.scored_at,
        "band": card.band,
        "route": card.route,
        **additions(scored),
    }


def importance(scored: Scored) -> dict[str, float]:
    """What part of all that moved this score each field had: the strongest ten, as shares of the points up and down."""
    moved = sum(abs(one.points) for one in scored.card.reasons)
    return (
        {one.field: round(abs(one.points) / moved, 6) for one in scored.card.reasons[:_MOST_FACTORS]} if moved else {}
    )


async def models(call: Call) -> dict[str, Any]:
    """Every saved version."""
    page = await to_thread.run_sync(lambda: versions_page(call, call.service.settings.marketplace_playbook))
    return {
        "models": [{**one, "is_active": one["in_service"]} for one in page["models"]],
        "current_model": page["serving"],
        "total_count": len(page["models"]),
    }


async def activate(call: Call) -> dict[str, Any]:
    """Serve another version from now on."""
    done = await reload(call, call.service.settings.marketplace_playbook, call.path("version"), "")
    return {"success": True, **done}


async def clean_up_models(call: Call) -> dict[str, Any]:
    """Delete old versions."""
    done = await prune(call, call.service.settings.marketplace_playbook, call.query("keep_count"))
    return {
        "success": True,
        "deleted_count": len(done.removed),
        "deleted_versions": list(done.removed),
        "kept_versions": list(done.kept),
    }


async def retrain(call: Call) -> dict[str, Any]:
    """Ask for a training on what is stored by now."""
    return await ask_to_retrain(call, call.service.settings.marketplace_playbook)


async def metrics(call: Call) -> dict[str, Any]:
    """Which model serves and how good it was on the test leads."""
    served = _served(call)
    version = served.record
    trained = version.created_at if version else None
    age = None
    if trained:
        made = datetime.strptime(trained, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        age = round((call.service.live.clock() - made).total_seconds() / 86_400, 2)
    return {
        "current_model": {"model_version": served.version, "loaded_at": served.loaded_at, **describe(served)},
        "performance_metrics": {name: told["value"] for name, told in version.metrics.items()} if version else {},
        "training_status": {
            "last_trained_at": trained,
            "age_days": age,
            "training_samples": version.data.get("used") if version else None,
        },
        "feedback_analytics": await recent(call),
    }


async def health(call: Call) -> dict[str, Any]:
    """Whether a model is loaded, and which."""
    return health_of(call, call.service.settings.marketplace_playbook)


def _served(call: Call) -> Served:
    return served_by_face(call, call.service.settings.marketplace_playbook)


_ANSWER = record(
    {
        "lead_id": ANY,
        "score": SCORE,
        "confidence": maybe(SHARE),
        "model_version": TEXT,
        "feature_importance": mapping(SHARE),
        "prediction_time": TEXT,
        "band": TEXT,
        "route": TEXT,
        **ADDED,
    }
)
_ONE = body_schema(FIELDS)

ROUTES = [
    Route(
        "POST", f"{PREFIX}/score", "scorer", score, "Score one posting.", _ANSWER, Body(_ONE, EXAMPLE),
        refuses=(404, 503),
    ),
    Route(
        "POST", f"{PREFIX}/batch-score", "scorer", score_batch,
        "Score up to `max_batch_size` postings; those that cannot be read are listed under `errors`.",
        record({"predictions": array(_ANSWER), "total_count": WHOLE, "avg_score": maybe(NUMBER),
                "processing_time": NUMBER, "errors": array(ERROR_ROW)}),
        Body(record({"leads": array(_ONE, minItems=1)}), {"leads": [EXAMPLE, {"lead_id": 124}]}), refuses=(404, 503),
    ),
    Route(
        "GET", f"{PREFIX}/models", "analyst", models, "Every saved version.",
        record({"models": array({"type": "object", "required": ["version", "is_active"]}),
                "current_model": maybe(TEXT), "total_count": WHOLE}),
        refuses=(404, 409, 503),
    ),
    Route(
        "POST", f"{PREFIX}/models/{{version}}/activate", "admin", activate,
        "Put a version in service and serve it from now on; no request is dropped.",
        record({"success": FLAG, "playbook": TEXT, "model_version": TEXT, "previous_version": maybe(TEXT),
                "loaded_at": TEXT}),
        parts={"version": "Its id or release, or `latest`."}, refuses=(404, 409, 503), writes=True,
    ),
    Route(
        "POST", f"{PREFIX}/cleanup/models", "admin", clean_up_models,
        "Delete old versions but the newest; what is or was lately in service stays.",
        record({"success": FLAG, "deleted_count": WHOLE, "deleted_versions": array(TEXT), "kept_versions": array(TEXT)}),
        query={"keep_count": Query(5, "How many of the newest versions stay.", low=1, high=10_000)},
        refuses=(404, 409, 503), writes=True,
    ),
    Route(
        "GET", f"{PREFIX}/metrics", "analyst", metrics,
        "Which model serves, and how good it was on the test leads.",
        record({"current_model": {"type": "object"}, "performance_metrics": mapping(NUMBER),
                "training_status": {"type": "object"}, "feedback_analytics": maybe(ANALYTICS)}),
        refuses=(404, 503),
    ),
    *FEEDBACK_ROUTES,
    Route(
        "POST", f"{PREFIX}/retrain", "admin", retrain,
        "Train on what is stored by now, as a job; refused where that is not worth while yet, unless `force_retrain` is true.",
        RETRAINING, RETRAIN_BODY, refuses=(404, 409, 503), writes=True,
    ),
    Route("GET", f"{PREFIX}/health", None, health, "Whether a model is loaded, and which.", HEALTH),
]  # fmt: skip
