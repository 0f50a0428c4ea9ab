"""Asks Fellow's developer API, at its pace, and takes no answer for granted.

Lists are POSTs that change nothing, so they are asked again where an answer is lost, as everything is that reads. What makes
something new is sent once: there is no telling whether a lost one arrived.
"""

from __future__ import annotations

import json
import math
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

from leadloop.errors import DependencyMissing, Problem, SourceError, SourceUnavailable
from leadloop.ingest.fellow.account import Account
from leadloop.ingest.fellow.lists import LARGEST_PAGE, Listing, list_body
from leadloop.ingest.fellow.pace import Pace, Tokens, Wait

TRIES = 6
LONGEST_PAUSE = 60.0
"""The longest that is waited before one request is tried again, in seconds; whoever asks to wait longer is asked another time."""
MOST_PAGES = 10_000
_LARGEST_ANSWER = 200_000_000
_SECONDS = 30.0
_WHOLE_SECONDS = 180.0
"""How long an answer may take from its first byte to its last."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AGAIN = (408, 429, 500, 502, 503, 504)
_PAGE = "an HTML page and not JSON came back, as for a workspace that is not there"


@dataclass(frozen=True)
class FellowPage:
    """One page of a list."""

    items: tuple[Mapping[str, Any], ...]
    """What is on it, as it came."""
    next: str | None
    """The cursor of the page after it; None where this is the last one."""


class Fellow:
    """One Fellow workspace, over HTTP. Used with `with`, it lets go of its connections.

    `pace` hands out turns to ask, by default at Fellow's own limits; `wait` is how time is spent waiting, and `tell` hears why.
    Over TLS, a proxy that the environment names (HTTPS_PROXY) is used. Raises DependencyMissing where httpx2 is not installed.
    """

    def __init__(
        self,
        account: Account,
        *,
        pace: Pace | None = None,
        wait: Wait = time.sleep,
        dice: Callable[[], float] = random.random,
        timeout: float = _SECONDS,
        tell: Callable[[str], None] = lambda note: None,
    ) -> None:
        self.account = account
        self._httpx2 = _load()
        self._wait, self._dice, self._tell = wait, dice, tell
        self._pace = pace or Tokens(wait=wait)
        self._http = self._httpx2.Client(
            headers={"Accept": "application/json", "User-Agent": "leadloop"},
            timeout=timeout,
            follow_redirects=False,  # a redirect would carry the key to somebody else
            trust_env=not account.base_url.startswith("http:"),  # a proxy is no way to this very machine
        )
        self.said_at: datetime | None = None
        """What Fellow's own clock said when it last answered; None where it does not say."""

    def __enter__(self) -> Fellow:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def me(self) -> Mapping[str, Any]:
        """Whose key it is: `user` and `workspace`."""
        return self._ask("GET", "/me")

    def page(
        self,
        listing: Listing,
        cursor: str | None = None,
        *,
        page_size: int = LARGEST_PAGE,
        filters: Mapping[str, Any] | None = None,
        include: Sequence[str] = (),
    ) -> FellowPage:
        """One page of a list, from the beginning or from a cursor; raises CursorRefused where Fellow does not know it any more.

        It is the last one where it names no other, the same again, or holds less than a page can.
        """
        body = list_body(listing, cursor=cursor, page_size=page_size, filters=filters, include=include)
        answer = self._ask("POST", f"/{listing.name}", body)
        part = answer.get(listing.name)
        items = part.get("data") if isinstance(part, Mapping) else None
        if not isinstance(part, Mapping) or not isinstance(items, list):
            what = "does not hold the list that was asked for"
            raise SourceError(
                "fellow", Problem(f"the answer to {listing.name}", what, "see whether the API has changed")
            )
        info = part.get("page_info")
        info = info if isinstance(info, Mapping) else {}
        said = info.get("page_size")
        full = said if isinstance(said, int) and not isinstance(said, bool) and 0 < said < page_size else page_size
        following = info.get("cursor")
        ends = not isinstance(following, str) or not following or following == cursor or len(items) < full
        return FellowPage(tuple(one for one in items if isinstance(one, Mapping)), None if ends else str(following))

    def pages(
        self,
        listing: Listing,
        cursor: str | None = None,
        *,
        page_size: int = LARGEST_PAGE,
        filters: Mapping[str, Any] | None = None,
        include: Sequence[str] = (),
    ) -> Iterator[FellowPage]:
        """The pages of a list until its end; raises SourceError where there is none in sight."""
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            page = self.page(listing, cursor, page_size=page_size, filters=filters, include=include)
            yield page
            if page.next is None or page.next in seen:
                return
            seen.add(page.next)
            cursor = page.next
        what = f"has more than {MOST_PAGES:,} pages"
        raise SourceError("fellow", Problem(listing.name, what, "ask for less at once, by when it was updated"))

    def recording(self, number: str) -> Mapping[str, Any] | None:
        """One recording with its transcript and AI notes; None where there is none of this id."""
        return self._one("recording", number)

    def note(self, number: str) -> Mapping[str, Any] | None:
        """One note with its attendees; None where there is none of this id."""
        return self._one("note", number)

    def action_item(self, number: str) -> Mapping[str, Any] | None:
        """One action item; None where there is none of this id."""
        return self._one("action_item", number)

    def subscribe(self, url: str, events: Sequence[str], *, description: str = "") -> Mapping[str, Any]:
        """Have Fellow send these events to an address. The answer holds the secret of their signatures, once and never again.

        It is sent once: where its answer is lost, look at what `subscriptions` names before trying again.
        """
        body = {"url": url, "enabled_events": list(events), "status": "active", "scope": "user"}
        if description:
            body["description"] = description
        try:
            answer = self._ask("POST", "/webhook", body, repeat=False).get("webhook")
        except SourceUnavailable as error:
            # Of webhooks, Fellow says so where it asked the address for its word in vain.
            if not any("502" in one.what for one in error.problems):
                raise
            mend = "see that `leadloop serve` runs and that Fellow reaches it at just this address, path included"
            raise SourceUnavailable(
                "fellow", Problem("url", "did not answer the challenge that Fellow sent", mend)
            ) from None
        return answer if isinstance(answer, Mapping) else {}

    def subscriptions(self) -> list[Mapping[str, Any]]:
        """The addresses that Fellow sends events to; their secrets are not among what it says."""
        part = self._ask("GET", "/webhooks?page_size=50").get("webhooks")
        data = part.get("data") if isinstance(part, Mapping) else None
        return [one for one in data if isinstance(one, Mapping)] if isinstance(data, list) else []

    def unsubscribe(self, number: str) -> None:
        """Have Fellow send nothing more to an address."""
        self._ask("DELETE", f"/webhook/{_path_id('webhook', number)}")

    def _one(self, name: str, number: str) -> Mapping[str, Any] | None:
        try:
            found = self._ask("GET", f"/{name}/{_path_id(name, number)}").get(name)
        except NotThere:
            return None
        return found if isinstance(found, Mapping) else None

    def _ask(self, method: str, path: str, body: Any = None, *, repeat: bool = True) -> Mapping[str, Any]:
        """What Fellow answers, asked again for as long as that helps."""
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            try:
                with self._pace.turn():
                    status, headers, content = self._send(method, path, body)
            except self._httpx2.RequestError as error:
                why = _why(error)
                if last or not repeat:
                    raise _unreachable(why) from None
                self._pause(attempt, None, why)
                continue
            self.said_at = _date_of(headers.get("date", ""))
            # Of a create, only one that was refused unread may be sent again.
            if status in _AGAIN and not last and (repeat or status == 429):
                self._pause(attempt, headers.get("retry-after"), f"it answers {status}")
                continue
            if status in _AGAIN:
                raise _busy(status, _said(content))
            if status < 300:
                if status == 204 or not content:
                    return {}
                answer = _read(headers, content)
                if answer is not None:
                    return answer
                if last or not repeat:
                    raise _unreachable("the answer broke off")
                self._pause(attempt, None, "the answer broke off")
                continue
            raise _refusal(status, headers, content)
        raise AssertionError("unreachable")

    def _send(self, method: str, path: str, body: Any) -> tuple[int, Mapping[str, str], bytes]:
        deadline = time.monotonic() + _WHOLE_SECONDS
        with self._http.stream(
            method,
            self.account.base_url + path,
            json=body,
            auth=self._sign,
        ) as answer:
            content = bytearray()
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > _LARGEST_ANSWER:
                    raise SourceError(
                        "fellow", Problem("the answer", "is larger than any can be", "see what answers there")
                    )
                if time.monotonic() > deadline:
                    raise self._httpx2.ReadTimeout("the answer took too long")
            return answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, bytes(content)

    def _sign(self, request: Any) -> Any:
        # Put on the request at the last moment: neither the client nor any error of it holds the key.
        request.headers["X-API-KEY"] = self.account.key.reveal()
        return request

    def _pause(self, attempt: int, retry_after: str | None, why: str) -> None:
        seconds = pause_seconds(attempt, retry_after, self._dice(), now=datetime.now(UTC))
        if seconds > LONGEST_PAUSE:
            what = f"asks not to be asked for {seconds:,.0f} seconds"
            raise SourceUnavailable("fellow", Problem("Fellow", what, "it is tried again later, where it was"))
        self._tell(f"Fellow is asked again in {seconds:,.0f} seconds: {why}")
        self._wait(seconds)


