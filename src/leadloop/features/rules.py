"""Rules: conditions that people believe in, each worth a number of points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import polars as pl

from leadloop.features.functions import FeatureFunction, feature


class RuleFunction(FeatureFunction):
    """A feature function that is 1 (or true) where its rule holds, and how many points that is worth."""

    points: float


def rule(*, points: float, reads: Sequence[str]) -> Callable[[Callable[..., pl.Expr]], RuleFunction]:
    """Mark a function as a rule: it gives a Polars expression that is true where the rule holds.

    >>> @rule(points=20, reads=["phone"])
    ... def left_a_phone():
    ...     "Left a phone number."
    ...     return pl.col("phone").is_not_null()
    >>> left_a_phone.points, left_a_phone.reads
    (20, ('phone',))
    """

    def mark(function: Callable[..., pl.Expr]) -> RuleFunction:
        marked = cast(RuleFunction, feature(reads=reads)(function))
        marked.points = points
        return marked

    return mark
