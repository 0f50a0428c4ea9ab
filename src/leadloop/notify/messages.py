"""The body of a message: what happened, when, and the lead's score with its reasons, in less than 20 kB."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

MOST_BYTES = 20_000
_LONGEST = 1_000


def write_message(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The bytes that are sent and signed: the same for the same message, however often it is written.

    Where it would be too large, the lead's own fields are left out, then the reasons.

    >>> write_message("alert", datetime(2026, 3, 2, 9, 30, tzinfo=UTC), {"what": "drift"})
    b'{"type":"alert","timestamp":"2026-03-02T09:30:00Z","data":{"what":"drift"}}'
    """
    said = dict(data)
    for less in ("", "fields", "reasons"):
        said.pop(less, None)
        moment = at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        told = {"type": kind, "timestamp": moment, "data": said}
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")
        if len(body) < MOST_BYTES:
            return body
    raise ValueError(f"a message of the kind {kind} is larger than {MOST_BYTES:,} bytes")


def lead_data(score: Any, said: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """What is told of a lead: its stored score, what else the message says, and those fields that were asked for."""
    card = score.card
    told = {
        "lead_id": score.lead_id,
        "score": score.score,
        "probability": score.probability,
        "probability_low": score.probability_low,
        "probability_high": score.probability_high,
        "band": score.band,
        "route": score.route,
        "priority": card.get("priority") or None,
        "method": score.method,
        "degraded": score.degraded,
        "model_version": score.model_version,
        "scored_at": score.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "reasons": [_reason(one) for one in card.get("reasons", ())[:5]],
        **said,
    }
    if fields:
        told["fields"] = {name: _short(score.fields[name]) for name in fields if name in score.fields}
    return told


def _reason(one: Any) -> Any:
    if isinstance(one, Mapping):
        return {name: _short(one[name]) for name in ("field", "sentence", "points") if name in one}
    return _short(one)


def _short(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else value
