"""Fitting the calibrator, on predictions for leads that the models had not seen.

Rows that a model was trained on flatter it: calibrated on them, it would promise too much.
"""

from __future__ import annotations

import numpy as np

from leadloop.scoring.calibrator import Calibrator, logistic

FEW = 60
"""With fewer won or lost leads than this, one number (the shift) is all that is fitted."""


def fit_calibrator(margins: np.ndarray, positive: np.ndarray, weights: np.ndarray | None = None) -> Calibrator:
    """Fit on margins of unseen leads and their outcomes (0 or 1); `weights` may let newer leads count more.

    Newton's method on the log-loss, with Platt's smoothed targets against overconfidence on small samples. The slope is
    kept positive, so that calibration never changes who ranks above whom.
    """
    won, lost = float(positive.sum()), float(len(positive) - positive.sum())
    weight = np.ones(len(margins)) if weights is None else weights / weights.mean()
    wanted = np.where(positive == 1, (won + 1) / (won + 2), 1 / (lost + 2))
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
    return Calibrator("shift" if few else "slope and shift", slope, shift)
