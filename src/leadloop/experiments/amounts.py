"""How much two mean amounts differ where most units bring nothing and a few very much: by drawing the units again and again.

Welch's test takes the mean for normal, which it is not yet where a handful of units carry it. The bootstrap sees by how many
standard errors such means really stray: its symmetric t-version (Hall 1988) is the one that holds what it promises; limits for
each side alone, and those from the drawn means themselves, are too narrow here (docs/decisions/which-test-when.md).
"""

from __future__ import annotations

from math import exp, inf, log, sqrt

import numpy as np

from leadloop.experiments.effects import Reading
from leadloop.experiments.means import welch
from leadloop.experiments.moments import moments_of
from leadloop.experiments.tallies import AmountTally

DRAWS = 1_999
MOST_DRAWN = 20_000_000
FEWEST_DRAWS = 499
_AT_ONCE = 1_000_000
FEWEST_AMOUNTS = 5
"""With fewer amounts than this in an arm there is nothing to draw from."""


def bootstrap(control: AmountTally, arm: AmountTally, *, rng: np.random.Generator, alpha: float = 0.05) -> Reading:
    """The difference of two mean amounts and of their relation, from draws of both arms.

    Where so many units brought something that drawing them would take long (40,000 and more in an arm), the mean is as good as
    normal, and Welch's test is the answer; where next to none did, too.
    """
    most = max(len(control.amounts), len(arm.amounts))
    plain = welch(moments_of(control), moments_of(arm), alpha=alpha)
    first, second = moments_of(control), moments_of(arm)
    difference, error = second.mean - first.mean, sqrt(first.squared_error + second.squared_error)
    too_few = min(len(control.amounts), len(arm.amounts)) < FEWEST_AMOUNTS
    if too_few or most * FEWEST_DRAWS > MOST_DRAWN or not 0 < error < inf:
        return plain
    draws = min(DRAWS, MOST_DRAWN // most)
    drawn = [_draw(tally, draws, rng) for tally in (control, arm)]
    (means_0, errors_0), (means_1, errors_1) = drawn
    with np.errstate(divide="ignore", invalid="ignore"):
        t = ((means_1 - means_0) - difference) / np.sqrt(errors_0 + errors_1)
    strays = np.sort(np.abs(t[np.isfinite(t)]))
    reach = _at(strays, 1 - alpha)
    relative_low, relative_high = _relative(drawn, control, arm, alpha)
    beyond = int((strays >= abs(difference / error)).sum())
    return Reading(
        p_value=(beyond + 1) / (len(strays) + 1),
        difference_absolute_low=difference - reach * error,
        difference_absolute_high=difference + reach * error,
        relative_lift_low=relative_low,
        relative_lift_high=relative_high,
        method=f"symmetric bootstrap-t, {len(strays):,} draws",
    )


def capped(tally: AmountTally, cap: float) -> AmountTally:
    """The same amounts, larger ones counted as the cap.

    >>> capped(AmountTally(units=9, amounts=np.array([5.0, 900.0])), 100.0).amounts.tolist()
    [5.0, 100.0]
    """
    return AmountTally(units=tally.units, amounts=np.minimum(tally.amounts, cap), open_units=tally.open_units)


def _draw(tally: AmountTally, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The means of so many draws of all units, and the squared standard error of each."""
    amounts, units = tally.amounts, tally.units
    totals, squares = np.zeros(draws), np.zeros(draws)
    brought = rng.binomial(units, len(amounts) / units, size=draws)
    at_once = max(1, _AT_ONCE // len(amounts))
    for first in range(0, draws, at_once):
        some = np.flatnonzero(brought[first : first + at_once]) + first  # a draw may bring nothing at all
        if len(some):
            drawn = amounts[rng.integers(0, len(amounts), size=int(brought[some].sum()))]
            starts = np.cumsum(brought[some]) - brought[some]
            totals[some] = np.add.reduceat(drawn, starts)
            squares[some] = np.add.reduceat(drawn * drawn, starts)
    return totals / units, (squares - totals**2 / units) / (units - 1) / units


def _relative(
    drawn: list[tuple[np.ndarray, np.ndarray]], control: AmountTally, arm: AmountTally, alpha: float
) -> tuple[float | None, float | None]:
    """Limits of the relative difference, from the same draws, on the logarithm of the ratio."""
    first, second = moments_of(control), moments_of(arm)
    (means_0, errors_0), (means_1, errors_1) = drawn
    if first.mean <= 0 or second.mean <= 0 or (means_0 <= 0).any() or (means_1 <= 0).any():
        return None, None
    error = sqrt(first.squared_error / first.mean**2 + second.squared_error / second.mean**2)
    spread = np.sqrt(errors_0 / means_0**2 + errors_1 / means_1**2)
    known = spread > 0
    seen = log(second.mean / first.mean)
    strays = np.sort(np.abs((np.log(means_1 / means_0) - seen)[known] / spread[known]))
    reach = _at(strays, 1 - alpha)
    return exp(seen - reach * error) - 1, exp(seen + reach * error) - 1


def _at(ordered: np.ndarray, share: float) -> float:
    """The value below which this share of the draws lies."""
    if not len(ordered):
        return inf
    return float(ordered[min(len(ordered) - 1, max(0, round(share * (len(ordered) + 1)) - 1))])
