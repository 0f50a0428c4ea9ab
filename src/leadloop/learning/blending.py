"""How much each model is heard: weights that serve held-out leads best, and members dropped when they do not help."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadloop.learning.learners import held_out_log_loss
from leadloop.scoring.calibrator import logistic

_LEAST = 0.02


def fit_weights(margins: Sequence[np.ndarray], positive: np.ndarray) -> tuple[float, ...]:
    """Weights from 0 to 1 that add up to 1 and make the blended log-odds least surprised by held-out outcomes.

    Exponentiated gradient steps on the simplex (Kivinen and Warmuth 1997): the loss is convex in the weights, so they find
    its minimum. Members that end with next to no weight are dropped and the rest fitted again.
    """
    heard = list(range(len(margins)))
    while True:
        weights = _descend(np.column_stack([margins[member] for member in heard]), positive)
        kept = [member for member, weight in zip(heard, weights, strict=True) if weight >= _LEAST]
        if len(kept) == len(heard):
            break
        heard = kept
    answer = np.zeros(len(margins))
    answer[heard] = weights
    return tuple(float(weight) for weight in np.round(answer / answer.sum(), 6))


def _descend(table: np.ndarray, positive: np.ndarray, steps: int = 3000) -> np.ndarray:
    count = table.shape[1]
    weights = np.full(count, 1 / count)
    rate, loss = 1.0, held_out_log_loss(table @ weights, positive)
    for _ in range(steps):
        gradient = table.T @ (logistic(table @ weights) - positive) / len(positive)
        moved = weights * np.exp(-rate * (gradient - gradient.min()))
        moved /= moved.sum()
        new = held_out_log_loss(table @ moved, positive)
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
