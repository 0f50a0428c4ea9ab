"""One request to an address that somebody else chose, and a bounded answer; redirects are checked like the first address.

outside = Outside(user_agent="LeadLoop/1.0 (+https://example.com/about-our-bot)")
answer = outside.get("https://example.com/")
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any

from leadloop.errors import Problem
from leadloop.outbound.connection import (
    BoundedSocket,
    Deadline,
    Dialler,
    Resolver,
    dial,
    open_connection,
    resolve,
    unreachable,
)
from leadloop.outbound.targets import Refused, Target, read_target

_HEAD_BYTES = 65_536
_PIECE = 16_384
_MOVED = (301, 302, 303, 307, 308)
_METHOD_KEPT = (307, 308)


@dataclass(frozen=True)
class Limits:
    """How much one request may cost."""

    seconds: float = 5.0
    """From the question to its name to the last byte of the answer, redirects included."""
    body_bytes: int = 2_000_000
    """The largest body, after it was unpacked. 0 reads no body."""
    redirects: int = 3
    """How many redirects are followed; 0 answers with the redirect itself."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """By their names in small letters; of those that came twice, the first."""
    body: bytes = field(repr=False)
    target: Target
    """Where it came from, after redirects."""

    @property
    def media_type(self) -> str:
        """The kind of body, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Outside:
    """A way to ask the internet.

    `own_origins` are origins inside one's own network that may be asked besides (see `read_origin`); `stand_in` is an address and
    port that is asked in place of the internet, for trying things out. `resolver` and `dialler` are the system's.
    """

    user_agent: str
    limits: Limits = Limits()
    own_origins: frozenset[str] = frozenset()
    stand_in: tuple[str, int] | None = None
    resolver: Resolver = field(default=resolve, repr=False)
    dialler: Dialler = field(default=dial, repr=False)

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, limits: Limits | None = None) -> Answer:
        """Fetch a page."""
        return self.ask("GET", url, headers=headers, limits=limits)

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str], limits: Limits | None = None) -> Answer:
        """Send something."""
        return self.ask("POST", url, body=body, headers=headers, limits=limits)

    def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> Answer:
        """Ask, and follow redirects as far as the limits allow.

        Headers of the asker (a key among them) go to the first origin alone. Raises Refused where an address or what came back is
        not to be dealt with, and Unreachable where it may be better luck another time.
        """
        bounds = limits or self.limits
        target = read_target(url, own_origins=self.own_origins)
        first, given = target.origin, dict(headers or {})
        deadline = Deadline.after(bounds.seconds, target.origin)
        for _ in range(bounds.redirects + 1):
            answer = self._once(method, target, body, given if target.origin == first else {}, bounds, deadline)
            location = answer.headers.get("location", "")
            if answer.status not in _MOVED or not location or not bounds.redirects:
                return answer
            if answer.status not in _METHOD_KEPT and method != "HEAD":
                method, body = "GET", b""
            target = read_target(target.join(location), own_origins=self.own_origins)
        raise Refused(first, Problem("redirects", f"are more than {bounds.redirects}", "name the page itself"))

    def _once(
        self, method: str, target: Target, body: bytes, headers: Mapping[str, str], bounds: Limits, deadline: Deadline
    ) -> Answer:
        connection = open_connection(
            target,
            deadline,
            own=target.origin in self.own_origins,
            resolver=self.resolver,
            dialler=self.dialler,
            stand_in=self.stand_in,
        )
        # What is packed is never larger than what it holds, but for a little of its own.
        bounded = BoundedSocket(connection, deadline, _HEAD_BYTES + bounds.body_bytes)
        try:
            bounded.send(self._head(method, target, body, headers) + body)
            return _read(bounded, method, target, bounds)
        except TimeoutError:
            raise unreachable(target.origin, "time", "is up: the other side is too slow") from None
        except HTTPException as error:
            raise unreachable(target.origin, "answer", f"is no HTTP ({type(error).__name__})") from None
        except OSError:
            raise unreachable(target.origin, "connection", "was broken off") from None
        finally:
            bounded.close()

    def _head(self, method: str, target: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
        own = {
            "Host": target.authority,
            "User-Agent": self.user_agent,
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        if body or method in ("POST", "PUT"):
            own["Content-Length"] = str(len(body))
        told = {"Accept": "*/*", **headers, **own}
        for name, value in told.items():
            if not name.isascii() or any(sign in f"{name}{value}" for sign in "\r\n\0"):
                raise Refused(
                    target.origin, Problem("headers", f"{name[:40]!r} cannot be sent", "write it in one line")
                )
        lines = [f"{method} {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def _read(bounded: BoundedSocket, method: str, target: Target, bounds: Limits) -> Answer:
    reply: Any = HTTPResponse(bounded, method=method)  # type: ignore[arg-type]
    whole, bounded.left = bounded.left, _HEAD_BYTES
    reply.begin()
    bounded.left = whole - (_HEAD_BYTES - bounded.left)
    headers: dict[str, str] = {}
    for name, value in reply.getheaders():
        headers.setdefault(name.lower(), value)
    if not bounds.body_bytes:
        return Answer(reply.status, headers, b"", target)
    too_large = Refused(
        target.origin, Problem("answer", f"is larger than {bounds.body_bytes:,} bytes", "look at it yourself")
    )
    if reply.length is not None and reply.length > bounds.body_bytes:
        raise too_large
    if headers.get("transfer-encoding", "chunked").lower() != "chunked":
        raise Refused(target.origin, Problem("answer", "is encoded in a way that was not asked for", ""))
    unpack = _unpacker(headers.get("content-encoding", ""), target)
    body = bytearray()
    while (unpack is None or not unpack.eof) and (piece := reply.read(_PIECE)):
        while piece and len(body) <= bounds.body_bytes:
            if unpack is None:
                body += piece
                break
            try:
                body += unpack.decompress(piece, bounds.body_bytes + 1 - len(body))
            except zlib.error:
                raise Refused(target.origin, Problem("answer", "is packed wrongly", "")) from None
            piece = b"" if unpack.eof else unpack.unconsumed_tail
        if len(body) > bounds.body_bytes:
            raise too_large
    if reply.length if unpack is None else not unpack.eof:
        raise unreachable(target.origin, "answer", "breaks off")
    return Answer(reply.status, headers, bytes(body), target)


def _unpacker(encoding: str, target: Target) -> Any:
    """What unpacks a body; None where it is not packed. One layer of gzip is asked for, and nothing else is taken."""
    if encoding.strip().lower() in ("", "identity"):
        return None
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise Refused(target.origin, Problem("answer", "is packed in a way that was not asked for", ""))
    return zlib.decompressobj(wbits=31)
