"""Connections that say nothing, or say it too slowly: timed out, and never more than a number of them.

Nobody needs a key to open a connection, and each one takes a file of the process. Without an end to waiting, a few thousand that
send half a request keep everybody else out. The server below times out a connection between two requests, and the gate a body;
here is what lies between: the time from a connection's beginning, or a request's first byte, to the end of its headers.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from leadloop.api.wire.problems import MEDIA_TYPE, TITLES, problem_body
from leadloop.errors import Problem

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as _Protocol
else:
    from uvicorn.protocols.http.auto import AutoHTTPProtocol as _Protocol

_TELL_SECONDS = 60.0
"""How often it is logged at most that connections are refused: each of thousands would fill the log."""


class GuardedProtocol(_Protocol):
    """HTTP on one connection, which is closed where its headers take too long, or where there are too many already."""

    _told_at = float("-inf")
    most, header_seconds = 500, 10.0
    """Set by whoever makes it (`Guard`)."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, and wait for headers; or refuse it."""
        self._timer: asyncio.TimerHandle | None = None
        self._begun = False
        self._refused = len(self.connections) >= self.most
        if self._refused:
            self.transport = transport
            self._tell_of_refusal()
            what = f"are {self.most:,} already, and no more are taken at once"
            self._answer(503, Problem("connections", what, "close those that are idle, or try again in a while"))
            return
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Read on; what is not a whole request's headers yet has until the timer ends, however often a byte comes."""
        if self._refused:
            return
        self._begun = True
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of it."""
        if self._refused:
            return
        self._stop()
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """The other side sends no more."""
        if not self._refused:
            super().eof_received()

    @property
    def _busy(self) -> bool:
        """Whether a request is being read or answered: from the end of its headers on, other limits hold."""
        return self.cycle is not None and not self.cycle.response_complete

    def _watch(self) -> None:
        if self._busy or self.transport.is_closing():
            self._stop()
            self._begun = False
        elif self._timer is None:
            self._timer = self.loop.call_later(self.header_seconds, self._end)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        if self._busy or self.transport.is_closing():
            return
        if self._begun:
            what = f"took longer than {self.header_seconds:g} seconds"
            self._answer(408, Problem("headers", what, "send them in one go"))
        else:
            self.transport.close()

    def _answer(self, status: int, problem: Problem) -> None:
        body = problem_body(status, [problem], path="", request_id="")
        head = (
            f"HTTP/1.1 {status} {TITLES[status]}\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        )
        head += "Retry-After: 5\r\n" if status == 503 else ""
        self.transport.write(head.encode() + b"\r\n" + body)
        self.transport.close()

    def _tell_of_refusal(self) -> None:
        if monotonic() - GuardedProtocol._told_at >= _TELL_SECONDS:
            GuardedProtocol._told_at = monotonic()
            logging.getLogger("uvicorn.error").warning("connections are refused: there are %d already", self.most)


@dataclass(frozen=True)
class Guard:
    """Makes the protocol of each connection; a value, so that processes can be handed it."""

    most: int
    """How many connections each process takes at once."""
    header_seconds: float
    """How long headers may take."""

    def __call__(self, *arguments: Any, **named: Any) -> GuardedProtocol:
        """The protocol of a new connection."""
        protocol = GuardedProtocol(*arguments, **named)
        protocol.most, protocol.header_seconds = self.most, self.header_seconds
        return protocol
