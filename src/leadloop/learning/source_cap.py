"""The cap of sources: no source of outcomes counts for more than its share in training, however much it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CappedSources:
    """How much leads count when no source may have more than its share."""

    factors: np.ndarray
    """What the weight of each lead is multiplied by, at most 1."""
    lowered: tuple[tuple[str, float, float], ...]
    """The sources that count for less: name, the share of what was told that they would have had, and the one they have."""
    largest: float
    """The largest share that any source has now; above the cap only where there are too few sources."""


def cap_sources(sources: Sequence[str | None], weights: np.ndarray, cap: float) -> CappedSources:
    """Lower the weights of sources that have more than the share `cap` of all that sources told; None for leads of no source.

    Where there are so few sources that some must have more, all of them get the same.

    >>> capped = cap_sources(["crm"] * 8 + ["web"] * 2 + ["fair"] * 2, np.ones(12), 0.5)
    >>> [(name, round(before, 2), round(after, 2)) for name, before, after in capped.lowered]
    [('crm', 0.67, 0.5)]
    """
    named = np.array([one is not None for one in sources], dtype=bool)
    names, codes = np.unique(np.array([one or "" for one in sources], dtype=str)[named], return_inverse=True)
    factors = np.ones(len(weights))
    if not len(names):
        return CappedSources(factors, (), 0.0)
    totals = np.bincount(codes, weights[named], minlength=len(names))
    kept = _level(totals, cap)
    factors[named] = (kept / totals)[codes]
    before, after = totals / totals.sum(), kept / kept.sum()
    lowered = [
        (str(names[place]), float(before[place]), float(after[place]))
        for place in np.argsort(-totals, kind="stable")
        if kept[place] < totals[place] * (1 - 1e-12)
    ]
    return CappedSources(factors, tuple(lowered), float(after.max()))


def _level(totals: np.ndarray, cap: float) -> np.ndarray:
    """The totals, the largest lowered until none has more than its share; all made equal where that cannot be."""
    if len(totals) * cap <= 1:
        return np.full(len(totals), totals.min())
    falling = np.argsort(-totals, kind="stable")
    for count in range(len(totals)):
        if count * cap >= 1:
            break
        whole = totals[falling[count:]].sum() / (1 - count * cap)
        if totals[falling[count]] <= cap * whole * (1 + 1e-12):
            kept = totals.copy()
            kept[falling[:count]] = cap * whole
            lowered: np.ndarray = np.minimum(kept, totals)
            return lowered
    return np.full(len(totals), totals.min())
