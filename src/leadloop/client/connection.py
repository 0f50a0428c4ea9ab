"""What both clients set up alike: the address, the key, timeouts, and what is known of a request that got no answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from leadloop.client.course import Answer, Lost
from leadloop.errors import DependencyMissing, Problem

try:
    import httpx2 as httpx2  # the clients take it from here, so that its absence is said once
except ImportError:  # pragma: no cover - the extra is installed where tests run
    cure = "install it with `pip install 'leadloop[client]'`"
    raise DependencyMissing("leadloop.client", Problem("httpx2", "is not installed", cure)) from None

_KEY = re.compile(r"[!-~]+")
# Less than the five seconds after which the service closes a connection that nobody uses.
_IDLE_SECONDS = 4.0
_OURS = (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError)
"""Mistakes of the sender, which sending again does not mend."""


@dataclass(frozen=True)
class Connection:
    """Where a service is, and how it is spoken to."""

    base_url: str
    options: dict[str, Any]
    """What the HTTP client is made with."""


def connect(base_url: str, key: str | None, timeout: float) -> Connection:
    """The connection to a service; raises ValueError for an address or a key that can be none, and never shows the key."""
    url = httpx2.URL(base_url)
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError("base_url is an address such as http://127.0.0.1:8000; the key is given as `key`")
    if key is not None and not _KEY.fullmatch(key):
        raise ValueError("key is empty, or holds blanks or signs that no key has")
    headers = {"Accept": "application/json", "User-Agent": "leadloop-client"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    options = {
        "headers": headers,
        "timeout": httpx2.Timeout(timeout),
        "limits": httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=_IDLE_SECONDS),
        # A redirect could carry what is sent to somebody else.
        "follow_redirects": False,
    }
    return Connection(str(url).rstrip("/"), options)


def answer_of(response: httpx2.Response, body: bytes) -> Answer:
    """What was answered."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, body)


def loss_of(error: httpx2.TransportError) -> Lost:
    """What is known of a request that got no answer; raises the error again where it is the sender's own mistake."""
    if isinstance(error, _OURS):
        raise error
    return Lost(error)
