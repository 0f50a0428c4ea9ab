"""How well one column of numbers, alone, tells won leads from the others of the same time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Separation:
    """The area under the ROC curve within stretches of time, how sure it is, and what it is at least.

    `auc` is how often, of a won and another lead of the same time, the won one has the larger value (ties count half;
    0.5 is chance). `z` counts standard errors from chance (Mann-Whitney, ties corrected, stratified as by van Elteren
    1960); `low` is the lower end of a 95% interval (Hanley and McNeil 1982). Pairs of all stretches weigh the same.
    """

    auc: float
    z: float
    low: float

    def turned(self) -> Separation:
        """The same where smaller values mean won; the interval is moved along."""
        return Separation(1 - self.auc, -self.z, self.low + 1 - 2 * self.auc)


NOTHING = Separation(0.5, 0.0, 0.0)


def separation(values: np.ndarray, positive: np.ndarray, block: np.ndarray) -> Separation:
    """Compare won leads with the others of their stretch of time; stretches without both count for nothing.

    `values` are floats without NaN, `positive` booleans, `block` integers from 0.

    >>> values, won = np.array([1.0, 2.0, 3.0, 11.0, 12.0, 13.0]), np.array([0, 0, 1, 0, 1, 1]) == 1
    >>> (
    ...     separation(values, won, np.zeros(6, int)).auc.__round__(2),
    ...     separation(values, won, np.array([0, 0, 0, 1, 1, 1])).auc,
    ... )
    (0.89, 1.0)
    """
    if not len(values):
        return NOTHING
    order = np.lexsort((values, block))
    value, stretch, won = values[order], block[order], positive[order].astype(float)
    fresh = np.ones(len(value), dtype=bool)
    fresh[1:] = (value[1:] != value[:-1]) | (stretch[1:] != stretch[:-1])
    tie = np.cumsum(fresh) - 1
    size = np.bincount(tie)
    total = np.bincount(stretch)
    first = np.cumsum(total) - total
    rank = np.flatnonzero(fresh)[tie] - first[stretch] + (size[tie] + 1) / 2
    winners = np.bincount(stretch, weights=won)
    others = total - winners
    pairs = winners * others
    if not pairs.any():
        return NOTHING
    wins = np.bincount(stretch, weights=rank * won) - winners * (winners + 1) / 2
    ties = np.bincount(stretch[fresh], weights=size.astype(float) ** 3 - size, minlength=len(total))
    spread = total + 1 - ties / np.maximum(total * (total - 1.0), 1)
    variance = float((pairs / 12 * spread)[pairs > 0].sum())
    auc = float(wins[pairs > 0].sum() / pairs.sum())
    z = float((wins - pairs / 2)[pairs > 0].sum() / np.sqrt(variance)) if variance > 0 else 0.0
    used = pairs > 0
    return Separation(auc, z, auc - 1.96 * _standard_error(auc, float(winners[used].sum()), float(others[used].sum())))


def _standard_error(auc: float, winners: float, others: float) -> float:
    """The standard error of an area under the ROC curve (Hanley and McNeil 1982), on the side of caution for few leads."""
    held = float(np.clip(auc, 0.5 / winners, 1 - 0.5 / min(winners, others))) if min(winners, others) > 1 else 0.5
    high, low = held / (2 - held), 2 * held**2 / (1 + held)
    variance = held * (1 - held) + (winners - 1) * (high - held**2) + (others - 1) * (low - held**2)
    return float(np.sqrt(max(variance, 0.0) / (winners * others)))


def out_of_fold_rates(
    levels: np.ndarray, positive: np.ndarray, block: np.ndarray, fold: np.ndarray, prior_leads: float = 10.0
) -> np.ndarray:
    """By how much more often leads of this level are won than leads of their time, as seen in the other folds.

    A row's own outcome never enters its value, so a field with as many values as rows gains nothing by it; levels that
    few leads hold are drawn towards none. Taking each stretch's own share off first keeps a value that was merely in use
    in better times from looking good.
    """
    folds, count = int(fold.max()) + 1, int(levels.max()) + 1
    base = np.bincount(block, weights=positive) / np.maximum(np.bincount(block), 1)
    cell = fold * count + levels
    rows = np.bincount(cell, minlength=folds * count).reshape(folds, count)
    above = np.bincount(cell, weights=positive - base[block], minlength=folds * count).reshape(folds, count)
    rate = (above.sum(axis=0) - above) / (rows.sum(axis=0) - rows + prior_leads)
    return np.asarray(rate[fold, levels])
