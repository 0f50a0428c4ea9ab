"""How often chance alone brings about what was seen: tails of the usual distributions, and what looking often does to them.

Written out here because serving does without SciPy; the tests hold every function against SciPy's own.
"""

from __future__ import annotations

import math

import numpy as np

_STEPS = 500
_SMALL = 1e-300


def normal_tail(z: float) -> float:
    """How often a standard normal number is as far from 0, either way.

    >>> round(normal_tail(1.96), 3)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))


def chi_square_tail(statistic: float, degrees: float) -> float:
    """How often a chi-square number with so many degrees of freedom is as large.

    >>> round(chi_square_tail(18.307, 10), 4)
    0.05
    """
    if statistic <= 0 or degrees <= 0:
        return 1.0
    return _upper_gamma(degrees / 2, statistic / 2)


def f_tail(statistic: float, upper: float, lower: float) -> float:
    """How often the ratio of two independent mean squares, with so many degrees of freedom each, is as large.

    >>> round(f_tail(2.866, 4, 20), 3)
    0.05
    """
    if statistic <= 0 or upper <= 0:
        return 1.0
    return _beta_share(lower / (lower + upper * statistic), lower / 2, upper / 2)


def poisson_tail(count: int, expected: float) -> float:
    """How often so many or more come, where so many are expected.

    >>> round(poisson_tail(3, 1.0), 4)
    0.0803
    """
    if count <= 0:
        return 1.0
    return 0.0 if expected <= 0 else 1.0 - _upper_gamma(count, expected)


def holm(chances: np.ndarray) -> np.ndarray:
    """What each chance comes to after so many looks: the chance of even one false alarm among all (Holm 1979).

    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(chances, kind="stable")
    scaled = np.maximum.accumulate(chances[order] * np.arange(len(chances), 0, -1))
    adjusted = np.empty(len(chances))
    adjusted[order] = np.minimum(scaled, 1.0)
    return adjusted


def _upper_gamma(shape: float, x: float) -> float:
    """The regularised upper incomplete gamma function, by its series or its continued fraction (Press et al. 2007, 6.2)."""
    if x <= 0:
        return 1.0
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        term = total = 1.0 / shape
        for step in range(1, 100 * _STEPS):
            term *= x / (shape + step)
            total += term
            if term < total * 1e-16:
                break
        return max(0.0, 1.0 - total * front)
    below = x + 1 - shape
    high, low = 1 / _SMALL, 1 / below
    value = low
    for step in range(1, 100 * _STEPS):
        above = -step * (step - shape)
        below += 2
        low = 1 / _away(above * low + below)
        high = _away(below + above / high)
        value *= low * high
        if abs(low * high - 1) < 1e-15:
            break
    return min(1.0, value * front)


def _beta_share(x: float, first: float, second: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (Press et al. 2007, 6.4)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    log_front = (
        math.lgamma(first + second)
        - math.lgamma(first)
        - math.lgamma(second)
        + first * math.log(x)
        + second * math.log1p(-x)
    )
    front = math.exp(log_front)
    if x < (first + 1) / (first + second + 2):
        return front * _beta_fraction(x, first, second) / first
    return 1.0 - front * _beta_fraction(1 - x, second, first) / second


def _beta_fraction(x: float, first: float, second: float) -> float:
    high, low = 1.0, 1 / _away(1 - (first + second) * x / (first + 1))
    value = low
    for step in range(1, 100 * _STEPS):
        even = step * (second - step) * x / ((first + 2 * step - 1) * (first + 2 * step))
        odd = -(first + step) * (first + second + step) * x / ((first + 2 * step) * (first + 2 * step + 1))
        for part in (even, odd):
            low = 1 / _away(1 + part * low)
            high = _away(1 + part / high)
            value *= low * high
        if abs(low * high - 1) < 1e-15:
            break
    return value


def _away(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL
