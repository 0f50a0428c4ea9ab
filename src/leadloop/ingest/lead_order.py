"""How the leads of a table follow one another in time: by a time, by a counter, by their place in the file, or not at all.

The newest leads are what a model is tested on, so a wrong order is worse than none. A file's own order counts only where
the rows themselves show it: columns that change slowly down the file and come back to earlier values, as months and market
rates do. A file that is merely sorted or grouped by something shows no time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

import numpy as np
import polars as pl

from leadloop.ingest.column import percent, quoted
from leadloop.ingest.crm_names import find_meaning
from leadloop.leads import Field
from leadloop.learning.leakage.names import hint_in, name_words
from leadloop.playbook import Order

_FEWEST_ROWS = 100
_FILLED = 0.98
_MONOTONE_STEPS = 0.95
_MONOTONE_RANKS = 0.99
_SLOW = 0.8
_RETURNS = 1.5
_SORTED_OUTCOME = 0.6

_ARRIVAL = frozenset(
    [
        "created",
        "creation",
        "create",
        "submitted",
        "submission",
        "received",
        "registered",
        "registration",
        "signup",
        "enquiry",
        "inquiry",
        "applied",
        "application",
        "request",
        "requested",
        "opened",
        "acquired",
        "acquisition",
        "arrival",
        "arrived",
        "entered",
        "posted",
        "entry",
        "captured",
        "first",
        "inserted",
        "added",
        "reg",
        "came",
    ]
)
_LATER = frozenset(
    [
        "updated",
        "modified",
        "last",
        "latest",
        "closed",
        "close",
        "closing",
        "won",
        "lost",
        "converted",
        "conversion",
        "end",
        "ended",
        "birth",
        "born",
        "dob",
        "next",
        "expiry",
        "expires",
        "expired",
        "due",
        "retrieval",
        "export",
        "exported",
        "seen",
        "visited",
        "changed",
        "edited",
        "resolved",
        "finished",
        "completed",
        "signed",
        "paid",
        "renewal",
    ]
)
_COUNTED = frozenset(["id", "number", "no", "nr", "num", "key", "ref", "reference", "index"])
_CALENDAR_NUMBERS = frozenset(
    ["year", "quarter", "month", "week", "day", "period", "wave", "batch", "cohort", "yearmonth"]
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class OrderGuess:
    """How the leads are ordered, or None, and what a person should know about it. `position` rises with time, a row each."""

    order: Order | None
    notes: tuple[str, ...] = ()
    position: np.ndarray | None = None


def find_order(
    values: pl.DataFrame, fields: Mapping[str, Field], won: np.ndarray, *, outcomes: frozenset[str] = frozenset()
) -> OrderGuess:
    """How the leads follow one another. `values` has a typed column for each field, in the order of the file.

    `won` is 1, 0 or NaN a row; `outcomes` are fields that are known only at the outcome.
    """
    known = {name: field for name, field in fields.items() if name in values.columns and name not in outcomes}
    by_time = _by_time(values, known)
    if by_time is not None:
        return by_time
    by_counter = _by_counter(values, known)
    if by_counter is not None:
        return by_counter
    return _by_rows(values, known, won)


# By a time.


def _by_time(values: pl.DataFrame, fields: Mapping[str, Field]) -> OrderGuess | None:
    ranked = []
    for name, field in fields.items():
        if (
            field.type != "time"
            or values[name].null_count() > (1 - _FILLED) * values.height
            or values[name].n_unique() < 3
        ):
            continue
        rank, said = _time_rank(name)
        steps, _ = _monotone(_as_numbers(values[name]))
        if rank:
            ranked.append((rank + (1 if steps else 0), "utc" in name_words(name), name, said, steps))
    if not ranked:
        return None
    place = {name: index for index, name in enumerate(fields)}
    _, _, name, said, steps = max(ranked, key=lambda one: (one[0], one[1], -place[one[2]]))
    times = values[name]
    first, last = (cast(datetime, end) for end in (times.min(), times.max()))
    filled = values.height - times.null_count()
    along = f"; it {'rises' if steps > 0 else 'falls'} down the file" if steps else ""
    because = f"{said}, filled in {filled:,} of {values.height:,} rows, from {first:%Y-%m-%d} to {last:%Y-%m-%d}{along}"
    order = Order("field", name, "largest", (f"“{name}”: {because}",))
    return OrderGuess(order, (), _filled_up(_as_numbers(times)))


def _time_rank(name: str) -> tuple[int, str]:
    """How clearly a name says that this is when the lead came in (0: it does not, or says something else)."""
    words = frozenset(name_words(name))
    hint = hint_in(name)
    meaning = find_meaning(name)
    if meaning is not None and meaning.name == "created_at":
        return 6, "the time of creation by its name"
    if (hint is not None and hint.telling) or (meaning is not None and meaning.later) or words & _LATER:
        return 0, ""
    if words & _ARRIVAL:
        return 4, "by its name the time at which the lead came in"
    if words <= {
        "date",
        "time",
        "timestamp",
        "datetime",
        "day",
        "utc",
        "unix",
        "ts",
        "at",
        "of",
        "contact",
        "lead",
        "call",
    }:
        return 2, "a time by its name"
    return 1, "a time that nearly every lead has"


# By a counter.


def _by_counter(values: pl.DataFrame, fields: Mapping[str, Field]) -> OrderGuess | None:
    found = []
    for name, field in fields.items():
        if field.type not in ("id", "number"):
            continue
        numbers = _as_numbers(values[name])
        if not _counts_up(numbers, values.height):
            continue
        direction, share = _monotone(numbers)
        steps = np.diff(numbers)
        if direction and steps.max() - steps.min() > 1:  # else it merely numbers the rows
            found.append((bool(_COUNTED & set(name_words(name))), share, name, direction, numbers))
    if not found:
        return None
    _, share, name, direction, numbers = max(found, key=lambda one: one[:2])
    way = "rises" if direction > 0 else "falls"
    because = (
        f"“{name}”: a number of its own for every lead that {way} down the file (in {percent(share)} of the steps), with gaps: a "
        "counter, and counters rise with time, so the largest is the newest"
    )
    return OrderGuess(Order("field", name, "largest", (because,)), (), numbers)


def _counts_up(numbers: np.ndarray, height: int) -> bool:
    """Whether these are whole numbers, one for each lead, all different."""
    if height < _FEWEST_ROWS or np.isnan(numbers).any():
        return False
    return bool(np.all(numbers == np.floor(numbers))) and len(np.unique(numbers)) >= 0.999 * height


def _monotone(numbers: np.ndarray) -> tuple[int, float]:
    """1 where numbers rise down the file, -1 where they fall, 0 where they do neither; and the share of steps that do."""
    known = numbers[~np.isnan(numbers)]
    if len(known) < _FEWEST_ROWS or known.min() == known.max():
        return 0, 0.0
    steps = np.sign(np.diff(known))
    moved = steps[steps != 0]
    up = float((moved > 0).mean())
    direction = 1 if up >= 0.5 else -1
    share = max(up, 1 - up)
    ranks = pl.Series(known).rank().to_numpy()
    along = abs(float(np.corrcoef(ranks, np.arange(len(ranks)))[0, 1]))
    return (direction, share) if share >= _MONOTONE_STEPS and along >= _MONOTONE_RANKS else (0, 0.0)


# By the rows themselves.


@dataclass(frozen=True, slots=True)
class _Stretch:
    """How a column runs down the file: in how many runs of one value, and how much more often rows agree than by chance."""

    name: str
    codes: np.ndarray
    runs: int
    distinct: int
    same: float
    chance: float

    @property
    def stickiness(self) -> float:
        """How much of the way from chance to certainty two rows in a row agree (0 for a shuffled file, 1 for one value)."""
        return (self.same - self.chance) / (1 - self.chance) if self.chance < 1 else 0.0


def _by_rows(values: pl.DataFrame, fields: Mapping[str, Field], won: np.ndarray) -> OrderGuess:
    if values.height < _FEWEST_ROWS:
        return OrderGuess(None, ("too few rows to see whether they stand in an order of time",))
    outcome = _stretch("outcome", np.nan_to_num(won, nan=-1.0))
    if outcome.stickiness > _SORTED_OUTCOME:
        note = "the rows stand sorted or grouped by the outcome, so their order tells no time"
        return OrderGuess(None, (note, _no_order(values, fields)))
    stretches = [
        _stretch(name, _as_codes(values[name]))
        for name, field in fields.items()
        if field.type in ("number", "money", "category", "boolean", "employees")
        and values[name].null_count() < 0.5 * values.height
    ]
    slow = [one for one in stretches if one.stickiness >= _SLOW and one.distinct >= 3]
    by = _sorted_by(values, fields, slow)
    if by is not None:
        return by
    returning = [one for one in slow if one.runs >= _RETURNS * one.distinct and not _sorted_within(one, slow)]
    if len(slow) < 2 or not returning:
        return OrderGuess(None, (_no_order(values, fields),))
    newest, how = _direction(values, slow)
    best = max(returning, key=lambda one: one.stickiness)
    guesses = (
        f"rows: {len(slow)} columns change slowly down the file, and “{best.name}” comes back to earlier values as only time "
        f"does (the next row has the same in {percent(best.same)} of rows; shuffled it would be {percent(best.chance)})",
        f"newest: {how}",
        *_drift(won),
    )
    position = np.arange(values.height, dtype=np.float64)
    return OrderGuess(Order("rows", "", newest, guesses), (), position if newest == "last" else -position)


def _stretch(name: str, codes: np.ndarray) -> _Stretch:
    _, places = np.unique(codes, return_inverse=True)
    shares = np.bincount(places) / len(places)
    changes = places[1:] != places[:-1]
    return _Stretch(
        name, places, int(changes.sum()) + 1, len(shares), 1 - float(changes.mean()), float((shares**2).sum())
    )


def _sorted_by(values: pl.DataFrame, fields: Mapping[str, Field], slow: list[_Stretch]) -> OrderGuess | None:
    """Where the file is sorted by one column: the order itself if that is a calendar number, else none at all."""
    for one in slow:
        steps = np.diff(one.codes)
        if not (np.all(steps >= 0) or np.all(steps <= 0)):
            continue
        if fields[one.name].type == "number" and _CALENDAR_NUMBERS & set(name_words(one.name)):
            way = "rises" if np.all(steps >= 0) else "falls"
            because = f"“{one.name}”: by its name a part of the calendar, and it {way} down the whole file"
            numbers = _as_numbers(values[one.name])
            return OrderGuess(Order("field", one.name, "largest", (because,)), (), _filled_up(numbers))
        note = f"the rows stand sorted by “{one.name}”, so their order tells no time"
        return OrderGuess(None, (note, _no_order(values, fields)))
    return None


def _sorted_within(one: _Stretch, slow: list[_Stretch]) -> bool:
    """Whether a column returns to earlier values only because the file is sorted by another column first and by it next."""
    steps = np.diff(one.codes)
    for other in slow:
        if other is one or other.runs > other.distinct:
            continue
        inside = np.diff(other.codes) == 0
        if np.all(steps[inside] >= 0) or np.all(steps[inside] <= 0):
            return True
    return False


def _direction(values: pl.DataFrame, slow: list[_Stretch]) -> tuple[Literal["last", "first"], str]:
    """Which end of the file is the present: months and weekdays that follow one another tell, else the end is assumed."""
    for one in slow:
        column = values[one.name]
        for cycle in (_MONTHS, _WEEKDAYS):
            places = _cycle_places(column, cycle)
            if places is None:
                continue
            turns = np.diff(places[np.concatenate([[True], np.diff(places) != 0])]) % len(cycle)
            forward, backward = int((turns == 1).sum()), int((turns == len(cycle) - 1).sum())
            if forward + backward >= 3 and max(forward, backward) >= 0.7 * (forward + backward):
                newest: Literal["last", "first"] = "last" if forward > backward else "first"
                way = "forwards" if forward > backward else "backwards"
                return newest, f"“{one.name}” runs {way} down the file, so the {newest} row is the newest"
    return "last", "nothing tells which end of the file is the present; the last row is taken for the newest"


def _cycle_places(column: pl.Series, cycle: tuple[str, ...]) -> np.ndarray | None:
    """Where each value stands in the year or the week, or None where the values are no months or weekdays."""
    if column.dtype != pl.String:
        return None
    places = (
        column.str.to_lowercase().str.slice(0, 3).replace_strict(list(cycle), list(range(len(cycle))), default=None)
    )
    known = places.drop_nulls()
    return known.to_numpy().astype(np.int64) if len(known) >= 0.95 * max(len(column) - column.null_count(), 1) else None


def _drift(won: np.ndarray) -> tuple[str, ...]:
    """The share of won leads at both ends of the file, where they differ."""
    tenth = len(won) // 10
    first, last = won[:tenth], won[-tenth:]
    first, last = first[~np.isnan(first)], last[~np.isnan(last)]
    if len(first) < 30 or len(last) < 30:
        return ()
    share = np.nanmean(won)
    error = np.sqrt(share * (1 - share) * (1 / len(first) + 1 / len(last)))
    if error == 0 or abs(first.mean() - last.mean()) < 4 * error:
        return ()
    return (
        f"drift: {percent(first.mean())} of the first tenth of the rows are won, {percent(last.mean())} of the last",
    )


def _no_order(values: pl.DataFrame, fields: Mapping[str, Field]) -> str:
    note = "no order of time was found, so leads will be kept back for the test at random, which flatters a model"
    counters = [
        name
        for name, field in fields.items()
        if field.type in ("id", "number")
        and _counts_up(numbers := _as_numbers(values[name]), values.height)
        and np.ptp(numbers) > 1.05 * values.height
    ]
    if counters:
        return f"{note}; if {quoted(counters)} counts leads as they come in, order by it"
    return f"{note}; if a column holds the time or the rows stand in order, say so under [order]"


# Columns as arrays.


def _as_numbers(column: pl.Series) -> np.ndarray:
    """Values as floats, NaN for missing: times in microseconds, identifiers where they are written in digits."""
    if isinstance(column.dtype, pl.Datetime):
        column = column.to_physical()
    numbers: np.ndarray = column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return numbers


def _as_codes(column: pl.Series) -> np.ndarray:
    """A whole number for each different value, in the order of the values, so that sorting shows."""
    if isinstance(column.dtype, pl.Struct):
        column = column.struct.field("low")
    codes: np.ndarray = column.rank("dense").fill_null(0).to_numpy()
    return codes


def _filled_up(numbers: np.ndarray) -> np.ndarray:
    """Leads without a time count as the oldest."""
    return np.where(np.isnan(numbers), np.nanmin(numbers), numbers)
