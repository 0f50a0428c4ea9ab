"""How near scores come to the truth, which only a synthetic world knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GROUPS = 10


@dataclass(frozen=True)
class Nearness:
    """What scores of leads are worth beside their true probabilities; luck in the outcomes has no part in it."""

    auc: float
    """How well the scores rank: the chance that a won lead stands above a lost one."""
    best_auc: float
    """The same of the true probabilities themselves; nobody can do better."""
    error: float
    """How far probabilities lie from the truth: the mean over groups of leads of equal size, by probability."""
    groups: tuple[tuple[float, float], ...]
    """For each group, from the least likely leads up: the mean probability that was given, and the mean of the true ones."""

    @property
    def share_of_gain(self) -> float:
        """How much of what the truth gains over chance in AUC the scores gain."""
        return (self.auc - 0.5) / (self.best_auc - 0.5)


def compare_with_truth(probabilities: np.ndarray, truth: np.ndarray, *, groups: int = GROUPS) -> Nearness:
    """Hold probabilities against the true ones of the same leads; both of shape (leads,), from 0 to 1.

    >>> near = compare_with_truth(np.array([0.1, 0.3, 0.8]), np.array([0.2, 0.2, 0.8]), groups=3)
    >>> round(near.share_of_gain, 2), round(near.error, 3)
    (1.0, 0.067)
    """
    parts = np.array_split(np.argsort(probabilities, kind="stable"), groups)
    means = tuple((float(probabilities[part].mean()), float(truth[part].mean())) for part in parts if len(part))
    apart = sum(abs(said - true) * len(part) for (said, true), part in zip(means, parts, strict=False))
    return Nearness(expected_auc(probabilities, truth), expected_auc(truth, truth), float(apart / len(truth)), means)


def expected_auc(scores: np.ndarray, truth: np.ndarray) -> float:
    """The chance that a won lead is ranked above a lost one, where outcomes are drawn from the true probabilities.

    >>> round(expected_auc(np.array([1.0, 2.0]), np.array([0.25, 0.75])), 2)
    0.75
    """
    _, places = np.unique(scores, return_inverse=True)
    won, lost = np.bincount(places, weights=truth), np.bincount(places, weights=1 - truth)
    below = np.cumsum(lost) - lost
    return float((won * (below + lost / 2)).sum() / (won.sum() * lost.sum()))
