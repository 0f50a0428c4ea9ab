"""Measures of many logged scores at once, with intervals from formulas: no lead is drawn anew, and a million take a second."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation.intervals import wilson_interval
from leadloop.learning.evaluation.measures import equal_groups
from leadloop.learning.evaluation.quality import Measure
from leadloop.learning.evaluation.ranking import Ranking, Tally

_Z = 1.959964
_TINY = 1e-15
_DRAWS = 2_000
MEANINGS: Mapping[str, tuple[bool, str]] = {
    "accuracy": (True, "share of leads on the right side of 50%; look at the majority beside it"),
    "precision": (True, "share of the best-scored leads, as many as the team has time for, that was won"),
    "recall": (True, "share of all won leads that is among these"),
    "F1": (True, "harmonic mean of both"),
    "AUC": (True, "how often a won lead is ranked above a lost one; 0.5 is chance"),
    "Brier score": (False, "mean squared distance between probability and outcome"),
    "log-loss": (False, "mean surprise at the outcomes; punishes false certainty"),
    "calibration error": (False, "mean distance between probability and what happened"),
}
"""Each measure of matured quality: whether more is better, and what it says."""
RANKS = ("precision", "recall", "F1", "AUC")
"""The measures that any score has; the others take probabilities."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure with its 95% interval."""

    value: float
    low: float
    high: float


def area_with_error(positive: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """The AUC and its standard error (DeLong, DeLong and Clarke-Pearson 1988), from ranks; ties count half.

    >>> area, error = area_with_error(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    >>> area, error
    (1.0, 0.0)
    """
    return _area(Ranking.of(scores).tally(positive))


def _area(tally: Tally) -> tuple[float, float]:
    won, lost = tally.total_won, tally.total - tally.total_won
    if won <= 0 or lost <= 0:
        return float("nan"), float("nan")
    lost_down = np.cumsum(tally.lost)
    beaten = (lost - lost_down + tally.lost / 2) / lost  # the share of lost leads that a won lead here is above
    beating = (tally.won_down_to - tally.won / 2) / won  # the share of won leads that are above a lost lead here
    area = float(tally.won @ beaten / won)
    spread_won = float(tally.won @ (beaten - area) ** 2) / max(won - 1, 1)
    spread_lost = float(tally.lost @ (beating - area) ** 2) / max(lost - 1, 1)
    return area, math.sqrt(spread_won / won + spread_lost / lost)


def measure_scores(
    positive: np.ndarray,
    scores: np.ndarray,
    *,
    capacity: float,
    probabilities: bool = True,
    seed: int = 0,
    draws: int = _DRAWS,
) -> dict[str, Figure]:
    """Every measure of scores with its interval; without `probabilities`, those alone that look at the order.

    `positive` holds 0 or 1 a lead, or a grade between them. The intervals are DeLong's for the AUC, Wilson's for shares,
    normal ones for means; those of F1 and of the calibration error come of so many draws of sums, not of leads (0: none).
    """
    tally = Ranking.of(scores).tally(positive)
    total, won = tally.total, tally.total_won
    count, _ = tally.cut(capacity)
    among = tally.won_among(capacity)
    found = {
        "precision": Figure(among / count, *wilson_interval_of(among, count)),
        "recall": Figure(among / won, *wilson_interval_of(among, won)) if won else _unknown(),
        "F1": _f1(among, count, won, total, seed, draws),
    }
    area, error = _area(tally)
    found["AUC"] = Figure(area, max(0.0, area - _Z * error), min(1.0, area + _Z * error))
    if not probabilities:
        return found
    clipped = np.clip(scores, _TINY, 1 - _TINY)
    called = (scores >= 0.5).astype(float)
    right = float(np.sum(called * positive + (1 - called) * (1 - positive)))
    found["accuracy"] = Figure(right / total, *wilson_interval_of(right, total))
    found["Brier score"] = _mean(positive * (1 - scores) ** 2 + (1 - positive) * scores**2)
    found["log-loss"] = _mean(-positive * np.log(clipped) - (1 - positive) * np.log1p(-clipped))
    found["calibration error"] = _calibration(positive, scores, seed, draws)
    return {name: found[name] for name in MEANINGS}


def wilson_interval_of(hits: float, count: float) -> tuple[float, float]:
    """Wilson's interval where leads tied at a cut, or grades, make the number of hits no whole one."""
    return wilson_interval(hits, count)  # type: ignore[arg-type]


def with_baselines(mine: Mapping[str, Figure], beside: Mapping[str, Mapping[str, Figure]]) -> tuple[Measure, ...]:
    """Measures as reports have them, each beside the same of every baseline that has it."""
    return tuple(
        Measure(
            name,
            figure.value,
            figure.low,
            figure.high,
            MEANINGS[name][0],
            {label: other[name].value for label, other in beside.items() if name in other},
            MEANINGS[name][1],
        )
        for name, figure in mine.items()
    )


def _unknown() -> Figure:
    return Figure(float("nan"), float("nan"), float("nan"))


def _mean(values: np.ndarray) -> Figure:
    mean = float(values.mean())
    reach = _Z * float(values.std()) / math.sqrt(len(values))
    return Figure(mean, max(0.0, mean - reach), mean + reach)


def _f1(among: float, count: float, won: float, total: float, seed: int, draws: int) -> Figure:
    """F1 at a fixed number of leads; won leads among the best and among the rest are drawn apart from each other."""
    value = 2 * among / (count + won) if count + won else float("nan")
    if not draws:
        return Figure(value, value, value)
    generator = np.random.default_rng(seed)
    best = generator.binomial(round(count), min(1.0, among / count), draws)
    rest = round(total - count)
    others = generator.binomial(rest, min(1.0, max(0.0, (won - among) / rest)), draws) if rest else 0
    drawn = 2 * best / np.maximum(count + best + others, 1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Figure(value, float(low), float(high))


def _calibration(positive: np.ndarray, scores: np.ndarray, seed: int, draws: int) -> Figure:
    """The calibration error with the interval that remains once what chance alone makes of it is known.

    Sums of groups are drawn from the normal distribution that they follow: around 0 to see what perfect probabilities would
    seem to be off by, and around what was seen for the interval, which is mirrored at the value (the basic bootstrap).
    """
    groups = equal_groups(scores)
    rows = np.concatenate(groups)
    starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
    gaps = np.add.reduceat(scores[rows] - positive[rows], starts)
    spread = np.sqrt(np.add.reduceat(scores[rows] * (1 - scores[rows]), starts))
    total = len(rows)
    value = float(np.abs(gaps).sum() / total)
    if not draws:
        return Figure(value, value, value)
    noise = np.random.default_rng(seed).standard_normal((draws, len(groups))) * spread
    by_chance = np.abs(noise).sum(axis=1) / total
    drawn = np.abs(gaps + noise).sum(axis=1) / total
    low, high = np.quantile(drawn, (0.025, 0.975))
    lowest = 0.0 if value <= np.quantile(by_chance, 0.95) else max(0.0, 2 * value - float(high))
    return Figure(value, lowest, max(value, 2 * value - float(low), float(high) if lowest == 0.0 else value))
