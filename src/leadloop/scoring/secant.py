"""The secant: a way along a curve, shared out among those who moved (the rescale rule of Shrikumar et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_FLAT = 1e-9


def secant_rates(
    curve: Callable[[np.ndarray], np.ndarray], start: np.ndarray, moved: np.ndarray, *, step: float
) -> np.ndarray:
    """How far the curve moves for each unit that its argument moves from `start` on, by `moved` in all; one rate a lead.

    Shares of `moved` times the rate add up to the way from the curve at the start to the curve at the end. Where nothing moved
    the secant is a difference of nothing by nothing; the slope over `step` stands in. `start` holds one number a lead, or one
    for all.

    >>> secant_rates(np.square, np.array([1.0]), np.array([2.0, 0.0]), step=1e-6).round(4).tolist()
    [4.0, 2.0]
    """
    base = curve(start)
    slope = (curve(start + step) - base) / step
    flat = np.abs(moved) < _FLAT
    rates: np.ndarray = np.where(flat, slope, (curve(start + moved) - base) / np.where(flat, 1.0, moved))
    return rates
