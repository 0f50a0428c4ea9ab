"""The routes by which machines see whether the service lives, is ready, and how it fares."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from leadloop.api.measures.metrics import CONTENT_TYPE
from leadloop.api.requests.routes import Call, Route
from leadloop.api.topics.readings import take_readings
from leadloop.api.wire.shapes import FLAG, TEXT, WHOLE, mapping, maybe, record


async def live(call: Call) -> dict[str, Any]:
    """Whether the process answers at all."""
    return {"status": "alive"}


async def ready(call: Call) -> Response:
    """Whether scores can be had, and what is not as it should be."""
    versions = call.service.versions
    served, problems = versions.served, versions.problems
    missing = [name for name in problems if name not in served]
    log = call.service.live.log
    database = call.service.database.problem or log.problem
    arms = call.service.arms.unserved
    doubtful = bool(problems or database or arms)
    status = "not ready" if missing or not served else "degraded" if doubtful else "ready"
    body = {
        "status": status,
        "problem": versions.nothing or None,
        "playbooks": {
            name: {
                "model_version": served[name].version if name in served else None,
                "degraded": name in problems,
                "problem": problems.get(name),
            }
            for name in sorted({*served, *problems})
        },
        "experiments": dict(arms),
        "database": {"answers": not database, "problem": database or None, "scores_waiting": log.waiting},
    }
    return Response(msgspec.json.encode(body), 503 if status == "not ready" else 200, media_type="application/json")


async def metrics(call: Call) -> Response:
    """Counts and times for Prometheus."""
    service = call.service
    await service.job_counts.refresh()
    await service.backlog_counts.refresh()
    take_readings(service)
    return Response(service.metrics.page(), media_type=CONTENT_TYPE)


_READY = record(
    {
        "status": {"enum": ["ready", "degraded", "not ready"]},
        "problem": maybe(TEXT),
        "playbooks": mapping(record({"model_version": maybe(TEXT), "degraded": FLAG, "problem": maybe(TEXT)})),
        "experiments": mapping(TEXT),
        "database": record({"answers": FLAG, "problem": maybe(TEXT), "scores_waiting": WHOLE}),
    }
)

ROUTES = [
    Route("GET", "/livez", None, live, "Whether the process answers at all.", record({"status": TEXT})),
    Route(
        "GET", "/readyz", None, ready,
        "Whether every playbook has something that scores; 503 where one has not. Degraded is ready, and says "
        "why; scores do not need the database.",
        _READY, refuses=(503,),
    ),
    Route(
        "GET", "/metrics", "analyst", metrics, "Counts and times for Prometheus.", TEXT, media_type="text/plain",
    ),
]  # fmt: skip
