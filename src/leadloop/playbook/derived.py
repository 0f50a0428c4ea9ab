"""Derived features: what two fields of a lead say together, declared in the playbook and nothing but data.

A person may write them; `leadloop discover` proposes those that stood its tests.
"""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from leadloop.errors import Problem
from leadloop.leads import LeadSchema

DerivedKind = Literal["ratio", "difference", "product", "days_between", "frequency", "cross", "deviation"]

DERIVED_KINDS: tuple[DerivedKind, ...] = get_args(DerivedKind)

NUMBERS = ("number", "money", "employees")
LEVELS = ("category", "boolean")
TAKES: Mapping[DerivedKind, tuple[tuple[str, ...], ...]] = {
    "ratio": (NUMBERS, NUMBERS),
    "difference": (NUMBERS, NUMBERS),
    "product": (NUMBERS, NUMBERS),
    "days_between": (("time",), ("time",)),
    "frequency": (("category",),),
    "cross": (LEVELS, LEVELS),
    "deviation": (NUMBERS, LEVELS),
}
"""The types of field that each kind reads, place by place."""
NAMES_OF_KINDS: Mapping[DerivedKind, str] = {
    "ratio": "the first by the second",
    "difference": "the first less the second",
    "product": "the first times the second",
    "days_between": "days from the first to the second",
    "frequency": "the share of training leads with the same value",
    "cross": "how much more or less often this pair of values was won than the two alone promise",
    "deviation": "the first less the mean of training leads with the same second value",
}
"""What each kind says of a lead."""
_NAMES: Mapping[DerivedKind, str] = {
    "ratio": "{0} / {1}",
    "difference": "{0} - {1}",
    "product": "{0} * {1}",
    "days_between": "days from {0} to {1}",
    "frequency": "share of leads with this {0}",
    "cross": "{0} with {1}",
    "deviation": "{0} beside the usual of {1}",
}


@dataclass(frozen=True, slots=True)
class Derived:
    """A feature that is made of two fields together (or of how common one field's value is)."""

    kind: DerivedKind
    """What is made of the fields: `ratio` (the first by the second), `difference` (the first less the second), `product`;
    `days_between` (from the first time to the second); `cross` (how much more or less often this pair of values was won than
    its two values alone promise); `deviation` (a number less the mean of leads with the same second value); `frequency`
    (which share of the training leads has the same value)."""
    reads: tuple[str, ...]
    """The fields that it reads, in this order."""
    name: str = ""
    """What it is called in reasons and reports; by default what it does, as in "Minutes / Pages"."""
    because: str = ""
    """Why it is there; `leadloop discover` writes down the evidence. Nothing reads it."""

    @property
    def label(self) -> str:
        """Its name, or what it does.

        >>> Derived("ratio", ("Minutes", "Pages")).label
        'Minutes / Pages'
        """
        return self.name or (
            _NAMES[self.kind].format(*self.reads) if len(self.reads) == len(TAKES[self.kind]) else self.kind
        )


def find_derived_problems(
    features: tuple[Derived, ...], schema: LeadSchema, scores_at: str, naming: Container[str] = ()
) -> Iterator[Problem]:
    """Every mistake in the derived features of a playbook; `naming` are the fields that only name or order leads."""
    taken: set[str] = set()
    for number, one in enumerate(features, start=1):
        where = f"derived[{number}]"
        takes = TAKES[one.kind]
        if len(one.reads) != len(takes):
            wanted = "one field" if len(takes) == 1 else "two fields"
            yield Problem(f"{where}.reads", f"names {len(one.reads)} fields", f"a {one.kind} reads {wanted}")
            continue
        if len(set(one.reads)) < len(one.reads):
            yield Problem(f"{where}.reads", "names a field twice", "name two different fields")
        if one.label in schema:
            yield Problem(f"{where}.name", f"“{one.label}” is the name of a field", "give it a name of its own")
        if one.label in taken:
            yield Problem(f"{where}.name", f"“{one.label}” is there twice", "leave one of them out")
        taken.add(one.label)
        for name, allowed in zip(one.reads, takes, strict=True):
            if name in naming:
                yield Problem(f"{where}.reads", f"names “{name}”, which only names or orders leads", "leave it out")
            else:
                yield from _field_problems(name, allowed, one.kind, f"{where}.reads", schema, scores_at)


def _field_problems(
    name: str, allowed: tuple[str, ...], kind: str, where: str, schema: LeadSchema, scores_at: str
) -> Iterator[Problem]:
    if name not in schema:
        close = difflib.get_close_matches(name, [field.name for field in schema.fields], n=1, cutoff=0.6)
        yield Problem(where, f"names “{name}”, which is no field", f"did you mean “{close[0]}”?" if close else "")
        return
    field = schema[name]
    if field.type not in allowed:
        yield Problem(
            where, f"names “{name}” of type {field.type}", f"a {kind} reads {' or '.join(allowed)} at this place"
        )
    if not schema.is_known(name, scores_at):
        yield Problem(
            where, f"names “{name}”, known at {field.known_at}; this playbook scores at {scores_at}", "leave it out"
        )
    elif not field.use:
        yield Problem(where, f"names “{name}”, which is not used", "leave it out, or use the field")
