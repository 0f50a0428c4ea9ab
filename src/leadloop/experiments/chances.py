"""The probability that an arm is the best of all, and what one stands to lose by taking it: Bayes, with flat priors.

They are easy to say to somebody who has to choose, and promise nothing about how often one is wrong: the verdict does not stand
on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from leadloop.experiments.distributions import beta_below, log_beta, normal_below
from leadloop.experiments.moments import Moments
from leadloop.experiments.tallies import ConversionTally

_REACH = 9.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(256)


@dataclass(frozen=True, slots=True)
class Chances:
    """What may be said of each arm."""

    best: tuple[float, ...]
    """The probability that it is the best; together 1."""
    expected_loss: tuple[float, ...]
    """How much less than the best it brings on average, in the metric's unit."""


@dataclass(frozen=True)
class _Belief:
    """What is believed of an arm's true value."""

    mean: float
    spread: float
    density: Callable[[np.ndarray], np.ndarray]
    below: Callable[[np.ndarray], np.ndarray]
    low: float
    high: float


def conversion_chances(arms: Sequence[ConversionTally]) -> Chances:
    """Of shares of units: each is believed to follow the beta distribution of its conversions, from a flat prior.

    >>> chances = conversion_chances(
    ...     [ConversionTally(units=100, conversions=10), ConversionTally(units=100, conversions=20)]
    ... )
    >>> round(chances.best[1], 3)
    0.975
    """
    return _chances([_of_conversions(arm) for arm in arms])


def mean_chances(arms: Sequence[Moments], *, lower_is_better: bool = False) -> Chances:
    """Of means: each is believed to be normal around the one that was seen.

    >>> chances = mean_chances([Moments(100, 10.0, 25.0, 10.0), Moments(100, 11.0, 25.0, 11.0)])
    >>> round(chances.best[1], 3)
    0.921
    """
    sign = -1.0 if lower_is_better else 1.0
    return _chances([_normal(sign * arm.mean, sqrt(arm.squared_error)) for arm in arms])


def _chances(beliefs: Sequence[_Belief]) -> Chances:
    """Integrate over each arm's own range: how likely it is to be at a point, and all others below."""
    best, highest = [], 0.0
    for number, belief in enumerate(beliefs):
        low, high = belief.low, belief.high
        points = (high + low) / 2 + (high - low) / 2 * _NODES
        weight = _WEIGHTS * (high - low) / 2 * belief.density(points)
        for other, rival in enumerate(beliefs):
            if other != number:
                weight = weight * rival.below(points)
        best.append(float(weight.sum()))
        highest += float((weight * points).sum())
    total = sum(best) or 1.0
    losses = tuple(max(0.0, highest / total - belief.mean) for belief in beliefs)
    return Chances(tuple(one / total for one in best), losses)


def _of_conversions(arm: ConversionTally) -> _Belief:
    a, b = 1.0 + arm.conversions, 1.0 + arm.units - arm.conversions
    mean = a / (a + b)
    spread = sqrt(mean * (1 - mean) / (a + b + 1))
    scale = log_beta(a, b)
    return _Belief(
        mean,
        spread,
        lambda x: np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - scale),
        lambda x: beta_below(a, b, x),
        max(0.0, mean - _REACH * spread),
        min(1.0, mean + 2 * _REACH * spread),
    )


def _normal(mean: float, spread: float) -> _Belief:
    spread = max(spread, 1e-12 * max(1.0, abs(mean)))
    return _Belief(
        mean,
        spread,
        lambda x: np.exp(-0.5 * ((x - mean) / spread) ** 2) / (spread * sqrt(2 * np.pi)),
        lambda x: normal_below((x - mean) / spread),
        mean - _REACH * spread,
        mean + _REACH * spread,
    )
