"""Fields that broke: what a mistake in whatever sends leads does to a field, and no change among buyers does.

Drift is a matter of degree, and training again is its cure. A field that is suddenly empty, says the same of everybody, or is
told in another unit is no drift: a version that learns from it learns the mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from leadloop.learning.leakage.levels import as_numbers

_FEWEST = 50
_NUMBERS = ("number", "money", "employees")


@dataclass(frozen=True, slots=True)
class HealthRules:
    """From when on a field counts as broken."""

    emptied: float = 0.5
    """How much larger the share of leads without a value became, 0 to 1."""
    same: float = 0.95
    """The share of values that are all the same, where they were not before (`varied`)."""
    varied: float = 0.8
    """The largest share that one value had before, for it to be a field that says something."""
    scale: float = 8.0
    """How many times as large or as small the middle values of a number became, above and below."""


@dataclass(frozen=True, slots=True)
class BrokenField:
    """A field that broke."""

    field: str
    """Its name."""
    how: str
    """`emptied`, `the same for all`, or `another scale`."""
    said: str
    """It in words."""


def find_broken_fields(
    before: pl.DataFrame, now: pl.DataFrame, kinds: Iterable[tuple[str, str]], rules: HealthRules | None = None
) -> tuple[BrokenField, ...]:
    """The fields that broke between the leads of before and those of now; `kinds` are the fields to look at, with their types.

    >>> before = pl.DataFrame({"size": [float(n) for n in range(100)]})
    >>> [one.how for one in find_broken_fields(before, before * 1000, [("size", "number")])]
    ['another scale']
    >>> find_broken_fields(before, before * 1.5, [("size", "number")])
    ()
    """
    rules = rules or HealthRules()
    if min(before.height, now.height) < _FEWEST:
        return ()
    found = (
        _look(name, kind, before[name], now[name], rules)
        for name, kind in kinds
        if name in before.columns and name in now.columns
    )
    return tuple(one for one in found if one is not None)


def _look(name: str, kind: str, before: pl.Series, now: pl.Series, rules: HealthRules) -> BrokenField | None:
    empty_before, empty_now = (one.null_count() / len(one) for one in (before, now))
    if empty_now - empty_before >= rules.emptied:
        said = f"“{name}” is missing in {empty_now:.0%} of leads, and was in {empty_before:.0%}"
        return BrokenField(name, "emptied", said)
    before, now = before.drop_nulls(), now.drop_nulls()
    if min(len(before), len(now)) < _FEWEST:
        return None
    if kind != "text" and _commonest(before) <= rules.varied and (share := _commonest(now)) >= rules.same:
        said = f"“{name}” says the same of {share:.0%} of leads, and of {_commonest(before):.0%} before"
        return BrokenField(name, "the same for all", said)
    if kind in _NUMBERS:
        return _scale(name, _numbers(before), _numbers(now), rules)
    return None


def _numbers(values: pl.Series) -> pl.Series:
    return pl.Series(as_numbers(values)).fill_nan(None).drop_nulls()


def _commonest(values: pl.Series) -> float:
    return float(values.value_counts(sort=True)["count"][0]) / len(values)


def _scale(name: str, before: pl.Series, now: pl.Series, rules: HealthRules) -> BrokenField | None:
    """Whether the middle of the values, and three quarters of them, lie so many times higher (or lower) than before."""
    times = []
    for share in (0.25, 0.5, 0.75):
        first, second = before.abs().quantile(share), now.abs().quantile(share)
        if first and second:
            times.append(second / first)
    if len(times) < 2 or not (min(times) >= rules.scale or max(times) <= 1 / rules.scale):
        return None
    middle = sorted(times)[len(times) // 2]
    return BrokenField(name, "another scale", f"“{name}” is told in another unit: {middle:,.3g} times what it was")
