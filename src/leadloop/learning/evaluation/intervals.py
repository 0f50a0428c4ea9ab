"""How sure a figure is: leads drawn anew many times, and the interval of a share.

Intervals are 95% percentile bootstrap intervals over leads (Efron 1979), seeded; groups of leads that belong together are
drawn together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

DRAWS = 500
"""How often leads are drawn anew for an interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float


def draw_times(count: int, draws: int, seed: int, groups: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """How often each lead is in one drawn sample after another (one at a time: 500 samples of a million take 4 GB).

    `groups` holds the account or person of each lead; whole groups are drawn then.

    >>> int(next(draw_times(4, 1, seed=1)).sum())
    4
    """
    generator = np.random.default_rng(seed)
    if groups is None:
        for _ in range(draws):
            yield np.bincount(generator.integers(0, count, count), minlength=count)
        return
    names, codes = np.unique(groups, return_inverse=True)
    for _ in range(draws):
        yield np.bincount(generator.integers(0, len(names), len(names)), minlength=len(names))[codes]


def middle(drawn: np.ndarray) -> tuple[float, float]:
    """The middle 95% of what was drawn; unknown where no draw could be measured."""
    if np.isnan(drawn).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def wilson_interval(hits: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927), which stays within 0 and 1 for small counts.

    >>> tuple(round(end, 3) for end in wilson_interval(5, 10))
    (0.237, 0.763)
    """
    if count == 0:
        return 0.0, 1.0
    share = hits / count
    center = share + z * z / (2 * count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (center - reach) / scale), min(1.0, (center + reach) / scale)


def two_sided(z: float) -> float:
    """How often chance alone is as many standard errors away, either way.

    >>> round(two_sided(1.96), 3)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))
