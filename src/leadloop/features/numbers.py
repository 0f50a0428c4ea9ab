"""Numbers, amounts, company sizes, and yes or no: robust to outliers, with missing kept as information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadloop.features.block import FeatureColumn
from leadloop.leads import Field
from leadloop.leads.field import sign_of

_REACH = 3.0
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class NumbersBlock:
    """Numeric fields as they are, held within fences so that one mistyped value cannot shout down the rest.

    The fences lie three interquartile ranges outside the middle 98% of the training values (Tukey's far fences, taken
    from the 1st and 99th percentile so that honest skew passes). Where most leads share one value, as with a count that
    is mostly zero, the fences are those of the other leads: the few who visited are no mistakes. Amounts of money are on
    a log scale. A missing value stays missing: the learners decide what it means.
    """

    kind: ClassVar[str] = "numbers"
    fields: tuple[str, ...]
    logged: tuple[bool, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    directions: tuple[int, ...] = ()

    @classmethod
    def fit(cls, data: pl.DataFrame, fields: Sequence[Field]) -> Self:
        """Fit fences on training rows; `fields` are of type number or money."""
        lows, highs = [], []
        for field in fields:
            values = data[field.name].drop_nulls().to_numpy()
            if len(values) == 0:
                lows.append(0.0)
                highs.append(0.0)
                continue
            low, high = far_fences(values)
            lows.append(min(max(low, -_LARGEST), _LARGEST))
            highs.append(min(max(high, -_LARGEST), _LARGEST))
        return cls(
            tuple(field.name for field in fields),
            tuple(field.type == "money" for field in fields),
            tuple(lows),
            tuple(highs),
            _directions(fields),
        )

    @property
    def reads(self) -> tuple[str, ...]:
        return self.fields

    @property
    def columns(self) -> tuple[FeatureColumn, ...]:
        directions = self.directions or (0,) * len(self.fields)
        return tuple(
            FeatureColumn(name, name, direction=way) for name, way in zip(self.fields, directions, strict=True)
        )

    def values(self, data: pl.DataFrame) -> np.ndarray:
        if data.height == 1:
            cells = [data[field][0] for field in self.fields]
            numbers = np.array([[np.nan if cell is None else cell for cell in cells]], dtype=np.float64)
        else:
            numbers = data.select(self.fields).to_numpy().astype(np.float64, copy=False)
        held: np.ndarray = np.clip(numbers, self.low, self.high)
        if any(self.logged):
            money = np.array(self.logged)
            held[:, money] = np.sign(held[:, money]) * np.log1p(np.abs(held[:, money]))
        return held.astype(np.float32)

    def state(self) -> dict[str, Any]:
        return {
            "fields": self.fields,
            "logged": self.logged,
            "low": self.low,
            "high": self.high,
            "directions": self.directions,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        parts = {key: tuple(state[key]) for key in ("fields", "logged", "low", "high")}
        return cls(**parts, directions=_read_directions(state))


def _directions(fields: Sequence[Field]) -> tuple[int, ...]:
    """The direction of each field; nothing where none has one."""
    directions = tuple(sign_of(field) for field in fields)
    return directions if any(directions) else ()


def _read_directions(state: Mapping[str, Any]) -> tuple[int, ...]:
    """The directions of a saved block; versions saved before there were any have none."""
    return tuple(int(way) for way in state.get("directions", ()))


def far_fences(values: np.ndarray) -> tuple[float, float]:
    """Between which values honest ones lie, within what a float32 holds; `values` holds no missing ones."""
    values = np.clip(values, -_LARGEST, _LARGEST)
    shared = float(np.median(values))
    others = values[values != shared]
    if np.quantile(values, 0.25) == np.quantile(values, 0.75) and 0 < len(others) < len(values):
        # Most leads share one value, and fences around it would shut out all that differ: ask the others.
        low, high = far_fences(others)
        return min(low, shared), max(high, shared)
    with np.errstate(over="ignore", invalid="ignore"):
        near_low, first, third, near_high = np.quantile(values, (0.01, 0.25, 0.75, 0.99))
        reach = _REACH * (third - first)
        return float(max(values.min(), near_low - reach)), float(min(values.max(), near_high + reach))


@dataclass(frozen=True)
class BooleansBlock:
    """Yes-or-no fields as 1 and 0; not given stays missing."""

    kind: ClassVar[str] = "booleans"
    fields: tuple[str, ...]
    directions: tuple[int, ...] = ()

    @classmethod
    def of(cls, fields: Sequence[Field]) -> Self:
        """The block of these fields, of type boolean."""
        return cls(tuple(field.name for field in fields), _directions(fields))

    @property
    def reads(self) -> tuple[str, ...]:
        return self.fields

    @property
    def columns(self) -> tuple[FeatureColumn, ...]:
        directions = self.directions or (0,) * len(self.fields)
        return tuple(
            FeatureColumn(name, name, binary=True, direction=way)
            for name, way in zip(self.fields, directions, strict=True)
        )

    def values(self, data: pl.DataFrame) -> np.ndarray:
        if data.height == 1:
            cells = [data[field][0] for field in self.fields]
            return np.array([[np.nan if cell is None else cell for cell in cells]], dtype=np.float32)
        return data.select(pl.col(self.fields).cast(pl.Float32)).to_numpy()

    def state(self) -> dict[str, Any]:
        return {"fields": self.fields, "directions": self.directions}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(tuple(state["fields"]), _read_directions(state))


@dataclass(frozen=True)
class EmployeesBlock:
    """Company size on a log scale, from an exact number or a band, and whether it was exact.

    The size of a band is the geometric mean of its ends, so that 10 to 100 counts as much as 100 to 1,000.
    """

    kind: ClassVar[str] = "employees"
    field: str
    direction: int = 0

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.field,)

    @property
    def columns(self) -> tuple[FeatureColumn, ...]:
        return (
            FeatureColumn(f"{self.field}, log", self.field, direction=self.direction),
            FeatureColumn(f"{self.field} is exact", self.field, binary=True),
        )

    def values(self, data: pl.DataFrame) -> np.ndarray:
        ends = data[self.field].struct.unnest()
        low, high = ends["low"].to_numpy(), ends["high"].to_numpy()
        size = (np.log1p(low) + np.log1p(high)) / 2
        exact = np.where(np.isnan(size), np.nan, low == high)
        return np.column_stack([size, exact]).astype(np.float32)

    def state(self) -> dict[str, Any]:
        return {"field": self.field, "direction": self.direction}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(str(state["field"]), int(state.get("direction", 0)))
