"""The span around every request, by the conventions of OpenTelemetry for HTTP. It stands only where traces are on.

What a caller may write freely is left out: the path (the template of the route stands for it), the query, and the names of
hosts and programs in headers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from leadloop.api.measures.metrics import METHODS
from leadloop.api.measures.traces import Traces
from leadloop.api.requests.gate import NO_ROUTE, Receive, Scope, Send, route_of

_OTHER = "_OTHER"


class Traced:
    """An application whose requests have spans."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], traces: Traces) -> None:
        self.app, self.traces = app, traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0

        async def send_seen(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else _OTHER
        shown = "HTTP" if method == _OTHER else method
        traceparent = next((value for name, value in scope["headers"] if name == b"traceparent"), b"").decode("latin-1")
        with self.traces.request(shown, _facts(scope, method), traceparent) as span:
            try:
                await self.app(scope, receive, send_seen)
            finally:
                route = route_of(scope)
                if route != NO_ROUTE:
                    span.update_name(f"{shown} {route}")
                    span.set_attribute("http.route", route)
                if status:
                    span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    self.traces.fail(span, str(status))


def _facts(scope: Scope, method: str) -> dict[str, str | int]:
    """What is known before anybody answers; the address is the one that was listened on, not the one that was asked for."""
    facts: dict[str, str | int] = {"http.request.method": method, "url.scheme": scope.get("scheme", "http")}
    address, port = scope.get("server") or ("", None)
    if address:
        facts["server.address"] = address
    if port:
        facts["server.port"] = port
    return facts
