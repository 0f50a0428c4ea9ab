"""Servers on this machine that answer as they are told, and a count of every connection that this process opens."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_DIALLED: list[tuple[Any, ...]] | None = None


def _note(event: str, given: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _DIALLED is not None and isinstance(given[1], tuple):
        _DIALLED.append(given[1][:2])


sys.addaudithook(_note)


@contextmanager
def counted_connections() -> Iterator[list[tuple[Any, ...]]]:
    """Every (address, port) that any socket of this process is told to connect to."""
    global _DIALLED
    before, _DIALLED = _DIALLED, []
    try:
        yield _DIALLED
    finally:
        _DIALLED = before


class RawServer:
    """Gives every connection to a function that answers it as it likes, in a thread of its own."""

    def __init__(self, answer: Callable[[socket.socket, bytes], None]) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            head = b""
            try:
                while b"\r\n\r\n" not in head and (piece := connection.recv(65_536)):
                    head += piece
                self.asked.append(head)
                self.answer(connection, head)
            except OSError:
                return

    def close(self) -> None:
        self._listening.close()


def said(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """A whole reply."""
    told = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in told.items() if value), "", ""]
    return "\r\n".join(lines).encode() + body
