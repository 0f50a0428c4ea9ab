"""Learning what won leads bring: the mean amount by features, in whichever way errs least on leads that were held out.

Amounts are spread over powers of ten, so sizes are learned as logarithms: by ridge regression of the logarithm (whose sum is
mended afterwards: smearing, Duan 1983), or by regressions that aim at the mean itself (gamma; Tweedie where some amounts are
0). The mean of all won leads competes with them, and wins where features say little.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.logistic import shape_terms
from leadloop.scoring.members import LinearModel
from leadloop.scoring.worth import Worth, constant_worth

FEWEST_WON = 40
"""With fewer won leads with an amount than this, nothing is learned of amounts."""
MOST_WON = 50_000
BLOCKS = 4
_CAP = 0.99
_RIDGES = (10.0, 100.0, 1_000.0)
_PENALTIES = (0.003, 0.03, 0.3, 3.0)

Regression = Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]
"""Intercept and weights, from terms and amounts."""


def fit_worth(matrix: np.ndarray, amounts: np.ndarray, columns: Sequence[FeatureColumn]) -> Worth | None:
    """The mean amount of won leads by their features; None where too few have an amount, or all amounts are 0.

    `matrix` and `amounts` hold won leads alone, in time order. Four blocks of them are held out in turn. The way with the
    smallest deviance (`amount_errors`) is taken, unless the mean of all is within a standard error of it.
    """
    matrix, amounts = matrix[-MOST_WON:], amounts[-MOST_WON:]
    if len(amounts) < FEWEST_WON or not amounts.max() > 0:
        return None
    ways = _ways(amounts)
    blocks = np.arange(len(amounts)) * BLOCKS // len(amounts)
    told = {name: np.empty(len(amounts)) for name in ways}
    mean = np.empty(len(amounts))
    for block in range(BLOCKS):
        inside = blocks == block
        mean[inside] = amounts[~inside].mean()
        for name, way in ways.items():
            size = _fit_size(matrix[~inside], amounts[~inside], columns, way)
            told[name][inside] = np.exp(np.clip(size.margins(matrix[inside]), -700, 700))
    scale = amounts.mean()
    errors = {}
    # What sizes of leads that were not fitted on have to be multiplied by to add up to what these leads brought.
    factors = {name: float(amounts.sum() / max(sizes.sum(), 1e-300)) for name, sizes in told.items()}
    for name, sizes in told.items():
        errors[name] = amount_errors(amounts, np.minimum(factors[name] * sizes, amounts.max()), scale)
    best = min(errors, key=lambda name: float(errors[name].mean()))
    gained = amount_errors(amounts, mean, scale) - errors[best]
    if gained.mean() <= gained.std(ddof=1) / np.sqrt(len(gained)):
        return constant_worth(float(amounts.mean()))
    size = _fit_size(matrix, amounts, columns, ways[best])
    return Worth(best.split(",")[0], size, factors[best], float(amounts.max()))


def amount_errors(amounts: np.ndarray, told: np.ndarray, scale: float) -> np.ndarray:
    """How far each amount is from the mean that was told, as the Poisson deviance in units of `scale`.

    It is smallest for the true mean, whatever the spread of amounts (Gneiting 2011), allows amounts of 0, and lets single
    large deals count for less than a squared error does.
    """
    told = np.maximum(told, 1e-9 * scale)
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(amounts > 0, amounts * np.log(amounts / told), 0.0)
    errors: np.ndarray = 2 * (surprise - (amounts - told)) / scale
    return errors


def _ways(amounts: np.ndarray) -> dict[str, Regression]:
    ways: dict[str, Regression] = {}
    if (amounts > 0).all():
        ways |= {f"log-scale regression with smearing, {strength:g}": _ridge(strength) for strength in _RIDGES}
        ways |= {f"gamma regression, {penalty:g}": _tweedie(2.0, penalty) for penalty in _PENALTIES}
    else:
        ways |= {f"Tweedie regression, {penalty:g}": _tweedie(1.5, penalty) for penalty in _PENALTIES}
    return ways


def _fit_size(
    matrix: np.ndarray, amounts: np.ndarray, columns: Sequence[FeatureColumn], way: Regression
) -> LinearModel:
    terms = shape_terms(matrix, columns)
    # One deal a hundred times the usual would bend every term towards it; what it brings is in the factor.
    cap = float(np.quantile(amounts, _CAP)) or float(amounts.max())
    intercept, weight = way(terms.design(matrix), np.minimum(amounts, cap))
    return replace(terms, intercept=intercept, weight=weight)


def _ridge(strength: float) -> Regression:
    def fit(design: np.ndarray, amounts: np.ndarray) -> tuple[float, np.ndarray]:
        from sklearn.linear_model import Ridge

        return _solved(Ridge(alpha=strength), design, np.log(amounts))

    return fit


def _tweedie(power: float, penalty: float) -> Regression:
    def fit(design: np.ndarray, amounts: np.ndarray) -> tuple[float, np.ndarray]:
        from sklearn.linear_model import TweedieRegressor

        scale = float(amounts.mean())
        model = TweedieRegressor(power=power, alpha=penalty, link="log", max_iter=500)
        intercept, weight = _solved(model, design, amounts / scale)
        return intercept + float(np.log(scale)), weight

    return fit


def _solved(model: Any, design: np.ndarray, aim: np.ndarray) -> tuple[float, np.ndarray]:
    from threadpoolctl import threadpool_limits

    if not design.shape[1]:
        return 0.0, np.empty(0)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # A solver that stops before its last digit is judged on held-out leads like any other.
        warnings.simplefilter("ignore")
        model.fit(design, aim)
    return float(model.intercept_), np.asarray(model.coef_, dtype=np.float64)
