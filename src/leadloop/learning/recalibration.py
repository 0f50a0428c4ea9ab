"""Recalibration between trainings: probabilities follow the newest outcomes, and nothing else of a version changes.

What a version says is moved along one straight line in log-odds, `shift + slope x log-odds`. The line follows outcomes batch by
batch, as they become known: a Bayesian logistic regression whose coefficients may walk at random between batches (an extended
Kalman filter; West, Harrison and Migon 1985). How fast they walk is what predicted the batches so far best. Every batch is
predicted before it is learned from, so that following is judged by what it would really have gained (prequential log-loss).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.scoring.calibrator import log_odds, logistic

PACES = (0.0, 0.03, 0.1, 0.2, 0.4)
"""How far the shift may walk between two batches, in log-odds; the slope walks a fifth as far."""
_SLOPE_PACE = 0.2
_BELIEVED = (0.3, 0.1)
_TINY = 1e-12
FEWEST_OUTCOMES = 200
"""With fewer outcomes than this nothing is moved."""
FEWEST_OF_EACH = 20
MOST_SHIFT = 0.7
"""A recalibration moves log-odds by no more than this; what asks for more asks for a training."""
SLOPES = (0.7, 1.4)
_SURE = 1.645


@dataclass(frozen=True, slots=True)
class Followed:
    """What following came to, batch by batch."""

    probabilities: np.ndarray
    """What would have been said of each lead, each moved by the batches before its own."""
    shift: float
    """Where the line is after the last batch."""
    slope: float
    """The same of its slope."""
    pace: float
    """How far it walks, as far as batches told."""


class _Line:
    """One filter with a pace of its own."""

    def __init__(self, pace: float) -> None:
        self.mean = np.array([0.0, 1.0])
        self.spread = np.diag(np.square(_BELIEVED))
        self.walk = np.diag([pace**2, (_SLOPE_PACE * pace) ** 2])
        self.loss = 0.0

    def predict(self, margins: np.ndarray) -> np.ndarray:
        return logistic(self.mean[0] + self.mean[1] * margins)

    def learn(self, margins: np.ndarray, outcomes: np.ndarray) -> None:
        self.loss += float(_losses(self.predict(margins), outcomes).sum())
        before = np.linalg.inv(self.spread + self.walk)
        matrix = np.column_stack([np.ones(len(margins)), margins])
        held = self.mean.copy()
        for _ in range(25):
            said = logistic(matrix @ held)
            curve = (matrix * (said * (1 - said))[:, None]).T @ matrix + before
            step = np.linalg.solve(curve, matrix.T @ (outcomes - said) - before @ (held - self.mean))
            held = held + np.clip(step, -1.0, 1.0)
            if np.abs(step).max() < 1e-9:
                break
        self.mean, self.spread = np.array([held[0], max(held[1], 0.05)]), np.linalg.inv(curve)


def follow_outcomes(
    probabilities: np.ndarray, outcomes: np.ndarray, batches: np.ndarray, *, paces: Sequence[float] = PACES
) -> Followed:
    """Follow outcomes batch by batch; `batches` numbers the batch of each lead, by when its outcome became known.

    Leads of a batch are all predicted before any of them is learned from.

    >>> draw = np.random.default_rng(0)
    >>> said = np.full(2000, 0.2)
    >>> won = (draw.random(2000) < 0.4).astype(float)
    >>> followed = follow_outcomes(said, won, np.arange(2000) // 100)
    >>> print(f"{followed.probabilities[1000:].mean():.1f}")
    0.4
    """
    margins = log_odds(probabilities)
    lines = [_Line(pace) for pace in paces]
    said = np.empty(len(margins))
    order = np.argsort(batches, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(batches[order])) + 1):
        if not len(rows):
            continue
        best = min(lines, key=lambda line: line.loss)
        said[rows] = best.predict(margins[rows])
        for line in lines:
            line.learn(margins[rows], outcomes[rows])
    best = min(lines, key=lambda line: line.loss)
    return Followed(said, float(best.mean[0]), float(best.mean[1]), float(np.sqrt(best.walk[0, 0])))


@dataclass(frozen=True, slots=True)
class Recalibration:
    """Whether probabilities should be moved, by how much, and why, or why not."""

    accepted: bool
    """Whether they should."""
    reason: str
    """Why, or why not."""
    shift: float
    """What is added to log-odds."""
    slope: float
    """What they are multiplied by first."""
    outcomes: int
    """By how many outcomes."""
    loss_before: float
    """The log-loss of what was said."""
    loss_after: float
    """The log-loss of what would have been said, each lead moved by outcomes that were known before it."""
    gain: float
    """How much smaller that is."""
    gain_low: float
    """The lower end of the one-sided 95% interval of this gain."""


def judge_recalibration(probabilities: np.ndarray, outcomes: np.ndarray, batches: np.ndarray) -> Recalibration:
    """Whether to move the probabilities of a version by what became of its leads; `batches` as in `follow_outcomes`.

    It takes enough outcomes, a gain in prequential log-loss of which one is sure, and a step that is not too large: the line
    is cut at the bounds.
    """
    count = len(outcomes)
    won = float(outcomes.sum())
    if count < FEWEST_OUTCOMES or min(won, count - won) < FEWEST_OF_EACH:
        least = f"{FEWEST_OUTCOMES} are the least, and {FEWEST_OF_EACH} of each"
        few = f"{count:,} outcomes, {won:,.0f} of them won, are too few: {least}"
        return Recalibration(False, few, 0.0, 1.0, count, math.nan, math.nan, math.nan, math.nan)
    followed = follow_outcomes(probabilities, outcomes, batches)
    before, after = _losses(probabilities, outcomes), _losses(followed.probabilities, outcomes)
    gains = before - after
    gain = float(gains.mean())
    # Leads of one batch are moved by one line, so batches are what is counted.
    _, codes = np.unique(batches, return_inverse=True)
    sums, sizes = np.bincount(codes, gains), np.bincount(codes)
    error = math.sqrt(float(((sums - gain * sizes) ** 2).sum())) / count
    low = gain - _SURE * error
    shift = float(np.clip(followed.shift, -MOST_SHIFT, MOST_SHIFT))
    slope = float(np.clip(followed.slope, *SLOPES))
    cut = (shift, slope) != (followed.shift, followed.slope)
    losses = float(before.mean()), float(after.mean())
    if not low > 0:
        why = f"following {count:,} outcomes would not surely have gained anything: {gain:+.4f} in log-loss, at least {low:+.4f}"
        return Recalibration(False, why, shift, slope, count, *losses, gain, low)
    why = f"following {count:,} outcomes would have gained {gain:.4f} in log-loss, {low:.4f} at the least"
    if cut:
        why += "; the step was cut at its bound, and a training is due"
    return Recalibration(True, why, shift, slope, count, *losses, gain, low)


def _losses(probabilities: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    held = np.clip(probabilities, _TINY, 1 - _TINY)
    losses: np.ndarray = -outcomes * np.log(held) - (1 - outcomes) * np.log1p(-held)
    return losses
