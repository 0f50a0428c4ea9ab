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
    headers = {name.lower(): value for name, value in call.request.headers.items()}
    if not {"svix-signature", "webhook-signature"} & set(headers) and (word := _challenge(await call.json())):
        return PlainTextResponse(word)
    place = call.service.workspace
    signed = await to_thread.run_sync(lambda: _verify(place, headers, body))
    payload = await call.json()
    call.service.database.store()  # where it is away, Fellow hears so at once, and sends it again
    new = await to_thread.run_sync(lambda: keep_event(place, payload, signed))
    return PlainTextResponse(_KEPT if new else _KNOWN)


def _challenge(payload: Mapping[str, Any]) -> str:
    """The word to say, where one is asked for: Fellow asks before there is a secret, so that it cannot be signed."""
    word = payload.get("challenge")
    asked = payload.get("type") == "url_verification" and isinstance(word, str) and bool(_CHALLENGE.fullmatch(word))
    return str(word) if asked else ""


def _verify(place: Workspace, headers: Mapping[str, str], body: bytes) -> Signed:
    secrets = find_webhook_secrets(place)
    if not secrets:
        what = "are not taken: there is no secret to hold them against"
        raise Refusal(503, Problem("webhooks", what, f"set {SECRETS_VARIABLE}"))
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
