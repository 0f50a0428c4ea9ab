"""Groups of leads that are nearly all won, or nearly all lost: what a copy of the label leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.learning.leakage.rows import AuditRows

_CERTAIN = 1.96
_FEWEST_ROWS = 20
_PURE_RATE = 0.95
_NO_NEWS = 2 / 3


@dataclass(frozen=True, slots=True)
class Group:
    """Some leads of the sample, and how far their outcomes are from what their time would make one expect.

    `rate` is their share of won leads in the file, `share` the share of all won leads that is among them. `odds_low`
    and `odds_high` bound (95%, Wilson 1927) how many times the odds of winning are those of other leads of their time.
    """

    rows: int
    rate: float
    share: float
    odds_low: float
    odds_high: float


EMPTY = Group(0, 0.0, 0.0, 0.0, float("inf"))


def group_of(members: np.ndarray, rows: AuditRows, *, towards_won: bool = True) -> Group:
    """The group of these rows (booleans), judged against leads of the same time; turned round, "won" reads "lost"."""
    outcome = rows.positive if towards_won else ~rows.positive
    factor = rows.odds_factor if towards_won else 1 / rows.odds_factor
    count = int(members.sum())
    if count == 0 or not outcome.any() or outcome.all():
        return EMPTY
    hits = float(outcome[members].sum())
    base = np.bincount(rows.block, weights=outcome) / np.maximum(np.bincount(rows.block), 1)
    # A stretch of time without a single won lead still has some chance of one.
    expected = float(np.clip(base[rows.block[members]].mean(), 0.5 / len(outcome), 1 - 0.5 / len(outcome)))
    low, high = wilson(hits, count)
    odds = expected / (1 - expected)
    return Group(
        count,
        hits * factor / (hits * factor + (count - hits)),
        hits / float(outcome.sum()),
        low / max(1 - low, 1e-12) / odds,
        high / max(1 - high, 1e-12) / odds,
    )


def pure_levels(codes: np.ndarray, rows: AuditRows) -> tuple[list[int], Group, bool]:
    """The levels whose leads nearly all (95%) ended one way, the group they make, and whether that way is "won".

    Purity towards an outcome that most leads have is no news (in most files nearly every group is nearly all lost), so
    only an outcome of at most two thirds of the leads counts; of two such outcomes the one that pure levels hold more of.
    Level 0 (missing) is left out.
    """
    base = rows.base_rate
    ways = [pure_towards(codes, rows, won) for won, share in ((True, base), (False, 1 - base)) if share <= _NO_NEWS]
    return max(ways, key=lambda way: way[1].share)


def pure_towards(codes: np.ndarray, rows: AuditRows, towards_won: bool) -> tuple[list[int], Group, bool]:
    """The levels whose leads nearly all ended this way, and the group they make; nothing is said on whether that is news."""
    outcome = rows.positive if towards_won else ~rows.positive
    factor = rows.odds_factor if towards_won else 1 / rows.odds_factor
    count = np.bincount(codes)
    hits = np.bincount(codes, weights=outcome)
    rate = hits * factor / np.maximum(hits * factor + (count - hits), 1e-12)
    pure = (rate >= _PURE_RATE) & (count >= _FEWEST_ROWS)
    pure[0] = False
    chosen = np.flatnonzero(pure)
    by_size = chosen[np.argsort(-count[chosen], kind="stable")]
    return [int(level) for level in by_size], group_of(pure[codes], rows, towards_won=towards_won), towards_won


def wilson(hits: float, count: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927)."""
    rate = hits / count
    square = _CERTAIN**2
    middle = (rate + square / (2 * count)) / (1 + square / count)
    half = _CERTAIN * np.sqrt(rate * (1 - rate) / count + square / (4 * count**2)) / (1 + square / count)
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)
