"""What became of leads: fields made of the events that followed, one value a lead.

Functions beside a playbook say what the events of a lead come to; here they are asked for all leads at once. One event alone
can be asked about in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from leadloop.errors import DataError, PlaybookError, Problem
from leadloop.leads import LeadFrame
from leadloop.leads.frame import DTYPES
from leadloop.playbook import Playbook

EventsFunction = Callable[[], pl.Expr]
"""Gives a Polars expression over all events of one lead that comes to one value."""

_LEAD, _CAME, _ROW = "\x00lead", "\x00came", "\x00row"


@dataclass(frozen=True)
class Aftermath:
    """Leads with the fields made of their events, and what was left out on the way.

    `unknown` events name a lead that is not there, `early` ones came before their lead and `late` ones after its window;
    `open` leads are too young for anything to be made of their events.
    """

    leads: LeadFrame
    unknown: int
    early: int
    late: int
    open: int


def judge_events(events: pl.DataFrame, lead: str, makes: Mapping[str, EventsFunction]) -> pl.DataFrame:
    """What the events of each lead come to: a row a lead, in the order of their first events, a column a function.

    `events` has a row an event, `lead` is its column with the lead's name, and `makes` are the functions by the name of what
    they make. Raises PlaybookError where a function fails or does not come to one value.

    >>> events = pl.DataFrame({"lead": ["a", "b", "a"], "seconds": [5.0, 40.0, 70.0]})
    >>> judge_events(events, "lead", {"longest": lambda: pl.col("seconds").max()}).rows()
    [('a', 70.0), ('b', 40.0)]
    """
    problems: list[Problem] = []
    expressions: list[pl.Expr] = []
    for name, function in makes.items():
        try:
            expression = function()
            made = events.head(2).select(expression.alias(name))
            if made.height != 1:
                mend = "end with .max(), .any(), .last() or the like"
                problems.append(
                    Problem(f"events.{name}", "gives a value for each event and not one for the lead", mend)
                )
            expressions.append(expression.alias(name))
        except Exception as error:  # the function is the playbook's own code
            said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            problems.append(Problem(f"events.{name}", f"fails: {said}", "mend the function"))
    if problems:
        raise PlaybookError("events", problems)
    return events.group_by(lead, maintain_order=True).agg(expressions)


def add_aftermath(
    playbook: Playbook, leads: LeadFrame, events: pl.DataFrame, makes: Mapping[str, EventsFunction]
) -> Aftermath:
    """Leads with the fields that are made of their events, as far as these are known by the newest time in both.

    Events count from the lead's own time until the playbook's `within_days` later. A lead that is younger has nothing yet,
    even where much happened already: to keep those alone would make young leads look better than they are. A lead to which
    nothing happened has what the playbook says it has `without` events.

    Raises DataError where no event is of any of the leads, and PlaybookError where a function cannot be used.
    """
    said, order = playbook.events, playbook.order
    assert said is not None and order is not None  # the playbook's check saw to it
    known = pl.DataFrame(
        {
            _ROW: pl.Series(range(len(leads)), dtype=pl.Int64),
            _LEAD: leads.data[playbook.lead_id].str.strip_chars(),
            _CAME: leads.data[order.field],
        }
    )
    named = events.with_columns(pl.col(said.lead).str.strip_chars().alias(_LEAD))
    followed = named.join(known, on=_LEAD, how="inner", maintain_order="left")
    if not followed.height:
        what = f"not one of {events.height:,} events is of a lead in the file of leads"
        raise DataError("events", Problem(said.lead, what, f"does it hold what “{playbook.lead_id}” does?"))
    unknown = events.height - named.join(known, on=_LEAD, how="semi").height
    window = pl.duration(microseconds=round(said.within_days * 86_400e6))
    early = (pl.col(said.at) < pl.col(_CAME)).fill_null(True)
    late = (pl.col(said.at) > pl.col(_CAME) + window).fill_null(True)
    counted = followed.filter(~early & ~late)
    too_early, too_late = (followed.select(one.sum()).item() for one in (early, late & ~early))
    newest = [time for time in (known[_CAME].max(), events[said.at].max()) if time is not None]
    mature = known.select((pl.lit(max(newest)) - pl.col(_CAME) > window).fill_null(True)).to_series()

    made = judge_events(counted.sort(_ROW, said.at, maintain_order=True), _ROW, makes)
    found = known.select(_ROW).join(made, on=_ROW, how="left", maintain_order="left")
    happened = known[_ROW].is_in(made[_ROW].implode())
    columns = []
    for name in said.made:
        values = _as_field(found[name], name, leads.schema[name].type if name in leads.schema else "number")
        if name in (otherwise := dict(said.without)):
            values = values.zip_with(happened, pl.repeat(otherwise[name], len(values), dtype=pl.Float64, eager=True))
        columns.append(values.zip_with(mature, pl.Series([None], dtype=values.dtype)).alias(name))
    data = leads.data.with_columns(columns)
    data = data.select([field.name for field in leads.schema.fields if field.name in data.columns])
    return Aftermath(
        LeadFrame(leads.schema, data, leads.lines), unknown, int(too_early), int(too_late), int((~mature).sum())
    )


def _as_field(values: pl.Series, name: str, kind: str) -> pl.Series:
    """What a function made, as the type that its field has."""
    wanted = DTYPES[kind]
    numbers = values.dtype.is_numeric() or values.dtype == pl.Boolean
    if values.dtype == wanted or values.dtype == pl.Null or (numbers and wanted == pl.Float64):
        return values.cast(wanted)
    if wanted.is_temporal() and values.dtype.is_temporal():
        return values.cast(wanted)
    what = f"gives {values.dtype}, and the field is {kind}"
    raise PlaybookError("events", Problem(f"events.{name}", what, "give the field the type of what is made"))
