"""How much each model is heard: weights that serve held-out leads, pulled towards hearing all alike.

Two ways compete. Weights are fitted so that the plain blend of log-odds surprises least; or the models are stacked: weights,
slope and shift are fitted together, so that a blend counts by what it says after calibration. Stacking has to predict later
blocks of leads better from earlier ones before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.learning.calibration import fit_platt
from leadloop.learning.learners import held_out_log_loss, lead_log_loss
from leadloop.scoring.blend import blend_margins
from leadloop.scoring.calibrator import logistic

_LEAST = 0.04
_SURE = 1.0
"""By how many standard errors stacking must be better."""
_LOOSE = 20.0


@dataclass(frozen=True)
class Weighing:
    """The weight of each model, all adding up to 1, and how they were found: `weights` or `stacking`."""

    weights: tuple[float, ...]
    how: str


def weigh_models(
    margins: Sequence[np.ndarray], positive: np.ndarray, counts: np.ndarray, blocks: np.ndarray
) -> Weighing:
    """Weights by whichever way predicts blocks of held-out leads better from the blocks before them.

    `margins` has the log-odds of each model for all held-out leads, `counts` how much each lead counts, and `blocks` the
    number of each lead's block, rising with time (or at random, where there is no order).
    """
    gains = []
    for block in np.unique(blocks)[1:]:
        before, now = blocks < block, blocks == block
        if min(positive[before].sum(), (1 - positive[before]).sum()) < 1:
            continue
        losses = []
        for way in (fit_weights, stack):
            weights = way([member[before] for member in margins], positive[before], counts[before])
            blended = blend_margins(margins, weights)
            calibrator = fit_platt(blended[before], positive[before], counts[before])
            losses.append(lead_log_loss(calibrator.margins(blended[now]), positive[now]) * counts[now])
        gains.append(losses[0] - losses[1])
    gain = np.concatenate(gains) if gains else np.zeros(1)
    if gain.mean() > _SURE * gain.std() / np.sqrt(len(gain)):
        return Weighing(stack(margins, positive, counts), "stacking")
    return Weighing(fit_weights(margins, positive, counts), "weights")


def fit_weights(
    margins: Sequence[np.ndarray], positive: np.ndarray, counts: np.ndarray | None = None
) -> tuple[float, ...]:
    """Weights from 0 to 1 that add up to 1 and make the blended log-odds little surprised by held-out outcomes.

    The weights that are best on the held-out leads are partly best by luck, and a plain mean is hard to beat on leads that
    are newer still (the forecast combination puzzle: Smith and Wallis 2009). So the loss is the log-loss plus a pull towards
    equal weights (their Kullback-Leibler distance), as strong as the log-losses of the members are uncertain against each
    other: where the held-out leads say clearly who is better, the pull hardly matters. With few outcomes the prior, which is
    a member too, is therefore heard almost as much as the models: small data shrink towards the base rate.

    Members that end with next to no weight are dropped and the rest fitted again. Exponentiated gradient steps on the simplex
    (Kivinen and Warmuth 1997) find the minimum: the whole is convex in the weights.
    """
    losses = [lead_log_loss(member, positive) for member in margins]
    best = losses[int(np.argmin([np.average(loss, weights=counts) for loss in losses]))]
    errors = [float((loss - best).std() / np.sqrt(len(best))) for loss in losses]

    def fit(heard: list[int]) -> np.ndarray:
        others = [errors[member] for member in heard if errors[member]]
        pull = float(np.median(others)) if others else 0.0
        return _descend(np.column_stack([margins[member] for member in heard]), positive, counts, pull)

    return _drop_the_unheard(len(margins), fit)


def stack(margins: Sequence[np.ndarray], positive: np.ndarray, counts: np.ndarray | None = None) -> tuple[float, ...]:
    """The weights of a stacked logistic regression (Wolpert 1992; weights not negative: Breiman 1996), made to add up to 1.

    Slope and shift, which are fitted beside them, are left to calibration. Weights are held a little towards each other, so
    that two models that say the same share what they are heard.
    """
    from scipy.optimize import minimize

    shares = np.ones(len(positive)) / len(positive) if counts is None else counts / counts.sum()
    loose = _LOOSE / len(positive)

    def fit(heard: list[int]) -> np.ndarray:
        table = np.column_stack([margins[member] for member in heard])

        def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
            weights, shift = point[:-1], point[-1]
            said = table @ weights + shift
            apart = weights - weights.mean()
            miss = shares * (logistic(said) - positive)
            value = shares @ lead_log_loss(said, positive) + loose * apart @ apart / 2
            return float(value), np.append(table.T @ miss + loose * apart, miss.sum())

        start = np.append(np.full(len(heard), 1 / len(heard)), 0.0)
        bounds = [(0.0, None)] * len(heard) + [(None, None)]
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[:-1]
        total = found.sum()
        weights: np.ndarray = found / total if total > 1e-9 else start[:-1]
        return weights

    return _drop_the_unheard(len(margins), fit)


def _drop_the_unheard(count: int, fit: Callable[[list[int]], np.ndarray]) -> tuple[float, ...]:
    """Weights of the members that are worth hearing, fitted again after those with next to no weight have left."""
    heard = list(range(count))
    while True:
        weights = fit(heard)
        kept = [member for member, weight in zip(heard, weights, strict=True) if weight >= _LEAST]
        if len(kept) == len(heard):
            break
        heard = kept
    answer = np.zeros(count)
    answer[heard] = weights
    return tuple(float(weight) for weight in np.round(answer / answer.sum(), 6))


def _descend(
    table: np.ndarray, positive: np.ndarray, counts: np.ndarray | None, pull: float, steps: int = 3000
) -> np.ndarray:
    count = table.shape[1]
    weights = np.full(count, 1 / count)
    shares = np.ones(len(positive)) / len(positive) if counts is None else counts / counts.sum()

    def surprise(weights: np.ndarray) -> float:
        apart = float(weights @ np.log(np.maximum(weights * count, 1e-300)))
        return held_out_log_loss(table @ weights, positive, counts) + pull * apart

    rate, loss = 1.0, surprise(weights)
    for _ in range(steps):
        gradient = table.T @ (shares * (logistic(table @ weights) - positive))
        gradient = gradient + pull * np.log(np.maximum(weights * count, 1e-300))
        moved = weights * np.exp(np.clip(-rate * (gradient - gradient.min()), -50.0, 0.0))
        moved /= moved.sum()
        new = surprise(moved)
        if new > loss:
            rate /= 2
            if rate < 1e-6:
                break
            continue
        still = loss - new < 1e-12 and np.abs(moved - weights).max() < 1e-7
        weights, loss, rate = moved, new, min(rate * 1.2, 50.0)
        if still:
            break
    return weights
