"""A lead of a playbook that its reader understands, for the document of the interface: made up, and sure to run."""

from __future__ import annotations

from typing import Any

from leadloop.api.served.versions import Served
from leadloop.leads import Field

_EXAMPLES: dict[str, Any] = {
    "number": 3,
    "money": 1200,
    "employees": "50-100",
    "boolean": True,
    "time": "2026-01-05T10:00:00Z",
    "email": "ada@example.com",
    "phone": "+44 20 7946 0000",
    "url": "https://www.example.com",
    "id": "A-1",
}
_KINDS: dict[str, tuple[str, ...]] = {
    "number": ("number", "string"),
    "money": ("number", "string"),
    "employees": ("string", "number"),
    "boolean": ("boolean", "string"),
}


def example_lead(served: Served) -> dict[str, Any]:
    """A lead with a value for every field that scoring reads."""
    schema = served.scorer.schema
    return {field.name: example_value(served, field) for field in schema.fields if not field.made_from}


def example_value(served: Served, field: Field) -> Any:
    """A value that the field can be read from."""
    said = _EXAMPLES.get(field.type, f"some {field.name.replace('_', ' ')}")
    for other in served.scorer.schema.fields:
        if other.groups_of == field.name and other.groups:
            said = other.groups[0][1][0]
    values, rejects = served.reader.read({field.name: said})
    if not [one for one in rejects if one.field == field.name] and values.get(field.name) is not None:
        return said
    # A way of writing of the playbook's own: the number of seconds since 1970 is read by most, else nothing is shown.
    return 1_767_607_200 if field.type == "time" else None


def lead_schema(served: Served) -> dict[str, Any]:
    """The schema of a playbook's lead: every field that may be given when leads are scored."""
    fields = [one for one in served.scorer.playbook.scoring_schema.fields if not one.made_from]
    read = served.scorer.schema
    shapes = {}
    for one in fields:
        kinds = [{"type": kind} for kind in _KINDS.get(one.type, ("string", "number"))]
        shapes[one.name] = {"anyOf": [*kinds, {"type": "null"}], "description": _describe(one, one.name in read)}
    return {"type": "object", "properties": shapes, "required": list(read.required)}


def _describe(field: Field, read: bool) -> str:
    kinds = {"employees": "employees: a number or a range such as 50-100", "money": "an amount of money"}
    also = f"; also {', '.join(field.aliases)}" if field.aliases else ""
    return f"{kinds.get(field.type, field.type)}{also}{'' if read else '; accepted, and not read by the version in service'}"
