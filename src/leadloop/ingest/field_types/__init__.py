"""What kind of values a column holds, and the evidence for it.

A type is guessed only if at least 99.5% of the filled cells can be read as it by the same readers that training and
scoring will use; the few that cannot are named. Where a name must speak (a unix time, an amount without a currency, a
number of people), the guess says that it did.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from leadloop.ingest.column import Column
from leadloop.ingest.field_types.contacts import recognise_email, recognise_phone, recognise_url
from leadloop.ingest.field_types.employees import recognise_employees
from leadloop.ingest.field_types.identifiers import recognise_codes_in_letters
from leadloop.ingest.field_types.look import Habits, Look, TypeGuess
from leadloop.ingest.field_types.numbers import recognise_digits, recognise_money
from leadloop.ingest.field_types.times import recognise_time
from leadloop.ingest.field_types.words import guess_words, recognise_boolean, recognise_bracketed
from leadloop.leads import FieldType
from leadloop.learning.leakage.names import name_words

__all__ = ["Habits", "TypeGuess", "guess_type"]

_NO_HABITS = Habits()


def guess_type(column: Column, *, likely: tuple[FieldType, ...] = (), habits: Habits = _NO_HABITS) -> TypeGuess:
    """What a column holds. Placeholders must be out of it already (`Column.without`).

    `likely` are the types that its well-known name allows (`crm_names`), the likeliest first: they decide between
    readings that the values allow, never against the values.

    >>> guess_type(Column("Budget", pl.Series(["$1,200", "€3k", "900"]))).type
    'money'
    >>> guess_type(Column("size", pl.Series(["1-10", "11-50", "51-200", "11-50"]))).evidence
    ('employees: 4 of 4 values are numbers or ranges of employees, in bands that are usual for them',)
    """
    if column.filled == 0:
        return TypeGuess("category", ("category: no value to judge by",))
    look = Look(
        column,
        name_words(column.name),
        likely,
        habits,
        lambda rest: guess_type(rest, likely=likely, habits=habits),
    )
    if column.cells.dtype.is_temporal() and column.cells.dtype not in (pl.Time, pl.Duration):
        return TypeGuess("time", ("time: the file says so",))
    for recognise in _RECOGNISERS:
        guess = recognise(look)
        if guess is not None:
            return guess
    return guess_words(look)


_RECOGNISERS: tuple[Callable[[Look], TypeGuess | None], ...] = (
    recognise_boolean,
    recognise_bracketed,
    recognise_email,
    recognise_time,
    recognise_digits,
    recognise_employees,
    recognise_money,
    recognise_url,
    recognise_phone,
    recognise_codes_in_letters,
)
