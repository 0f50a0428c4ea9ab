"""What other services send by themselves: taken only with a right signature, kept before it is acknowledged, worked on later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from anyio import to_thread
from starlette.responses import PlainTextResponse, Response

from leadloop.api.requests.routes import Body, Call, Route
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import TEXT
from leadloop.errors import DataError, Problem
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import SECRETS_VARIABLE, find_webhook_secrets
from leadloop.flows.sync.inbox import keep_event
from leadloop.ingest.signatures import Signed, verify_signature

_CHALLENGE = re.compile(r"[!-~]{1,512}")
_KEPT, _KNOWN = "kept", "known"


async def take_from_fellow(call: Call) -> Response:
    """Keep an event of Fellow's, or say the word with which Fellow sees that this address is ours."""
    body = await call.request.body()
    payload = await call.json()
    headers = {name.lower(): value for name, value in call.request.headers.items()}
    if not {"svix-signature", "webhook-signature"} & set(headers) and (word := _challenge(payload)):
        return PlainTextResponse(word)
    return PlainTextResponse(await to_thread.run_sync(lambda: _take(call.service.workspace, headers, body, payload)))


def _challenge(payload: Mapping[str, Any]) -> str:
    """The word to say, where one is asked for: Fellow asks before there is a secret, so that it cannot be signed."""
    word = payload.get("challenge")
    asked = payload.get("type") == "url_verification" and isinstance(word, str) and bool(_CHALLENGE.fullmatch(word))
    return str(word) if asked else ""


def _take(place: Workspace, headers: Mapping[str, str], body: bytes, payload: Mapping[str, Any]) -> str:
    secrets = find_webhook_secrets(place)
    if not secrets:
        problem = Problem(
            "webhooks", "are not taken: there is no secret to hold them against", f"set {SECRETS_VARIABLE}"
        )
        raise Refusal(503, problem)
    return _KEPT if keep_event(place, payload, _verify(headers, body, secrets)) else _KNOWN


def _verify(headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> Signed:
    try:
        return verify_signature(headers, body, secrets, now=datetime.now(UTC))
    except DataError as error:
        status = 503 if error.problems[0].where == "secret" else 401
        raise Refusal(status, error.problems) from None


_EVENT = {
    "event_type": "ai_note.generated",
    "id": "aB3dE5fG7h",
    "event_title": "Intro call: Acme",
    "attendees": [{"name": "Ann", "email": "ann@acme.example"}],
}

ROUTES = [
    Route(
        "POST", "/v1/hooks/fellow", None, take_from_fellow,
        "Take an event that Fellow sends, signed by the Standard Webhooks scheme; a challenge is answered by its own word. "
        "`kept` means that it is on disk and that a job works on it, `known` that it came before.",
        TEXT, Body({"type": "object"}, _EVENT), refuses=(401, 503), media_type="text/plain",
    ),
]  # fmt: skip
