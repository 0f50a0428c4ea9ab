"""Categories: one column for each frequent value, and how often each value has led to the outcome before.

Values are compared without regard to case and spacing. A value never seen in training, or too rare to learn from, counts
as "other"; not given is a value of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadloop.features.block import FeatureColumn
from leadloop.leads.made_fields import normalise_level, normalise_levels

MOST_COLUMNS = 40
SMOOTHING = 20.0
MOST_SEEN = 10_000
FEW = 64
"""Up to so many leads are looked up one by one."""


@dataclass(frozen=True)
class CategoryBlock:
    """One category field as a table: each known level has its row of column values.

    Columns are `field = level` (0 or 1) for the most frequent levels and, for fields of more than two levels, the
    level's smoothed outcome rate as log-odds against the average lead (Micci-Barreca 2001). Fields of more than two levels
    also get the number of the level, for learners that split categories into sets. The last two rows of the table serve
    "other" (rare or unseen) and "not given".
    """

    kind: ClassVar[str] = "category"
    field: str
    levels: tuple[str, ...]
    shown: tuple[str, ...]
    rates: tuple[float, ...]
    numbered: bool = False

    @classmethod
    def fit(
        cls, cells: pl.Series, positive: np.ndarray, folds: np.ndarray | None = None, *, least: int = 10
    ) -> tuple[Self, np.ndarray]:
        """Fit on training rows; gives the block, and its columns for the training rows themselves.

        `cells` holds the field's values, `positive` 0 or 1 a row, `folds` a fold number a row. The rate of each training
        row is taken from the other folds only: a row that saw its own outcome would promise what it cannot keep
        (without folds, rates come from all rows). `least` is how many leads a level needs to count as known.
        """
        words = normalise_levels(cells)
        counts = words.drop_nulls().alias("level").value_counts().sort(["count", "level"], descending=[True, False])
        known = counts.filter(pl.col("count") >= least)
        levels = tuple(known["level"].to_list())
        shown = levels[:1] if len(levels) == 2 and counts.height == 2 else levels[:MOST_COLUMNS]
        wants_rate = len(levels) > 2
        codes = _codes(words, levels)
        rates = _rates(codes, positive, len(levels) + 2) if wants_rate else ()
        block = cls(cells.name, levels, shown, tuple(float(rate) for rate in rates), numbered=wants_rate)
        values = block._table[codes]
        if wants_rate and folds is not None:
            for fold in np.unique(folds):
                inside = folds == fold
                outside = _rates(codes[~inside], positive[~inside], len(levels) + 2).astype(np.float32)
                values[inside, block._rate] = outside[codes[inside]]
        return block, values

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.field,)

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        flags = [FeatureColumn(f"{self.field} = {level}", self.field, binary=True) for level in self.shown]
        # Not "= other": that is a level of many a field.
        flags.append(FeatureColumn(f"{self.field} is rare or new", self.field, binary=True))
        flags.append(FeatureColumn(f"{self.field} is not given", self.field, binary=True))
        rate = [FeatureColumn(f"{self.field}, outcome rate", self.field)] if self.rates else []
        places = len(self.levels) + 2
        number = (
            [FeatureColumn(f"{self.field}, number of its level", self.field, levels=places)] if self.numbered else []
        )
        return (*flags, *rate, *number)

    @property
    def _rate(self) -> int:
        """Where the outcome rate stands among the columns."""
        return len(self.shown) + 2

    @cached_property
    def _table(self) -> np.ndarray:
        count = len(self.levels)
        table = np.zeros((count + 2, len(self.columns)), dtype=np.float32)
        for column, level in enumerate(self.shown):
            table[self.levels.index(level), column] = 1
        table[count, len(self.shown)] = 1
        table[count + 1, len(self.shown) + 1] = 1
        if self.rates:
            table[:, self._rate] = self.rates
        if self.numbered:
            table[:, -1] = np.arange(count + 2)
        return table

    @cached_property
    def _numbers(self) -> tuple[pl.Series, pl.Series]:
        return pl.Series(self.levels, dtype=pl.String), pl.Series(range(len(self.levels)), dtype=pl.Int64)

    @cached_property
    def _place_of(self) -> dict[str, int]:
        return {level: place for place, level in enumerate(self.levels)}

    @cached_property
    def _seen(self) -> dict[str, int]:
        """The place in the table of cells that came alone; Polars needs longer to begin than to look one up."""
        return {}

    def values(self, data: pl.DataFrame) -> np.ndarray:
        cells = data[self.field]
        places = [self._place(cell) for cell in cells.to_list()] if data.height <= FEW else self._places(cells)
        rows: np.ndarray = self._table[places]
        return rows

    def _places(self, cells: pl.Series) -> np.ndarray:
        return _codes(normalise_levels(cells), self.levels, self._numbers)

    def _place(self, cell: str | None) -> int:
        """The place in the table of one cell; those of letters beyond ASCII are put in order by Polars, each once."""
        if cell is None:
            return len(self.levels) + 1
        level = normalise_level(cell)
        if level is not None:
            return self._place_of.get(level, len(self.levels))
        place = self._seen.get(cell)
        if place is None:
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            place = self._seen[cell] = int(self._places(pl.Series([cell], dtype=pl.String))[0])
        return place

    def state(self) -> dict[str, Any]:
        return {
            "field": self.field,
            "levels": self.levels,
            "shown": self.shown,
            "rates": self.rates,
            "numbered": self.numbered,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(
            str(state["field"]),
            tuple(state["levels"]),
            tuple(state["shown"]),
            tuple(float(r) for r in state["rates"]),
            bool(state.get("numbered", False)),  # versions saved before numbers were made have none
        )


def _codes(words: pl.Series, levels: tuple[str, ...], numbers: tuple[pl.Series, pl.Series] | None = None) -> np.ndarray:
    """Each row's place in the table: its level, else "other", else "not given"."""
    count = len(levels)
    old, new = numbers or (pl.Series(levels, dtype=pl.String), pl.Series(range(count), dtype=pl.Int64))
    codes = words.replace_strict(old, new, default=count, return_dtype=pl.Int64)
    places: np.ndarray = codes.set(words.is_null(), count + 1).to_numpy()
    return places


def _rates(codes: np.ndarray, positive: np.ndarray, places: int) -> np.ndarray:
    """Smoothed log-odds of the outcome for each place of the table, against the average of all rows."""
    prior = (positive.sum() + 0.5) / (len(positive) + 1.0)
    count = np.bincount(codes, minlength=places)
    won = np.bincount(codes, weights=positive, minlength=places)
    chance = (won + SMOOTHING * prior) / (count + SMOOTHING)
    rates: np.ndarray = np.log(chance / (1 - chance)) - np.log(prior / (1 - prior))
    return rates
