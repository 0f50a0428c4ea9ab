"""A proxy before a service that fails as networks do: it drops connections, swallows answers, and answers in its place."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CLOSE, SWALLOW = b"close", b"swallow"
"""Close the connection before the service hears of the request; let the service answer, and close instead of passing it on."""


def answer(status: int, *headers: str, body: str = "") -> bytes:
    """An answer that the proxy gives in the place of the service."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close", *headers, "", body]
    return "\r\n".join(lines).encode()


@dataclass
class FaultyProxy:
    """Passes requests on to a service, each with the next fault; without one left it passes everything on."""

    service: str
    faults: deque[bytes] = field(default_factory=deque)
    seen: list[bytes] = field(default_factory=list)
    """Every request as it came."""

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
        self._listening.close()

    def headers(self, name: str) -> list[str]:
        """The values of a header in all requests."""
        lines = [line for one in self.seen for line in one.split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]]
        return [line.partition(": ")[2] for line in lines if line.partition(": ")[0].lower() == name]

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=[connection], daemon=True).start()

    def _pass(self, connection: socket.socket) -> None:
        with connection:
            request = _read_request(connection)
            if not request:
                return
            self.seen.append(request)
            fault = self.faults.popleft() if self.faults else b""
            if fault.startswith(b"HTTP/"):
                connection.sendall(fault)
            elif fault != CLOSE:
                told = self._ask(request)
                if fault != SWALLOW:
                    connection.sendall(told)

    def _ask(self, request: bytes) -> bytes:
        where = urlsplit(self.service)
        with socket.create_connection((where.hostname, where.port)) as upstream:
            upstream.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            return b"".join(iter(lambda: upstream.recv(65_536), b""))


def _read_request(connection: socket.socket) -> bytes:
    head, body = _read_until(connection, b"", b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if fields.get(b"transfer-encoding") == b"chunked":
        body = b"".join(_read_chunks(connection, body))
    while len(body) < int(fields.get(b"content-length", 0)) and (more := connection.recv(65_536)):
        body += more
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body if head else b""


def _read_chunks(connection: socket.socket, said: bytes) -> Iterator[bytes]:
    """A chunked body as it came, to its last chunk."""
    size = 1
    while size:
        line, said = _read_until(connection, said, b"\r\n")
        size = int(line or b"0", 16)
        while len(said) < size + 2 and (more := connection.recv(65_536)):
            said += more
        yield line + b"\r\n" + said[: size + 2]
        said = said[size + 2 :]


def _read_until(connection: socket.socket, said: bytes, end: bytes) -> tuple[bytes, bytes]:
    """What came before an end, and after it; nothing where the connection was closed before it."""
    while end not in said:
        if not (more := connection.recv(65_536)):
            return b"", b""
        said += more
    before, _, after = said.partition(end)
    return before, after
