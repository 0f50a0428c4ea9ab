"""What is known of a column before its type is guessed, and what a guess says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from leadloop.ingest.column import Column, quoted
from leadloop.leads import FieldType
from leadloop.leads.values import FALSE_WORDS, TRUE_WORDS

ENOUGH = 0.995
NEARLY = 0.9
FEW = 30


@dataclass(frozen=True, slots=True)
class Habits:
    """How a file writes things, as its unmistakable columns show: helps with those that could be read either way.

    `day_first`: dates are written 31/12/2024 (None where nothing tells); `decimal_comma`: 1,5 is one and a half.
    """

    day_first: bool | None = None
    decimal_comma: bool = False


@dataclass(frozen=True, slots=True)
class TypeGuess:
    """The type of a column, with the formats that read it and the evidence, in words.

    `use` is false where the values are nothing to learn from; the evidence says why. `missing` are words among numbers or
    times that can only mean "not given". `habit` is what this column tells about the file ("day_first", "month_first",
    "decimal_comma"), `open` what it does not tell by itself ("day", "decimal").
    """

    type: FieldType
    evidence: tuple[str, ...]
    formats: tuple[str, ...] = ()
    use: bool = True
    missing: tuple[str, ...] = ()
    habit: str = ""
    open: str = ""


@dataclass(frozen=True)
class Look:
    """What the recognisers look at: the column, the words of its name, the types its name suggests, the file's habits."""

    column: Column
    words: tuple[str, ...]
    likely: tuple[FieldType, ...]
    habits: Habits
    again: Callable[[Column], TypeGuess]
    """Guesses the type of the column without some of its values."""

    def named(self, words: frozenset[str]) -> bool:
        return not words.isdisjoint(self.words)

    @property
    def name(self) -> str:
        return " ".join(self.words)

    def counted(self, rows: int, what: str) -> str:
        return f"{rows:,} of {self.column.filled:,} values are {what}"

    def share(self, rows: int) -> float:
        return rows / self.column.filled


def find_words_among(look: Look, values: pl.Series) -> tuple[str, ...]:
    """Words that stand among numbers in many rows ("not recorded"): they can only mean that there is no number."""
    column = look.column
    unread = column.texts.filter(values.is_null())
    rows = column.rows[values.is_null().to_numpy()]
    wordy = not unread.str.contains(r"\d").any() and bool(unread.str.contains(r"\p{L}").all())
    wordy = wordy and not unread.str.to_lowercase().is_in([*TRUE_WORDS, *FALSE_WORDS, "other", "others"]).any()
    if not 1 <= len(unread) <= 3 or not wordy or rows.min() < max(5, 0.001 * column.filled):
        return ()
    # Among a handful of values a word is an answer of its own: "none, 1, 2, 3 or more children".
    return tuple(unread.to_list()) if column.distinct > FEW else ()


def say_unread(look: Look, values: pl.Series) -> str:
    """The texts that the type cannot read, for a guess: rows with them will be rejected."""
    unread = look.column.unread(values)
    if not unread:
        return ""
    rows = look.column.rows_where(values.is_null())
    return f"; not {quoted(unread)}, and {'a row' if rows == 1 else f'{rows:,} rows'} with such will be rejected"
