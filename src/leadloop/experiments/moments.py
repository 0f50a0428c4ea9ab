"""Means and variances of an arm's units, made from sums; the score that each unit had before may take part of the variance away.

CUPED (Deng, Xu, Kohavi and Walker 2013): what was known of a unit before it saw its arm explains a part of what became of it, and
has nothing to do with the arm. That part is subtracted; the rest varies less, so the same units tell more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadloop.experiments.tallies import AmountTally, ConversionTally, MeanTally


@dataclass(frozen=True, slots=True)
class Moments:
    """The mean of some units and how they vary around it."""

    units: int
    """How many."""
    mean: float
    """Their mean."""
    variance: float
    """The variance of single units (with n - 1)."""
    plain_mean: float
    """Their mean before any adjustment."""

    @property
    def squared_error(self) -> float:
        """The variance of the mean."""
        return self.variance / self.units if self.units else float("inf")


def moments_of(tally: ConversionTally | MeanTally | AmountTally, slope: float = 0.0, middle: float = 0.0) -> Moments:
    """The mean and variance of a tally, adjusted by its covariate where a slope is given.

    `middle` is the covariate's mean over all arms: what adjusted means are adjusted to.

    >>> moments_of(ConversionTally(units=4, conversions=1)).variance
    0.25
    """
    units = tally.units
    total, squares = _sums(tally)
    if units == 0:
        return Moments(0, 0.0, 0.0, 0.0)
    mean = total / units
    covariate = None if isinstance(tally, AmountTally) else tally.covariate
    if not slope or covariate is None:
        return Moments(units, mean, _spread(total, total, squares, units), mean)
    variance = (
        _spread(total, total, squares, units)
        + slope**2 * _spread(covariate.total, covariate.total, covariate.squares, units)
        - 2 * slope * _spread(total, covariate.total, covariate.cross, units)
    )
    return Moments(units, mean - slope * (covariate.total / units - middle), max(0.0, variance), mean)


def covariate_slope(tallies: Sequence[ConversionTally | MeanTally]) -> float:
    """By how much the metric rises with the covariate, within arms: the slope that takes away most variance.

    Differences between arms play no part in it, as in the regression on arm and covariate. 0 where any arm has no covariate, or
    it is the same for everybody.
    """
    if any(tally.covariate is None for tally in tallies):
        return 0.0
    within = together = 0.0
    for tally in tallies:
        covariate, units = tally.covariate, tally.units
        if covariate is not None and units > 1:
            within += (units - 1) * _spread(covariate.total, covariate.total, covariate.squares, units)
            together += (units - 1) * _spread(_sums(tally)[0], covariate.total, covariate.cross, units)
    return together / within if within > 1e-12 * sum(t.covariate.squares for t in tallies if t.covariate) else 0.0


def covariate_middle(tallies: Sequence[ConversionTally | MeanTally]) -> float:
    """The covariate's mean over the units of all arms."""
    units = sum(tally.units for tally in tallies)
    return sum(tally.covariate.total for tally in tallies if tally.covariate) / units if units else 0.0


def _sums(tally: ConversionTally | MeanTally | AmountTally) -> tuple[float, float]:
    """The sum and the sum of squares of a tally."""
    if isinstance(tally, ConversionTally):
        return float(tally.conversions), float(tally.conversions)
    if isinstance(tally, MeanTally):
        return tally.total, tally.squares
    return float(tally.amounts.sum()), float(tally.amounts @ tally.amounts)


def _spread(first: float, second: float, product: float, units: int) -> float:
    """A variance or covariance from sums. Sums of squares lose digits where the mean is large beside the spread; a variance that
    comes out below 0 for that is 0.
    """
    if units < 2:
        return 0.0
    spread = (product - first * second / units) / (units - 1)
    return max(0.0, spread) if first is second else spread
