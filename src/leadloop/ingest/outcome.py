"""The outcome of a lead in a table: which column holds it, and how each of its values is read: won, lost or still open.

Two values can be told apart by what they say (1 and 0, yes and no, won and lost). Which of five stages is a win is not for a
program to decide: that is refused with the values, their counts, and those that say that they are won. Of the other values,
those that say that a lead is still being worked are read as open, and the rest as lost; both are written down by name.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.ingest.column import Column, percent, phrases, quoted
from leadloop.ingest.crm_names import find_meaning
from leadloop.ingest.field_types import TypeGuess, guess_type
from leadloop.ingest.outcome_words import LOST, WON, read_value
from leadloop.ingest.placeholders import Placeholder, describe, find_placeholders
from leadloop.leads import Field, FieldType
from leadloop.leads.field import normalise_name
from leadloop.playbook import Target

_TELLING_LOST = phrases(
    "lost, closed lost, closedlost, closed - lost, closed-lost, rejected, disqualified, unqualified, verloren"
)
_SHOWN = 12
_MOST_NAMED = 40


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome as drafted: the target, its field, and for each row 1 (won), 0 (lost) or NaN (nobody wrote it down)."""

    target: Target
    field: Field
    won: np.ndarray
    notes: tuple[str, ...]


def find_column(name: str, columns: Sequence[str], *, what: str, option: str) -> str:
    """The column that a person means, without regard to case and punctuation.

    Raises DataError with the closest names where there is none, or where two fit equally.

    >>> find_column("converted", ["Lead Id", "Converted"], what="the outcome", option="--target")
    'Converted'
    """
    if name in columns:
        return name
    fitting = [column for column in columns if normalise_name(column) == normalise_name(name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DataError(
            what, Problem(name, f"could be any of {quoted(fitting, 5)}", f"write it as in the file: {option} NAME")
        )
    by_bare = {normalise_name(column): column for column in columns}
    close = [by_bare[bare] for bare in difflib.get_close_matches(normalise_name(name), list(by_bare), n=3, cutoff=0.6)]
    mend = (
        f"did you mean {quoted(close)}?"
        if close
        else f"name one of its {len(columns):,} columns, such as {quoted(columns)}"
    )
    raise DataError(what, Problem(name, "is no column of this table", mend))


def find_outcome(cells: pl.Series, positive: Sequence[str] = (), still_open: Sequence[str] = ()) -> Outcome:
    """The target in a column of outcomes. `positive` are the values that mean won, `still_open` those that mean still open, where
    a person has named them.

    Raises DataError where the column has one value only, where a named value does not occur, and where more than two
    values (or two that do not say it) leave open which of them mean won.

    >>> found = find_outcome(pl.Series("Stage", ["Closed Won", "closed lost", None, "Closed Lost"]))
    >>> found.target.positive, found.won.tolist()
    (('Closed Won',), [1.0, 0.0, nan, 0.0])
    """
    if cells.dtype.is_nested() or cells.dtype in (pl.Binary, pl.Object, pl.Duration):
        raise DataError(
            f"target {cells.name}", Problem(cells.name, "holds lists or objects", "name a column of single values")
        )
    whole = Column(cells.name, cells)
    placeholders = find_placeholders(whole)
    column = whole.without([found.text for found in placeholders])
    if column.filled == 0:
        raise DataError(
            f"target {cells.name}", Problem(cells.name, f"is empty in all {whole.height:,} rows", "name another column")
        )
    guess = guess_type(column)
    if not positive and _means_won_by_being_filled(column, guess):
        return _filled_outcome(column, guess, placeholders)
    chosen, because = (_named(column, positive, "won"), "") if positive else _guessed(column, still_open)
    lost, waiting, said = _others(column, chosen, _named(column, still_open, "open") if still_open else ())
    field = _outcome_field(column, guess, placeholders)
    target = Target(
        name_target(cells.name),
        column=cells.name,
        positive=chosen,
        negative=lost,
        open=waiting,
        guess=(*((because,) if because else ()), *said),
    )
    values = _folded(column).is_in([word.lower() for word in chosen]).cast(pl.Float64)
    unsettled = _folded(column).is_in([word.lower() for word in waiting]).fill_null(False)
    told = values.set(unsettled, None).fill_null(np.nan).to_numpy()
    return Outcome(
        target, field, told, (*_waiting_note(unsettled, waiting), *_open_note(values.fill_null(np.nan).to_numpy()))
    )


def _others(
    column: Column, won: tuple[str, ...], named_open: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    """The values that mean lost, those that mean still open, and why: those that a person named, and those that say so.

    Where only one other value is left (or each says that it is open), it means lost: else nobody would have been.
    """
    taken = {word.lower() for word in (*won, *named_open)}
    others: dict[str, str] = {}
    for text in column.texts.to_list():
        if text.lower() not in taken:
            others.setdefault(text.lower(), text)
    if not others or len(others) > _MOST_NAMED:
        return (), named_open, [f"negative: {len(others):,} other values mean lost; none is named"] if others else []
    readings = {text: read_value(text) for text in others.values()}
    waiting = tuple(text for text, reading in readings.items() if reading == "open")
    if len(waiting) == len(others):
        said = f"negative: {_with_rows(column, waiting)} counts as lost, which is wrong where such leads are still open"
        return (tuple(others.values()) if named_open else ()), named_open, [said]
    lost = tuple(text for text in others.values() if text not in waiting)
    if not waiting and not named_open and len(lost) == 1:
        return (), (), []
    said_lost = tuple(text for text in lost if readings[text] == "lost")
    silent = tuple(text for text in lost if text not in said_lost)
    told = []
    if waiting:
        told.append(f"open: {_with_rows(column, waiting)}, by what it says; nothing is learned from such leads")
    if said_lost:
        told.append(f"negative: {_with_rows(column, said_lost)}, by what it says")
    if silent:
        told.append(
            f"negative: {_with_rows(column, silent)}, which says neither won nor open; name it under `open` where its leads "
            "are still being worked"
        )
    return lost, (*named_open, *waiting), told


def _with_rows(column: Column, texts: Sequence[str]) -> str:
    """Values with the number of rows that hold each."""
    folded = column.texts.str.to_lowercase()
    shown = [f"“{text[:60]}” ({column.rows_where(folded == text.lower()):,})" for text in texts[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(texts) - _SHOWN:,} more" if len(texts) > _SHOWN else "")


def _folded(column: Column) -> pl.Series:
    """Each row's value in lower case, null where there is none."""
    return column.as_text.str.to_lowercase()


def _outcome_field(column: Column, guess: TypeGuess, placeholders: tuple[Placeholder, ...]) -> Field:
    kind = guess.type if guess.type in ("boolean", "number", "category") else "category"
    missing = tuple(found.text for found in placeholders)
    why = "known_at: it is the outcome itself"
    return Field(column.name, kind, "outcome", missing=missing, guess=(why, *describe(placeholders)))


def _named(column: Column, positive: Sequence[str], meaning: str) -> tuple[str, ...]:
    """The values that a person says have this meaning, written as in the file."""
    by_word: dict[str, str] = {}
    for text in column.texts.to_list():
        by_word.setdefault(text.lower(), text)
    unknown = [word for word in positive if word.strip().lower() not in by_word]
    problems = []
    if unknown:
        mend = f"the values are {_counted(column)}"
        problems = [Problem(column.name, f"never holds “{word}”", mend) for word in unknown]
    chosen = tuple(dict.fromkeys(by_word[word.strip().lower()] for word in positive if word not in unknown))
    if not problems and len(chosen) == len(by_word):
        problems = [
            Problem(
                column.name,
                f"holds nothing but what is named as {meaning}",
                f"its values are {_counted(column)}; name fewer",
            )
        ]
    if problems:
        raise DataError(f"target {column.name}", problems)
    return chosen


def _guessed(column: Column, still_open: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Which of two values means won, by what they say."""
    by_word: dict[str, str] = {}
    waiting = {word.strip().lower() for word in still_open}
    for text in column.texts.to_list():
        if text.lower() not in waiting:
            by_word.setdefault(_as_word(text), text)
    subject = f"target {column.name}"
    name_them = _proposal(column)
    if len(by_word) == 1:
        what = f"has one value in all {column.filled:,} rows that have any: {_counted(column)}"
        raise DataError(
            subject, Problem(column.name, what, "give a table that holds won and lost leads, or name another column")
        )
    if len(by_word) > 2:
        numbers = column.read(Field(column.name, "number", "outcome"))
        if len(by_word) > 20 and column.rows_where(numbers.is_not_null()) > 0.9 * column.filled:
            low, high = float(np.nanmin(numbers.to_numpy())), float(np.nanmax(numbers.to_numpy()))
            what = f"is a number with {len(by_word):,} different values, from {low:g} to {high:g}"
            mend = "name a column that says whether a lead was won; to predict an amount is not what this does"
            raise DataError(subject, Problem(column.name, what, mend))
        raise DataError(subject, Problem(column.name, f"has {len(by_word):,} values: {_counted(column)}", name_them))
    won = [word for word in by_word if word in WON]
    lost = [word for word in by_word if word in LOST]
    if set(by_word) == {"1", "2"}:
        won = lost = []  # 1 is yes and 2 is no in one survey, no and yes in the next
    if len(won) == 1:
        chosen = by_word[won[0]]
    elif len(lost) == 1 and not won:
        chosen = next(text for word, text in by_word.items() if word != lost[0])
    else:
        raise DataError(
            subject, Problem(column.name, f"does not say which value means won: {_counted(column)}", name_them)
        )
    spelt: dict[str, str] = {}  # "1" and "1.0" are both to be named, "Yes" and "yes" are one
    for text in column.texts.to_list():
        if _as_word(text) == _as_word(chosen):
            spelt.setdefault(text.lower(), text)
    rows = column.rows_where(column.texts.str.to_lowercase().is_in(list(spelt)))
    share = percent(rows / column.filled)
    because = f"positive: “{chosen}” means won, by what it says: {rows:,} of {column.filled:,} leads ({share})"
    return tuple(spelt.values()), because


def _proposal(column: Column) -> str:
    """How to name the values that mean won; those that say so are proposed."""
    likely = [text for text in column.texts.head(_MOST_NAMED).to_list() if read_value(text) == "won"]
    if not likely or len(likely) == column.distinct:
        return 'name the values that mean won, as in --positive "Closed Won"'
    return "name the values that mean won; by what they say: " + " ".join(f'--positive "{text}"' for text in likely)


def _as_word(text: str) -> str:
    """Values that are read as one: without case, and 1.0 as 1."""
    word = text.strip().lower()
    return word.removesuffix(".0") if word.removesuffix(".0").isdigit() else word


def _counted(column: Column) -> str:
    shown = [
        f"“{text[:60]}” ({rows:,})" for text, rows in zip(column.texts.head(_SHOWN), column.rows.tolist(), strict=False)
    ]
    more = column.distinct - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _means_won_by_being_filled(column: Column, guess: TypeGuess) -> bool:
    """A date of winning, or a single "yes", in a column that is otherwise empty."""
    if column.filled == column.height:
        return False
    only_yes = column.distinct == 1 and _as_word(column.texts[0]) in WON - {"deal", "sale", "customer"}
    return guess.type == "time" or only_yes


def _filled_outcome(column: Column, guess: TypeGuess, placeholders: tuple[Placeholder, ...]) -> Outcome:
    empty = column.height - column.filled
    why = (
        f"filled: any value means won ({column.filled:,} leads); the {empty:,} rows without one are taken for lost, which is "
        "wrong where leads are still open"
    )
    at = column.name if guess.type == "time" else ""
    said = ("known_at: it is the outcome itself", *guess.evidence, *describe(placeholders))
    missing = tuple(found.text for found in placeholders)
    field = Field(column.name, guess.type, "outcome", missing=missing, formats=guess.formats, guess=said)
    target = Target(name_target(column.name), column=column.name, filled=True, at=at, guess=(why,))
    return Outcome(target, field, _filled_rows(column), ())


def _filled_rows(column: Column) -> np.ndarray:
    filled: np.ndarray = _folded(column).is_not_null().cast(pl.Float64).to_numpy()
    return filled


def find_outcome_in(cells: pl.DataFrame, outcome_columns: Sequence[str]) -> tuple[Target, np.ndarray]:
    """The target where outcomes came from a file of their own that names only winners: being in it means won.

    The most telling column that every winner has is named, a time of winning first. Raises DataError where no such column
    exists, and where the file also names losers, since then being in it means nothing.
    """
    columns = [Column(name, cells[name]) for name in outcome_columns if not cells[name].dtype.is_nested()]
    matched = np.zeros(cells.height, dtype=bool)
    for column in columns:
        matched |= _filled_rows(column) == 1
    winners = int(matched.sum())
    if not winners:
        raise DataError(
            "outcomes", Problem("rows", "no row of the leads has an outcome", "do both files use the same ids?")
        )
    _refuse_losers(columns)
    always = [column for column in columns if column.filled == winners]
    if not always:
        problem = Problem(
            "columns",
            f"none is filled in all {winners:,} rows that have an outcome",
            "name the target: --target COLUMN",
        )
        raise DataError("outcomes", problem)
    best = max(always, key=_tells_winning)
    is_time = guess_type(best, likely=_likely(best.name)).type == "time"
    why = (
        f"filled: every lead with a row in the file of outcomes is won ({winners:,} of {cells.height:,}, "
        f"{percent(winners / cells.height)}), the others are taken for lost"
    )
    more = (f"at: “{best.name}” holds the time of it",) if is_time else ()
    at = best.name if is_time else ""
    return Target("won", column=best.name, filled=True, at=at, guess=(why, *more)), matched.astype(np.float64)


def _refuse_losers(columns: Sequence[Column]) -> None:
    for column in columns:
        words = {_as_word(text): text for text in column.texts.head(50).to_list()}
        said = [text for word, text in words.items() if word in _TELLING_LOST]
        meaning = find_meaning(column.name)
        if meaning and meaning.name == "converted":
            said += [text for word, text in words.items() if word in LOST]
        if said:
            what = f"holds {quoted(said)}, so the file names losers too, and being in it does not mean won"
            mend = f'name the target: --target "{column.name}" --positive VALUE'
            raise DataError("outcomes", Problem(column.name, what, mend))


def _tells_winning(column: Column) -> tuple[bool, bool, bool, int]:
    meaning = find_meaning(column.name)
    named = meaning is not None and meaning.name in ("converted_at", "converted", "won_value")
    kind = guess_type(column, likely=_likely(column.name)).type
    return kind == "time" and named, kind == "time", named, -column.distinct


def _likely(name: str) -> tuple[FieldType, ...]:
    meaning = find_meaning(name)
    return meaning.types if meaning else ()


def _waiting_note(unsettled: pl.Series, waiting: Sequence[str]) -> tuple[str, ...]:
    if not waiting:
        return ()
    return (f"{int(unsettled.sum()):,} rows hold {quoted(waiting, 5)}: still open, and nothing is learnt from them",)


def _open_note(won: np.ndarray) -> tuple[str, ...]:
    unknown = int(np.isnan(won).sum())
    if not unknown:
        return ()
    return (
        f"{unknown:,} rows have no outcome; they are taken for still open, not for lost, and nothing is learnt from them",
    )


def name_target(column: str) -> str:
    """A name for the target, from its column.

    >>> name_target("Is Converted?"), name_target("ja/nein"), name_target("結果")
    ('is_converted', 'ja_nein', 'won')
    """
    bare = "".join(character if character.isascii() and character.isalnum() else " " for character in column.lower())
    return "_".join(bare.split()) or "won"
