"""Tails and quantiles of the normal, Student's t, chi-square and beta distributions, with NumPy alone.

Serving needs no SciPy, and reading an experiment is serving. Agreement with SciPy is held by a test, to ten digits and more.
"""

from __future__ import annotations

from math import erfc, exp, inf, isinf, lgamma, log, log1p, nan, pi, sqrt
from statistics import NormalDist

import numpy as np

_NORMAL = NormalDist()
_MOST_STEPS = 20_000
_TINY = 1e-300
_NEARLY_NORMAL = 1e6


def normal_tail(z: float) -> float:
    """The probability of more than z.

    >>> round(normal_tail(1.959964), 6)
    0.025
    """
    return 0.5 * erfc(z / sqrt(2))


def normal_quantile(probability: float) -> float:
    """The z below which so much lies.

    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    return _NORMAL.inv_cdf(probability)


def two_sided(z: float) -> float:
    """The probability of more than z in either direction; 1 where z is unknown."""
    return 1.0 if z != z else erfc(abs(z) / sqrt(2))


def normal_below(z: np.ndarray) -> np.ndarray:
    """The probability of less than each z."""
    return np.array([0.5 * erfc(-one / sqrt(2)) for one in z.ravel().tolist()]).reshape(z.shape)


def student_two_sided(t: float, degrees: float) -> float:
    """The probability of more than t in either direction, of Student's t; 1 where t is unknown.

    >>> round(student_two_sided(2.228139, 10), 6)
    0.05
    """
    if t != t or degrees != degrees:
        return 1.0
    if isinf(t):
        return 0.0
    if degrees > _NEARLY_NORMAL:  # Abramowitz and Stegun 26.7.8; here it errs by less than 1e-12
        return two_sided(t if isinf(degrees) else t * (1 - 1 / (4 * degrees)) / sqrt(1 + t * t / (2 * degrees)))
    square = t * t
    log_far, log_near = -log1p(square / degrees), 2 * log(abs(t)) - log(degrees + square) if t else -inf
    a, log_scale = degrees / 2, _log_beta_half(degrees / 2)
    if square > 3:  # the fraction converges fast on the side where most of the probability is not
        x = degrees / (degrees + square)
        return exp(a * log_far + 0.5 * log_near - log_scale) / a * _fraction(a, 0.5, x)
    x = square / (degrees + square)
    return 1 - exp(0.5 * log_near + a * log_far - log_scale) / 0.5 * _fraction(0.5, a, x)


def student_quantile(probability: float, degrees: float) -> float:
    """The t below which so much lies; `probability` above 0.5.

    >>> round(student_quantile(0.975, 10), 6)
    2.228139
    """
    if isinf(degrees):
        return normal_quantile(probability)
    wanted = 2 * (1 - probability)
    low, high = 0.0, normal_quantile(probability)
    while student_two_sided(high, degrees) > wanted:
        low, high = high, high * 2
    t = min(high, normal_quantile(probability) * (1 + 1 / (4 * degrees)))
    log_scale = -_log_beta_half(degrees / 2) - 0.5 * log(degrees)
    for _ in range(100):
        off = student_two_sided(t, degrees) - wanted
        low, high = (t, high) if off > 0 else (low, t)
        slope = 2 * exp(log_scale - (degrees + 1) / 2 * log1p(t * t / degrees))
        step = t + off / slope if slope > 0 else nan
        step = step if low <= step <= high else (low + high) / 2
        if abs(step - t) <= 1e-14 * max(1.0, t):
            return step
        t = step
    return t


def chi_square_tail(value: float, degrees: int) -> float:
    """The probability of more than this, of chi-square with a whole number of degrees of freedom.

    >>> round(chi_square_tail(5.991465, 2), 6)
    0.05
    """
    if value <= 0:
        return 1.0
    half = value / 2
    at = 0.5 if degrees % 2 else 1.0
    tail = erfc(sqrt(half)) if degrees % 2 else exp(-half)
    while at < degrees / 2:  # only sums of what is positive: no digits are lost
        tail += exp(at * log(half) - half - lgamma(at + 1))
        at += 1
    return min(1.0, tail)


def beta_below(a: float, b: float, x: np.ndarray) -> np.ndarray:
    """The probability of less than each x, of the beta distribution.

    >>> beta_below(2, 3, np.array([0.0, 0.5, 1.0])).round(4).tolist()
    [0.0, 0.6875, 1.0]
    """
    x = np.clip(np.asarray(x, dtype=np.float64), 0.0, 1.0)
    result = np.where(x >= 1, 1.0, 0.0)
    inside = (x > 0) & (x < 1)
    left = inside & (x <= (a + 1) / (a + b + 2))
    for chosen, first, second, at in ((left, a, b, x), (inside & ~left, b, a, 1 - x)):
        if chosen.any():
            near = at[chosen]
            part = np.exp(first * np.log(near) + second * np.log1p(-near) - log_beta(a, b)) / first
            part = part * _fraction_of_all(first, second, near)
            result[chosen] = part if at is x else 1 - part
    return np.clip(result, 0.0, 1.0)


def log_beta(a: float, b: float) -> float:
    """The logarithm of the beta function."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by the modified method of Lentz (Press et al. 2007, 6.4)."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    value = d
    for step in range(1, _MOST_STEPS):
        for term in _terms(a, b, step):
            d = 1 / (1 + term * x * d or _TINY)
            c = 1 + term * x / c or _TINY
            value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return value


def _fraction_of_all(a: float, b: float, x: np.ndarray) -> np.ndarray:
    """The same of many x at once."""
    c, d = np.ones_like(x), 1 / _away_from_0(1 - (a + b) * x / (a + 1))
    value = d.copy()
    for step in range(1, _MOST_STEPS):
        for term in _terms(a, b, step):
            d = 1 / _away_from_0(1 + term * x * d)
            c = _away_from_0(1 + term * x / c)
            value *= d * c
        if np.abs(d * c - 1).max() < 1e-15:
            break
    return value


def _terms(a: float, b: float, step: int) -> tuple[float, float]:
    """The two numbers of each step of the fraction, that are multiplied by x."""
    twice = a + 2 * step
    return step * (b - step) / ((twice - 1) * twice), -(a + step) * (a + b + step) / (twice * (twice + 1))


def _away_from_0(x: np.ndarray) -> np.ndarray:
    return np.where(x == 0, _TINY, x)


def _log_beta_half(a: float) -> float:
    """The logarithm of the beta function of a and a half; by a series for large a, where logarithms of gamma lose digits."""
    if a < 20:
        return log_beta(a, 0.5)
    ratio = 0.5 * log(a) - 1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5) + 17 / (14_336 * a**7)
    return 0.5 * log(pi) - ratio
