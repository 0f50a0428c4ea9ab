"""What training saw of one field: its values, its range, and how often it was left out.

A value that was never seen is a surprise, the larger the less likely such a newcomer was: -log of its probability. For a level
of a category that is Good's estimate, the share of leads whose level was seen once (Good 1953). For a number past the range it
is Weissman's tail (1978): on a log scale, what lies beyond the outermost twentieth thins out exponentially, as it was seen to.
What was seen is no surprise, however rare.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import floor, log, sqrt
from typing import Any, Self

import numpy as np
import polars as pl

from leadloop.leads.made_fields import normalise_level, normalise_levels
from leadloop.scoring.reasons import say_value

LEVELS = ("category", "boolean")
NUMBERS = ("number", "money", "employees", "text")
"""Types that are judged by a number; of a text it is the count of characters."""
FEW = 64
"""Up to so many leads are looked at one by one."""
_LEAST_EXCESS = 1e-3


def signed_log(values: np.ndarray) -> np.ndarray:
    """Numbers on a log scale that keeps their sign and their order.

    >>> signed_log(np.array([0.0, -np.e + 1])).tolist()
    [0.0, -1.0]
    """
    scaled: np.ndarray = np.sign(values) * np.log1p(np.abs(values))
    return scaled


def as_numbers(cells: pl.Series, kind: str) -> np.ndarray:
    """A column as numbers, missing as NaN: the middle of a band of employees, the length of a text."""
    if kind == "employees":
        ends = cells.struct.unnest()
        middle: np.ndarray = np.sqrt(ends["low"].to_numpy()) * np.sqrt(ends["high"].to_numpy())
        return middle
    if kind == "text":
        cells = cells.str.len_chars()
    return cells.cast(pl.Float64).to_numpy()


def as_number(value: Any) -> float:
    """One value as `as_numbers` has it, to the last bit: square roots are exact to the last one everywhere."""
    if isinstance(value, dict):
        return sqrt(value["low"]) * sqrt(value["high"])
    return float(len(value)) if isinstance(value, str) else float(value)


@dataclass(frozen=True, slots=True)
class Tail:
    """One end of a number's range: beyond `start` lay `share` of the leads, on a log scale `excess` further on average."""

    start: float
    share: float
    excess: float

    def surprises(self, values: np.ndarray, leads: int) -> np.ndarray:
        """-log of the probability to lie as far out as these values, which lie beyond all that were seen."""
        unlikely = (values - self.start) / max(self.excess, _LEAST_EXCESS) - log(max(self.share, 1 / (leads + 1)))
        return np.maximum(unlikely, log(leads + 1))


@dataclass(frozen=True)
class SeenField:
    """One field as training saw it.

    `levels` are the values seen, the commonest first, of which the first `common` have steps of their own; `edges` cut a number
    into steps. `newcomers` is the share of leads whose level was seen just once; where it is large, a new level is nothing new.
    `reach` is how far past the range, on a log scale, a number may lie because it moves with time.
    """

    name: str
    type: str
    leads: int
    missing: int
    levels: tuple[str, ...] = ()
    common: int = 0
    newcomers: float = 0.0
    edges: tuple[float, ...] = ()
    low: float = 0.0
    high: float = 0.0
    below: Tail = Tail(0.0, 0.0, 0.0)
    above: Tail = Tail(0.0, 0.0, 0.0)
    reach: float = 0.0
    whole: bool = False
    """Whether every number was a whole one: 1.25 is then none that was seen, and perhaps 1,250 in another way of writing."""

    @property
    def steps(self) -> int:
        """How many steps its values fall into, "not given" included as the last."""
        if self.type in LEVELS:
            return self.common + 2
        return len(self.edges) + 2 if self.type in NUMBERS else 2

    def look(self, cells: pl.Series) -> tuple[np.ndarray, np.ndarray]:
        """The step of each value, and how surprising it is (0 where it was seen before)."""
        if len(cells) <= FEW:
            seen = [self._look_at_one(value) for value in cells.to_list()]
            if None not in seen:
                places, surprises = zip(*seen, strict=True) if seen else ((), ())
                return np.array(places, dtype=np.int64), np.array(surprises, dtype=np.float64)
        absent = cells.is_null().to_numpy()
        surprises = np.zeros(len(cells))
        if self.type in NUMBERS:
            numbers = as_numbers(cells, self.type)
            places = np.searchsorted(np.array(self.edges), numbers, side="left")
            if self.missing < self.leads:
                lowest, highest = self._ends
                self._add_tail(surprises, numbers > highest, numbers, self.above)
                self._add_tail(surprises, numbers < lowest, -numbers, self.below)
            if self.whole:
                surprises[numbers != np.floor(numbers)] = self._never
        elif self.type in LEVELS:
            found = self._find(cells)
            surprises[found == len(self.levels)] = -log(max(self.newcomers, 0.5 / (self.leads + 1)))
            places = np.minimum(found, self.common)
        else:
            places = np.zeros(len(cells), dtype=np.int64)
        places[absent] = self.steps - 1
        surprises[absent] = 0.0 if self.missing else log(2 * (self.leads + 1))
        return places, surprises

    def _look_at_one(self, value: Any) -> tuple[int, float] | None:
        """The same for one value without a table, which takes longer to begin; None where letters are left to tables."""
        if value is None:
            return self.steps - 1, 0.0 if self.missing else log(2 * (self.leads + 1))
        if self.type in LEVELS:
            found = self._find_one(value)
            if found is None:
                return None
            new = found == len(self.levels)
            return min(found, self.common), -log(max(self.newcomers, 0.5 / (self.leads + 1))) if new else 0.0
        if self.type not in NUMBERS:
            return 0, 0.0
        number = as_number(value)
        if number != number:
            return None
        surprise = np.zeros(1)
        if self.missing < self.leads and not self._ends[0] <= number <= self._ends[1]:
            numbers = np.array([number])
            self._add_tail(surprise, numbers > self._ends[1], numbers, self.above)
            self._add_tail(surprise, numbers < self._ends[0], -numbers, self.below)
        if self.whole and number != floor(number):
            surprise[0] = self._never
        return bisect_left(self.edges, number), float(surprise[0])

    def say(self, value: object) -> str:
        """What is unusual about a value that was never seen, in words."""
        if value is None:
            return f"{self.name} is not given (it always was)"
        if self.type == "text":
            return f"{self.name} has {len(str(value)):,} characters ({self._limit(len(str(value)))})"
        if self.type in NUMBERS:
            number = (value["low"] * value["high"]) ** 0.5 if isinstance(value, dict) else float(str(value))
            if self.whole and number != floor(number):
                return f"{self.name} is {say_value(value)} (only whole numbers were seen)"
            return f"{self.name} is {say_value(value)} ({self._limit(number)})"
        return f"{self.name} is {say_value(value)} (never seen)"

    @property
    def _never(self) -> float:
        """The surprise of what not one lead held: as large as that of a value that is missing where none ever was."""
        return log(2 * (self.leads + 1))

    def _limit(self, number: float) -> str:
        side, limit = ("highest", self.high) if number > self.high else ("lowest", self.low)
        return f"{side} seen {say_value(limit)}"

    def _add_tail(self, surprises: np.ndarray, beyond: np.ndarray, numbers: np.ndarray, tail: Tail) -> None:
        if beyond.any():
            surprises[beyond] = tail.surprises(signed_log(numbers[beyond]), self.leads)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """The lowest and highest number that surprises nobody."""
        if not self.reach:
            return self.low, self.high
        ends = signed_log(np.array([self.low, self.high])) + np.array([-self.reach, self.reach])
        with np.errstate(over="ignore"):
            lowest, highest = np.sign(ends) * np.expm1(np.abs(ends))
        return float(lowest), float(highest)

    def past_range(self, cells: pl.Series) -> np.ndarray:
        """How far each number lies past the range on a log scale, 0 within it or where none is given."""
        numbers = signed_log(as_numbers(cells, self.type))
        low, high = signed_log(np.array([self.low, self.high]))
        distances: np.ndarray = np.nan_to_num(np.maximum(np.maximum(numbers - high, low - numbers), 0.0))
        return distances

    @cached_property
    def _places(self) -> tuple[pl.Series, pl.Series]:
        return pl.Series(self.levels, dtype=pl.String), pl.Series(range(len(self.levels)), dtype=pl.Int64)

    @cached_property
    def _place_of(self) -> dict[str, int]:
        return {level: place for place, level in enumerate(self.levels)}

    def _find_one(self, value: object) -> int | None:
        """The place of one value, as `_find` has it, without a table; None where letters beyond ASCII are left to tables."""
        if value is None:
            return -1
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        level = normalise_level(text)
        return None if level is None else self._place_of.get(level, len(self.levels))

    def _find(self, cells: pl.Series) -> np.ndarray:
        """Each value's place among the levels seen; one past the last for a level that was never seen."""
        if self.type == "boolean":
            cells = cells.cast(pl.String)
        # Real columns repeat their levels: each is put in order once, and the rows only look it up.
        distinct = cells.drop_nulls().unique()
        old, new = self._places
        places = normalise_levels(distinct).replace_strict(old, new, default=len(old), return_dtype=pl.Int64)
        found: np.ndarray = (
            cells.replace_strict(distinct, places, default=None, return_dtype=pl.Int64).fill_null(-1).to_numpy()
        )
        return found.copy()

    def state(self) -> dict[str, Any]:
        """Everything that was seen, as plain values."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The field that `state` describes; raises ValueError where it is none."""
        tails = {name: Tail(**{key: float(value) for key, value in state[name].items()}) for name in ("below", "above")}
        edges = tuple(float(edge) for edge in state["edges"])
        levels = tuple(str(level) for level in state["levels"])
        if (
            np.any(np.diff(edges) <= 0)
            or not 0 <= int(state["common"]) <= len(levels)
            or len(set(levels)) < len(levels)
        ):
            raise ValueError(f"what was seen of {state['name']!r} contradicts itself")
        return cls(**{**state, **tails, "edges": edges, "levels": levels})
