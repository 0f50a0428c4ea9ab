"""The fields that a documented request may hold, and a lead of the playbook made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leadloop.api.live import Unscored
from leadloop.api.problems import Refusal
from leadloop.api.shapes import array
from leadloop.api.versions import Served
from leadloop.errors import Problem

if TYPE_CHECKING:
    from leadloop.api.routes import Call

_KINDS: Mapping[str, tuple[Callable[[Any], bool], str, Mapping[str, Any]]] = {
    "text": (lambda value: isinstance(value, str), "text", {"type": "string"}),
    "number": (
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        "a number",
        {"type": "number"},
    ),
    "text or number": (
        lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
        "text or a number",
        {"anyOf": [{"type": "string"}, {"type": "number"}]},
    ),
    "texts": (
        lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
        "a list of texts",
        array({"type": "string"}),
    ),
}


@dataclass(frozen=True, slots=True)
class Documented:
    """One documented field."""

    name: str
    kind: str = "text"
    required: bool = False
    low: float | None = None
    high: float | None = None

    def explain(self, value: Any) -> Problem | None:
        """What is wrong with a value; None where nothing is."""
        holds, said, _ = _KINDS[self.kind]
        if value is None or value == "":
            return Problem(self.name, "is required", "give it") if self.required else None
        if not holds(value):
            return Problem(self.name, f"is not {said}", f"give {said}")
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:
            return Problem(self.name, f"is {value:g}", f"give a number from {self.low:g} to {self.high:g}")
        return None

    @property
    def schema(self) -> Mapping[str, Any]:
        """Its schema."""
        shape = dict(_KINDS[self.kind][2])
        if self.low is not None:
            shape |= {"minimum": self.low, "maximum": self.high}
        if self.required:
            return shape | ({"minLength": 1} if self.kind == "text" else {})
        return {"anyOf": [shape, {"type": "null"}]}


def served_by_face(call: Call, playbook: str) -> Served:
    """The version behind a documented route; raises Refusal (503) where nothing scores.

    Which playbook it is was chosen by whoever runs the service: where it is not there, the caller asked for nothing wrong.
    """
    versions = call.service.versions
    if playbook not in versions.served and playbook not in versions.problems:
        problem = Problem(playbook, "has no version in service here", "train a version and put it in service")
        raise Refusal(503, problem, headers={"Retry-After": "30"})
    return versions.get(playbook)


def body_schema(fields: tuple[Documented, ...]) -> dict[str, Any]:
    """The schema of a request; the playbook's own fields may be given too."""
    return {
        "type": "object",
        "properties": {field.name: dict(field.schema) for field in fields},
        "required": [field.name for field in fields if field.required],
        "description": "Further fields of the playbook may be given too.",
    }


def as_lead(fields: tuple[Documented, ...], served: Served, given: Any) -> dict[str, Any] | Unscored:
    """A lead of the playbook from a documented request; else everything that is wrong with the documented fields.

    Fields that are documented and that the playbook does not have are accepted and not read.
    """
    lead_id = served.scorer.playbook.lead_id
    if not isinstance(given, dict):
        return Unscored((Problem("lead", "is not an object", "send an object with a field each"),), None)
    known = {field.name: field for field in fields}
    found = [field.explain(given.get(field.name)) for field in fields]
    problems = [problem for problem in found if problem is not None]
    problems += [served.explain_unknown(name) for name in given if name not in known and served.field_of(name) is None]
    if problems:
        return Unscored(tuple(problems), given.get(lead_id))
    return {
        name: "; ".join(value) if isinstance(value, list) and name in known else value
        for name, value in given.items()
        if served.field_of(name) is not None
    }
