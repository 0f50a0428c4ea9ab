"""A proxy before a service that fails as networks do: it drops connections, swallows answers, and answers in its place."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
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
    said = b""
    while b"\r\n\r\n" not in said:
        if not (more := connection.recv(65_536)):
            return b""
        said += more
    head, _, body = said.partition(b"\r\n\r\n")
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:"))
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
