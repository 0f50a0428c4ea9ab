"""Calibration for leads that come now: where the share of won leads moves with time, the newest held-out leads know it best.

How fast to forget is not assumed. The level of the log-odds is taken to drift by small chance steps (a local level model:
Harvey 1989), and how large the steps are is what makes the held-out leads, chunk after chunk in time order, least surprising.
Where the level stands still, all leads count alike; where it moves, the newest count most. What is not known of the level of
the leads to come, since it will move on, pulls probabilities towards a half by as much as an uncertain level deserves
(MacKay 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from leadloop.learning.calibration import FEW, Fit, choose_calibrator, fit_platt, flexible_fits, is_better
from leadloop.scoring.calibrator import Calibrator, PlattCalibrator, logistic

_STEPS = (0.0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Variances of the step of the level from one chunk to the next that are tried."""
_MOST_CHUNKS, _FEWEST_CHUNKS = 40, 4
_PROVEN = 1.92
"""Half of the chi-squared value that one more parameter passes by chance in one case of twenty."""
_OUTCOMES_A_CHUNK = 10
_BLANK = 4.0
_LEAST_SLOPE = 0.05
_ENOUGH = 150.0


@dataclass(frozen=True)
class Level:
    """Where the level of the log-odds stands now, how uncertain that is (a variance), and how far it moves in a chunk."""

    value: float
    variance: float
    step: float


def calibrate_for_now(
    margins: np.ndarray, positive: np.ndarray, counts: np.ndarray, ages: np.ndarray, *, seed: int
) -> Calibrator:
    """The calibrator for leads that come after all of these, which stand in time order; `ages` numbers their blocks, 0 for the
    newest.

    A slope is fitted within blocks, so that a level that moves between them does not pass for it, and the level is followed
    through time. A curve takes their place only where it predicted later blocks from earlier ones better.
    """
    if ages.max() == 0:
        return choose_calibrator(margins, positive, counts, seed=seed)
    best = _follow
    kept = _later_losses(_follow, margins, positive, counts, ages)
    for way in flexible_fits(positive):
        losses = _later_losses(way, margins, positive, counts, ages)
        gains = [before - after for before, after in zip(kept, losses, strict=True)]
        # A curve that was better in one block alone may have been better at that block's level alone.
        if is_better(np.concatenate(gains)) and min(gain.mean() for gain in gains) > 0:
            best, kept = way, losses
    return best(margins, positive, counts, ages)


def _later_losses(
    way: Fit, margins: np.ndarray, positive: np.ndarray, counts: np.ndarray, ages: np.ndarray
) -> list[np.ndarray]:
    """The surprise at each block's leads under a calibrator that was fitted to the blocks before it."""
    losses = []
    for age in range(int(ages.max()) - 1, -1, -1):
        before, now = ages > age, ages == age
        said = way(margins[before], positive[before], counts[before], ages[before]).margins(margins[now])
        losses.append(counts[now] * (np.logaddexp(0.0, said) - positive[now] * said))
    return losses


def _follow(margins: np.ndarray, positive: np.ndarray, counts: np.ndarray, ages: np.ndarray) -> Calibrator:
    rarer = min(float(positive.sum()), float(len(positive) - positive.sum()))
    if rarer < _OUTCOMES_A_CHUNK * _FEWEST_CHUNKS:
        return fit_platt(margins, positive, counts)
    slope = 1.0 if rarer < FEW else fit_slope_within(margins, positive, counts, ages)
    chunks = int(np.clip(rarer // _OUTCOMES_A_CHUNK, _FEWEST_CHUNKS, _MOST_CHUNKS))
    level = follow_level(slope * margins, positive, counts, chunks)
    # The leads to come reach from now to a block from now: half a block on the average.
    ahead = level.variance + level.step * chunks / len(np.unique(ages)) / 2
    sure = 1 / np.sqrt(1 + np.pi * ahead / 8)
    kind: Literal["shift", "slope and shift", "slope and moving shift"] = "shift"
    if rarer >= FEW:
        kind = "slope and moving shift" if level.step else "slope and shift"
    return PlattCalibrator(kind, float(sure * slope), float(sure * level.value))


def follow_level(offsets: np.ndarray, positive: np.ndarray, counts: np.ndarray, chunks: int) -> Level:
    """The level that has to be added to log-odds in time order, as the last of so many chunks of leads leave it.

    A Kalman filter with a Laplace step a chunk; of several sizes of steps the one with the greatest likelihood is kept. A level
    that moves must be more likely than one that stands still by a likelihood-ratio test at 5%.
    """
    parts = np.array_split(np.arange(len(offsets)), chunks)

    def walk(step: float) -> tuple[float, Level]:
        value, variance, surprise = 0.0, _BLANK, 0.0
        for part in parts:
            variance += step
            here, won, weight = offsets[part], positive[part], counts[part]
            expected = (here + value) / np.sqrt(1 + np.pi * variance / 8)
            surprise += float(weight @ (np.logaddexp(0.0, expected) - won * expected))
            before = value
            for _ in range(30):
                chance = logistic(here + value)
                bend = float(weight @ (chance * (1 - chance))) + 1 / variance
                move = (float(weight @ (chance - won)) + (value - before) / variance) / bend
                value -= float(np.clip(move, -2.0, 2.0))
                if abs(move) < 1e-8:
                    break
            variance = 1 / bend
        return surprise, Level(value, variance, step)

    still, *moving = (walk(step) for step in _STEPS)
    best = min(moving, key=lambda found: found[0])
    return best[1] if best[0] < still[0] - _PROVEN else still[1]


def fit_slope_within(margins: np.ndarray, positive: np.ndarray, counts: np.ndarray, blocks: np.ndarray) -> float:
    """The slope of a logistic regression of outcomes on margins with a level of its own for each block; above zero."""
    numbers, place = np.unique(blocks, return_inverse=True)
    slope, levels = 1.0, np.zeros(len(numbers))
    for _ in range(100):
        chance = logistic(slope * margins + levels[place])
        miss = counts * (chance - positive)
        bend = np.maximum(counts * chance * (1 - chance), 1e-12)
        # The levels are eliminated from Newton's equations block by block: they do not touch each other.
        bends = np.bincount(place, bend) + 1e-6
        crossed = np.bincount(place, bend * margins)
        misses = np.bincount(place, miss)
        own = float(bend @ margins**2 - (crossed**2 / bends).sum()) + 1e-9
        move = float(np.clip((miss @ margins - (crossed * misses / bends).sum()) / own, -1.0, 1.0))
        moved = np.clip((misses - crossed * move) / bends, -2.0, 2.0)
        slope, levels = max(slope - move, _LEAST_SLOPE), levels - moved
        if abs(move) < 1e-9 and np.abs(moved).max() < 1e-9:
            break
    return slope


def choose_recent(ages: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """The newest blocks of held-out leads that hold enough outcomes for intervals; all of them where none do."""
    for oldest in range(1, int(ages.max()) + 1):
        recent: np.ndarray = ages <= oldest
        if min(positive[recent].sum(), (1 - positive[recent]).sum()) >= _ENOUGH:
            return recent
    return np.ones(len(ages), dtype=bool)
