"""What a route is: its path, who may use it, what it reads and gives, and the function that answers.

Every route is declared once, here in this form. The framework, the document of the interface, the reference and the table of
roles are all made of these declarations, so that none of them can say anything else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from leadloop.api.measures.traces import scoring_step
from leadloop.api.requests.gate import ASK, OUR_MISTAKE, Ask
from leadloop.api.requests.idempotency import answer_once
from leadloop.api.scoring.live import Asked, Scored, Unscored
from leadloop.api.scoring.rounds import FEW_LEADS
from leadloop.api.served.arms import ANY
from leadloop.api.served.arms import Asked as Of
from leadloop.api.served.versions import Served
from leadloop.api.service import Service
from leadloop.api.wire.arguments import Query, read_arguments
from leadloop.api.wire.json_body import read_json
from leadloop.api.wire.problems import Refusal, problem_response
from leadloop.errors import (
    AliasRefused,
    LeadLoopError,
    Problem,
    StoreConflict,
    StoreFull,
    StoreUnavailable,
    VersionError,
    VersionMissing,
)
from leadloop.flows.upkeep.key_ring import ANYBODY, Caller
from leadloop.flows.upkeep.keys import Role

if TYPE_CHECKING:
    from leadloop.store import Store

__all__ = ["Body", "Call", "Query", "Route", "endpoint"]

JSON = "application/json"

Schema = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One request, as the functions that answer see it."""

    service: Service
    request: Request
    route: Route
    ask: Ask
    arguments: Mapping[str, Any]
    """Every argument of the query, with its default where it was not given."""

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self.ask.caller or ANYBODY

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> Any:
        """An argument of the query, or its default."""
        return self.arguments[name]

    async def look_up(self, ask: Callable[[Store], T]) -> T:
        """What the store says. It is asked in a thread: a database may take its time, and others need not wait for it."""
        return await to_thread.run_sync(lambda: ask(self.service.database.store()))

    async def json(self) -> dict[str, Any]:
        """The body, an object; raises Refusal where it is none."""
        body = await self.request.body()
        if not body:
            raise Refusal(422, Problem("body", "is empty", "send a JSON object"))
        value = read_json(body, deepest=self.service.settings.max_json_depth)
        if not isinstance(value, dict):
            raise Refusal(422, Problem("body", "is no object", "send a JSON object"))
        return value

    async def leads(self, *, others: tuple[str, ...] = ()) -> tuple[list[Any], dict[str, Any]]:
        """The leads of a batch, and what else its body says; raises Refusal for a batch that is none, or too large."""
        body = await self.json()
        problems = [
            Problem(name, "is not read here", f"a batch holds {', '.join(('leads', *others))}")
            for name in body
            if name not in ("leads", *others)
        ]
        leads, most = body.get("leads"), self.service.settings.max_batch_size
        if not isinstance(leads, list) or not leads:
            problems.append(Problem("leads", "is no list of leads", "send at least one lead"))
        if problems:
            raise Refusal(422, problems)
        assert isinstance(leads, list)
        if len(leads) > most:
            mend = "send fewer at once, or score a file with `leadloop score`"
            raise Refusal(413, Problem("leads", f"are {len(leads):,}, and at most {most:,} are read at once", mend))
        return leads, body

    @scoring_step
    async def score(
        self, served: Served, leads: list[Any], *, explain: bool = True, noted: bool = True, of: Of = ANY
    ) -> list[Scored | Unscored]:
        """What is said of each lead: a few together with those of others who wait, many in a thread of their own.

        Without `noted` the caller stores the scores; `of` says which test they take part in, where the request does.
        """
        self.service.limits.take("leads", self.caller, len(leads))
        live, request_id = self.service.live, self.ask.request_id
        if len(leads) <= FEW_LEADS:
            asked = Asked(leads, request_id, noted, of)
            return await self.service.rounds.score_asked(served, asked, explain=explain)
        return await to_thread.run_sync(
            lambda: live.score(served, leads, explain=explain, request_id=request_id, noted=noted, of=of),
            limiter=live.limiter,
        )

    async def score_one(self, served: Served, lead: Any, *, explain: bool = True, of: Of = ANY) -> Scored:
        """What is said of one lead; raises Refusal with every reason where it cannot be read."""
        (answer,) = await self.score(served, [lead], explain=explain, of=of)
        if isinstance(answer, Unscored):
            raise Refusal(422, answer.problems)
        return answer


