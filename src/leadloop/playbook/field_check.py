"""What can be wrong with the fields of a playbook."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from leadloop.errors import Problem
from leadloop.leads import ACTIONABLE_TYPES, Field, LeadSchema
from leadloop.leads.field import TEXT_FINDS
from leadloop.playbook.playbook import Playbook

_DIRECTED = ("number", "money", "employees", "boolean")
_TIME_PATTERNS = ("iso", "unix", "unix_ms")


def find_field_problems(playbook: Playbook) -> Iterator[Problem]:
    """Every contradiction within and between fields."""
    schema = playbook.schema
    if not schema.fields:
        yield Problem("fields", "declares no field", 'add one, as in [fields.email] with type = "email"')
        return
    claimed: dict[str, str] = {}
    for field in schema.fields:
        where = f"fields.{field.name}"
        if not field.name.strip():
            yield Problem(where, "has no name", "name the field as its column is named")
        for alias in (field.name, *field.aliases):
            if claimed.setdefault(alias, field.name) != field.name:
                yield Problem(
                    f"{where}.aliases", f"“{alias}” is also claimed by {claimed[alias]}", "keep it in one of them"
                )
        if field.actionable and (why := _why_not_actionable(playbook, field)):
            yield Problem(f"{where}.actionable", *why)
        yield from _text_problems(field, where)
        if field.formats and field.type not in ("time", "number", "money"):
            yield Problem(f"{where}.formats", f"has no meaning for {field.type}", "leave it out")
        elif field.type == "time":
            for form in field.formats:
                if form not in _TIME_PATTERNS and "%" not in form:
                    yield Problem(
                        f"{where}.formats", f"“{form}” is no way to write a time", "use iso, unix, unix_ms or %d/%m/%Y"
                    )
        elif set(field.formats) - {"decimal_comma"}:
            yield Problem(f"{where}.formats", "knows only decimal_comma for numbers", "leave the rest out")
        yield from _made_problems(playbook, field, where)
        if field.direction and field.type not in _DIRECTED:
            mend = f"leave it out, or read the field as one of {', '.join(_DIRECTED)}"
            yield Problem(f"{where}.direction", f"has no meaning for {field.type}: it has no more and less", mend)
    if not any(_may_be_feature(playbook, field) for field in schema.fields):
        yield Problem("fields", "leave nothing to learn from", "let at least one field be used and known when scoring")


def _made_problems(playbook: Playbook, field: Field, where: str) -> Iterator[Problem]:
    """What is wrong with a field that is made from another."""
    schema, moments = playbook.schema, playbook.schema.moments
    if field.groups and not field.groups_of:
        yield Problem(f"{where}.groups_of", "is missing", "name the field whose values these groups hold")
    if field.groups_of and field.domain_of:
        yield Problem(where, "is made in two ways", "keep groups_of or domain_of")
    if not field.made_from:
        return
    key = "groups_of" if field.groups_of else "domain_of"
    if field.made_from not in schema:
        mend = nearest_field(field.made_from, schema)
        yield Problem(f"{where}.{key}", f"names “{field.made_from}”, which is no field", mend)
        return
    source = schema[field.made_from]
    takes = ("category",) if field.groups_of else ("email", "url")
    if field.type != "category":
        yield Problem(f"{where}.type", f"is {field.type}, and what is made is a name", 'write type = "category"')
    if source.type not in takes or source.made_from:
        said = "is made itself" if source.made_from else f"is of type {source.type}"
        mend = f"name a field of type {' or '.join(takes)} that has a column"
        yield Problem(f"{where}.{key}", f"names “{source.name}”, which {said}", mend)
    if moments.index(field.known_at) < moments.index(source.known_at):
        said = f"is “{field.known_at}”, and {source.name} is known at {source.known_at}"
        yield Problem(f"{where}.known_at", said, f'write known_at = "{source.known_at}"')
    for name in ("required", "actionable", "aliases", "missing"):
        if getattr(field, name):
            yield Problem(f"{where}.{name}", "has no meaning here: the field has no column", f"set it on {source.name}")
    if source.actionable and field.use:
        said = f"is made from {source.name}, which is actionable: proposals would change one and not the other"
        yield Problem(where, said, "write use = false, or leave actionable out there")
    if field.groups_of:
        yield from _group_problems(field, where)


def _group_problems(field: Field, where: str) -> Iterator[Problem]:
    if not field.groups:
        yield Problem(f"{where}.groups", "are missing", f"list values of {field.groups_of} under each group's name")
    group_of: dict[str, str] = {}
    for group, values in field.groups:
        if not group.strip():
            yield Problem(f"{where}.groups", "one has no name", "name each")
        if not values:
            yield Problem(f"{where}.groups.{group}", "holds no value", "list at least one, or leave the group out")
        for value in values:
            plain = " ".join(value.split()).lower()
            if (other := group_of.setdefault(plain, group)) != group:
                yield Problem(f"{where}.groups.{group}", f"holds “{value}”, as {other} does", "keep it in one of them")


def _why_not_actionable(playbook: Playbook, field: Field) -> tuple[str, str] | None:
    """Why nobody can raise a score by another value of this field, and what to do; None where somebody can."""
    moments = playbook.schema.moments
    leave_out = "leave actionable out"
    if field.type not in ACTIONABLE_TYPES:
        return f"is set on a field of type {field.type}, which no value can be proposed for", leave_out
    if moments.index(field.known_at) > moments.index(playbook.scores_at):
        return (
            f"is set, yet the field is known at {field.known_at} and leads are scored at {playbook.scores_at}",
            leave_out,
        )
    order = playbook.order.field if playbook.order else ""
    if not field.use or field.name in (playbook.lead_id, playbook.group_by, order):
        return "is set on a field that is not used for scores", f"{leave_out}, or let the field be used"
    return None


def _text_problems(field: Field, where: str) -> Iterator[Problem]:
    for name in ("terms", "finds", "densities"):
        if getattr(field, name) and field.type != "text":
            yield Problem(f"{where}.{name}", f"has no meaning for {field.type}", "leave it out")
    if field.phrases is not None and field.type != "text":
        yield Problem(f"{where}.phrases", f"has no meaning for {field.type}", "leave it out")
    for find in dict.fromkeys(field.finds):
        if find not in TEXT_FINDS:
            close = difflib.get_close_matches(find, TEXT_FINDS, n=1)
            cure = f"did you mean “{close[0]}”?" if close else f"write some of {', '.join(TEXT_FINDS)}"
            yield Problem(f"{where}.finds", f"“{find}” cannot be found in texts", cure)
        elif field.finds.count(find) > 1:
            yield Problem(f"{where}.finds", f"names “{find}” twice", "name it once")


def _may_be_feature(playbook: Playbook, field: Field) -> bool:
    moments = playbook.schema.moments
    known = moments.index(field.known_at) <= moments.index(playbook.scores_at)
    return field.use and field.type != "id" and known


def nearest_field(name: str, schema: LeadSchema) -> str:
    """What to do about a name that is no field's: the field that was probably meant."""
    close = difflib.get_close_matches(name, [field.name for field in schema.fields], n=1, cutoff=0.6)
    return f"did you mean “{close[0]}”?" if close else f'declare it, as in [fields."{name}"]'
