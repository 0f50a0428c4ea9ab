"""The gate before every page: who is signed in, from where a page may load anything, and who may speak to it.

Nothing of a lead leaves without a session, the connection over which pages are drawn included. What is loaded comes from here
alone, and no script runs but those of the pages themselves.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from leadloop.dashboard.sessions import COOKIE, Sessions
from leadloop.dashboard.sign_in_page import render_sign_in
from leadloop.flows.place.settings import LOOPBACK

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
_FREE = ("/static/", "/favicon.png", "/manifest.json", "/_stcore/health")
"""What has nothing of any lead: the scripts of the pages, and whether the dashboard lives."""
_NEVER = ("/_stcore/agent", "/_stcore/upload_file", "/_stcore/metrics", "/_stcore/script-health-check")
_LARGEST_FORM = 4_096


class Gate:
    """The pages, behind their gate."""

    def __init__(self, pages: App, sessions: Sessions, index: str) -> None:
        self._pages, self._sessions = pages, sessions
        self._headers = _headers(index)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._pages(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        else:
            await self._answer(scope, receive, self._guarded(send))

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers_of(scope)
        origin, host = headers.get("origin", ""), headers.get("host", "")
        own = bool(origin) and urlsplit(origin).netloc == host
        if own and await self._is_ours(host) and await self._who(headers) is not None:
            await self._pages(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 4403, "reason": "sign in first"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method, headers = scope["path"], scope["method"], _headers_of(scope)
        if path.startswith(_NEVER) or method not in ("GET", "HEAD", "POST"):
            await _say(send, 404, b"There is nothing here.", "text/plain; charset=utf-8")
        elif not await self._is_ours(headers.get("host", "")):
            told = b"This dashboard has no key yet, so it answers only as 127.0.0.1 or localhost."
            await _say(send, 421, told, "text/plain; charset=utf-8")
        elif path == SIGN_IN and method == "POST":
            await self._sign_in(scope, receive, send)
        elif path == SIGN_OUT:
            self._sessions.end(_cookie(headers))
            gone = f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
            await _say(send, 303, b"", "text/plain", ("location", "/"), ("set-cookie", gone))
        elif path.startswith(_FREE) or await self._who(headers) is not None:
            await self._pages(scope, receive, send)
        else:
            asked = quote(path) + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            await self._ask(send, asked if method == "GET" else "/")

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers_of(scope)
        origin = headers.get("origin")
        form = parse_qs((await _body(receive)).decode("utf-8", "replace"))
        back = _inside(form.get("back", ["/"])[0])
        if origin and origin != "null" and urlsplit(origin).netloc != headers.get("host"):
            await self._ask(send, back, "Another site sent this. Type the key here.")
            return
        name = await _in_thread(self._sessions.begin, form.get("key", [""])[0])
        if name is None:
            told = "That key is not known, has expired, or was revoked."
            await self._ask(send, back, (self._sessions.problem and f"The store {self._sessions.problem}.") or told)
            return
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{COOKIE}={name}; Path=/; Max-Age={self._sessions.seconds}; HttpOnly; SameSite=Lax{secure}"
        await _say(send, 303, b"", "text/plain", ("location", back), ("set-cookie", cookie))

    async def _ask(self, send: Send, back: str, wrong: str = "") -> None:
        page = render_sign_in(back, wrong).encode()
        await _say(send, 401, page, "text/html; charset=utf-8", ("cache-control", "no-store"))

    async def _who(self, headers: dict[str, str]) -> Any:
        return await _in_thread(self._sessions.who, _cookie(headers))

    async def _is_ours(self, host: str) -> bool:
        """Whether somebody asks by a name of ours. Where no key is needed, a page of anybody's could point its name here."""
        if not await _in_thread(self._sessions.is_open):
            return True
        name = urlsplit(f"//{host}").hostname or ""
        return name in LOOPBACK

    def _guarded(self, send: Send) -> Send:
        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in self._headers}
                kept = [one for one in message.get("headers", ()) if one[0].lower() not in own]
                message = {**message, "headers": [*kept, *self._headers]}
            await send(message)

        return guarded


def _headers(index: str) -> list[tuple[bytes, bytes]]:
    """The headers of every answer. Scripts that stand in the page itself are let in by their hash, and no other is."""
    inline = re.findall(r"<script>(.*?)</script>", index, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in inline]
    scripts = " ".join(["'self'", *(f"'sha256-{one}'" for one in hashes)])
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; media-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'none'; object-src 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ]


def read_index() -> str:
    """The page in which all others are drawn, as Streamlit brings it."""
    import streamlit

    return (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


def _headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _cookie(headers: dict[str, str]) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None


def _inside(back: str) -> str:
    """Where to go after signing in: a page of ours, whatever was asked for.

    >>> _inside("/work?lead=A"), _inside("//evil.example"), _inside("https://evil.example")
    ('/work?lead=A', '/', '/')
    """
    plain = unquote(back)
    sound = back.startswith("/") and not re.match(r"/[/\\]", plain) and plain.isprintable()
    return back if sound and not plain.startswith((SIGN_IN, SIGN_OUT)) else "/"


async def _body(receive: Receive) -> bytes:
    body = b""
    while len(body) <= _LARGEST_FORM:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body[:_LARGEST_FORM]


async def _say(send: Send, status: int, body: bytes, kind: str, *more: tuple[str, str]) -> None:
    headers = [("content-type", kind), ("content-length", str(len(body))), *more]
    sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})


async def _in_thread(ask: Callable[..., Any], *said: Any) -> Any:
    from anyio import to_thread

    return await to_thread.run_sync(ask, *said)
