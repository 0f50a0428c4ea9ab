"""`/api/v1/lead-scoring-ml`: insurance leads that are kept somewhere and asked about by their identifier. Keys are camelCase."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from anyio import to_thread

from leadloop.api.cards import rounded
from leadloop.api.faces.calls import describe, feature_count
from leadloop.api.live import Scored, Unscored
from leadloop.api.problems import Refusal
from leadloop.api.routes import Body, Call, Route
from leadloop.api.service import StoredLeads
from leadloop.api.shapes import FLAG, NUMBER, SCORE, SHARE, TEXT, WHOLE, array, maybe, record
from leadloop.api.versions import Served
from leadloop.errors import Problem

PREFIX = "/api/v1/lead-scoring-ml"
_MOST_FACTORS = 5


async def score(call: Call) -> dict[str, Any]:
    """Score one lead that is kept, and write the score back to it."""
    started, served, leads = perf_counter(), _served(call), _leads(call)
    body = await call.json() if await call.request.body() else {}
    wrong = [Problem(name, "is not read here", "leave it out") for name in body if name != "useVerticalModel"]
    if not isinstance(body.get("useVerticalModel", True), bool):
        wrong.append(Problem("useVerticalModel", "is not true or false", "give true or false"))
    if body.get("useVerticalModel") is False:
        wrong.append(
            Problem("useVerticalModel", "false cannot be asked for", "the version knows which verticals have a model")
        )
    if wrong:
        raise Refusal(422, wrong)
    lead_id = call.path("leadId")
    playbook = served.playbook
    found = await to_thread.run_sync(lambda: leads.find(playbook, [lead_id]))
    if lead_id not in found:
        raise Refusal(404, Problem("leadId", "is no lead that is kept here", "import it first"))
    scored = await call.score_one(served, found[lead_id])
    await to_thread.run_sync(lambda: leads.write_scores(playbook, [scored.card], scored.scored_at))
    return {"success": True, "leadId": lead_id, "score": answer(scored, lead_id, started)}


async def score_batch(call: Call) -> dict[str, Any]:
    """Score several leads that are kept, and write the scores back."""
    started, served, leads = perf_counter(), _served(call), _leads(call)
    body, most = await call.json(), call.service.settings.max_batch_size
    wrong = [Problem(name, "is not read here", "leave it out") for name in body if name != "leadIds"]
    lead_ids = body.get("leadIds")
    if not isinstance(lead_ids, list) or not lead_ids or not all(isinstance(one, str) and one for one in lead_ids):
        wrong.append(Problem("leadIds", "is no list of identifiers", "give at least one, as text"))
    if wrong:
        raise Refusal(422, wrong)
    asked: list[str] = list(dict.fromkeys(lead_ids or ()))
    if len(asked) > most:
        raise Refusal(413, Problem("leadIds", f"are {len(asked):,}", f"ask about at most {most:,} at once"))
    found = await to_thread.run_sync(lambda: leads.find(served.playbook, asked))
    there = [one for one in asked if one in found]
    answers = await call.score(served, [found[one] for one in there]) if there else []
    good = [(name, one) for name, one in zip(there, answers, strict=True) if isinstance(one, Scored)]
    if good:
        cards, at = [one.card for _, one in good], good[0][1].scored_at
        await to_thread.run_sync(lambda: leads.write_scores(served.playbook, cards, at))
    bad = {name: one for name, one in zip(there, answers, strict=True) if isinstance(one, Unscored)}
    took = (perf_counter() - started) * 1000
    return {
        "success": True,
        "count": len(good),
        "scores": [answer(one, name, started) for name, one in good],
        "performance": {
            "totalTimeMs": rounded(took, 3),
            "avgTimePerLeadMs": rounded(took / len(good), 3) if good else None,
            "throughput": rounded(len(good) / took * 1000, 1),
        },
        "errors": [{"leadId": name, "error": "is no lead that is kept here"} for name in asked if name not in found]
        + [
            {"leadId": name, "error": "; ".join(f"{problem.where} {problem.what}" for problem in one.problems)}
            for name, one in bad.items()
        ],
    }


def answer(scored: Scored, lead_id: str, started: float) -> dict[str, Any]:
    """The documented score, and after it what is new."""
    card = scored.card
    return {
        "leadId": lead_id,
        "score": round(card.score, 2),
        "probability": rounded(card.probability),
        "confidence": rounded(card.confidence),
        "qualityLevel": card.band,
        "topFactors": [
            {"feature": one.field, "contribution": round(one.points, 4), "description": one.sentence}
            for one in card.reasons[:_MOST_FACTORS]
        ],
        "modelVersion": card.model_version,
        "modelType": card.method,
        "vertical": card.segment or None,
        "processingTimeMs": rounded((perf_counter() - started) * 1000, 3),
        "createdAt": scored.scored_at,
        "probabilityLow": rounded(card.probability_low),
        "probabilityHigh": rounded(card.probability_high),
        "route": card.route,
        "degraded": scored.degraded,
    }


async def model_info(call: Call) -> dict[str, Any]:
    """Which model scores, and what is known of it."""
    served = _served(call)
    told = describe(served)
    version = served.record
    segments = getattr(served.scorer, "segments", {})
    return {
        "success": True,
        "modelVersion": served.version,
        "modelType": "rules" if version is None else "ensemble",
        "release": told.get("release"),
        "trainedAt": told.get("created_at"),
        "loadedAt": served.loaded_at,
        "featureCount": feature_count(served),
        "models": [str(one["name"]) for one in version.members] if version else [],
        "verticals": sorted(segments),
        "metrics": {name: one["value"] for name, one in version.metrics.items()} if version else {},
        "degraded": served.degraded,
    }


def _served(call: Call) -> Served:
    return call.service.versions.get(call.service.settings.insurance_playbook)


def _leads(call: Call) -> StoredLeads:
    assert call.service.leads is not None, "declared only where leads are kept"
    return call.service.leads


_FACTOR = record({"feature": TEXT, "contribution": NUMBER, "description": TEXT})
_SCORE = record(
    {
        "leadId": TEXT,
        "score": SCORE,
        "probability": maybe(SHARE),
        "confidence": maybe(SHARE),
        "qualityLevel": TEXT,
        "topFactors": array(_FACTOR, maxItems=_MOST_FACTORS),
        "modelVersion": TEXT,
        "modelType": TEXT,
        "vertical": maybe(TEXT),
        "processingTimeMs": NUMBER,
        "createdAt": TEXT,
        "probabilityLow": maybe(SHARE),
        "probabilityHigh": maybe(SHARE),
        "route": TEXT,
        "degraded": FLAG,
    }
)

ROUTES = [
    Route(
        "GET", f"{PREFIX}/model-info", "analyst", model_info, "Which model scores, and what is known of it.",
        record({
            "success": FLAG, "modelVersion": TEXT, "modelType": TEXT, "release": maybe(TEXT), "trainedAt": maybe(TEXT),
            "loadedAt": TEXT, "featureCount": WHOLE, "models": array(TEXT), "verticals": array(TEXT),
            "metrics": {"type": "object", "additionalProperties": NUMBER}, "degraded": FLAG,
        }),
        refuses=(404, 503),
    ),
]  # fmt: skip

OF_STORED_LEADS = [
    Route(
        "POST", f"{PREFIX}/score/{{leadId}}", "scorer", score,
        "Score one lead that is kept, and write the score back to it.",
        record({"success": FLAG, "leadId": TEXT, "score": _SCORE}),
        Body(record({}, {"useVerticalModel": FLAG}), {"useVerticalModel": True}),
        {"leadId": "The lead's identifier."}, refuses=(404, 503),
    ),
    Route(
        "POST", f"{PREFIX}/batch-score", "scorer", score_batch,
        "Score up to `max_batch_size` leads that are kept, and write the scores back.",
        record({
            "success": FLAG, "count": WHOLE, "scores": array(_SCORE),
            "performance": record({"totalTimeMs": NUMBER, "avgTimePerLeadMs": maybe(NUMBER), "throughput": NUMBER}),
            "errors": array(record({"leadId": TEXT, "error": TEXT})),
        }),
        Body(record({"leadIds": array(TEXT, minItems=1)}), {"leadIds": ["L1", "L2"]}), refuses=(404, 503),
    ),
]  # fmt: skip
"""Routes that are there only where leads are kept."""
