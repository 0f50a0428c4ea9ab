"""Derived features: what two fields say together that neither says alone.

They are declared in the playbook (see `leadloop.playbook.derived`), and what they learn is numbers and texts like that of
any block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadloop.features.block import FeatureColumn
from leadloop.features.categories import SMOOTHING
from leadloop.features.numbers import far_fences
from leadloop.leads.made_fields import normalise_levels
from leadloop.playbook.derived import DERIVED_KINDS, TAKES, Derived

_LARGEST = float(np.finfo(np.float32).max)
_LEAST = 10
_DAY_US = 86_400_000_000
_NOT_GIVEN, _AND = "\x00", "\x1f"


@dataclass(frozen=True)
class DerivedBlock:
    """One derived feature, as one column.

    A ratio, difference or product of two numbers, or the days between two times, is missing where one of them is (or where
    the second of a ratio is 0), and is held within fences as numbers are. A deviation is a number less the mean of the
    training leads with the same second value (drawn towards the mean of all where they are few). A frequency is the share
    of the other training leads with the same value. A cross is the log-odds by which a pair of values was won more or less
    often than its two values alone promise: 0 where that is not known, and for each training lead learned from other leads.
    """

    kind: ClassVar[str] = "derived"
    makes: str
    name: str
    fields: tuple[str, ...]
    types: tuple[str, ...]
    low: float
    high: float
    levels: tuple[str, ...] = ()
    worth: tuple[float, ...] = ()
    otherwise: float = 0.0

    @classmethod
    def fit(
        cls,
        derived: Derived,
        types: Mapping[str, str],
        data: pl.DataFrame,
        positive: np.ndarray,
        folds: np.ndarray | None = None,
    ) -> tuple[Self, np.ndarray]:
        """Fit on training leads; gives the block, and its column for the training leads themselves.

        `types` gives the type of each field; `positive` holds 0 or 1 a lead, `folds` a fold number a lead.
        """
        blank = cls(derived.kind, derived.label, derived.reads, tuple(types[name] for name in derived.reads), 0.0, 0.0)
        if derived.kind == "cross":
            return blank._fit_cross(data, positive, folds)
        if derived.kind == "frequency":
            return blank._fit_frequency(data)
        if derived.kind == "deviation":
            blank = blank._fit_means(data)
        return blank._fenced(data)

    def _fenced(self, data: pl.DataFrame) -> tuple[Self, np.ndarray]:
        wide = self._with(low=-_LARGEST, high=_LARGEST)
        values = wide._column(data)
        known = values[~np.isnan(values)]
        low, high = far_fences(known) if len(known) else (0.0, 0.0)
        fitted = self._with(low=max(low, -_LARGEST), high=min(high, _LARGEST))
        return fitted, fitted.values(data)

    def _fit_means(self, data: pl.DataFrame) -> Self:
        numbers, words = self._numbers(data, 0), self._words(data, 1)
        known = ~np.isnan(numbers)
        if not known.any():
            return self
        held = np.clip(numbers, *far_fences(numbers[known]))
        overall = float(held[known].mean())
        levels, codes = _levels(words, _LEAST)
        inside = known & (codes < len(levels))
        count = np.bincount(codes[inside], minlength=len(levels))
        total = np.bincount(codes[inside], weights=held[inside], minlength=len(levels))
        means = (total + SMOOTHING * overall) / (count + SMOOTHING)
        return self._with(levels=levels, worth=tuple(map(float, means)), otherwise=overall)

    def _fit_frequency(self, data: pl.DataFrame) -> tuple[Self, np.ndarray]:
        words = self._words(data, 0)
        levels, codes = _levels(words, 2)
        count = np.bincount(codes, minlength=len(levels) + 1)[: len(levels)]
        leads = max(len(words), 1)
        fitted = self._with(low=0.0, high=1.0, levels=levels, worth=tuple((count / leads).tolist()))
        # A lead is no example of itself: one that was alone in training looks like a value never seen.
        values = fitted.values(data)
        return fitted, np.where(values > 0, values - np.float32(1 / leads), values).astype(np.float32)

    def _fit_cross(self, data: pl.DataFrame, positive: np.ndarray, folds: np.ndarray | None) -> tuple[Self, np.ndarray]:
        (first, one), (second, two) = (_levels(self._words(data, place), _LEAST) for place in (0, 1))
        levels, codes = _levels(self._words(data, None), _LEAST)
        sizes = len(first) + 1, len(second) + 1, len(levels) + 1

        def learn(rows: np.ndarray) -> np.ndarray:
            return _beyond(one[rows], two[rows], codes[rows], positive[rows], sizes)

        everyone = np.ones(len(codes), dtype=bool)
        worth = learn(everyone)
        fitted = self._with(low=-_LARGEST, high=_LARGEST, levels=levels, worth=tuple(worth[:-1].tolist()))
        values = fitted.values(data)
        for fold in () if folds is None else np.unique(folds):
            inside = folds == fold
            values[inside, 0] = learn(~inside)[codes[inside]]
        return fitted, values

    def _with(self, **changes: Any) -> Self:
        return type(self)(**{**self.state(), **changes})

    @property
    def reads(self) -> tuple[str, ...]:
        return self.fields

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        says, says_not, quote = {
            "cross": (
                "is a pair of values won more often than the two alone promise",
                "is a pair of values won no more often than the two alone promise",
                "",
            ),
            "frequency": ("is {}", "is {}", "share"),
        }.get(self.makes, ("", "", ""))
        return (FeatureColumn(self.name, self.name, says, says_not, quote=quote, rests_on=self.fields),)

    def values(self, data: pl.DataFrame) -> np.ndarray:
        held: np.ndarray = np.clip(self._column(data), self.low, self.high).astype(np.float32)
        return held.reshape(-1, 1)

    def _column(self, data: pl.DataFrame) -> np.ndarray:
        if self.makes in ("frequency", "cross"):
            return self._worth_of(self._words(data, 0 if self.makes == "frequency" else None))
        if self.makes == "deviation":
            return self._finite(self._numbers(data, 0) - self._worth_of(self._words(data, 1)))
        one, two = self._numbers(data, 0), self._numbers(data, 1)
        with np.errstate(all="ignore"):
            match self.makes:
                case "ratio":
                    return self._finite(np.where(two == 0, np.nan, one / two))
                case "product":
                    return self._finite(one * two)
                case "difference":
                    return self._finite(one - two)
                case _:
                    return self._finite((two - one) / _DAY_US)

    @staticmethod
    def _finite(values: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(values), values, np.nan)

    def _numbers(self, data: pl.DataFrame, place: int) -> np.ndarray:
        cells, kind = data[self.fields[place]], self.types[place]
        if kind == "employees":
            ends = cells.struct.unnest()
            low, high = ends["low"].to_numpy(), ends["high"].to_numpy()
            with np.errstate(invalid="ignore"):
                middle = np.where(low == high, low, np.expm1((np.log1p(low) + np.log1p(high)) / 2))
            return middle.astype(np.float64)
        if kind == "time":
            cells = cells.to_physical()
        return cells.cast(pl.Float64).to_numpy()

    def _words(self, data: pl.DataFrame, place: int | None) -> pl.Series:
        """The values of a field as words, or of both fields as one word."""
        if place is None:
            return self._words(data, 0) + _AND + self._words(data, 1)
        cells = data[self.fields[place]]
        words = cells.cast(pl.Int8).cast(pl.String) if self.types[place] == "boolean" else normalise_levels(cells)
        return words.fill_null(_NOT_GIVEN)

    @cached_property
    def _table(self) -> tuple[pl.Series, pl.Series]:
        return pl.Series(self.levels, dtype=pl.String), pl.Series(self.worth, dtype=pl.Float64)

    def _worth_of(self, words: pl.Series) -> np.ndarray:
        old, new = self._table
        worth: np.ndarray = words.replace_strict(old, new, default=self.otherwise, return_dtype=pl.Float64).to_numpy()
        return worth.copy()

    def state(self) -> dict[str, Any]:
        return {
            "makes": self.makes,
            "name": self.name,
            "fields": self.fields,
            "types": self.types,
            "low": self.low,
            "high": self.high,
            "levels": self.levels,
            "worth": self.worth,
            "otherwise": self.otherwise,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        makes = state["makes"]
        if makes not in DERIVED_KINDS:
            raise ValueError(f"no derived feature is called {makes!r}")
        fields, types = tuple(map(str, state["fields"])), tuple(map(str, state["types"]))
        if len(fields) != len(TAKES[makes]) or any(
            kind not in takes for kind, takes in zip(types, TAKES[makes], strict=True)
        ):
            raise ValueError(f"a {makes} cannot be made of {', '.join(types)}")
        levels, worth = tuple(map(str, state["levels"])), tuple(map(float, state["worth"]))
        if len(levels) != len(worth) or not np.isfinite(worth).all():
            raise ValueError("values and what they are worth do not match")
        ends = float(state["low"]), float(state["high"])
        return cls(makes, str(state["name"]), fields, types, *ends, levels, worth, float(state["otherwise"]))


def _levels(words: pl.Series, least: int) -> tuple[tuple[str, ...], np.ndarray]:
    """The words that so many leads share, and the place of each lead's word among them (the place after the last: rare)."""
    counts = words.alias("level").value_counts().filter(pl.col("count") >= least).sort("level")
    levels = counts["level"]
    places = pl.Series(range(len(levels)), dtype=pl.Int64)
    codes = words.replace_strict(levels, places, default=len(levels), return_dtype=pl.Int64)
    return tuple(levels.to_list()), codes.to_numpy()


