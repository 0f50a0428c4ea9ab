"""One view of every kind of field: a few numbered levels, level 0 for missing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

NUMERIC_KINDS = ("number", "money", "employees", "time")
_EXACT_VALUES = 50
_BINS = 64
_FEWEST_A_PART = 20
_RARE = 10


@dataclass(frozen=True, slots=True)
class Levels:
    """A field cut into levels: `codes` one integer a row (0 = missing), `labels` what each level holds, in words.

    `numbers` are the values themselves as floats (NaN = missing) where the field has an order, else None. Values of a
    category that fewer than ten rows hold share one level.
    """

    codes: np.ndarray
    labels: tuple[str, ...]
    numbers: np.ndarray | None

    def names(self, chosen: list[int]) -> tuple[str, ...]:
        """What these levels hold, in words; neighbouring parts of a number make one ("3 to 5", "5 to 9": "3 to 9")."""
        if self.numbers is None:
            return tuple(self.labels[level] for level in chosen)
        names: list[str] = []
        before = None
        for level in sorted(chosen):
            label = self.labels[level]
            if before is not None and level == before + 1 and " to " in label and " to " in names[-1]:
                names[-1] = f"{names[-1].split(' to ')[0]} to {label.split(' to ')[1]}"
            else:
                names.append(label)
            before = level
        return tuple(names)

    @property
    def filled(self) -> np.ndarray:
        """Which rows hold a value."""
        return self.codes > 0


def cut_levels(values: pl.Series, kind: str) -> Levels:
    """Cut a field into levels: each value of a category, each value or 64 equal parts of a number."""
    if kind in NUMERIC_KINDS:
        return _number_levels(as_numbers(values))
    return _category_levels(_shared_part(values, kind))


def filled_rows(values: pl.Series) -> np.ndarray:
    """Which rows hold a value: not null, not NaN, not a blank text."""
    filled = values.is_not_null()
    if values.dtype == pl.String:
        filled = filled & (values.str.strip_chars() != "").fill_null(False)
    elif values.dtype.is_float():
        filled = filled & values.is_not_nan().fill_null(False)
    return filled.to_numpy()


def as_numbers(values: pl.Series) -> np.ndarray:
    """A field with an order as floats, NaN for missing: times in seconds, employee ranges by their lower end.

    >>> as_numbers(pl.Series([{"low": 50, "high": 100}, None])).tolist()
    [50.0, nan]
    """
    if isinstance(values.dtype, pl.Struct):
        fields = values.struct.fields
        values = values.struct.field("low" if "low" in fields else fields[0])
    if values.dtype.is_temporal():
        values = values.cast(pl.Datetime("us")) if values.dtype in (pl.Date, pl.Datetime) else values
        values = values.to_physical().cast(pl.Float64) / 1e6
    numbers = values.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    return np.where(np.isfinite(numbers), numbers, np.nan)


def as_text(values: pl.Series) -> pl.Series:
    """A field of any type as text; lists and structs as Python writes them."""
    if values.dtype.is_nested():
        values = pl.Series(
            values.name, [None if item is None else str(item) for item in values.to_list()], dtype=pl.String
        )
    return values.cast(pl.String)


def _shared_part(values: pl.Series, kind: str) -> pl.Series:
    """A field as trimmed text; of an e-mail or a web address only the part that many leads share, the domain."""
    text = as_text(values).str.strip_chars()
    if kind == "email":
        text = text.str.to_lowercase().str.extract(r"@([^@\s>]+)", 1)
    elif kind == "url":
        text = text.str.to_lowercase().str.extract(r"^(?:[a-z]+://)?(?:www\.)?([^/?#\s]+)", 1)
    return text.replace("", None)


def _number_levels(numbers: np.ndarray) -> Levels:
    codes = np.zeros(len(numbers), dtype=np.int64)
    known = ~np.isnan(numbers)
    distinct = np.unique(numbers[known])
    if len(distinct) <= _EXACT_VALUES:
        codes[known] = np.searchsorted(distinct, numbers[known]) + 1
        return Levels(codes, ("", *(f"{value:g}" for value in distinct)), numbers)
    # A value that many rows share (0 spent, 999 days) is a level of its own; only what lies between is cut into parts.
    distinct, place, count = np.unique(numbers[known], return_inverse=True, return_counts=True)
    spikes = distinct[count >= len(place) / _BINS]
    spiked = np.isin(numbers, spikes)
    codes[spiked] = np.searchsorted(spikes, numbers[spiked]) + 1
    rest = known & ~spiked
    labels = ["", *(f"{value:g}" for value in spikes)]
    if rest.any():
        parts = int(np.clip(rest.sum() // _FEWEST_A_PART, 1, _BINS))
        edges = np.unique(np.quantile(numbers[rest], np.linspace(0, 1, parts + 1), method="lower"))
        codes[rest] = np.searchsorted(edges[1:-1], numbers[rest], side="right") + len(labels)
        labels += [f"{low:g} to {high:g}" for low, high in pairwise(edges)] or [f"{edges[0]:g}"]
    return Levels(codes, tuple(labels), numbers)


def _category_levels(text: pl.Series) -> Levels:
    counts = text.drop_nulls().value_counts(sort=True)
    common = counts.filter(pl.col("count") >= _RARE)[text.name].to_list()
    common.sort()
    codes = np.zeros(len(text), dtype=np.int64)
    known = text.is_not_null().to_numpy()
    rare = counts.height > len(common)
    codes[known] = 1
    first = 2 if rare else 1
    if common:
        place = text.replace_strict(common, list(range(first, first + len(common))), default=1, return_dtype=pl.Int64)
        codes[known] = place.filter(pl.Series(known)).to_numpy()
    labels = ("", *(("rare values",) if rare else ()), *common)
    return Levels(codes, labels, None)
