"""Schemas of what the service reads and gives, as OpenAPI writes them."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
WHOLE: dict[str, Any] = {"type": "integer"}
FLAG: dict[str, Any] = {"type": "boolean"}
ANY: dict[str, Any] = {}
SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
SCORE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 100}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    """Or null.

    >>> maybe({"type": "string"})
    {'anyOf': [{'type': 'string'}, {'type': 'null'}]}
    """
    return {"anyOf": [schema, {"type": "null"}]}


def array(of: dict[str, Any], **limits: Any) -> dict[str, Any]:
    """A list."""
    return {"type": "array", "items": of, **limits}


def record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these fields and no others."""
    fields = {**required, **(optional or {})}
    return {"type": "object", "properties": fields, "required": list(required), "additionalProperties": False}


def mapping(of: dict[str, Any]) -> dict[str, Any]:
    """An object with names of its own."""
    return {"type": "object", "additionalProperties": of}


PROBLEM = record({"where": TEXT, "what": TEXT, "how_to_mend": TEXT})
PROBLEM_DETAILS = record(
    {
        "type": TEXT,
        "title": TEXT,
        "status": WHOLE,
        "detail": TEXT,
        "instance": TEXT,
        "request_id": TEXT,
        "errors": array(PROBLEM),
    }
)
REASON = record({"field": TEXT, "points": NUMBER, "sentence": TEXT})
TARGET = record(
    {"target": TEXT, "probability": SHARE, "probability_low": SHARE, "probability_high": SHARE, "score": SCORE}
)
CARD_FIELDS: dict[str, Any] = {
    "lead_id": ANY,
    "score": SCORE,
    "probability": maybe(SHARE),
    "probability_low": maybe(SHARE),
    "probability_high": maybe(SHARE),
    "confidence": maybe(SHARE),
    "band": TEXT,
    "route": TEXT,
    "priority": maybe(TEXT),
    "explored": FLAG,
    "propensity": maybe(SHARE),
    "segment": maybe(TEXT),
    "method": TEXT,
    "degraded": FLAG,
    "model_version": TEXT,
    "scored_at": TEXT,
    "novel": maybe(FLAG),
    "unusual": maybe(TEXT),
    "starts_at": NUMBER,
    "reasons": array(REASON),
    "targets": array(TARGET),
    "days_to_win": maybe(NUMBER),
    "days_to_win_low": maybe(NUMBER),
    "days_to_win_high": maybe(NUMBER),
    "won_within": array(record({"days": WHOLE, "probability": SHARE})),
    "expected_value": maybe(NUMBER),
    "experiment": maybe(TEXT),
    "arm": maybe(TEXT),
}
CARD = record(CARD_FIELDS)
ADDED: dict[str, Any] = {
    "method": TEXT,
    "degraded": FLAG,
    "explored": FLAG,
    "probability": maybe(SHARE),
    "probability_low": maybe(SHARE),
    "probability_high": maybe(SHARE),
    "starts_at": NUMBER,
    "contributions": array(REASON),
}
ERROR_ROW = record({"index": WHOLE, "lead_id": ANY, "errors": array(PROBLEM)})
