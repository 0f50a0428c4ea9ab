"""Receivers of webhooks on this machine that behave as real ones do on good and on bad days."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from leadloop.errors import DataError
from leadloop.ingest.signatures import verify_signature


def is_genuine(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, now: float) -> bool:
    """Whether whoever receives messages takes one for ours: what comes in is held against its signature in the same way."""
    try:
        verify_signature(headers, body, secrets, now=datetime.fromtimestamp(now, UTC))
    except DataError:
        return False
    return True


class Receiver:
    """Takes messages; what it answers is drawn of its `moods`, by name, until every message was taken."""

    def __init__(self, moods: dict[str, float] | None = None, *, seed: int = 1, slow: float = 1.0) -> None:
        self.moods, self.slow = moods or {"ok": 1.0}, slow
        self.secret = ""
        self.taken: dict[str, dict[str, Any]] = {}
        self.order: list[tuple[str, float]] = []
        self.answers: Counter[str] = Counter()
        self.forged = self.repeated = self.elsewhere = 0
        self._dice, self._lock = random.Random(seed), threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                receiver.elsewhere += 1
                self._say(200)

            def do_POST(self) -> None:
                if self.path != "/hook":
                    receiver.elsewhere += 1
                    return self._say(200)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                if not is_genuine([receiver.secret], headers, body, now=time.time()):
                    receiver.forged += 1
                    return self._say(401)
                with receiver._lock:
                    moods, shares = zip(*receiver.moods.items(), strict=True)
                    mood = receiver._dice.choices(moods, shares)[0]
                    receiver.answers[mood] += 1
                if mood == "hang":
                    time.sleep(receiver.slow)
                    return None
                if mood == "drip":
                    return self._drip()
                if mood in ("500", "503", "429", "410"):
                    return self._say(int(mood), {"Retry-After": "0"} if mood == "429" else {})
                if mood == "redirect":
                    return self._say(302, {"Location": "/elsewhere"})
                name = headers["webhook-id"]
                with receiver._lock:
                    receiver.repeated += name in receiver.taken
                    receiver.taken[name] = json.loads(body)
                    receiver.order.append((name, time.monotonic()))
                if mood == "taken, and then 500":
                    return self._say(500)
                return self._say(204)

            def _drip(self) -> None:
                for sign in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000:
                    self.wfile.write(bytes([sign]))
                    self.wfile.flush()
                    time.sleep(receiver.slow / 20)

            def _say(self, status: int, headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": "0", **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *said: object) -> None:
                pass

            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.origin}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
