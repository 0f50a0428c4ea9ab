"""How the share of won leads moved while the training leads came in: a rate that drifts makes old lessons misleading."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from leadloop.learning.leakage.purity import wilson
from leadloop.learning.leakage.wording import percent

_NORMAL = NormalDist()
_SURE = 0.001
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class RateBlock:
    """One stretch of time: how many leads it has, how many were won, and the share with its 95% interval (Wilson 1927).

    `first` and `last` are positions among the leads handed in, both included.
    """

    first: int
    last: int
    leads: int
    won: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BaseRateTrend:
    """The share of won leads along time, and whether it rises or falls for sure.

    `change` is by how much the straight line through all leads rises from the oldest to the newest (in shares, -1 to 1),
    with its 95% interval; `p_trend` is the chance of a slope as steep where there is none (Armitage 1955), `p_uneven` the
    chance of stretches as different as these where all have one rate (chi squared): small with a large `p_trend` means that
    the rate goes up and down. `sentence` says it in words.
    """

    blocks: tuple[RateBlock, ...]
    change: float
    low: float
    high: float
    p_trend: float
    p_uneven: float
    sentence: str

    @property
    def drifts(self) -> bool:
        """Whether the rate rises or falls beyond doubt (p under 0.001)."""
        return self.p_trend < _SURE


def trace_base_rate(positive: np.ndarray, *, blocks: int = 10) -> BaseRateTrend | None:
    """The share of won leads in equally large stretches of time, with a test for a trend.

    `positive` is 1 for won and 0 for other leads, of the training part only, from old to new. Without an order in time
    there is no such thing; do not call it then. With fewer than 20 leads a stretch there are fewer stretches; None with
    fewer than two stretches, or where all leads ended alike.

    >>> trend = trace_base_rate(np.arange(1000) % 10 < np.repeat([2, 4], 500))
    >>> [block.rate for block in trend.blocks[3:7]], trend.drifts
    ([0.2, 0.2, 0.4, 0.4], True)
    """
    won = np.asarray(positive).astype(float)
    count = len(won)
    blocks = min(blocks, count // _FEWEST)
    if blocks < 2 or won.min() == won.max():
        return None
    edges = np.arange(blocks + 1) * count // blocks
    parts = []
    for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        hits = int(won[first:end].sum())
        low, high = wilson(hits, end - first)
        parts.append(RateBlock(first, end - 1, end - first, hits, hits / (end - first), low, high))
    rate = float(won.mean())
    place = (np.arange(count) + 0.5) / count
    place -= place.mean()
    squares = float((place**2).sum())
    change = float((place * won).sum()) / squares
    null_error = float(np.sqrt(rate * (1 - rate) / squares))
    residual = won - rate - change * place
    # The interval allows for a variance that changes with the rate (White 1980); the test takes the one rate it doubts.
    error = float(np.sqrt((place**2 * residual**2).sum())) / squares
    p_trend = 2 * _NORMAL.cdf(-abs(change) / null_error)
    uneven = sum((part.won - part.leads * rate) ** 2 / (part.leads * rate * (1 - rate)) for part in parts)
    p_uneven = _chi_square_tail(uneven, blocks - 1)
    low, high = change - 1.96 * error, change + 1.96 * error
    return BaseRateTrend(
        tuple(parts), change, low, high, p_trend, p_uneven, _sentence(parts, change, low, high, p_trend, p_uneven)
    )


def _sentence(parts: list[RateBlock], change: float, low: float, high: float, p_trend: float, p_uneven: float) -> str:
    said = (
        f"The share of won leads was {percent(parts[0].rate)} in the oldest of {len(parts)} stretches of the training "
        f"leads and {percent(parts[-1].rate)} in the newest"
    )
    if p_trend < _SURE:
        way = "rose" if change > 0 else "fell"
        ends = sorted((100 * abs(low), 100 * abs(high))) if low * high > 0 else [0.0, 100 * max(abs(low), abs(high))]
        return (
            f"{said}; on the whole it {way} by {100 * abs(change):.1f} points (95% interval: {ends[0]:.1f} to "
            f"{ends[1]:.1f}). Probabilities learnt from old leads may be too {'low' if change > 0 else 'high'} for new ones."
        )
    if p_uneven < _SURE:
        least, most = min(part.rate for part in parts), max(part.rate for part in parts)
        return (
            f"{said}; in between it went up and down, from {percent(least)} to {percent(most)}, more than chance "
            "explains, but without a direction."
        )
    return f"{said}; that is no more than chance explains."


def _chi_square_tail(value: float, freedom: int) -> float:
    """The chance of a chi square as large: the finite sum that whole degrees of freedom have (Abramowitz and Stegun 26.4)."""
    half = value / 2
    if freedom % 2:
        total, term, power = math.erfc(math.sqrt(half)), math.exp(-half) * math.sqrt(half) / math.gamma(1.5), 1.5
    else:
        total, term, power = 0.0, math.exp(-half), 1.0
    for _ in range(freedom // 2):
        total += term
        term *= half / power
        power += 1
    return min(total, 1.0)
