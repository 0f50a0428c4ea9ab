"""Who is sent events: addresses are checked by a challenge, and every event is signed, and sent again until it is taken."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from leadloop.notify.signature import sign
from leadloop.testing.fellow.quirks import Quirks

EVENTS = ("ai_note.generated", "ai_note.shared_to_channel", "action_item.assigned", "action_item.completed")
_CHALLENGE_SECONDS, _DELIVERY_SECONDS = 10.0, 15.0


@dataclass
class Subscription:
    """One address."""

    id: str
    url: str
    enabled_events: list[str]
    status: str = "active"
    scope: str = "user"
    description: str | None = None
    secret: str = field(default="", repr=False)

    def body(self, *, with_secret: bool = False) -> dict[str, Any]:
        """What the API says of it; the secret once, when it was made."""
        names = ("id", "url", "enabled_events", "status", "scope", "description")
        said = {name: getattr(self, name) for name in names}
        return {**said, "secret": self.secret} if with_secret else said


@dataclass
class Delivery:
    """One event on its way."""

    event_id: str
    attempts: int = 0
    statuses: list[int] = field(default_factory=list)
    """What each attempt was answered; 0: nothing."""
    delivered: bool = False


class Subscriptions:
    """The addresses of one workspace."""

    def __init__(self, quirks: Quirks) -> None:
        self.quirks = quirks
        self.all: dict[str, Subscription] = {}
        self.deliveries: list[Delivery] = []
        self._sending = ThreadPoolExecutor(4, thread_name_prefix="local-fellow")
        self._ending = threading.Event()

    def challenge(self, url: str) -> bool:
        """Whether what is at an address says the word that it is sent."""
        word = secrets.token_urlsafe(24)
        body = json.dumps({"type": "url_verification", "challenge": word}).encode()
        status, answer = _post(url, body, {}, _CHALLENGE_SECONDS)
        return 200 <= status < 300 and status not in (204, 205) and answer == word.encode()

    def add(self, number: str, url: str, events: list[str], said: dict[str, Any]) -> Subscription:
        """A new address, with a secret of its own."""
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        status, scope = said.get("status") or "active", said.get("scope") or "user"
        one = Subscription(number, url, events, status, scope, said.get("description"), secret)
        self.all[number] = one
        return one

    def send(self, payload: dict[str, Any], *, event_id: str = "") -> list[Future[Delivery]]:
        """Send an event to everybody who asked for its kind, each attempt signed anew under the same id."""
        futures = []
        for one in list(self.all.values()):
            if one.status == "active" and payload["event_type"] in one.enabled_events:
                delivery = Delivery(event_id or f"msg_{secrets.token_hex(14)}")
                self.deliveries.append(delivery)
                for _ in range(1 + self.quirks.deliver_twice):
                    futures.append(self._sending.submit(self._deliver, one, payload, delivery))
        return futures

    def close(self) -> None:
        """Send nothing more."""
        self._ending.set()
        self._sending.shutdown(wait=True, cancel_futures=True)

    def _deliver(self, to: Subscription, payload: dict[str, Any], delivery: Delivery) -> Delivery:
        body = json.dumps(payload).encode()
        for pause in (*self.quirks.retry_seconds, None):
            stamp = str(int(time.time()))
            headers = {
                "svix-id": delivery.event_id,
                "svix-timestamp": stamp,
                "svix-signature": sign(to.secret, delivery.event_id, int(stamp), body),
            }
            status, _ = _post(to.url, body, headers, _DELIVERY_SECONDS)
            delivery.attempts += 1
            delivery.statuses.append(status)
            if 200 <= status < 300:
                delivery.delivered = True
                break
            if pause is None or self._ending.wait(pause):
                break
        return delivery


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPEN: Callable[..., Any] = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects).open


def _post(url: str, body: bytes, headers: dict[str, str], seconds: float) -> tuple[int, bytes]:
    """The status and body of the answer; 0 where there is none."""
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers}, method="POST")
    try:
        with _OPEN(asked, timeout=seconds) as answer:
            return answer.status, answer.read(1_000_000)
    except urllib.error.HTTPError as error:
        return error.code, b""
    except (OSError, ValueError):
        return 0, b""