def _beyond(
    one: np.ndarray, two: np.ndarray, pair: np.ndarray, positive: np.ndarray, sizes: tuple[int, int, int]
) -> np.ndarray:
    """By how much log-odds each pair was won more often than its two values promise; 0 for the rare ones (the last place).

    The two values are taken to add their log-odds, and both the values and the pair are drawn towards what is expected
    of them where leads are few.
    """
    prior = (positive.sum() + 0.5) / (len(positive) + 1.0)

    def log_odds(codes: np.ndarray, size: int, expected: np.ndarray) -> np.ndarray:
        count = np.bincount(codes, minlength=size)
        won = np.bincount(codes, weights=positive, minlength=size)
        chance = (won + SMOOTHING * expected) / (count + SMOOTHING)
        odds: np.ndarray = np.log(chance / (1 - chance))
        return odds

    base = np.log(prior / (1 - prior))
    flat = (np.full(size, prior) for size in sizes[:2])
    alone = [log_odds(codes, size, each) - base for codes, size, each in zip((one, two), sizes, flat, strict=False)]
    promised = base + alone[0][one] + alone[1][two]
    count = np.maximum(np.bincount(pair, minlength=sizes[2]), 1)
    expected = np.bincount(pair, weights=1 / (1 + np.exp(-promised)), minlength=sizes[2]) / count
    expected = np.clip(np.where(expected == 0, prior, expected), 1e-6, 1 - 1e-6)
    beyond = log_odds(pair, sizes[2], expected) - np.log(expected / (1 - expected))
    beyond[-1] = 0.0
    return beyond
