"""The API of the local Fellow: paths, verbs, envelopes and errors as the real one is documented to have them.

What is not the API stands under `/local`: it changes what the workspace holds, and says how it was asked.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from leadloop.testing.fellow.library import Library, Raw
from leadloop.testing.fellow.limits import Meter
from leadloop.testing.fellow.quirks import Quirks
from leadloop.testing.fellow.subscriptions import EVENTS, Subscriptions

PREFIX = "/api/v1"
_DEFAULT_PAGE, _LARGEST_PAGE = 20, 50
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LISTS = {"recordings": "Recording", "notes": "Note", "action_items": "Action item"}
_ONE = {"recording": "recordings", "note": "notes", "action_item": "action_items"}
_FILTERS = {
    *("event_guid", "channel_id", "title", "event_attendees"),
    *("created_at_start", "created_at_end", "updated_at_start", "updated_at_end"),
    *("scope", "completed", "archived", "ai_detected", "ai_suggestion_accepted_by_user"),
}
_OLD_NAMES = {
    "started_at": "recording_start",
    "ended_at": "recording_end",
    "event_call_url": "call_url",
}
_HTML = "<!doctype html><html><head><title>Fellow</title></head><body><h1>Page not found</h1></body></html>"


class Refused(Exception):
    """What is answered in place of what was asked for."""

    def __init__(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        self.answer = Response(status_code=status) if body is None else JSONResponse(body, status, dict(headers or {}))
        super().__init__(status)


class FellowApi:
    """One workspace, over HTTP."""

    def __init__(self, library: Library, key: str, quirks: Quirks, hosts: tuple[str, ...]) -> None:
        self.library, self.key, self.quirks, self.hosts = library, key, quirks, hosts
        self.meter = Meter(quirks)
        self.subscriptions = Subscriptions(quirks)
        self.asked: list[tuple[str, str, Any]] = []
        """Method, path and body of every request of the API."""
        self._count = 0
        plain: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "/me", self._me),
            *(("POST", f"/{name}", self._list_of(name)) for name in _LISTS),
            *(("GET", f"/{one}/{{id}}", self._one_of(one)) for one in _ONE),
            ("POST", "/action_item/{id}/complete", self._complete),
            ("POST", "/action_item/{id}/archive", self._archive),
            ("GET", "/webhooks", self._webhooks),
            ("POST", "/webhook", self._subscribe),
            ("GET", "/webhook/{id}", self._webhook),
            ("PATCH", "/webhook/{id}", self._change_webhook),
            ("DELETE", "/webhook/{id}", self._unsubscribe),
        ]
        local = [
            Route("/local/counts", self._counts, methods=["GET"]),
            Route("/local/{kind}/{id}", self._edit, methods=["PATCH"]),
            Route("/local/events/{kind}/{id}", self._send, methods=["POST"]),
        ]
        routes = [Route(PREFIX + path, self._guarded(answer), methods=[verb]) for verb, path, answer in plain]
        self.app = Starlette(routes=[*routes, *local])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").rpartition(":")[0]
            if host not in self.hosts:
                await HTMLResponse(_HTML, self.quirks.wrong_host)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _guarded(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            try:
                given = request.headers.get("x-api-key", "")
                if not secrets.compare_digest(given.encode(), self.key.encode()):
                    raise Refused(401, {"detail": "Unauthorized"})
                if not self.meter.lets_in(given):
                    wait = self.quirks.retry_after
                    headers = {} if wait is None else {"Retry-After": str(wait)}
                    raise Refused(429, {"code": "rate_limited", "detail": "Rate limit exceeded"}, headers)
                self._count += 1
                place = self._count
                body = await request.body()
                self.asked.append((request.method, request.url.path, body.decode("utf-8", "replace")))
                if self.quirks.slow_seconds:
                    await asyncio.sleep(self.quirks.slow_seconds)
                if self.quirks.fail_every and place % self.quirks.fail_every == 0:
                    raise Refused(500, {"detail": "Internal server error"})
                said: Response = await answer(request)
                if self.quirks.break_off_every and place % self.quirks.break_off_every == 0:
                    whole = bytes(said.body)
                    return Response(whole[: len(whole) // 2], said.status_code, media_type="application/json")
                return said
            except Refused as refused:
                return refused.answer

        return guarded

    async def _me(self, request: Request) -> Response:
        user = {"id": "user000001", "email": "owner@loopline.example", "full_name": "Owner"}
        workspace = {"id": "work000001", "name": "Loopline", "subdomain": self.library.subdomain}
        return JSONResponse({"user": user, "workspace": workspace})

    def _list_of(self, name: str) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            said = await _object(request)
            paging, filters, include = (_part(said, name) for name in ("pagination", "filters", "include"))
            size = self._page_size(paging)
            # Of two readings that ask for other things, a place in one is none in the other.
            read = {one: value for one, value in filters.items() if one in _FILTERS}
            kind = hashlib.sha256(json.dumps([name, read], sort_keys=True).encode()).hexdigest()[:12]
            after = _read_cursor(paging.get("cursor"), kind)
            with self.library.lock:
                rows = sorted(getattr(self.library, name).values(), key=_place, reverse=True)
                rows = [one for one in rows if self._matches(name, one, filters)]
                left = [one for one in rows if after is None or _place(one) < after]
                page = [self._shown(name, one, include) for one in left[:size]]
            cursor = None
            if page and (len(left) > size or (self.quirks.cursor_past_end and len(page) == size)):
                cursor = _write_cursor(_place(left[len(page) - 1]), kind)
            elif not page and self.quirks.same_cursor:
                cursor = paging.get("cursor")
            return JSONResponse({name: {"page_info": {"cursor": cursor, "page_size": size}, "data": page}})

        return answer

    def _page_size(self, paging: Any) -> int:
        size = paging.get("page_size", _DEFAULT_PAGE)
        wrong = ""
        if isinstance(size, bool) or not isinstance(size, int):
            wrong = "Input should be a valid integer"
        elif size > _LARGEST_PAGE:
            wrong = f"Input should be less than or equal to {_LARGEST_PAGE}"
        elif size < 1:
            wrong = "Input should be greater than or equal to 1"
        if wrong:
            raise self._invalid("page_size", wrong)
        return int(size)

    def _invalid(self, location: str, message: str) -> Refused:
        told = "Request could not be completed due to validation errors."
        return Refused(self.quirks.invalid, {"message": told, "errors": [{"location": location, "message": message}]})

    def _matches(self, name: str, one: Raw, filters: Mapping[str, Any]) -> bool:
        """Whether a record is asked for. A filter that is not known here is not looked at, as in the real one."""
        for which in ("created_at", "updated_at"):
            for side in ("start", "end"):
                given = filters.get(f"{which}_{side}")
                if given is None:
                    continue
                limit = self._moment(f"{which}_{side}", given)
                at = datetime.fromisoformat(one[which])
                if at < limit if side == "start" else at > limit:
                    return False
        if name == "action_items":
            if filters.get("completed") is not None and (one["status"] == "Done") != filters["completed"]:
                return False
            if filters.get("archived") is not None and (one["status"] == "Archived") != filters["archived"]:
                return False
            return filters.get("ai_detected") in (None, one["ai_detected"])
        if filters.get("event_guid") not in (None, one["event_guid"]):
            return False
        if name == "notes" and filters.get("event_attendees"):
            there = {person["email"] for person in one["event_attendees"] or []}
            if not there & set(filters["event_attendees"]):
                return False
        title = filters.get("title")
        if title is None:
            return True
        exact = self.quirks.title == "exact"
        return str(title) == one["title"] if exact else str(title).lower() in one["title"].lower()

    def _moment(self, where: str, given: Any) -> datetime:
        try:
            said = datetime.fromisoformat(given)
        except (TypeError, ValueError):
            try:
                day = date.fromisoformat(given)
            except (TypeError, ValueError):
                raise self._invalid(where, "Input should be a valid datetime or date") from None
            said = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - its zone is added below
        return said if said.tzinfo else said.replace(tzinfo=UTC)

    def _shown(self, name: str, one: Raw, include: Mapping[str, Any] | None) -> Raw:
        """A record as it is answered: what is large is null unless it is asked for; by its id everything is there."""
        shown = dict(one)
        hidden = {"recordings": ("transcript", "ai_notes"), "notes": ("event_attendees", "content_markdown")}
        for part in hidden.get(name, ()):
            if include is not None and include.get(part) is not True:
                shown[part] = None
        if self.quirks.old_names and name == "recordings":
            for new, old in _OLD_NAMES.items():
                shown[old] = shown.pop(new)
            if shown["transcript"]:
                segments = [
                    {
                        "start_time": one["start"],
                        "end_time": one["end"],
                        **{part: value for part, value in one.items() if part not in ("start", "end")},
                    }
                    for one in shown["transcript"]["speech_segments"]
                ]
                shown["transcript"] = {**shown["transcript"], "speech_segments": segments}
        return shown

    def _one_of(self, one: str) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            name = _ONE[one]
            return JSONResponse({one: self._shown(name, self._find(name, request), None)})

        return answer

    def _find(self, name: str, request: Request) -> Raw:
        number, title = request.path_params["id"], _LISTS[name]
        if not _ID.fullmatch(number):
            raise Refused(400, {"detail": f"Invalid {title.lower()} ID format"})
        with self.library.lock:
            found = getattr(self.library, name).get(number)
        if found is None:
            raise Refused(404, {"detail": f"{title} not found"})
        return dict(found)

    async def _complete(self, request: Request) -> Response:
        item = self._find("action_items", request)
        done = (await _object(request)).get("completed") is not False
        status = "Done" if done else "Incomplete"
        changed = self.library.edit("action_items", item["id"], status=status, ai_suggestion_accepted_by_user=True)
        return JSONResponse({"action_item": changed})

    async def _archive(self, request: Request) -> Response:
        item = self._find("action_items", request)
        return JSONResponse({"action_item": self.library.edit("action_items", item["id"], status="Archived")})

    async def _webhooks(self, request: Request) -> Response:
        data = [one.body() for one in self.subscriptions.all.values()]
        return JSONResponse({"webhooks": {"page_info": {"cursor": None, "page_size": 20}, "data": data}})

    async def _subscribe(self, request: Request) -> Response:
        said = await _object(request)
        url, events = said.get("url"), said.get("enabled_events")
        if not isinstance(url, str) or not url.startswith(("http://127.0.0.1", "http://localhost", "https://")):
            raise self._invalid("url", "Input should be a valid public HTTPS URL")
        if not isinstance(events, list) or not events or not set(events) <= set(EVENTS):
            raise self._invalid("enabled_events", f"Input should be some of {', '.join(EVENTS)}")
        if said.get("scope") == "workspace":
            raise Refused(403, {"detail": "Workspace webhooks need a super-admin key"})
        if not await to_thread.run_sync(self.subscriptions.challenge, url):
            raise Refused(502, {"detail": "The URL did not answer the challenge"})
        made = self.subscriptions.add(f"hook{secrets.token_hex(3)}", url, events, said)
        return JSONResponse({"webhook": made.body(with_secret=True)}, 201)

    def _hook(self, request: Request) -> Any:
        found = self.subscriptions.all.get(request.path_params["id"])
        if found is None:
            raise Refused(404, {"detail": "Webhook not found"})
        return found

    async def _webhook(self, request: Request) -> Response:
        return JSONResponse({"webhook": self._hook(request).body()})

    async def _change_webhook(self, request: Request) -> Response:
        hook, said = self._hook(request), await _object(request)
        if (url := said.get("url")) and url != hook.url:
            if not await to_thread.run_sync(self.subscriptions.challenge, url):
                raise Refused(502, {"detail": "The URL did not answer the challenge"})
            hook.url = url
        hook.status = said.get("status") or hook.status
        hook.enabled_events = said.get("enabled_events") or hook.enabled_events
        return JSONResponse({"webhook": hook.body()})

    async def _unsubscribe(self, request: Request) -> Response:
        del self.subscriptions.all[self._hook(request).id]
        return Response(status_code=204)

    async def _counts(self, request: Request) -> Response:
        meter, library = self.meter, self.library
        held = {name: len(getattr(library, name)) for name in _LISTS}
        asked = {
            "requests": len(meter.arrivals),
            "refused": meter.refused,
            "most_in_a_second": meter.most_in_a_second(),
        }
        return JSONResponse({**held, **asked})

    async def _edit(self, request: Request) -> Response:
        kind, number = request.path_params["kind"], request.path_params["id"]
        if kind not in _LISTS or number not in getattr(self.library, kind):
            return JSONResponse({"detail": "There is no such record"}, 404)
        return JSONResponse(self.library.edit(kind, number, **await _object(request)))

    async def _send(self, request: Request) -> Response:
        try:
            payload = self.library.event_of(request.path_params["kind"], request.path_params["id"])
        except KeyError:
            return JSONResponse({"detail": "There is no such record"}, 404)
        return JSONResponse({"sent_to": len(self.subscriptions.send(payload))})


def _part(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object in a body; an empty one where it is missing or something else."""
    part = said.get(name)
    return part if isinstance(part, dict) else {}


async def _object(request: Request) -> dict[str, Any]:
    try:
        said = json.loads(await request.body() or b"{}")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Refused(400, {"detail": "Cannot parse request body"})
    return said


def _place(one: Raw) -> tuple[str, str]:
    return one["created_at"], one["id"]


def _write_cursor(place: tuple[str, str], kind: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([*place, kind]).encode()).decode()


def _read_cursor(cursor: Any, kind: str) -> tuple[str, str] | None:
    if cursor is None:
        return None
    try:
        at, number, of = json.loads(base64.urlsafe_b64decode(cursor))
    except (TypeError, ValueError):
        at = of = None
    if of != kind:
        raise Refused(400, {"detail": "Invalid cursor: it is not of this list"})
    return at, number
