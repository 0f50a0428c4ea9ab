"""Connecting to a host: its name is resolved once, every address of it is checked, and only a checked address is connected to.

A resolver that answers otherwise when it is asked again (DNS rebinding) gains nothing, since nobody asks again. Who is at the
other end of the connection is looked at before a byte is sent.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any

from leadloop.errors import LeadLoopError, Problem
from leadloop.outbound.addresses import Address, refuse_address, refuse_own_address
from leadloop.outbound.targets import Refused, Target

Resolver = Callable[[str, int], Sequence[str]]
"""Gives every address of a name; raises OSError where it has none."""
Dialler = Callable[[str, int, float], socket.socket]
"""Opens a connection to an address and port within so many seconds."""
_MOST_ADDRESSES = 4


class Unreachable(LeadLoopError):
    """A host could not be reached, or did not keep up its end; another time it may."""


def unreachable(subject: str, where: str, what: str) -> Unreachable:
    """What to raise where a host cannot be reached."""
    return Unreachable(subject, Problem(where, what, "try again later"))


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address that the system's resolver knows of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to an address, which is no name any more."""
    return socket.create_connection((address, port), timeout=seconds)


@dataclass(frozen=True)
class Deadline:
    """The moment by which a request must be over, whatever it is at."""

    at: float
    subject: str

    @classmethod
    def after(cls, seconds: float, subject: str) -> Deadline:
        """So many seconds from now."""
        return cls(time.monotonic() + seconds, subject)

    @property
    def left(self) -> float:
        """The seconds that are left; raises Unreachable where none are."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise unreachable(self.subject, "time", "is up: the other side is too slow")
        return left


class BoundedSocket:
    """A connection that is read against a deadline and up to a number of bytes, however slowly they drip in."""

    def __init__(self, connection: socket.socket, deadline: Deadline, most: int) -> None:
        self.connection, self.deadline, self.left = connection, deadline, most

    def send(self, data: bytes) -> None:
        """Send all of it."""
        view = memoryview(data)
        while view:
            self.connection.settimeout(self.deadline.left)
            view = view[self.connection.send(view) :]

    def makefile(self, *_mode: Any, **_options: Any) -> io.BufferedReader:
        """The file that the standard library's reader of HTTP replies asks for."""
        return io.BufferedReader(_Raw(self), 16_384)

    def close(self) -> None:
        """Let go of the other side."""
        self.connection.close()


class _Raw(io.RawIOBase):
    def __init__(self, bounded: BoundedSocket) -> None:
        self._bounded = bounded

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        bounded = self._bounded
        if bounded.left <= 0:
            raise Refused(bounded.deadline.subject, Problem("answer", "is larger than is read", "look at it yourself"))
        bounded.connection.settimeout(bounded.deadline.left)
        view = memoryview(buffer)[: bounded.left]
        count = bounded.connection.recv_into(view)
        bounded.left -= count
        return count


def check_addresses(target: Target, texts: Sequence[str], *, own: bool) -> list[Address]:
    """The addresses of a host, in the order given; raises Refused where even one of them must not be connected to."""
    addresses = [ip_address(text) for text in texts]
    refuse = refuse_own_address if own else refuse_address
    if problems := [Problem("address", f"{one} is {why}", "") for one in addresses if (why := refuse(one))]:
        raise Refused(target.origin, problems[:_MOST_ADDRESSES])
    return addresses


def open_connection(
    target: Target,
    deadline: Deadline,
    *,
    own: bool,
    resolver: Resolver = resolve,
    dialler: Dialler = dial,
    stand_in: tuple[str, int] | None = None,
) -> socket.socket:
    """Connect to a checked address of a host, with TLS where its scheme asks for it.

    With a `stand_in`, everything is asked there and nothing else is ever connected to. Raises Refused, and Unreachable.
    """
    if stand_in is not None:
        if target.scheme != "http":  # it speaks plain HTTP, and who asks tries that next
            raise unreachable(target.origin, "host", "has no TLS here")
        return _dial(dialler, *stand_in, deadline)
    if target.literal is not None:
        addresses = check_addresses(target, [str(target.literal)], own=own)
    else:
        addresses = check_addresses(target, _resolve(resolver, target, deadline), own=own)
    failure: Unreachable | None = None
    for address in addresses[:_MOST_ADDRESSES]:
        try:
            connection = _dial(dialler, str(address), target.port, deadline)
        except Unreachable as error:
            failure = error
            continue
        try:
            _check_peer(connection, address, target, own=own)
            return _secure(connection, target, deadline) if target.scheme == "https" else connection
        except BaseException:
            connection.close()
            raise
    raise failure or unreachable(target.origin, "host", "has no address")


def _resolve(resolver: Resolver, target: Target, deadline: Deadline) -> Sequence[str]:
    """Ask the resolver, which itself knows no deadline, in a thread that is left behind where it takes too long."""
    found: list[Sequence[str]] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            found.append(resolver(target.host, target.port))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(deadline.left)
    if failed or (found and not found[0]):
        raise unreachable(target.origin, "host", "has no address")
    if not found:
        raise unreachable(target.origin, "host", "is not resolved in time")
    return found[0]


def _dial(dialler: Dialler, address: str, port: int, deadline: Deadline) -> socket.socket:
    try:
        return dialler(address, port, deadline.left)
    except TimeoutError:
        raise unreachable(deadline.subject, "host", "does not answer in time") from None
    except OSError as error:
        raise unreachable(deadline.subject, "host", f"cannot be connected to ({error.strerror})") from None


def _check_peer(connection: socket.socket, address: Address, target: Target, *, own: bool) -> None:
    """Raise Refused unless the other end is the very address that was checked."""
    try:
        peer = ip_address(str(connection.getpeername()[0]))
    except (OSError, ValueError):
        raise unreachable(target.origin, "host", "is gone") from None
    refuse = refuse_own_address if own else refuse_address
    if peer != address or refuse(peer):
        raise Refused(target.origin, Problem("address", f"became {peer} while connecting", ""))


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _secure(connection: socket.socket, target: Target, deadline: Deadline) -> socket.socket:
    try:
        connection.settimeout(deadline.left)
        return _trust().wrap_socket(connection, server_hostname=target.host)
    except ssl.SSLCertVerificationError as error:
        raise unreachable(target.origin, "certificate", f"does not hold ({error.verify_message})") from None
    except OSError:
        raise unreachable(target.origin, "host", "does not speak TLS as it should") from None
