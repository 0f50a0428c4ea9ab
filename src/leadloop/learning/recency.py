"""Calibration for leads that come now: where the share of won leads moves, the newest held-out leads know it best."""

from __future__ import annotations

import numpy as np

from leadloop.learning.calibration import choose_calibrator, fit_platt
from leadloop.scoring.calibrator import Calibrator

_FADE = (1.0, 0.5, 0.25)
_BY_CHANCE = 1.3
_ENOUGH = 150.0


def calibrate_for_now(
    margins: np.ndarray, positive: np.ndarray, counts: np.ndarray, ages: np.ndarray, *, seed: int
) -> tuple[Calibrator, np.ndarray]:
    """The calibrator, and how much each held-out lead counted in it; `ages` numbers the blocks, 0 for the newest.

    All blocks count alike, unless probabilities fitted so would not come true in the newest block by more than chance
    explains. Then each older block counts half, or a quarter, as much as the next newer one: what share of leads is won now
    is best seen in the newest.
    """
    newest = ages == 0
    for share in _FADE:
        weight: np.ndarray = counts * share ** ages.astype(np.float64)
        promised = fit_platt(margins, positive, weight).probabilities(margins[newest])
        off = abs(float(counts[newest] @ (positive[newest] - promised)))
        if off <= _BY_CHANCE * float(np.sqrt((counts[newest] ** 2 * promised * (1 - promised)).sum())):
            break
    return choose_calibrator(margins, positive, weight, seed=seed), weight


def choose_recent(ages: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """The newest blocks of held-out leads that hold enough outcomes for intervals; all of them where none do."""
    for oldest in range(1, int(ages.max()) + 1):
        recent: np.ndarray = ages <= oldest
        if min(positive[recent].sum(), (1 - positive[recent]).sum()) >= _ENOUGH:
            return recent
    return np.ones(len(ages), dtype=bool)
