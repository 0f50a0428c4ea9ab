"""What waiting does to a lead: it cools with every hour, and the truth about it is known exactly.

The hours until a lead is worked are the sum of two exponential draws with the same mean, so that the expected loss has a
closed form: for a mean of m hours and a cooling time of c hours, E[exp(-wait / c)] = (1 + m / 2c) ** -2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pace:
    """How leads of a block are worked: what is expected, given what can be seen of them, and what then happens.

    `kept` is what is left, on average, of the probability that the lead would have if worked at once; `happened` is what
    is left given its `wait` (hours; infinite where it is never worked).
    """

    kept: np.ndarray
    wait: np.ndarray
    happened: np.ndarray


def draw_pace(
    rng: np.random.Generator, mean_wait: np.ndarray, worked: np.ndarray, cooling: np.ndarray, without: float
) -> Pace:
    """Draw when each lead is worked.

    `mean_wait` and `cooling` are in hours, `worked` is the probability that it is worked at all, and `without` the share of
    the probability that stays with leads that nobody works.
    """
    count = len(mean_wait)
    kept = without + (1 - without) * worked * (1 + mean_wait / (2 * cooling)) ** -2.0
    first, second = rng.random(count), rng.random(count)
    wait = -0.5 * mean_wait * (np.log1p(-first) + np.log1p(-second))
    wait = np.where(rng.random(count) < worked, wait, np.inf)
    return Pace(kept, wait, without + (1 - without) * np.exp(-wait / cooling))