class NotThere(SourceError):
    """Fellow has nothing of this id."""


class CursorRefused(SourceError):
    """Fellow does not know this place in a list any more; the list is read again from its beginning."""


def pause_seconds(attempt: int, retry_after: str | None, dice: float, *, now: datetime) -> float:
    """How long to wait before a request is tried again: as long as the answer says, else twice as long each time, by chance
    up to half of it less, and never more than a minute.

    >>> moment = datetime(2026, 11, 1, tzinfo=UTC)
    >>> [pause_seconds(attempt, None, 1.0, now=moment) for attempt in (0, 1, 2, 5, 6, 9)]
    [1.0, 2.0, 4.0, 32.0, 60.0, 60.0]
    >>> pause_seconds(3, None, 0.0, now=moment), pause_seconds(0, "7", 0.5, now=moment)
    (4.0, 7.0)
    >>> pause_seconds(0, "Sun, 01 Nov 2026 00:00:30 GMT", 0.5, now=moment)
    30.0
    """
    if retry_after:
        try:
            said = float(retry_after)
        except ValueError:
            until = _date_of(retry_after)
            said = (until - now).total_seconds() if until else -1.0
        if math.isfinite(said) and said >= 0:
            return said
    full = min(LONGEST_PAUSE, 2.0**attempt)
    return full * (0.5 + 0.5 * dice)


