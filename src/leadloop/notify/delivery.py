"""One attempt to deliver a message: signed, within fifteen seconds, and following nobody anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from leadloop.errors import LeadLoopError
from leadloop.notify.signature import headers_of
from leadloop.outbound.requests import Limits, Outside

LIMITS = Limits(seconds=15.0, body_bytes=0, redirects=0)


@dataclass(frozen=True)
class Attempt:
    """What came of it."""

    status: int | None
    """What was answered; none where nothing was."""
    error: str | None
    """Why nothing was."""
    seconds: float
    """How long it took."""
    retry_after: str = ""
    """When the receiver wants to be asked again, as it says it."""


def deliver(
    outside: Outside,
    url: str,
    message: str,
    body: bytes,
    secrets: Sequence[str],
    *,
    now: float,
    limits: Limits = LIMITS,
) -> Attempt:
    """Send a message. Whatever goes wrong is an answer, too; the body of an answer is not read."""
    headers = {"Content-Type": "application/json", **headers_of(secrets, message, int(now), body)}
    began = monotonic()
    try:
        answer = outside.post(url, body, headers=headers, limits=limits)
    except LeadLoopError as error:
        one = error.problems[0]
        return Attempt(None, f"{one.where} {one.what}", monotonic() - began)
    wish = answer.headers.get("retry-after", "")
    return Attempt(answer.status, None, monotonic() - began, wish)
