"""How good probabilities are on the leads kept back, and whether one method is better than another by more than chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation import (
    area_under_curve,
    brier_score,
    calibration_error,
    difference_interval,
    gain_at,
    lift_at,
    log_loss,
)

SEED = 7

Measure = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Kept:
    """The leads kept back, all blocks one after the other: the outcome and the block of each, and the groups, if any."""

    won: np.ndarray
    block: np.ndarray
    groups: np.ndarray | None = None

    @property
    def coded(self) -> np.ndarray:
        """Outcome and block in one number, so that drawn leads bring their block along."""
        return self.won + 2 * self.block


@dataclass(frozen=True)
class Difference:
    """How much more a method has of a measure than LeadLoop, with the 95% interval of the paired bootstrap."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """What one method reaches on one set."""

    auc: float
    log_loss: float
    brier: float
    calibration_error: float
    lift_10: float
    lift_20: float
    found_20: int
    cpu_seconds: float
    auc_difference: Difference | None = None
    log_loss_difference: Difference | None = None


def by_block(measure: Measure) -> Measure:
    """A measure that is taken within each block and averaged; outcomes are coded with their block (`Kept.coded`).

    >>> kept = Kept(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]))
    >>> probabilities = np.array([0.1, 0.2, 0.9, 0.8])
    >>> by_block(area_under_curve)(kept.coded, probabilities), area_under_curve(kept.won, probabilities)
    (0.5, 0.5)
    """

    def averaged(coded: np.ndarray, probabilities: np.ndarray) -> float:
        block, won = np.divmod(coded, 2)
        parts = [block == number for number in np.unique(block)]
        return float(np.mean([measure(won[part], probabilities[part]) for part in parts]))

    return averaged


def measure(kept: Kept, probabilities: np.ndarray, cpu_seconds: float, ours: np.ndarray | None = None) -> Figures:
    """Everything the table says of one method; with LeadLoop's probabilities of the same leads, the differences too."""
    if len(probabilities) != len(kept.won) or not np.all((probabilities >= 0) & (probabilities <= 1)):
        raise ValueError(f"{len(probabilities)} probabilities for {len(kept.won)} leads, or some outside 0 to 1")

    def of(measured: Measure) -> float:
        return by_block(measured)(kept.coded, probabilities)

    def beside(measured: Measure) -> Difference | None:
        if ours is None:
            return None
        value, low, high = difference_interval(
            kept.coded, probabilities, ours, by_block(measured), seed=SEED, groups=kept.groups
        )
        return Difference(value, low, high)

    parts = [kept.block == number for number in np.unique(kept.block)]
    found = sum(gain_at(kept.won[part], probabilities[part], 0.2) * kept.won[part].sum() for part in parts)
    return Figures(
        of(area_under_curve),
        of(log_loss),
        of(brier_score),
        of(calibration_error),
        of(lambda won, scores: lift_at(won, scores, 0.1)),
        of(lambda won, scores: lift_at(won, scores, 0.2)),
        round(found),
        cpu_seconds,
        beside(area_under_curve),
        beside(log_loss),
    )
