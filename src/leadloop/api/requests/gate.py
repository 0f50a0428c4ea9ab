"""The gate before every route: who asks, how much they send, in which form, and what is written down of it.

Plain ASGI: it adds microseconds to a request, and it sees bodies before anybody reads them.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any
from uuid import uuid4

from leadloop.api.measures.metrics import METHODS
from leadloop.api.service import Service
from leadloop.api.wire.problems import Refusal, problem_response
from leadloop.errors import Problem
from leadloop.flows.place.settings import LOOPBACK
from leadloop.flows.upkeep.key_ring import ANYBODY, Caller

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ASK = "leadloop"
"""Where a request's `Ask` stands in its scope."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WITH_BODY = ("POST", "PUT", "PATCH")
_JSON = re.compile(r"application/(?:json|[a-z0-9.+-]+\+json)", re.IGNORECASE)
_UTF8 = re.compile(r"(?:^|;)\s*charset=\"?(?:utf-?8)\"?\s*(?:;|$)", re.IGNORECASE)
_HERE = re.compile(
    rf"(?:{'|'.join(re.escape(f'[{one}]' if ':' in one else one) for one in LOOPBACK)})(?::[0-9]{{1,5}})?"
)
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_MOST_FAILURES, _WITHIN_SECONDS, _MOST_HOSTS = 10, 60.0, 10_000
NO_ROUTE = "(none)"
"""What stands for the route of a request that no route answers."""
OUR_MISTAKE = Problem("service", "made a mistake", "try again; the log of this server has it under the request's id")


@dataclass(frozen=True, slots=True)
class Ask:
    """What the gate knows of a request."""

    request_id: str
    caller: Caller | None
    """Who asks; None on routes that anybody may use, where no key was given."""


class Gate:
    """Lets requests through to the routes, or answers in their place."""

    def __init__(
        self,
        app: Callable[[Scope, Receive, Send], Awaitable[None]],
        service: Service,
        open_paths: frozenset[str],
        file_paths: tuple[re.Pattern[str], ...] = (),
    ) -> None:
        self.app, self.service = app, service
        self.open_paths = open_paths
        """Paths that need no key."""
        self.file_paths = file_paths
        """Paths whose bodies are files: their routes read them piece by piece, and say what is too large."""
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        asked_id = headers.get("x-request-id", "")
        request_id = asked_id if _REQUEST_ID.fullmatch(asked_id) else uuid4().hex
        status = 0

        async def send_marked(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"cache-control", b"no-store"),
                    *self.service.limits.headers(caller),
                ]
            await send(message)

        caller: Caller | None = None
        try:
            caller = self._who(scope, headers)
            scope[ASK] = Ask(request_id, caller)
            if caller is not None and scope["path"] not in self.open_paths:
                self.service.limits.take("requests", caller)
            body = await self._body(scope, headers, receive)
            await self.app(scope, receive if body is None else _replay(body, receive), send_marked)
        except Refusal as refusal:
            await problem_response(refusal, path=scope["path"], request_id=request_id)(scope, receive, send_marked)
        except Exception as error:  # whatever it is, the caller gets an answer and the log gets the place
            self.service.log.mistake(error, request_id=request_id, route=route_of(scope))
            if not status:
                answer = problem_response(Refusal(500, OUR_MISTAKE), path=scope["path"], request_id=request_id)
                await answer(scope, receive, send_marked)
        finally:
            seconds, route = perf_counter() - started, route_of(scope)
            self.service.metrics.count_request(scope["method"], route, status, seconds)
            if status in (401, 403, 429):
                key = "authorization" in headers or "x-api-key" in headers
                self.service.metrics.count_refused(status, known=caller is not None, key=key)
            facts: dict[str, str] = {}
            if status in (401, 429):  # whose program has an old key, or who guesses
                text = _key_in(headers)
                refused = self.service.keys.tell_refused(text) if text and caller is None else {}
                facts = {"client": (scope.get("client") or ("unknown",))[0], **refused}
            (self.service.log.warning if facts else self.service.log.info)(
                "request",
                request_id=request_id,
                method=scope["method"] if scope["method"] in METHODS else "_OTHER",
                route=route,
                status=status,
                ms=round(seconds * 1000, 2),
                caller=caller.name if caller else "",
                **facts,
            )

    def _who(self, scope: Scope, headers: dict[str, str]) -> Caller | None:
        """Who asks; raises Refusal: 401 for a key that nobody has, 429 after too many of those, 403 for a foreign host."""
        ring = self.service.keys
        if not ring.is_known:
            if scope["path"] in self.open_paths:
                return None
            problem = Problem("keys", "cannot be read now, so that nobody can be let in", "try again in a while")
            raise Refusal(503, problem, headers={"Retry-After": "5"})
        if ring.is_empty and not self.service.settings.is_open:
            _require_from_here(scope, headers)
            return ANYBODY
        key = _key_in(headers)
        caller = ring.find(key) if key else None
        if caller is None and key:
            self._count_failure(scope)
        if caller is None and (key or scope["path"] not in self.open_paths):
            what = "is not known here" if key else "is missing"
            mend = "send it as `Authorization: Bearer KEY` or as `X-API-Key: KEY`"
            raise Refusal(401, Problem("key", what, mend), headers={"WWW-Authenticate": "Bearer"})
        return caller

    def _count_failure(self, scope: Scope) -> None:
        host = (scope.get("client") or ("unknown",))[0]
        now = monotonic()
        failures = self._failures.setdefault(host, deque(maxlen=_MOST_FAILURES))
        self._failures.move_to_end(host)
        if len(self._failures) > _MOST_HOSTS:
            self._failures.popitem(last=False)
        if len(failures) == _MOST_FAILURES and now - failures[0] < _WITHIN_SECONDS:
            wait = str(int(_WITHIN_SECONDS - (now - failures[0])) + 1)
            raise Refusal(429, Problem("key", "was wrong too often", "wait a minute"), headers={"Retry-After": wait})
        failures.append(now)

    async def _body(self, scope: Scope, headers: dict[str, str], receive: Receive) -> bytes | None:
        """The whole body of a request that may have one; raises Refusal where it is too large, too slow, or no JSON."""
        if scope["method"] not in _WITH_BODY or any(path.fullmatch(scope["path"]) for path in self.file_paths):
            return None
        settings = self.service.settings
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > settings.max_body_bytes:
            raise self._too_large()
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise Refusal(415, Problem("Content-Encoding", "is not read here", "send the body as it is"))
        body = b""
        try:
            async with asyncio.timeout(settings.body_seconds):
                more = True
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise Refusal(400, Problem("body", "broke off", "send all of it"))
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > settings.max_body_bytes:
                        raise self._too_large()
        except TimeoutError:
            problem = Problem("body", f"took longer than {settings.body_seconds:g} seconds", "send it in one go")
            raise Refusal(408, problem, headers={"Connection": "close"}) from None
        kind = headers.get("content-type", "")
        if body and not _is_json(kind):
            what = f"is {kind[:60]}" if kind else "is missing"
            raise Refusal(415, Problem("Content-Type", what, "send application/json in UTF-8"))
        return body

    def _too_large(self) -> Refusal:
        most = self.service.settings.max_body_bytes
        problem = Problem("body", f"has more than {most:,} bytes", "send fewer leads at once, or use `leadloop score`")
        return Refusal(413, problem, headers={"Connection": "close"})


