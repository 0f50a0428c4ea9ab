"""How much each model is heard: weights that serve held-out leads, pulled towards hearing all alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadloop.learning.learners import held_out_log_loss, lead_log_loss
from leadloop.scoring.calibrator import logistic

_LEAST = 0.04


def fit_weights(margins: Sequence[np.ndarray], positive: np.ndarray) -> tuple[float, ...]:
    """Weights from 0 to 1 that add up to 1 and make the blended log-odds little surprised by held-out outcomes.

    The weights that are best on the held-out leads are partly best by luck, and a plain mean is hard to beat on leads that
    are newer still (the forecast combination puzzle: Smith and Wallis 2009). So the loss is the log-loss plus a pull towards
    equal weights (their Kullback-Leibler distance), as strong as the log-losses of the members are uncertain against each
    other: where the held-out leads say clearly who is better, the pull hardly matters.

    Members that end with next to no weight are dropped and the rest fitted again. Exponentiated gradient steps on the simplex
    (Kivinen and Warmuth 1997) find the minimum: the whole is convex in the weights.
    """
    losses = [lead_log_loss(member, positive) for member in margins]
    best = losses[int(np.argmin([loss.mean() for loss in losses]))]
    errors = [float((loss - best).std() / np.sqrt(len(best))) for loss in losses]
    heard = list(range(len(margins)))
    while True:
        others = [errors[member] for member in heard if errors[member]]
        pull = float(np.median(others)) if others else 0.0
        weights = _descend(np.column_stack([margins[member] for member in heard]), positive, pull)
        kept = [member for member, weight in zip(heard, weights, strict=True) if weight >= _LEAST]
        if len(kept) == len(heard):
            break
        heard = kept
    answer = np.zeros(len(margins))
    answer[heard] = weights
    return tuple(float(weight) for weight in np.round(answer / answer.sum(), 6))


def _descend(table: np.ndarray, positive: np.ndarray, pull: float, steps: int = 3000) -> np.ndarray:
    count = table.shape[1]
    weights = np.full(count, 1 / count)

    def surprise(weights: np.ndarray) -> float:
        apart = float(weights @ np.log(np.maximum(weights * count, 1e-300)))
        return held_out_log_loss(table @ weights, positive) + pull * apart

    rate, loss = 1.0, surprise(weights)
    for _ in range(steps):
        gradient = table.T @ (logistic(table @ weights) - positive) / len(positive)
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
