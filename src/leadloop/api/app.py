"""The application: routes, the gate before them, and the watch that keeps versions in step with the registry."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from leadloop.api.document.openapi import describe_interface
from leadloop.api.document.page import render_page
from leadloop.api.faces import calls, insurance, insurance_tests, marketplace, marketplace_tests
from leadloop.api.requests.gate import ASK, Gate
from leadloop.api.requests.routes import Call, Route, endpoint
from leadloop.api.served.examples import example_lead
from leadloop.api.service import Service
from leadloop.api.topics import (
    core,
    erasure,
    experiments,
    feedback,
    feedback_analytics,
    health,
    hooks,
    jobs,
    leads,
    loop,
    models,
    outcomes,
    quality,
    webhooks,
)
from leadloop.api.topics.readings import take_readings
from leadloop.api.wire.problems import Refusal, problem_response
from leadloop.api.wire.shapes import TEXT
from leadloop.errors import Problem

_LAST_SECONDS = 5.0
"""How long a process that ends waits for the database to take the last scores."""
_FOUND_NOWHERE = Problem("path", "is no route of this service", "see /openapi.json for all of them")


class _Identifier(StringConvertor):
    """The identifier of a lead in a path, which may have slashes and line breaks in it."""

    regex = r"[\s\S]*"


register_url_convertor("identifier", _Identifier())


def all_routes(service: Service) -> list[Route]:
    """Every route that this service answers."""
    served = service.versions.served
    examples = {name: example_lead(one) for name, one in served.items()}
    targets = [target.name for one in served.values() for target in one.scorer.playbook.targets]
    return [
        *calls.ROUTES,
        *marketplace.ROUTES,
        *marketplace_tests.TEST_ROUTES,
        *insurance.ROUTES,
        *insurance_tests.ROUTES,
        *hooks.ROUTES,
        *playbook_routes(examples, targets),
        *health.ROUTES,
        *_DOCUMENTS,
    ]


def playbook_routes(examples: Mapping[str, Any], targets: Sequence[str]) -> list[Route]:
    """The routes of any playbook; examples in the document are of the first of these leads and targets."""
    return [
        *core.routes(examples),
        *models.ROUTES,
        *experiments.routes(examples),
        *erasure.BEFORE_LEADS,
        *leads.routes(examples),
        *outcomes.routes(targets),
        *feedback.ROUTES,
        *feedback_analytics.ROUTES,
        *erasure.ROUTES,
        *jobs.ROUTES,
        *loop.ROUTES,
        *webhooks.ROUTES,
        *quality.ROUTES,
    ]


def create_app(service: Service) -> Any:
    """The application as ASGI asks for it. Versions are loaded and keys are known before it answers anything."""
    service.database.start()
    service.versions.refresh()
    service.arms.refresh()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        service.live.log.start()
        watch = asyncio.create_task(_watch(service))
        yield
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch
        await to_thread.run_sync(service.live.log.close, _LAST_SECONDS)
        await to_thread.run_sync(service.database.close)
        if service.traces is not None:
            await to_thread.run_sync(service.traces.close)

    routes = all_routes(service)
    app = Starlette(lifespan=lifespan)
    app.add_exception_handler(HTTPException, _refuse_path)  # type: ignore[arg-type]
    app.router.redirect_slashes = False
    for route in routes:
        path = route.path.replace("{lead_id}", "{lead_id:identifier}").replace("{leadId}", "{leadId:identifier}")
        app.router.add_route(path, endpoint(route, service), [route.method], route.name)
    open_paths = frozenset(route.path for route in routes if route.role is None)
    file_paths = tuple(compile_path(route.path)[0] for route in routes if route.takes_file)
    gate = Gate(app, service, open_paths, file_paths)
    if service.traces is None:
        return gate
    from leadloop.api.measures.traced import Traced

    service.log.mark_with(service.traces.marks)
    return Traced(gate, service.traces)


async def _watch(service: Service) -> None:
    """Look into the registry every few seconds, for as long as the process lives."""
    while True:
        await asyncio.sleep(service.settings.watch_seconds)
        try:
            await to_thread.run_sync(service.versions.refresh)
            await to_thread.run_sync(service.arms.refresh)
            take_readings(service)
        except Exception as error:  # the next look may go better, and what serves goes on serving
            service.log.mistake(error, during="watching the registry")


async def _refuse_path(request: Request, error: HTTPException) -> Response:
    problem = _FOUND_NOWHERE
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        problem = Problem("method", f"{request.method[:10]} is not answered here", f"use {allowed}")
    refusal = Refusal(error.status_code, problem, headers=error.headers)
    return problem_response(refusal, path=request.url.path, request_id=request.scope[ASK].request_id)


async def _interface(call: Call) -> Mapping[str, Any]:
    """The document of the interface."""
    return describe_interface(all_routes(call.service), call.service)


async def _page(call: Call) -> Response:
    """The same for people."""
    document = describe_interface(all_routes(call.service), call.service)
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    served = next(iter(call.service.versions.served), "")
    page = render_page(document, address=f"http://127.0.0.1:{call.service.settings.port}", playbook=served)
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


_DOCUMENTS = [
    Route(
        "GET", "/openapi.json", None, _interface, "The document of this interface (OpenAPI 3.1).", {"type": "object"},
    ),
    Route("GET", "/docs", None, _page, "The document of this interface, to read.", TEXT, media_type="text/html"),
]  # fmt: skip
