"""`/api/v1/lead-scoring-ml`: insurance leads that are kept somewhere and asked about by their identifier. Keys are camelCase."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from leadloop.api.faces.calls import describe, feature_count
from leadloop.api.faces.fields import served_by_face
from leadloop.api.requests.routes import Body, Call, Route
from leadloop.api.scoring.live import Scored, Unscored
from leadloop.api.served.playbooks import declared
from leadloop.api.served.versions import Served
from leadloop.api.topics.cards import rounded
from leadloop.api.topics.stored_leads import Said, score_stored
from leadloop.api.wire.forms import NO_MORE, Entry, Form, read_list
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import FLAG, NUMBER, SCORE, SHARE, TEXT, WHOLE, array, mapping, maybe, record
from leadloop.errors import Problem, tell_briefly

PREFIX = "/api/v1/lead-scoring-ml"
_MOST_FACTORS = 5
_EDGES = tuple(range(0, 100, 10))
_ONE = Form((Entry("useVerticalModel", "flag"),))


async def score(call: Call) -> dict[str, Any]:
    """Score one lead that is kept, and store the score with it."""
    started, served = perf_counter(), _served(call)
    body = await call.json() if await call.request.body() else {}
    said, wrong = _ONE.read(body)
    if said["useVerticalModel"] is False:
        wrong.append(
            Problem("useVerticalModel", "false cannot be asked for", "the version knows which verticals have a model")
        )
    if wrong:
        raise Refusal(422, wrong)
    lead_id = call.path("leadId")
    (told,) = await score_stored(call, served, [lead_id])
    if told is None:
        raise Refusal(404, Problem("leadId", "is no lead that is kept here", "send it to /v1/{playbook}/leads first"))
    return {"success": True, "leadId": lead_id, "score": answer(told.scored(), lead_id, started)}


async def score_batch(call: Call) -> dict[str, Any]:
    """Score several leads that are kept, and store the scores with them."""
    started, served = perf_counter(), _served(call)
    given, _, problems = await read_list(call, "leadIds", NO_MORE)
    one_id = Entry("leadIds", "id")
    asked: dict[str, None] = {}
    for place, name in enumerate(given):
        lead_id, wrong, mend = one_id.read(name)
        problems += [Problem(f"leadIds[{place}]", wrong, mend)] if wrong else []
        asked[str(lead_id)] = None
    if problems:
        raise Refusal(422, problems)
    told = dict(zip(asked, await score_stored(call, served, list(asked)), strict=True))
    good = {name: one.answer for name, one in told.items() if one is not None and isinstance(one.answer, Scored)}
    took = (perf_counter() - started) * 1000
    return {
        "success": True,
        "count": len(good),
        "scores": [answer(one, name, started) for name, one in good.items()],
        "performance": {
            "totalTimeMs": rounded(took, 3),
            "avgTimePerLeadMs": rounded(took / len(good), 3) if good else None,
            "throughput": rounded(len(good) / took * 1000, 1),
        },
        "errors": [{"leadId": name, "error": _why(one)} for name, one in told.items() if name not in good],
    }


def _why(one: Said | None) -> str:
    if one is None or not isinstance(one.answer, Unscored):
        return "is no lead that is kept here"
    return tell_briefly(one.answer.problems)


async def score_distribution(call: Call) -> dict[str, Any]:
    """How the newest scores of all leads are spread over levels, and over tens."""
    name = call.service.settings.insurance_playbook
    bands = await call.look_up(lambda store: store.scores.spread(name, _EDGES))
    known = (await declared(call, name)).playbook.policy.bands
    found = {one.band: one for one in bands}
    order = [*(one.name for one in known), *(one for one in found if one not in {band.name for band in known})]
    leads = sum(one.leads for one in bands)
    total = sum(one.total for one in bands)
    tens = [sum(one.between[place] for one in bands) for place in range(len(_EDGES))]
    levels = [
        {
            "qualityLevel": level,
            "count": found[level].leads if level in found else 0,
            "percentage": rounded(100 * found[level].leads / leads, 2) if level in found else 0.0,
            "averageScore": rounded(found[level].total / found[level].leads, 2) if level in found else None,
        }
        for level in order
    ]
    return {
        "success": True,
        "totalScored": leads,
        "averageScore": rounded(total / leads, 2) if leads else None,
        "distribution": {str(one["qualityLevel"]): one["count"] for one in levels},
        "levels": levels,
        "histogram": [
            {"from": edge, "to": edge + 10, "count": count} for edge, count in zip(_EDGES, tens, strict=True)
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
    return served_by_face(call, call.service.settings.insurance_playbook)


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

_LEVEL = record({"qualityLevel": TEXT, "count": WHOLE, "percentage": NUMBER, "averageScore": maybe(NUMBER)})

ROUTES = [
    Route(
        "POST", f"{PREFIX}/score/{{leadId}}", "scorer", score,
        "Score one lead that is kept; when this answers, score and level are stored with it.",
        record({"success": FLAG, "leadId": TEXT, "score": _SCORE}),
        Body(_ONE.schema, {"useVerticalModel": True}),
        {"leadId": "The lead's identifier."}, refuses=(404, 503), writes=True,
    ),
    Route(
        "POST", f"{PREFIX}/batch-score", "scorer", score_batch,
        "Score up to `max_batch_size` leads that are kept, and store the scores with them.",
        record({
            "success": FLAG, "count": WHOLE, "scores": array(_SCORE),
            "performance": record({"totalTimeMs": NUMBER, "avgTimePerLeadMs": maybe(NUMBER), "throughput": NUMBER}),
            "errors": array(record({"leadId": TEXT, "error": TEXT})),
        }),
        Body(record({"leadIds": array({"anyOf": [TEXT, WHOLE]}, minItems=1)}), {"leadIds": ["L1", "L2"]}),
        refuses=(404, 503), writes=True,
    ),
    Route(
        "GET", f"{PREFIX}/score-distribution", "analyst", score_distribution,
        "How the newest scores of all leads are spread over levels.",
        record({
            "success": FLAG, "totalScored": WHOLE, "averageScore": maybe(NUMBER), "distribution": mapping(WHOLE),
            "levels": array(_LEVEL), "histogram": array(record({"from": WHOLE, "to": WHOLE, "count": WHOLE})),
        }),
        refuses=(404, 503),
    ),
    Route(
        "GET", f"{PREFIX}/model-info", "analyst", model_info, "Which model scores, and what is known of it.",
        record({
            "success": FLAG, "modelVersion": TEXT, "modelType": TEXT, "release": maybe(TEXT), "trainedAt": maybe(TEXT),
            "loadedAt": TEXT, "featureCount": WHOLE, "models": array(TEXT), "verticals": array(TEXT),
            "metrics": {"type": "object", "additionalProperties": NUMBER}, "degraded": FLAG,
        }),
        refuses=(503,),
    ),
]  # fmt: skip
