"""Requests that may be sent again: whoever gives an `Idempotency-Key` gets the first answer, and nothing is done twice.

It is one mechanism for every route that writes. Where all the work is one transaction of the store (`@storing`), the key is kept
in that very transaction: after a crash either both are there or neither is, and a retry need not wait for anything. Other work
(putting a version in service, erasing a person) is begun on the record, done, and finished on the record. A file is received
first, since only its content says whether it is the same one again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
from anyio import to_thread
from starlette.responses import Response

from leadloop.api.wire.problems import Refusal
from leadloop.errors import LeadLoopError, Problem

if TYPE_CHECKING:
    from leadloop.api.requests.routes import Call
    from leadloop.store import Store
    from leadloop.store.idempotency import Fresh, InFlight, OtherBody, Replay

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[!-~]{1,255}")

Work = Callable[["Store"], Any]
"""What is to be done in one transaction of the store; gives what is answered."""


@dataclass(frozen=True)
class Storing:
    """An answer whose work is one transaction: the request is read first, and only then anything is done."""

    read: Callable[[Call], Awaitable[Work]]

    async def __call__(self, call: Call) -> Any:
        """Do the work; it is on disk when this returns."""
        work = await self.read(call)
        return await to_thread.run_sync(lambda: _together(call.service.database.store(), work))


def storing(read: Callable[[Call], Awaitable[Work]]) -> Storing:
    """Mark a function that reads a request and says what to do with the store."""
    return Storing(read)


class ShownOnce(Response):
    """An answer that holds a secret: whoever repeats the request gets `kept` in its place, and only that is stored."""

    def __init__(self, answer: Any, kept: Any) -> None:
        super().__init__(msgspec.json.encode(answer), media_type="application/json")
        self.kept = kept


@dataclass(frozen=True)
class Received:
    """A file that lies on disk, and what is to be done with it."""

    digest: str
    """The SHA-256 of its content: another file of the same length is another body."""
    work: Callable[[], Any]
    """Does it, and gives what is answered."""
    remove: Callable[[], None]
    """Removes the file, where nothing is done with it."""


@dataclass(frozen=True)
class Receiving:
    """An answer that works on a file: the file is received first, and only then anything is done."""

    receive: Callable[[Call], Awaitable[Received]]

    async def __call__(self, call: Call, asked: _Asked | None = None) -> Any:
        """Receive the file and do the work; under a key (`asked`, without the file) only where nobody did it before."""
        received = await self.receive(call)
        done = False

        async def work() -> Any:
            nonlocal done
            value = await to_thread.run_sync(received.work)
            done = True
            return value

        try:
            return await (work() if asked is None else _begun_once(call, asked.having(received.digest), work))
        finally:
            if not done:  # refused, or done before with the file that came first
                await to_thread.run_sync(received.remove)


def receiving(receive: Callable[[Call], Awaitable[Received]]) -> Receiving:
    """Mark a function that receives a file and says what to do with it."""
    return Receiving(receive)


async def answer_once(call: Call) -> Any:
    """The answer of a route that writes; of a request that was answered before under its key, the answer it had.

    Raises Refusal: 400 for a key that cannot be one, 409 while the first request is being answered, 422 where the key was used
    for another request. A request that is refused leaves its key free: nothing was done.
    """
    from leadloop.store.idempotency import Replay

    key = _key_of(call)
    if key is None:
        return await call.route.answer(call)
    asked = _Asked(key, f"{call.route.method} {call.route.path}", await _hash(call), call.caller.name)
    answer = call.route.answer
    if isinstance(answer, Storing):
        # A repetition is recognised before it is read: what was stored once may not be readable any more.
        known = await call.look_up(asked.look)
        if isinstance(known, Replay):
            return _replay(known)
        if known is not None:
            _fresh(known)
        work = await answer.read(call)
        return await to_thread.run_sync(lambda: _together(call.service.database.store(), work, asked))
    if isinstance(answer, Receiving):
        return await answer(call, asked)
    return await _begun_once(call, asked, lambda: answer(call))


async def _begun_once(call: Call, asked: _Asked, work: Callable[[], Awaitable[Any]]) -> Any:
    """Begin on the record, do the work and finish on the record, unless that was done before."""
    from leadloop.store.idempotency import Replay

    found = await call.look_up(asked.begin)
    if isinstance(found, Replay):
        return _replay(found)
    fresh = _fresh(found)
    try:
        value = await work()
        status, body = _kept(value)
    except BaseException:
        await call.look_up(lambda store: _abandon(store, fresh))
        raise
    await call.look_up(lambda store: store.idempotency.finish(fresh, status, body))
    return value


@dataclass(frozen=True)
class _Asked:
    """A request as it is known again."""

    key: str
    route: str
    body_hash: str
    owner: str

    def having(self, digest: str) -> _Asked:
        """The same with the content of its file."""
        return replace(self, body_hash=hashlib.sha256(f"{self.body_hash} {digest}".encode()).hexdigest())

    def look(self, store: Store) -> InFlight | OtherBody | Replay | None:
        return store.idempotency.look(self.key, self.route, self.body_hash, owner=self.owner)

    def begin(self, store: Store) -> Fresh | InFlight | OtherBody | Replay:
        return store.idempotency.begin(self.key, self.route, self.body_hash, owner=self.owner)


def _together(store: Store, work: Work, asked: _Asked | None = None) -> Any:
    from leadloop.store.idempotency import Replay

    with store.transaction():
        if asked is None:
            return work(store)
        found = asked.begin(store)
        if isinstance(found, Replay):
            return _replay(found)
        fresh = _fresh(found)
        answer = work(store)
        store.idempotency.finish(fresh, 200, answer)
        return answer


def _fresh(found: Fresh | InFlight | OtherBody | Replay) -> Fresh:
    from leadloop.store.idempotency import Fresh, InFlight, OtherBody

    match found:
        case Fresh():
            return found
        case InFlight():
            problem = Problem(HEADER, "is that of a request that is being answered", "wait a little, and ask again")
            raise Refusal(409, problem, headers={"Retry-After": "1"})
        case OtherBody():
            raise Refusal(422, Problem(HEADER, "was used for another request", "take a new key for a new request"))
    raise AssertionError("a replay is answered before")


def _replay(found: Replay) -> Response:
    headers = {REPLAYED: "true"}
    return Response(msgspec.json.encode(found.answer), found.status, headers, "application/json")


def _kept(value: Any) -> tuple[int, Any]:
    """What is kept of an answer."""
    if isinstance(value, ShownOnce):
        return value.status_code, value.kept
    if isinstance(value, Response):
        return value.status_code, json.loads(bytes(value.body)) if value.body else None
    return 200, value


def _abandon(store: Store, fresh: Fresh) -> None:
    with contextlib.suppress(LeadLoopError):  # where the database is away, the key is free again when its time is over
        store.idempotency.abandon(fresh)


def _key_of(call: Call) -> str | None:
    given = call.request.headers.getlist(HEADER)
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        mend = "give one key of 1 to 255 visible ASCII signs, such as a UUID"
        raise Refusal(400, Problem(HEADER, "is no key", mend))
    return given[0]


async def _hash(call: Call) -> str:
    """By what a request is the same: its path, its query and its body, byte for byte; of a file, whose content is added when it
    was received, its kind. The body of a DELETE says nothing, and is not read: nobody would know where it ends."""
    scope, headers = call.request.scope, call.request.headers
    if call.route.takes_file:
        body = headers.get("content-type", "").encode()
    else:
        body = b"" if call.route.method == "DELETE" else await call.request.body()
    return hashlib.sha256(b"\0".join((scope["path"].encode(), scope["query_string"], body))).hexdigest()
