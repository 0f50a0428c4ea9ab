"""Shares and means with how sure they are: a figure of a few leads says so."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from leadloop.experiments.distributions import normal_quantile

_REACH = normal_quantile(0.975)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of some leads."""

    count: int
    """How many of them."""
    of: int
    """How many there are."""
    value: float
    """The share, 0 to 1."""
    low: float
    """The lower end of the interval that holds the true share 19 times of 20."""
    high: float
    """Its upper end."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of some leads."""

    count: int
    """Of how many it is."""
    value: float
    """The mean."""
    low: float
    """The lower end of the interval that holds the true mean 19 times of 20; the mean itself where only one is known."""
    high: float
    """Its upper end."""


def share_of(count: int, of: int) -> Share | None:
    """A share with its interval (Wilson 1927, which holds what it promises for small counts too); None of nothing.

    >>> found = share_of(3, 20)
    >>> round(found.value, 2), round(found.low, 3), round(found.high, 3)
    (0.15, 0.052, 0.36)
    """
    if of <= 0:
        return None
    seen, square = count / of, _REACH**2
    middle = (seen + square / (2 * of)) / (1 + square / of)
    reach = _REACH * sqrt(seen * (1 - seen) / of + square / (4 * of**2)) / (1 + square / of)
    return Share(count, of, seen, max(0.0, min(middle - reach, seen)), min(1.0, max(middle + reach, seen)))


def mean_of(count: int, total: float, squares: float) -> Mean | None:
    """A mean with its interval, of how many there are, their sum and the sum of their squares; None of nothing.

    >>> found = mean_of(4, 20.0, 120.0)
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (5.0, 2.47, 7.53)
    """
    if count <= 0:
        return None
    value = total / count
    spread = max(0.0, squares - count * value**2) / (count - 1) if count > 1 else 0.0
    reach = _REACH * sqrt(spread / count)
    return Mean(count, value, value - reach, value + reach)
