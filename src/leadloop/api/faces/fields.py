"""The fields that a documented request may hold, and a lead of the playbook made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadloop.api.scoring.live import Unscored
from leadloop.api.served.versions import Served
from leadloop.api.wire.forms import Entry, Kind
from leadloop.api.wire.problems import Refusal
from leadloop.errors import Problem

if TYPE_CHECKING:
    from leadloop.api.requests.routes import Call


def documented(
    name: str,
    kind: Kind = "text",
    *,
    required: bool = False,
    low: float | None = None,
    high: float | None = None,
) -> Entry:
    """A documented field; how long its text may be is for the service to say, which reads no larger body."""
    return Entry(name, kind, required=required, low=low, high=high, most=None)


def served_by_face(call: Call, playbook: str) -> Served:
    """The version behind a documented route; raises Refusal (503) where nothing scores.

    Which playbook it is was chosen by whoever runs the service: where it is not there, the caller asked for nothing wrong.
    """
    versions = call.service.versions
    if playbook not in versions.served and playbook not in versions.problems:
        problem = Problem(playbook, "has no version in service here", "train a version and put it in service")
        raise Refusal(503, problem, headers={"Retry-After": "30"})
    return versions.get(playbook)


def body_schema(fields: tuple[Entry, ...]) -> dict[str, Any]:
    """The schema of a request; the playbook's own fields may be given too."""
    return {
        "type": "object",
        "properties": {field.name: dict(field.schema) for field in fields},
        "required": [field.name for field in fields if field.required],
        "description": "Further fields of the playbook may be given too.",
    }


def as_lead(fields: tuple[Entry, ...], served: Served, given: Any) -> dict[str, Any] | Unscored:
    """A lead of the playbook from a documented request; else everything that is wrong with the documented fields.

    Fields that are documented and that the playbook does not have are accepted and not read.
    """
    lead_id = served.scorer.playbook.lead_id
    if not isinstance(given, dict):
        return Unscored((Problem("lead", "is not an object", "send an object with a field each"),), None)
    known = {field.name: field for field in fields}
    problems = [problem for field in fields for problem in _explain(field, given.get(field.name))]
    unknown = [name for name in given if name not in known and served.field_of(name) is None]
    problems += [served.explain_unknown(name, told=place) for place, name in enumerate(unknown)]
    if problems:
        return Unscored(tuple(problems), given.get(lead_id))
    return {
        name: "; ".join(value) if isinstance(value, list) and name in known else value
        for name, value in given.items()
        if served.field_of(name) is not None
    }


def _explain(field: Entry, value: Any) -> list[Problem]:
    if value is None or value == "":
        return [Problem(field.name, "is required", "give it")] if field.required else []
    _, wrong, mend = field.read(value)
    return [Problem(field.name, wrong, mend)] if wrong else []
