"""Cases from a seed: arms of every size and rate, the odd ones included."""

from __future__ import annotations

from typing import Any

import numpy as np

CASES = 220


def cut(number: float) -> float:
    """A number to the eleven digits that are kept, so that the question is kept as it was asked."""
    return float(f"{number:.11g}")


def sizes(rng: np.random.Generator) -> tuple[int, int]:
    """Units of two arms, from tens to hundreds of thousands."""
    units = int(10 ** rng.uniform(1.5, 5.3))
    return units, max(20, int(units * 10 ** rng.uniform(-0.7, 0.7)))


def shares(rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Conversions and units of two arms: control's conversions, its units, the arm's conversions, its units."""
    first, second = sizes(rng)
    rate = 10 ** rng.uniform(-2, -0.15)
    other = min(0.98, rate * float(np.exp(rng.normal(0, 0.3))))
    return int(rng.binomial(first, rate)), first, int(rng.binomial(second, other)), second


def means(rng: np.random.Generator) -> list[float]:
    """Units, sum and sum of squares of two arms."""
    found: list[float] = []
    middle, spread = rng.normal(0, 20), 10 ** rng.uniform(-1, 2)
    for units in sizes(rng):
        values = rng.normal(
            middle + rng.normal(0, 3 * spread / np.sqrt(units)), spread * rng.uniform(0.5, 2), size=min(units, 3_000)
        )
        found += [len(values), cut(values.sum()), cut(values @ values)]
    return found


def paired(rng: np.random.Generator, converting: bool) -> list[dict[str, Any]]:
    """Two arms with a covariate, as their sums and as raw values."""
    found = []
    strength = rng.uniform(0, 1)
    for units in (int(rng.integers(60, 1_500)), int(rng.integers(60, 1_500))):
        x = rng.normal(5, 2, units).round(3)
        y = strength * x + rng.normal(rng.normal(0, 0.2), 1.5, units).round(3)
        if converting:
            y = (rng.random(units) < 1 / (1 + np.exp(-(y - 4)))).astype(float)
        found.append({"x": x, "y": y, "sums": [units, *map(cut, (y.sum(), y @ y, x.sum(), x @ x, x @ y))]})
    return found


def waits(rng: np.random.Generator) -> list[list[list[int]]]:
    """Two arms' times in whole days: conversions and waiting units at days 1, 2, ... of each."""
    last = int(rng.integers(4, 12))
    found = []
    for mean in (rng.uniform(3, 20), rng.uniform(3, 20)):
        units = int(rng.integers(30, 400))
        took, watched = np.ceil(rng.exponential(mean, units)), rng.integers(1, last + 1, units)
        days, won = np.minimum(took, watched).astype(int), took <= watched
        found.append([np.bincount(days[chosen], minlength=last + 1)[1:].tolist() for chosen in (won, ~won)])
    return found
