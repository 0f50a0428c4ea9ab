"""Candidates: every derived feature that the usable fields of a playbook could be made into."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from leadloop.leads import Field
from leadloop.learning.leakage.measures import measure_fields
from leadloop.learning.leakage.rows import take_rows
from leadloop.playbook.derived import LEVELS, NUMBERS, Derived

MOST_FIELDS = 12
"""So many numbers, and so many categories, are paired: those that tell most by themselves."""
_ENOUGH = 50
_MANY_LEVELS = 12


def propose_candidates(
    fields: Sequence[Field],
    data: pl.DataFrame,
    positive: np.ndarray,
    *,
    order: np.ndarray | None = None,
    seed: int = 0,
    known: Sequence[Derived] = (),
) -> tuple[Derived, ...]:
    """Every derived feature worth trying on these fields, which must be known when leads are scored.

    Numbers are paired as ratio, difference and product, categories (and yes or no) as a cross, a number with a category as
    its deviation; times give the days between them, and categories of many values how frequent each is. Fields that are
    nearly always missing or the same are left out, and those in `known` are there already.
    """
    alive = [field for field in fields if _varies(data[field.name], field.type)]
    strength = _strengths(alive, data, positive, order, seed)
    numbers = _strongest([field for field in alive if field.type in NUMBERS], strength)
    levels = _strongest([field for field in alive if field.type in LEVELS], strength)
    times = [field.name for field in alive if field.type == "time"]
    there = {(one.kind, one.reads) for one in known}
    made = itertools.chain(
        _pairs_of_numbers(numbers, data),
        (Derived("cross", pair) for pair in itertools.combinations(levels, 2)),
        (Derived("deviation", pair) for pair in itertools.product(numbers, levels)),
        (Derived("days_between", pair) for pair in itertools.combinations(times, 2)),
        (
            Derived("frequency", (field.name,))
            for field in alive
            if field.type == "category" and data[field.name].n_unique() > _MANY_LEVELS
        ),
    )
    return tuple(one for one in made if (one.kind, one.reads) not in there)


def _pairs_of_numbers(numbers: Sequence[str], data: pl.DataFrame) -> Iterator[Derived]:
    for one, two in itertools.combinations(numbers, 2):
        # What is rarely 0 is divided by: that leaves the ratio known for most leads.
        above, below = sorted((one, two), key=lambda name: _zeros(data[name]), reverse=True)
        yield Derived("ratio", (above, below))
        yield Derived("difference", (one, two))
        yield Derived("product", (one, two))


def _zeros(cells: pl.Series) -> float:
    """The share of leads for which nothing can be divided by this number."""
    numbers = cells.struct.field("low") if isinstance(cells.dtype, pl.Struct) else cells
    return int((numbers.fill_null(0) == 0).sum()) / max(len(cells), 1)


def _varies(cells: pl.Series, kind: str) -> bool:
    """Whether enough leads have a value, and enough of them another one than most."""
    given = cells.drop_nulls()
    if kind not in (*NUMBERS, *LEVELS, "time") or len(given) < _ENOUGH:
        return False
    counts = cells.value_counts(sort=True)["count"]
    return len(cells) - int(counts[0]) >= _ENOUGH


def _strengths(
    fields: Sequence[Field], data: pl.DataFrame, positive: np.ndarray, order: np.ndarray | None, seed: int
) -> Mapping[str, float]:
    """How well each field alone tells won leads from others of their time."""
    kinds = {field.name: field.type for field in fields}
    if not kinds:
        return {}
    rows = take_rows(data.select(list(kinds)), positive, order, seed)
    return {measure.field: measure.best.auc for measure in measure_fields(rows, kinds)}


def _strongest(fields: Sequence[Field], strength: Mapping[str, float]) -> list[str]:
    """The names of the fields that tell most, in the order of the file."""
    ranked = sorted(fields, key=lambda field: -strength[field.name])[:MOST_FIELDS]
    return [field.name for field in fields if field in ranked]
