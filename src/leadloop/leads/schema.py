"""The schema: every field of a lead, and how rows from outside become a frame of leads.

All mistakes of all rows come back at once. Rows without a mistake go on; nothing is guessed and nothing is dropped unseen.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.leads.employees import looks_like_spreadsheet_date
from leadloop.leads.field import Field, normalise_name
from leadloop.leads.frame import DTYPES, LeadFrame
from leadloop.leads.made_fields import make_values
from leadloop.leads.missing import blank_placeholders, find_sentinels
from leadloop.leads.reject import Reject
from leadloop.leads.values import cells_as_values, without_levels

_EXPECTED = {
    "number": "a number",
    "money": "an amount of money",
    "employees": "a number of employees or a range such as 50-100",
    "category": "one value, not a list",
    "text": "text",
    "boolean": "yes or no",
    "time": "a date or time",
    "email": "text",
    "phone": "text",
    "url": "text",
    "id": "text",
}
_SHOWN = 60


@dataclass(frozen=True)
class Reading:
    """What came of reading rows: the leads, and the rows that could not be read, each with its reasons."""

    leads: LeadFrame
    rejects: tuple[Reject, ...]


@dataclass(frozen=True)
class LeadSchema:
    """The fields of a lead in their order, and the moments of its life, earliest first."""

    fields: tuple[Field, ...]
    """The fields, in the order of the file."""
    moments: tuple[str, ...] = ("intake", "outcome")
    """The moments of a lead's life at which something becomes known, earliest first."""

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by their name."""
        return {field.name: field for field in self.fields}

    def __getitem__(self, name: str) -> Field:
        return self.by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def is_known(self, field: str, moment: str) -> bool:
        """Whether the field may be read at this moment of a lead's life."""
        return self.moments.index(self.by_name[field].known_at) <= self.moments.index(moment)

    def known_by(self, moment: str) -> LeadSchema:
        """The schema of what is known at a moment: later fields are gone, so nothing can read them."""
        return LeadSchema(tuple(field for field in self.fields if self.is_known(field.name, moment)), self.moments)

    def only(self, names: Iterable[str]) -> LeadSchema:
        """The fields of these names, in their order here, and those that they are made from."""
        wanted = set(names)
        wanted |= {field.made_from for field in self.fields if field.name in wanted}
        return LeadSchema(tuple(field for field in self.fields if field.name in wanted), self.moments)

    def without_requirements(self) -> LeadSchema:
        """The same fields, of which a lead may lack any."""
        return LeadSchema(tuple(replace(field, required=False) for field in self.fields), self.moments)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The fields without which there is no lead."""
        return tuple(field.name for field in self.fields if field.required)

    def locate(self, columns: Sequence[str]) -> dict[str, str]:
        """Which column of a table holds each field: by name, by alias, else by name without case and punctuation.

        A column belongs to one field: what is named outright is not also taken for something that merely resembles it.
        Fields that have no column are left out of the answer, and so are those that are made from another: they have
        none. Raises DataError where several columns could be one field,
        or one column could be several fields.

        >>> schema = LeadSchema((Field("Lead Source", "category", "intake"), Field("Visits", "number", "intake")))
        >>> schema.locate(["lead_source", "Visits", "Visits (last week)"])
        {'Lead Source': 'lead_source', 'Visits': 'Visits'}
        """
        present = set(columns)
        sought = [field for field in self.fields if not field.made_from]
        claims = {
            field.name: [name for name in dict.fromkeys((field.name, *field.aliases)) if name in present][:1]
            for field in sought
        }
        taken = {column for claimed in claims.values() for column in claimed}
        alike: dict[str, list[str]] = {}
        for column in columns:
            if column not in taken and (bare := normalise_name(column)):
                alike.setdefault(bare, []).append(column)
        for field in sought:
            if not claims[field.name]:
                names = dict.fromkeys(normalise_name(name) for name in (field.name, *field.aliases))
                claims[field.name] = [column for name in names for column in alike.get(name, [])]
        claimants: dict[str, list[str]] = {}
        problems: list[Problem] = []
        for name, claimed in claims.items():
            if len(claimed) > 1:
                problems.append(Problem(name, f"could be any of {quote_all(sorted(claimed))}", "name one in `aliases`"))
            elif claimed:
                claimants.setdefault(claimed[0], []).append(name)
        for column, names_of in claimants.items():
            if len(names_of) > 1:
                what = f"of this file could be {quote_all(names_of)}"
                problems.append(Problem(f"column “{column}”", what, "name it in the `aliases` of one of them"))
        if problems:
            raise DataError("columns", problems)
        return {name: claimed[0] for name, claimed in claims.items() if claimed}

    def explain_missing(self, columns: Sequence[str], moment: str | None = None) -> list[Problem]:
        """A problem for every field that this table has no column for, with the closest column that it does have."""
        schema = self if moment is None else self.known_by(moment)
        found = schema.locate(columns)
        spare = [column for column in columns if column not in found.values()]
        problems = []
        for field in schema.fields:
            if field.name in found or field.made_from:
                continue
            close = difflib.get_close_matches(field.name, spare, n=1, cutoff=0.7)
            mend = f'if “{close[0]}” is it, add aliases = ["{close[0]}"] to the field' if close else "add the column"
            problems.append(Problem(field.name, "has no column in this file", mend))
        return problems

    def read(self, cells: pl.DataFrame, lines: np.ndarray | None = None, *, known_by: str | None = None) -> Reading:
        """Read rows as leads: text becomes numbers, times and so on, placeholders become null.

        `cells` has a column for each field that the source knows (text, or values with a type); other columns are not
        read, and fields without a column are null. `lines` names each row's line for messages; without it rows count
        from 1. A row with a cell that its field cannot hold, or without a required value, is rejected with every reason.
        """
        schema = self if known_by is None else self.known_by(known_by)
        lines = np.arange(1, cells.height + 1) if lines is None else lines
        columns = schema.locate(cells.columns)
        rejects: list[Reject] = []
        wrong = np.zeros(cells.height, dtype=bool)
        data: dict[str, pl.Series] = {}
        for field in sorted(schema.fields, key=lambda field: bool(field.made_from)):
            if field.made_from:
                data[field.name] = make_values(data[field.made_from], field)
                continue
            if field.name in columns:
                raw = without_levels(cells[columns[field.name]])
                values, held, bad = read_column(raw, field)
                if bad.any():
                    wrong |= bad
                    rejects += _unread(raw, bad, lines, field)
            else:
                values = pl.Series([None] * cells.height, dtype=DTYPES[field.type])
                held = np.zeros(cells.height, dtype=bool)
            if field.required and not held.all():
                wrong |= ~held
                rejects += [Reject(int(line), "is required and has no value", field.name) for line in lines[~held]]
            data[field.name] = values
        frame = (
            pl.DataFrame({field.name: data[field.name] for field in schema.fields})
            if data
            else pl.DataFrame(height=cells.height)
        )
        leads = LeadFrame(schema, frame.filter(~pl.Series(wrong)) if wrong.any() else frame, lines[~wrong])
        return Reading(leads, tuple(sorted(rejects, key=lambda reject: reject.line)))


def read_column(raw: pl.Series, field: Field) -> tuple[pl.Series, np.ndarray, np.ndarray]:
    """The values of a column, which cells held one, and which held something that the field cannot read."""
    given = blank_placeholders(raw, field)
    values = cells_as_values(given, field)
    held = given.is_not_null().to_numpy()
    bad = held & values.is_null().to_numpy()
    if (sentinels := find_sentinels(values, field)) is not None and sentinels.any():
        values = values.zip_with(~sentinels, pl.Series([None], dtype=values.dtype))
        held = held & ~sentinels.to_numpy()
    return values, held, bad


def _unread(raw: pl.Series, bad: np.ndarray, lines: np.ndarray, field: Field) -> list[Reject]:
    left_out = raw.filter(pl.Series(bad))
    if left_out.dtype.is_temporal():
        left_out = left_out.cast(pl.String)  # a year that Python has no date for is shown all the same
    return [
        Reject(int(line), explain_unread(field, value), field.name, str(value)[:_SHOWN])
        for line, value in zip(lines[bad], left_out.to_list(), strict=True)
    ]


def explain_unread(field: Field, value: object) -> str:
    """Why a field cannot hold what was given for it."""
    if isinstance(value, list | dict):
        return "holds a list or an object; give one value, or a column for each"
    if field.type == "employees" and looks_like_spreadsheet_date(str(value)):
        return "looks like a range that a spreadsheet turned into a date; write it as 2-10"
    expected = _EXPECTED[field.type]
    if field.type == "time":
        expected += (
            f" as {quote_all(field.formats)} writes it" if field.formats else " such as 2024-12-31 or 2024-12-31 17:45"
        )
    return f"is not {expected}"


def quote_all(names: Sequence[str]) -> str:
    """Names in quotes, for messages.

    >>> quote_all(["a", "b"])
    '“a”, “b”'
    """
    return ", ".join(f"“{name}”" for name in names)