def _require_from_here(scope: Scope, headers: dict[str, str]) -> None:
    """Where there are no keys: raises Refusal (403) for what does not come from a program on this machine of its own accord.

    A page in somebody's browser may reach this machine under a name of its own, or send a form to it; a proxy lets others in.
    """
    if not _HERE.fullmatch(headers.get("host", "")):
        what = "is not this machine's own name, and without keys only this machine may ask"
        raise Refusal(403, Problem("Host", what, "ask 127.0.0.1 or localhost, or make keys"))
    if scope["method"] not in ("GET", "HEAD"):
        own = headers.get("origin", "").lower().partition("://")[2] == headers["host"].lower()
        strange = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if strange or ("origin" in headers and not own):
            what = "is another than this service, and without keys no page of another may change anything here"
            raise Refusal(403, Problem("Origin", what, "ask from a program instead of a page, or make keys"))
    for name in _PASSED_ON:
        if name in headers:
            what = "says that a proxy passes this on, and without keys only this machine may ask"
            raise Refusal(403, Problem(name, what, "make keys: leadloop keys new"))


def _key_in(headers: dict[str, str]) -> str:
    """The key that was sent, in either header; empty where none was."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    return headers.get("x-api-key", "") or (given.strip() if scheme.lower() == "bearer" else "")


def _is_json(kind: str) -> bool:
    name, _, rest = kind.partition(";")
    return bool(_JSON.fullmatch(name.strip())) and ("charset" not in rest.lower() or bool(_UTF8.search(rest)))


def _replay(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> MutableMapping[str, Any]:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def route_of(scope: Scope) -> str:
    """The template of the route that answered; never the path itself, which may name a lead."""
    return getattr(scope.get("endpoint"), "path", "") or NO_ROUTE
