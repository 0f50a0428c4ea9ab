"""How much two mean amounts differ where most units bring nothing and a few very much: by drawing the units again and again.

Welch's test takes the mean for normal, which it is not yet where a handful of units carry it. The bootstrap sees how lopsided it
is; its t-version (Efron 1981; Hall 1988) is the one that comes nearest to what it promises with such amounts.
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
FEWEST_AMOUNTS = 5
"""With fewer amounts than this in an arm there is nothing to draw from."""


def bootstrap(control: AmountTally, arm: AmountTally, *, rng: np.random.Generator, alpha: float = 0.05) -> Reading:
    """The difference of two mean amounts and of their relation, from draws of both arms.

    Where so many units brought something that drawing them would take long (40,000 and more in an arm), the mean is as good as
    normal, and Welch's test is the answer; where next to none did, too.
    """
    most = max(len(control.amounts), len(arm.amounts))
    plain = welch(moments_of(control), moments_of(arm), alpha=alpha)
    if min(len(control.amounts), len(arm.amounts)) < FEWEST_AMOUNTS or most * FEWEST_DRAWS > MOST_DRAWN:
        return plain
    draws = min(DRAWS, MOST_DRAWN // most)
    drawn = [_draw(tally, draws, rng) for tally in (control, arm)]
    first, second = moments_of(control), moments_of(arm)
    difference, error = second.mean - first.mean, sqrt(first.squared_error + second.squared_error)
    (means_0, errors_0), (means_1, errors_1) = drawn
    with np.errstate(divide="ignore", invalid="ignore"):
        t = ((means_1 - means_0) - difference) / np.sqrt(errors_0 + errors_1)
    t = np.sort(t[np.isfinite(t)])
    low, high = difference - _at(t, 1 - alpha / 2) * error, difference - _at(t, alpha / 2) * error
    relative_low, relative_high = _relative(drawn, control, arm, alpha)
    seen = difference / error
    beyond = min(int((t >= seen).sum()), int((t <= seen).sum()))
    return Reading(
        p_value=min(1.0, 2 * (beyond + 1) / (len(t) + 1)),
        difference_absolute_low=low,
        difference_absolute_high=high,
        relative_lift_low=relative_low,
        relative_lift_high=relative_high,
        method=f"bootstrap-t, {len(t):,} draws",
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
    means, errors = np.empty(draws), np.empty(draws)
    brought = rng.binomial(units, len(amounts) / units, size=draws)
    for number, count in enumerate(brought.tolist()):
        drawn = amounts[rng.integers(0, len(amounts), size=count)]
        total = float(drawn.sum())
        means[number] = total / units
        errors[number] = (float(drawn @ drawn) - total * total / units) / (units - 1) / units
    return means, errors


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
    t = np.sort((np.log(means_1 / means_0) - seen)[known] / spread[known])
    return exp(seen - _at(t, 1 - alpha / 2) * error) - 1, exp(seen - _at(t, alpha / 2) * error) - 1


def _at(ordered: np.ndarray, share: float) -> float:
    """The value below which this share of the draws lies."""
    if not len(ordered):
        return inf
    return float(ordered[min(len(ordered) - 1, max(0, round(share * (len(ordered) + 1)) - 1))])
