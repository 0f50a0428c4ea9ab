"""Counterfactuals: what would raise a lead's score, among the fields that somebody can do something about.

Each proposal changes one to three actionable fields to values that training leads really held, and its score is what scoring the
changed lead gives: nothing is estimated. The search is greedy (Wachter, Mittelstadt and Russell 2017 ask for the nearest
change that crosses a line; here few changes count as near): every value of every field alone, then the best value of each of
the eight most helpful fields in twos and threes, at most two hundred changed leads in all. A change that would make the lead
unlike any that was seen is not proposed, unless the lead is so anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl

from leadloop.features.contact import EmailBlock, PhoneBlock, UrlBlock
from leadloop.leads import LeadFrame
from leadloop.leads.frame import DTYPES
from leadloop.leads.made_fields import normalise_levels
from leadloop.scoring.seen import as_numbers

if TYPE_CHECKING:
    from leadloop.scoring.trained import TrainedPlaybook

MOST_ROWS = 200
"""At most so many changed leads are scored for one lead."""
_MOST_FIELDS = 8
_MOST_TOGETHER = 3
_MOST_SINGLE = 3
_TOGETHER_ROWS = 84  # eight fields in twos (28) and in threes (56)
_LEAST_POINTS = 1.0
_AS_GOOD = 0.5


@dataclass(frozen=True, slots=True)
class Option:
    """A value that may be proposed, and how it is said ("a phone number", "Lead Source “Referral”")."""

    value: Any
    says: str
    kind: str = ""
    """For an e-mail address, what it has to be: `business`; empty where any will do."""


@dataclass(frozen=True, slots=True)
class CandidateField:
    """An actionable field with the values that may be proposed for it."""

    name: str
    type: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Everything that may be proposed; without fields where the playbook declares none actionable."""

    fields: tuple[CandidateField, ...]

    def state(self) -> dict[str, Any]:
        """The candidates as plain values."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The candidates that `state` describes; raises ValueError for a field of a type that is none."""
        fields = []
        for field in state["fields"]:
            if field["type"] not in DTYPES:
                raise ValueError(f"{field['type']!r} is no type of a field")
            options = tuple(Option(each["value"], str(each["says"]), str(each["kind"])) for each in field["options"])
            fields.append(CandidateField(str(field["name"]), field["type"], options))
        return cls(tuple(fields))


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a lead with another value."""

    field: str
    """The field that changes."""
    value: Any
    """The value that it was tried with; for contact details a stand-in, since any real one is somebody's."""
    says: str
    """The change in words, as in “a phone number”."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Changes to one lead, and the score that the changed lead gets."""

    changes: tuple[Change, ...]
    """One to three changes, each of another field."""
    before: float
    """The lead's score as it is."""
    score: float
    """The score of the changed lead."""
    probability: float
    """The probability of the changed lead."""
    band: str
    """The band of the changed lead."""
    route: str
    """The route of the changed lead."""
    next_band: bool
    """Whether the changed lead is in another band than the lead as it is."""

    def __str__(self) -> str:
        *others, last = (change.says for change in self.changes)
        said = f"{', '.join(others)} and {last}" if others else last
        return f"with {said}: {self.before:.1f} -> {self.score:.1f}" + (f", {self.band}" if self.next_band else "")


def find_counterfactuals(trained: TrainedPlaybook, leads: LeadFrame) -> list[tuple[Counterfactual, ...]]:
    """For each lead, in order, what would raise its score by a point or more: single changes first, then two and three together.

    Of single changes the best three are given, of two or three together the best, where it gains a point more than fewer
    changes do. `leads` have the fields of the version's schema. No proposals where the version has no candidates.
    """
    return [_find(trained, leads[row : row + 1]) for row in range(len(leads))]


def change_lead(lead: LeadFrame, changes: Sequence[Sequence[Change]]) -> LeadFrame:
    """One lead as often as there are sets of changes, each time with one set made."""
    data = lead.data[[0] * len(changes)]
    for name in dict.fromkeys(change.field for each in changes for change in each):
        values = data[name].to_list()
        for row, each in enumerate(changes):
            values[row] = next((change.value for change in each if change.field == name), values[row])
        data = data.with_columns(pl.Series(name, values, dtype=data.schema[name]))
    return LeadFrame(lead.schema, data, np.repeat(lead.lines, len(changes)))


def _find(trained: TrainedPlaybook, lead: LeadFrame) -> tuple[Counterfactual, ...]:
    fields = [
        field for field in (trained.candidates.fields if trained.candidates else ()) if field.name in lead.data.columns
    ]
    singles = [
        (Change(field.name, option.value, option.says),)
        for field in fields
        for option in _thin(
            _open_options(trained, field, lead.data[field.name]), MOST_ROWS - _TOGETHER_ROWS, len(fields)
        )
    ][: MOST_ROWS - _TOGETHER_ROWS]
    if not singles:
        return ()
    before = trained.score_table(lead, explain=False).row(0, named=True)
    tried = _try(trained, lead, before, singles)
    helpful = _best_of_fields(tried, lead, {field.name: field.type for field in fields})
    chosen = [one for one in helpful[:_MOST_SINGLE] if one.score >= before["score"] + _LEAST_POINTS]
    wider = [
        tuple(change for one in group for change in one.changes)
        for size in range(2, _MOST_TOGETHER + 1)
        for group in combinations(helpful[:_MOST_FIELDS], size)
    ]
    together = _try(trained, lead, before, wider) if wider else []
    best = max((one.score for one in chosen), default=before["score"])
    for size in range(2, _MOST_TOGETHER + 1):
        of_size = [one for one in together if len(one.changes) == size]
        top = max(of_size, key=lambda one: one.score, default=None)
        if top and top.score >= best + _LEAST_POINTS:
            chosen.append(top)
            best = top.score
    return tuple(chosen)


def _try(
    trained: TrainedPlaybook, lead: LeadFrame, before: Mapping[str, Any], changes: Sequence[tuple[Change, ...]]
) -> list[Counterfactual]:
    """What each set of changes gives, in one batch; without those that raise nothing or make the lead novel."""
    table = trained.score_table(change_lead(lead, changes), explain=False)
    return [
        Counterfactual(
            each, before["score"], row["score"], row["probability"], row["band"], row["route"],
            row["band"] != before["band"],
        )
        for each, row in zip(changes, table.iter_rows(named=True), strict=True)
        if row["score"] > before["score"] and (before["novel"] or not row["novel"])
    ]  # fmt: skip


def _best_of_fields(tried: Sequence[Counterfactual], lead: LeadFrame, kinds: Mapping[str, str]) -> list[Counterfactual]:
    """The best single change of each field, the most helpful first; of numbers that do as well, the nearest to the lead's own."""
    best = []
    for name in dict.fromkeys(one.changes[0].field for one in tried):
        of_field = [one for one in tried if one.changes[0].field == name]
        top = max(of_field, key=lambda one: one.score)
        if kinds[name] in ("number", "money", "employees"):
            own = _number(lead.data[name], kinds[name])
            as_good = [one for one in of_field if one.score >= top.score - _AS_GOOD and one.band == top.band]
            if not np.isnan(own):
                top = min(as_good, key=lambda one: abs(_number_of(one.changes[0].value, kinds[name]) - own))
        best.append(top)
    return sorted(best, key=lambda one: -one.score)


def _number(cells: pl.Series, kind: str) -> float:
    return float(as_numbers(cells, kind)[0])


def _number_of(value: object, kind: str) -> float:
    return _number(pl.Series([value], dtype=DTYPES[kind]), kind)


def _open_options(trained: TrainedPlaybook, field: CandidateField, cells: pl.Series) -> list[Option]:
    """The options that would change something: never what the lead already has."""
    own = cells[0]
    if own is None:
        return list(field.options)
    if field.type in ("email", "phone", "url"):
        return [option for option in field.options if not _has(trained, field, cells, option)]
    if field.type == "category":
        level = normalise_levels(cells)[0]
        return [option for option in field.options if normalise_levels(pl.Series([option.value]))[0] != level]
    return [option for option in field.options if option.value != own]


def _has(trained: TrainedPlaybook, field: CandidateField, cells: pl.Series, option: Option) -> bool:
    """Whether a lead's own contact detail is all that the option asks for."""
    block = next(
        block
        for model in trained.models.values()
        for block in model.features.blocks
        if isinstance(block, EmailBlock | PhoneBlock | UrlBlock) and block.field == field.name
    )
    names = (column.name.removeprefix(f"{field.name} ") for column in block.columns)
    flags = dict(zip(names, block.values(cells.to_frame())[0].tolist(), strict=True))
    if field.type == "phone":
        return bool(flags["is plausible"] == 1 and flags["looks made up"] == 0)
    return bool(flags["is well formed"] == 1 and (option.kind != "business" or flags["is of business"] == 1))


def _thin(options: list[Option], rows: int, fields: int) -> list[Option]:
    """Evenly spaced options where all of them, for every field, would be more leads than may be tried."""
    most = max(1, rows // max(fields, 1))
    if len(options) <= most:
        return options
    return [options[place] for place in np.linspace(0, len(options) - 1, most).astype(int).tolist()]
