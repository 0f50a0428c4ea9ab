"""The models that can be part of a blend, as they are when serving: arrays, and nothing that could run code.

Each gives a margin (log-odds) a lead, and contributions that add up to it exactly: one a column of the feature matrix, in
log-odds against the model's `expected` margin (what it says of the average training lead).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol, Self

import numpy as np


class Member(Protocol):
    """A fitted model of a blend."""

    kind: ClassVar[str]

    @property
    def expected(self) -> float:
        """The margin that contributions are measured against."""

    def margins(self, matrix: np.ndarray) -> np.ndarray:
        """One margin a lead: float64, from a float32 feature matrix."""

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Shape (leads, columns); each row adds up to the lead's margin less `expected`."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that was fitted, as arrays."""


@dataclass(frozen=True)
class PriorModel:
    """The same margin for every lead: the average outcome, and nothing else."""

    kind: ClassVar[str] = "prior"
    margin: float

    @property
    def expected(self) -> float:
        return self.margin

    def margins(self, matrix: np.ndarray) -> np.ndarray:
        return np.full(len(matrix), self.margin)

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        return np.zeros(matrix.shape)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"margin": np.array([self.margin])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        return cls(float(arrays["margin"][0]))


STRAIGHT, MISSING, HINGE = 0, 1, 2
_ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class LinearModel:
    """A sum of terms, each of one column: its value, whether it is missing, or how far it is above a knot.

    Term k of a lead is `(t - centre[k]) / scale[k] * weight[k]`, where t is the column's value clipped to `low`..`high`
    (kind 0), 1 where it is missing (kind 1), or how far the value is above `knot` (kind 2). Missing values count as the
    centre, so they contribute nothing but through kind 1. Centres are training means: `expected` is the intercept. A term
    with a `gate` (the place of a column; -1 is none) counts only for leads of which that column is 1.
    """

    kind: ClassVar[str] = "linear"
    intercept: float
    column: np.ndarray
    term: np.ndarray
    knot: np.ndarray
    low: np.ndarray
    high: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    gate: np.ndarray | None = None

    @property
    def expected(self) -> float:
        return self.intercept

    def design(self, matrix: np.ndarray) -> np.ndarray:
        """The terms before weighting: shape (leads, terms), float64."""
        design = np.take(matrix, self.column, axis=1).astype(np.float64)
        missing = np.isnan(design)
        hinged, flags, valued, gated = self._places
        np.clip(design, self.low, self.high, out=design)
        if len(hinged):
            design[:, hinged] = np.maximum(design[:, hinged] - self.knot[hinged], 0.0)
        if len(flags):
            design[:, flags] = missing[:, flags]
        design -= self.centre
        design /= self.scale
        np.copyto(design, 0.0, where=missing & valued)
        if self.gate is not None:
            design[:, gated] *= np.take(matrix, self.gate[gated], axis=1) == 1
        return design

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Which terms have a knot, which say that a value is missing, whether each is about a value, and which have a gate."""
        flags = self.term == MISSING
        gated = np.flatnonzero(self.gate >= 0) if self.gate is not None else np.empty(0, dtype=np.int64)
        return np.flatnonzero(self.term == HINGE), np.flatnonzero(flags), ~flags, gated

    def margins(self, matrix: np.ndarray) -> np.ndarray:
        # Row by row in the order of memory (which np.take keeps), and not as a matrix product: either would round a row
        # in a batch differently from the same row alone. Some rows at a time stay near the processor.
        if len(matrix) > _ROWS_AT_ONCE:
            starts = range(0, len(matrix), _ROWS_AT_ONCE)
            return np.concatenate([self.margins(matrix[start : start + _ROWS_AT_ONCE]) for start in starts])
        margins: np.ndarray = self.intercept + (self.design(matrix) * self.weight).sum(axis=1)
        return margins

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        weighted = self.design(matrix) * self.weight
        contributions = np.zeros(matrix.shape)
        starts, columns = self._runs
        if len(columns):
            contributions[:, columns] = np.add.reduceat(weighted, starts, axis=1)
        return contributions

    @cached_property
    def _runs(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the terms of each column begin (terms are sorted by column), and which column it is."""
        columns, starts = np.unique(self.column, return_index=True)
        return starts, columns

    def arrays(self) -> dict[str, np.ndarray]:
        names = ("column", "term", "knot", "low", "high", "centre", "scale", "weight")
        gate = {} if self.gate is None else {"gate": self.gate}
        return {"intercept": np.array([self.intercept]), **{name: getattr(self, name) for name in names}, **gate}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        rest = {name: np.asarray(values) for name, values in arrays.items() if name != "intercept"}
        if len({len(values) for values in rest.values()}) != 1:
            raise ValueError("the arrays of a linear model differ in length")
        if np.any(np.diff(rest["column"]) < 0) or np.any(rest["scale"] == 0):
            raise ValueError("the terms of a linear model are out of order")
        return cls(float(arrays["intercept"][0]), **rest)


def no_terms() -> LinearModel:
    """A sum of no terms: 0 for every lead."""
    empty, places = np.empty(0), np.empty(0, dtype=np.int64)
    return LinearModel(0.0, places, places, empty, empty, empty, empty, empty, empty)
