"""The outline of a playbook's features: every column that training will make, told before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.features.block import Block, FeatureColumn
from leadloop.features.categories import MOST_COLUMNS
from leadloop.features.contact import EmailBlock, PhoneBlock, UrlBlock
from leadloop.features.feature_set import usable_fields
from leadloop.features.functions import FeatureFunction, FunctionsBlock
from leadloop.features.numbers import BooleansBlock, EmployeesBlock, NumbersBlock
from leadloop.features.phrases import PhraseLists
from leadloop.features.terms import Terms
from leadloop.features.text import TextBlock
from leadloop.features.times import TimesBlock, days_needed
from leadloop.features.words import Words
from leadloop.leads import Field, LeadFrame
from leadloop.playbook import Playbook
from leadloop.playbook.derived import NAMES_OF_KINDS

_CONTACT: Mapping[str, type[EmailBlock] | type[PhoneBlock] | type[UrlBlock]] = {
    "email": EmailBlock,
    "phone": PhoneBlock,
    "url": UrlBlock,
}

_HISTORY = (
    "the mean outcome of earlier leads with the same, as far as it was known when the lead came in",
    "how many earlier leads with the same had an outcome that was known by then, on a log scale",
)


@dataclass(frozen=True, slots=True)
class FeatureOutline:
    """One feature as it will be: a column, or the columns that a field's values will get."""

    name: str
    """The column's name; a word in capitals stands for what training will find."""
    reads: tuple[str, ...]
    """The fields that it reads."""
    known_at: str
    """The moment from which all of them are known."""
    meaning: str
    """What it says of a lead."""
    fitted: bool
    """Whether the training leads decide what becomes of it: which values get a column, which words count, whether it is kept."""
    example: str
    """What it is for the sample lead; of what is fitted, the value that it will look at."""


def outline_features(
    playbook: Playbook, functions: Sequence[FeatureFunction], lead: LeadFrame
) -> tuple[FeatureOutline, ...]:
    """Every feature of a playbook, field by field, then its functions, what is derived and what is remembered.

    `lead` is one lead for examples. Raises PlaybookError where a function reads what it may not.
    """
    fields = usable_fields(playbook)
    order = playbook.order.field if playbook.order else ""
    lead_time = order if any(field.name == order and field.type == "time" for field in fields) else ""
    data = lead.data
    told: list[tuple[str, tuple[str, ...], str, bool, str]] = []
    for field in fields:
        if field.type == "category":
            told += _category(field, _shown(data[field.name][0]))
            continue
        block, meanings = _block_of(field, playbook, lead_time)
        if block is not None:
            fitted = field.type in ("text", "time")
            told += _columns(block, data, meanings, fitted)
        if field.type == "text":
            told += _words(field, data[field.name][0] or "")
    if functions:
        kept = FunctionsBlock.of(functions, playbook)
        reads = {one.name: one.reads for one in kept.functions}
        told += [
            (name, reads[name], meaning, False, example)
            for name, _, meaning, _, example in _columns(kept, data, kept.labels, False)
        ]
    used = {field.name for field in fields}
    for derived in playbook.derived:
        if used.issuperset(derived.reads):
            values = ", ".join(_shown(data[name][0]) for name in derived.reads)
            told.append((derived.label, derived.reads, NAMES_OF_KINDS[derived.kind], True, values))
    for history in playbook.history:
        if used.issuperset(history.of):
            values = ", ".join(_shown(data[name][0]) for name in history.of)
            told += [
                (name, history.of, meaning, True, values)
                for name, meaning in zip(history.columns, _HISTORY, strict=True)
            ]
    return tuple(
        FeatureOutline(name, reads, _known_at(playbook, reads), meaning, fitted, example)
        for name, reads, meaning, fitted, example in told
    )


def _block_of(field: Field, playbook: Playbook, lead_time: str) -> tuple[Block | None, Mapping[str, str]]:
    """The block of a field with nothing learned yet, and the meanings of columns that do not tell them themselves."""
    name = field.name
    match field.type:
        case "number" | "money":
            logged = field.type == "money"
            meaning = "the amount on a log scale" if logged else "the number, held within what is usual"
            reach = float(np.finfo(np.float32).max)
            return NumbersBlock((name,), (logged,), (-reach,), (reach,)), {name: meaning}
        case "boolean":
            return BooleansBlock((name,)), {name: "1 for yes, 0 for no"}
        case "employees":
            size, exact = (column.name for column in EmployeesBlock(name).columns)
            return EmployeesBlock(name), {size: "company size on a log scale", exact: "a number and not a range"}
        case "text":
            lists = {name: phrases for name, phrases in playbook.phrases if field.looks_for(name)}
            phrases = PhraseLists.from_mapping(lists)
            learned = Terms((), ()), Words.none(), ()
            bare = TextBlock(name, phrases, field.finds, lead_time, *learned, densities=field.densities)
            return bare.keeping_all(), {}
        case "time":
            block = TimesBlock.of_all(name, lead_time)
            return block, {
                column.name: f"{_said(column)}; made where training leads span {days_needed(part):,.0f} days or more"
                for column, (_, part) in zip(block.columns, block.parts, strict=True)
                if days_needed(part)
            }
        case "email" | "phone" | "url":
            return _CONTACT[field.type](name), {}
        case _:
            return None, {}


def _columns(
    block: Block, data: pl.DataFrame, meanings: Mapping[str, str], fitted: bool
) -> Iterator[tuple[str, tuple[str, ...], str, bool, str]]:
    values = block.values(data)[0]
    for column, value in zip(block.columns, values, strict=True):
        meaning = meanings.get(column.name) or _said(column)
        yield column.name, block.reads, meaning, fitted, _number(float(value))


def _category(field: Field, value: str) -> Iterator[tuple[str, tuple[str, ...], str, bool, str]]:
    name, reads = field.name, (field.name,)
    for title, meaning in (
        (f"{name} = VALUE", f"1 for this value; a column for each of the {MOST_COLUMNS} most frequent values"),
        (f"{name} is rare or new", "1 for a value that too few training leads had"),
        (f"{name} is not given", "1 where there is no value"),
        (
            f"{name}, outcome rate",
            "how often leads with this value were won, as log-odds against all; not for two values",
        ),
        (f"{name}, number of its level", "the value as a number, for learners that split values into sets"),
    ):
        yield title, reads, meaning, True, value


def _words(field: Field, text: str) -> Iterator[tuple[str, tuple[str, ...], str, bool, str]]:
    shown = _shown(text)
    if field.terms:
        meaning = f"how much of the text this word is (TF-IDF); a column for each of {field.terms} words"
        yield f"{field.name} has the word WORD", (field.name,), meaning, True, shown
    meaning = "how far the words of the text speak for winning"
    yield f"{field.name}, its words (log-odds)", (field.name,), meaning, True, shown


def _said(column: FeatureColumn) -> str:
    """What a column says of its field, with the kind of value in place of the value."""
    return f"{column.field} {column.says.replace('{}', f'[{column.quote}]')}" if column.says else column.field


def _known_at(playbook: Playbook, reads: tuple[str, ...]) -> str:
    moments = playbook.schema.moments
    return max((playbook.schema[name].known_at for name in reads), key=moments.index)


def _number(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.4g}"


def _shown(value: object, most: int = 40) -> str:
    text = "not given" if value is None else " ".join(str(value).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
