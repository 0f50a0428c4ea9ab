"""The document of the interface (OpenAPI 3.1), made of the routes as they are declared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import leadloop
from leadloop.api.requests.idempotency import HEADER
from leadloop.api.requests.routes import Route
from leadloop.api.served.examples import lead_schema
from leadloop.api.service import Service
from leadloop.api.wire.problems import MEDIA_TYPE, TITLES
from leadloop.api.wire.shapes import PROBLEM_DETAILS

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A key of your own for this request, such as a UUID: sent again under it within seven days, the request gets "
    "the first answer, and nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def operation(route: Route) -> dict[str, Any]:
    """One route as OpenAPI describes it."""
    said: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "description": meaning, "schema": {"type": "string"}}
                for name, meaning in route.parts.items()
            ),
            *(
                {
                    "name": name,
                    "in": "query",
                    "required": False,
                    "description": query.meaning,
                    "schema": dict(query.schema),
                }
                for name, query in route.query.items()
            ),
            *([_KEY] if route.writes else []),
        ],
        "responses": {
            "200": {"description": "Done.", "content": {route.media_type: {"schema": route.gives}}},
            **{str(status): _refusal(status, route) for status in route.statuses},
        },
        "security": [{"key": []}, {"bearer": []}] if route.roles else [],
        "x-role": " or ".join(route.roles) or "anybody",
    }
    if route.body is not None:
        said_of = {"schema": route.body.schema, "example": route.body.example}
        content = dict.fromkeys(route.body.media_types, said_of)
        said["requestBody"] = {"required": True, "content": content}
    return said


def _refusal(status: int, route: Route) -> dict[str, Any]:
    content: dict[str, Any] = {MEDIA_TYPE: {"schema": _PROBLEM}}
    if status == 503 and route.path == "/readyz":
        content = {route.media_type: {"schema": route.gives}}
    return {"description": TITLES[status], "content": content}


def describe_interface(routes: Sequence[Route], service: Service) -> dict[str, Any]:
    """The whole document, with the leads of every playbook that is served now."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route)
    served = service.versions.served
    leads = {f"Lead_{re.sub('[^a-z0-9_]', '_', name)}": lead_schema(one) for name, one in sorted(served.items())}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LeadLoop",
            "version": leadloop.__version__,
            "description": "Scores leads, and says of every score which version gave it and why.",
        },
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM_DETAILS, **leads},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }
