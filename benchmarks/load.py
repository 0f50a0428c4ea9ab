"""A load generator that costs little itself: raw sockets in a process of its own, one request at a time on each connection.

    python -m benchmarks.load PORT PATH CONNECTIONS REQUESTS < bodies.jsonl

A line of the input is the body of a request; they are taken in turn. Prints one line of JSON: milliseconds (p50 and p99),
requests a second, and how many answers were no 200.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import cast

import numpy as np


class Client(asyncio.Protocol):
    """One connection: sends the next request as soon as its last one is answered."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.held = bytearray()
        self.whole = 0
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own are no subclass
        self.ask()

    def ask(self) -> None:
        request = self.load.next()
        if request is None:
            self.transport.close()
            self.load.leave()
            return
        self.held.clear()
        self.whole = 0
        self.sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.held += data
        if not self.whole:
            head = self.held.find(b"\r\n\r\n")
            if head < 0:
                return
            place = self.held.lower().find(b"content-length:", 0, head) + len(b"content-length:")
            self.whole = head + 4 + int(self.held[place : self.held.find(b"\r", place)])
        if len(self.held) >= self.whole:
            self.load.note(time.perf_counter() - self.sent, self.held.startswith(b"HTTP/1.1 200"))
            self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        if error or not self.transport.is_closing():
            self.load.fail(f"a connection broke: {error}")


class Load:
    """Requests to be sent, and what became of them."""

    def __init__(self, requests: Sequence[bytes], count: int) -> None:
        self.requests, self.count, self.begun = requests, count, 0
        self.seconds: list[float] = []
        self.refused = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.clients = 0

    def next(self) -> bytes | None:
        if self.begun == self.count:
            return None
        self.begun += 1
        return self.requests[self.begun % len(self.requests)]

    def note(self, seconds: float, good: bool) -> None:
        self.seconds.append(seconds)
        self.refused += not good

    def leave(self) -> None:
        self.clients -= 1
        if not self.clients and not self.done.done():
            self.done.set_result(None)

    def fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError(why))


async def run(port: int, path: str, connections: int, count: int, bodies: Sequence[bytes]) -> dict[str, float]:
    """Ask so many times over so many connections."""
    requests = [
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        for body in bodies
    ]
    load = Load(requests, count)
    load.clients = connections
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.create_connection(lambda: Client(load), "127.0.0.1", port) for _ in range(connections)))
    await load.done
    elapsed = time.perf_counter() - started
    p50, p99 = np.percentile(np.array(load.seconds) * 1000, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "rate": len(load.seconds) / elapsed, "refused": load.refused}


if __name__ == "__main__":
    port, path, connections, count = sys.argv[1:]
    lines = [line.rstrip(b"\n") for line in sys.stdin.buffer]
    try:
        import uvloop

        uvloop.install()
    except ImportError:
        pass
    print(json.dumps(asyncio.run(run(int(port), path, int(connections), int(count), lines))))
