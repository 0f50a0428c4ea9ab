"""The course of one request: ask, wait and ask again where that helps, and read the answer. It touches no network itself.

Both clients drive it: it gives the seconds to wait before the request is sent, and is told what came of sending it.
Waits grow exponentially with jitter (M. Brooker, "Exponential Backoff And Jitter", 2015) and are never shorter than a
`Retry-After` (RFC 9110, 10.2.3).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import random
from time import monotonic
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from leadloop.client.answers import Job
from leadloop.client.files import Sent
from leadloop.client.problems import NotPromised, ServiceProblem, Unavailable, kind_of
from leadloop.client.reading import NotAsPromised, read
from leadloop.errors import Problem

T = TypeVar("T")

_FIRST_WAIT, _LONGEST_WAIT = 0.25, 8.0
_PASSING = (408, 429, 502, 503, 504)
"""Statuses that say that nothing was done."""
_MOST_SHOWN = 200


@dataclass(frozen=True)
class Ask(Generic[T]):
    """One request, and how its answer is read. It is the same however often it is sent."""

    method: str
    route: str
    """The path as the document of the interface writes it, with names for its parts."""
    gives: Any
    """The type that the answer mirrors; `str` where it is plain text."""
    take: Callable[[Any], T]
    """What the caller gets of it."""
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    idempotency_key: str | None = None
    accepts: tuple[int, ...] = (200,)
    """The statuses of an answer."""
    file: Sent | None = None
    """What is sent in place of a body."""
    into: Path | None = None
    """Where the answer is written to, in place of being read."""

    @property
    def path(self) -> str:
        """The path with its parts filled in."""
        path = self.route
        for name, value in self.parts.items():
            if not value:
                raise ValueError(f"{name} is empty")
            path = path.replace("{" + name + "}", quote(value, safe=""))
        return path

    @property
    def headers(self) -> dict[str, str]:
        """What the request says besides its body."""
        said = {"Content-Type": "application/json"} if self.body is not None else {}
        if self.file is not None:
            said = {"Content-Type": "application/octet-stream"}
        return said | ({"Idempotency-Key": self.idempotency_key} if self.idempotency_key else {})

    @property
    def name(self) -> str:
        """What it is called in a problem: without the identifiers of leads."""
        return f"{self.method} {self.route}"


@dataclass(frozen=True)
class Answer:
    """What the service answered."""

    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: bytes


@dataclass(frozen=True)
class Lost:
    """A request that got no answer."""

    error: Exception


@dataclass(frozen=True)
class Patience:
    """How often a request is sent again, and how long one waits for that in all."""

    retries: int
    seconds: float


def course(ask: Ask[T], patience: Patience, chance: Callable[[], float] = random) -> Generator[float, Answer | Lost, T]:
    """The course of a request; gives seconds to wait before each sending. Raises ServiceProblem where there is no answer."""
    sent, waited, wait = 0, 0.0, 0.0
    while True:
        told = yield wait
        sent += 1
        if isinstance(told, Answer) and told.status in ask.accepts:
            return _read(ask, told)
        in_flight = _is_in_flight(ask, told)
        may = ask.file is None or ask.file.may_be_sent_again
        again = may and (in_flight or (sent <= patience.retries and _helps(told)))
        wait = _wait(told, 1 if in_flight else sent, chance())
        waited += wait
        if not patience.retries or not again or waited > patience.seconds:
            raise _explain(ask, told) from (told.error if isinstance(told, Lost) else None)


def pause(every: float, until: float | None, job: Job) -> float:
    """How long to wait before a job is looked at again; raises TimeoutError where it should be over by now (`time.monotonic`)."""
    left = every if until is None else until - monotonic()
    if left <= 0:
        raise TimeoutError(f"job {job.id} is {job.state}, {job.progress:.0%} done")
    return min(every, left)


def _helps(told: Answer | Lost) -> bool:
    """Whether the request may be sent again, and may fare better then."""
    return isinstance(told, Lost) or told.status in _PASSING


def _is_in_flight(ask: Ask[Any], told: Answer | Lost) -> bool:
    """Whether the request is being answered already: we sent it before, and lost the connection."""
    return (
        isinstance(told, Answer)
        and told.status == 409
        and ask.idempotency_key is not None
        and "retry-after" in told.headers
    )


def _wait(told: Answer | Lost, sent: int, chance: float) -> float:
    least = _retry_after(told.headers) if isinstance(told, Answer) else None
    wait = float(min(_FIRST_WAIT * 2 ** (sent - 1), _LONGEST_WAIT) * (0.5 + chance / 2))
    return wait if least is None else least + wait / 10


def _retry_after(headers: Mapping[str, str]) -> float | None:
    said = headers.get("retry-after", "")
    if said.isdecimal():
        return float(said)
    try:
        seconds: float = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        return max(seconds, 0.0)
    except (TypeError, ValueError):
        return None


def _read(ask: Ask[T], answer: Answer) -> T:
    try:
        if ask.into is not None:
            return ask.take(ask.into)
        if ask.gives is str:
            return ask.take(answer.body.decode())
        return ask.take(read(ask.gives, json.loads(answer.body)))
    except NotAsPromised as error:
        problem = Problem(error.where, error.what, "see that client and service are of about the same release")
    except ValueError:
        problem = Problem(
            "answer", "is not what a service answers", "see that the address is that of a LeadLoop service"
        )
    raise NotPromised(ask.name, answer.status, [problem], answer.headers.get("x-request-id", ""))


def _explain(ask: Ask[Any], told: Answer | Lost) -> ServiceProblem:
    if isinstance(told, Lost):
        what = f"got no answer: {type(told.error).__name__} {told.error}".strip()
        return Unavailable(ask.name, None, [Problem("service", what, "see that it runs at this address")])
    said = _problem_body(told.body)
    request_id = said.get("request_id") if isinstance(said.get("request_id"), str) else told.headers.get("x-request-id")
    problems: tuple[Problem, ...] = ()
    try:
        problems = read(tuple[Problem, ...], said.get("errors"))
    except NotAsPromised:
        shown = told.body[:_MOST_SHOWN].decode("utf-8", "replace")
        what = f"answered {told.status} without saying why: {shown}"
        problems = (Problem("service", what, "see that a LeadLoop service answers there; its log may say more"),)
    return kind_of(told.status)(ask.name, told.status, problems, request_id or "", _retry_after(told.headers))


def _problem_body(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
