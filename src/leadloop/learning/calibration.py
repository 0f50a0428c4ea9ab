"""Fitting the calibrator, on predictions for leads that the models had not seen.

Rows that a model was trained on flatter it: calibrated on them, it would promise too much. How much may be fitted depends on
how many outcomes there are: a shift, a line, a line with two slopes (beta), or a rising curve (isotonic). Each has to
predict parts of the held-out leads better from the others before it takes the place of the simpler one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadloop.scoring.calibrator import (
    BetaCalibrator,
    Calibrator,
    IsotonicCalibrator,
    PlattCalibrator,
    ends,
    log_odds,
    logistic,
)

FEW = 60
"""With fewer won or lost leads than this, one number (the shift) is all that is fitted."""
ENOUGH_FOR_BETA = 200
"""With so many won and lost leads two slopes may be tried."""
ENOUGH_FOR_ISOTONIC = 1_000
"""With so many won and lost leads a curve may be tried."""

_PARTS = 5
_SURE = 1.0
_KNOTS = 30

Fit = Callable[..., Calibrator]
"""Margins, outcomes and weights; `blocks` of leads are allowed and not looked at."""


def choose_calibrator(margins: np.ndarray, positive: np.ndarray, weights: np.ndarray, *, seed: int) -> Calibrator:
    """The calibrator that the number of outcomes allows, and that predicts held-out parts best.

    `margins` are of unseen leads, `positive` their outcomes (0, 1 or a grade between), `weights` how much each counts. A more
    flexible one is taken only where it is better than the simpler one by more than one standard error.
    """
    ways: list[Fit] = [fit_platt, *flexible_fits(positive)]
    best = ways[0]
    if len(ways) > 1:
        parts = np.random.default_rng(seed).permutation(len(margins)) % _PARTS
        losses = [_cross_fitted_losses(way, margins, positive, weights, parts) for way in ways]
        kept = losses[0]
        for way, loss in zip(ways[1:], losses[1:], strict=True):
            if is_better(kept - loss):
                best, kept = way, loss
    return best(margins, positive, weights)


def flexible_fits(positive: np.ndarray) -> list[Fit]:
    """The calibrators with more freedom than a line that so many outcomes allow to be tried."""
    rarer = min(positive.sum(), len(positive) - positive.sum())
    enough = ((fit_beta, ENOUGH_FOR_BETA), (fit_isotonic, ENOUGH_FOR_ISOTONIC))
    return [way for way, least in enough if rarer >= least]


def is_better(gain: np.ndarray) -> bool:
    """Whether a gain in log-loss, lead by lead, is more than one standard error above zero."""
    return bool(gain.mean() > _SURE * gain.std() / np.sqrt(len(gain)))


def _cross_fitted_losses(
    fit: Fit, margins: np.ndarray, positive: np.ndarray, weights: np.ndarray, parts: np.ndarray
) -> np.ndarray:
    losses = np.empty(len(margins))
    for part in range(_PARTS):
        here = parts == part
        calibrator = fit(margins[~here], positive[~here], weights[~here])
        said = calibrator.margins(margins[here])
        losses[here] = weights[here] * (np.logaddexp(0.0, said) - positive[here] * said)
    return losses


def fit_platt(margins: np.ndarray, positive: np.ndarray, weights: np.ndarray | None = None) -> PlattCalibrator:
    """A slope and a shift for the margins of unseen leads; the shift alone where outcomes are few.

    Newton's method on the log-loss, with Platt's smoothed targets against overconfidence on small samples. The slope is
    kept positive, so that calibration never changes who ranks above whom.
    """
    won, lost = float(positive.sum()), float(len(positive) - positive.sum())
    weight = np.ones(len(margins)) if weights is None else weights / weights.mean()
    wanted = positive * (won + 1) / (won + 2) + (1 - positive) / (lost + 2)
    few = min(won, lost) < FEW
    slope, shift = 1.0, 0.0
    for _ in range(100):
        chance = logistic(slope * margins + shift)
        miss = weight * (chance - wanted)
        bend = np.maximum(weight * chance * (1 - chance), 1e-12)
        if few:
            step = np.array([0.0, miss.sum() / bend.sum()])
        else:
            gradient = np.array([miss @ margins, miss.sum()])
            hessian = np.array([[bend @ margins**2, bend @ margins], [bend @ margins, bend.sum()]])
            step = np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
        step = np.clip(step, -2.0, 2.0)
        slope, shift = max(slope - float(step[0]), 1e-3), shift - float(step[1])
        if np.abs(step).max() < 1e-10:
            break
    return PlattCalibrator("shift" if few else "slope and shift", slope, shift)


def fit_beta(
    margins: np.ndarray, positive: np.ndarray, weights: np.ndarray | None = None, blocks: object = None
) -> BetaCalibrator:
    """Two slopes and a shift for the margins of unseen leads, both slopes above zero."""
    from scipy.optimize import minimize

    share = np.full(len(margins), 1 / len(margins)) if weights is None else weights / weights.sum()
    low, high = ends(margins)

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        said = point[0] * low + point[1] * high + point[2]
        miss = share * (logistic(said) - positive)
        value = share @ (np.logaddexp(0.0, said) - positive * said)
        return float(value), np.array([miss @ low, miss @ high, miss.sum()])

    bounds = [(1e-3, 20.0), (1e-3, 20.0), (None, None)]
    up, down, shift = minimize(loss, np.array([1.0, 1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds).x
    return BetaCalibrator(float(up), float(down), float(shift))


def fit_isotonic(
    margins: np.ndarray, positive: np.ndarray, weights: np.ndarray | None = None, blocks: object = None
) -> Calibrator:
    """A curve that rises strictly, through groups of equal size of unseen leads: their mean margins and pooled rates.

    Rates are held back by half a lead won and half a lead lost, and pooled where they would fall (Zadrozny and Elkan 2002);
    groups that were pooled become one knot, so that the curve has no flat step.
    """
    weight = np.ones(len(margins)) if weights is None else weights / weights.mean()
    order = np.argsort(margins, kind="stable")
    groups = np.array_split(order, min(_KNOTS, max(2, len(order) // 100)))
    pooled: list[tuple[float, float, float]] = []  # weight, weighted margin, weighted won
    for group in groups:
        share = weight[group]
        pooled.append((float(share.sum()), float(share @ margins[group]), float(share @ positive[group])))
        while len(pooled) > 1 and _rate(pooled[-2]) >= _rate(pooled[-1]):
            last, before = pooled.pop(), pooled.pop()
            pooled.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    at = np.array([group[1] / group[0] for group in pooled])
    become = log_odds(np.array([_rate(group) for group in pooled]))
    if len(at) < 2 or np.any(np.diff(at) <= 1e-9) or np.any(np.diff(become) <= 1e-9):
        return fit_platt(margins, positive, weights)
    return IsotonicCalibrator(tuple(at.tolist()), tuple(become.tolist()))


def _rate(group: tuple[float, float, float]) -> float:
    return (group[2] + 0.5) / (group[0] + 1.0)