def _path_id(name: str, number: str) -> str:
    if not isinstance(number, str) or not _ID.fullmatch(number):
        raise SourceError("fellow", Problem(f"the id of the {name}", "is none", "give letters and digits alone"))
    return number


def _read(headers: Mapping[str, str], content: bytes) -> Mapping[str, Any] | None:
    """The object that was answered; None where it broke off. Raises SourceError where it is something else than JSON."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        what = _PAGE if "html" in kind else "something else than JSON came back"
        raise SourceError("fellow", Problem("subdomain", what, "see that the subdomain is that of your workspace"))
    try:
        answer = json.loads(content, parse_constant=lambda name: None, parse_float=_finite)
    except RecursionError:
        raise SourceError(
            "fellow", Problem("the answer", "is nested deeper than any can be", "see what answers there")
        ) from None
    except ValueError:
        return None
    if not isinstance(answer, dict):
        raise SourceError("fellow", Problem("the answer", "is no object", "see whether the API has changed"))
    return answer


def _finite(digits: str) -> float | None:
    """A number; unknown where it is none that can be kept, as 1e999 is."""
    number = float(digits)
    return number if math.isfinite(number) else None


def _refusal(status: int, headers: Mapping[str, str], content: bytes) -> SourceError:
    if 300 <= status < 400:
        what = "sends on to another address, to which the key is not sent"
        return SourceError("fellow", Problem("url", what, "give the address that it sends to"))
    if status != 401 and "html" in headers.get("content-type", ""):
        return SourceError("fellow", Problem("subdomain", _PAGE, "see that the subdomain is that of your workspace"))
    said = _said(content)
    if status == 401:
        what, mend = (
            "is not accepted",
            "make a new one in Fellow, under Developer API, and put it where LeadLoop reads it",
        )
        return SourceError("fellow", Problem("key", what, mend))
    if status == 403:
        mend = "an administrator of the workspace allows the API"
        return SourceError("fellow", Problem("key", f"may not do this{said}", mend))
    if status == 404:
        return NotThere("fellow", Problem("id", f"is not there{said}", "it may have been deleted"))
    if status == 400 and "cursor" in said.lower():
        return CursorRefused("fellow", Problem("cursor", f"is refused{said}", "the list is read from its beginning"))
    what = f"was refused with {status}{said}"
    return SourceError("fellow", Problem("request", what, "see whether the API has changed"))


def _said(content: bytes) -> str:
    """What an error says, from either of its two forms, shortened."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    parts = [str(body[name]) for name in ("detail", "message") if isinstance(body.get(name), str)]
    errors = body.get("errors")
    for one in errors if isinstance(errors, list) else ():
        if isinstance(one, dict):
            parts.append(f"{one.get('location') or ''} {one.get('message') or ''}".strip())
    return f": {'; '.join(parts)[:300]}" if parts else ""


def _busy(status: int, said: str) -> SourceUnavailable:
    what = "asks to be asked less often" if status == 429 else f"answers {status}{said}"
    return SourceUnavailable("fellow", Problem("Fellow", what, "try again later; nothing is lost meanwhile"))


def _unreachable(what: str) -> SourceUnavailable:
    told = f"cannot be reached ({what})"
    return SourceUnavailable("fellow", Problem("Fellow", told, "see to the network; status.fellow.ai tells of outages"))


def _why(error: Exception) -> str:
    """Why a request came to nothing, in words, and with nothing of the request."""
    kind = type(error).__name__
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return f"{kind}: {cause.strerror}"
        cause = cause.__cause__ or cause.__context__
    return kind


def _date_of(text: str) -> datetime | None:
    try:
        said = parsedate_to_datetime(text)
        return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _load() -> Any:
    try:
        import httpx2
    except ImportError:
        pass
    else:
        return httpx2
    cure = "install it with `pip install 'leadloop[calls]'`"
    raise DependencyMissing("fellow", Problem("httpx2", "is not installed", cure))
