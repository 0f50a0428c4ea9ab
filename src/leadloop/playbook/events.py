"""Events: what happened to leads after they came in, in a file of its own, and the fields that are made of it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from leadloop.errors import Problem
from leadloop.leads import Field, LeadSchema

_FUNCTION = re.compile(r"[A-Za-z_]\w*:[A-Za-z_]\w*")
MADE_TYPES = ("number", "money", "boolean", "category", "time")
"""Types of fields that can be made of events."""


@dataclass(frozen=True, slots=True)
class Events:
    """What happened to leads after they came in: a file with a row an event, and the fields of a lead that are made of it.

    A lead's events count from its own time until `within_days` later. A younger lead, against the newest time in both files,
    has nothing made of events yet: it is still open.
    """

    fields: tuple[Field, ...]
    """The columns of an event."""
    lead: str
    """The column that names the event's lead, by the lead's `lead_id`."""
    at: str
    """The column with the time of the event."""
    within_days: float
    """How many days after the lead's own time events count."""
    makes: tuple[str, ...]
    """Functions beside the playbook, each named as the field that it makes, as in "labels:rating". A function gives a Polars
    expression over all events of one lead that comes to one value."""
    without: tuple[tuple[str, float], ...] = ()
    """What a field is for a lead to which nothing happened within that time; a field that is not named is not known then."""

    @property
    def schema(self) -> LeadSchema:
        """The columns of an event, as rows are read by."""
        return LeadSchema(self.fields, ("event",))

    @property
    def made(self) -> tuple[str, ...]:
        """The names of the fields that are made of events."""
        return tuple(name.partition(":")[2] for name in self.makes)


def find_event_problems(
    events: Events, schema: LeadSchema, scores_at: str, lead_id: str, *, by_time: bool
) -> Iterator[Problem]:
    """Every mistake in what a playbook says of events; `by_time` says whether a time orders the leads."""
    if not lead_id:
        yield Problem("events", "need a name for each lead", "say in lead_id which field names a lead")
    if not by_time:
        yield Problem("events", "need the time of the lead", "order the leads by a field of type time")
    if not events.within_days > 0:
        yield Problem("events.within_days", "is 0", "say for how many days events count")
    names = [field.name for field in events.fields]
    for key, name, kind in (("lead", events.lead, "id"), ("at", events.at, "time")):
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
            mend = f"did you mean “{close[0]}”?" if close else f"declare it, as in [events.fields.{name or key}]"
            yield Problem(f"events.{key}", f"names “{name}”, which is no column of events", mend)
        elif (found := events.schema[name].type) != kind:
            yield Problem(f"events.fields.{name}.type", f"is {found}", f'write type = "{kind}"')
    if not events.makes:
        yield Problem("events.makes", "names no function", 'write one, as in makes = ["labels:rating"]')
    for name in dict.fromkeys(events.makes):
        if not _FUNCTION.fullmatch(name):
            yield Problem("events.makes", f"“{name}” names no function", 'write "file:function", as in "labels:rating"')
            continue
        made = name.partition(":")[2]
        if events.made.count(made) > 1:
            yield Problem("events.makes", f"makes “{made}” twice", "make it once")
        yield from _made_problems(made, schema, scores_at)
    for made, _ in events.without:
        if made not in events.made:
            yield Problem(
                f"events.without.{made}", "is not made of events", "leave it out, or name its function in makes"
            )
        elif made in schema and schema[made].type not in ("number", "money"):
            yield Problem(
                f"events.without.{made}", f"is a number, and the field is {schema[made].type}", "leave it out"
            )


def _made_problems(made: str, schema: LeadSchema, scores_at: str) -> Iterator[Problem]:
    if made not in schema:
        yield Problem("events.makes", f"makes “{made}”, which is no field", f"declare it, as in [fields.{made}]")
        return
    field = schema[made]
    if field.type not in MADE_TYPES:
        yield Problem(
            f"fields.{made}.type", f"is {field.type}, and it is made of events", f"use {', '.join(MADE_TYPES)}"
        )
    if schema.is_known(made, scores_at):
        mend = "give it a later moment, such as outcome"
        yield Problem(f"fields.{made}.known_at", f"is “{field.known_at}”, and it is made of later events", mend)