@dataclass(frozen=True)
class Body:
    """What a route reads: its schema, and an example that works."""

    schema: Schema
    example: Any
    media_types: tuple[str, ...] = (JSON,)
    """What it may be written in; anything but JSON is a file, which the route reads piece by piece."""


@dataclass(frozen=True, eq=False)
class Route:
    """One route."""

    method: str
    path: str
    role: Role | tuple[Role, ...] | None
    """Who may use it, one role or any of several; None: anybody, without a key."""
    answer: Callable[[Call], Awaitable[Any]]
    """Gives what is answered, as plain JSON values or as a response."""
    summary: str
    """What it is for, in a sentence."""
    gives: Schema
    """The schema of its answer."""
    body: Body | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    """What each part of the path means."""
    query: Mapping[str, Query] = field(default_factory=dict)
    refuses: tuple[int, ...] = ()
    """The statuses with which it refuses, besides those that any route may."""
    media_type: str = JSON
    writes: bool = False
    """Whether something is kept or changed, so that a sender may give an `Idempotency-Key` and send it again."""

    @cached_property
    def name(self) -> str:
        """A name of its own."""
        words = self.path.replace("{", "").replace("}", "").replace("-", "_").strip("/").replace("/", "_")
        return f"{self.method.lower()}_{words or 'root'}"

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that may use it, besides `admin`; none where anybody may."""
        return self.role if isinstance(self.role, tuple) else (self.role,) if self.role else ()

    @property
    def takes_file(self) -> bool:
        """Whether its body is a file of any size."""
        return self.body is not None and self.body.media_types != (JSON,)

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status with which it may refuse."""
        own = {*self.refuses, 429, 500, *((401, 403, 503) if self.role else (401,))}
        own |= {400, 408, 413, 415, 422} if self.method in ("POST", "PUT", "PATCH") else {422}
        if self.writes:
            own |= {400, 409, 503, 507}
        return tuple(sorted(own))


def endpoint(route: Route, service: Service) -> Callable[[Request], Awaitable[Response]]:
    """The function that the framework calls for a route."""

    async def answer(request: Request) -> Response:
        ask: Ask = request.scope[ASK]
        try:
            if route.roles and not any(ask.caller is not None and ask.caller.may(role) for role in route.roles):
                roles = " or ".join(route.roles)
                raise Refusal(403, Problem("key", f"is not of the role {roles}", f"ask with a key of {roles} or admin"))
            call = Call(service, request, route, ask, read_arguments(route.query, request.query_params))
            value = await (answer_once(call) if route.writes else route.answer(call))
        except Refusal as refusal:
            return problem_response(refusal, path=request.url.path, request_id=ask.request_id)
        except LeadLoopError as error:
            told = Refusal(_status_of(error), error.problems, headers=_headers_of(error))
            return problem_response(told, path=request.url.path, request_id=ask.request_id)
        except Exception as error:  # whatever it is, the caller gets an answer and the log gets the place
            service.log.mistake(error, request_id=ask.request_id, route=route.path)
            return problem_response(Refusal(500, OUR_MISTAKE), path=request.url.path, request_id=ask.request_id)
        return value if isinstance(value, Response) else Response(msgspec.json.encode(value), media_type=JSON)

    answer.__name__ = route.name
    answer.path = route.path  # type: ignore[attr-defined]  # for whoever writes down which route it was
    return answer


def _status_of(error: LeadLoopError) -> int:
    match error:
        case StoreUnavailable():
            return 503
        case StoreFull():
            return 507
        case VersionMissing():
            return 404
        case AliasRefused():
            return 422
        case StoreConflict() | VersionError():
            return 409
        case _:
            return 422


def _headers_of(error: LeadLoopError) -> Mapping[str, str]:
    return {"Retry-After": "5"} if isinstance(error, StoreUnavailable | StoreFull) else {}
