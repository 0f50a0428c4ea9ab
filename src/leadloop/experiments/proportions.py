"""How much two shares differ: the two-proportion z-test, with limits that agree with it.

The usual limits (Wald) now and then leave out 0 although the z-test sees nothing, or hold it although it does, and they are too
narrow where conversions are few. The limits here are those differences that the same kind of test would not refuse (Mee 1984; for
the ratio Koopman 1984), so both always say the same, and they hold what they promise with few conversions, too.
"""

from __future__ import annotations

from collections.abc import Callable
from math import acos, copysign, cos, inf, nan, pi, sqrt

from leadloop.experiments.distributions import normal_quantile, two_sided
from leadloop.experiments.effects import Reading
from leadloop.experiments.tallies import ConversionTally

_HALVINGS = 60


def z_test(control: ConversionTally, arm: ConversionTally, *, alpha: float = 0.05) -> Reading:
    """Whether two shares of units differ: the two-proportion z-test, with limits of the difference and of its relation.

    >>> reading = z_test(ConversionTally(units=1000, conversions=100), ConversionTally(units=1000, conversions=130))
    >>> round(reading.p_value, 4), round(reading.difference_absolute_low, 4), round(reading.difference_absolute_high, 4)
    (0.0355, 0.002, 0.0582)
    """
    nothing = control.units == 0 or arm.units == 0
    low, high = (-1.0, 1.0) if nothing else difference_limits(control, arm, alpha=alpha)
    ratios = (0.0, inf) if nothing else ratio_limits(control, arm, alpha=alpha)
    return Reading(
        p_value=1.0 if nothing else two_sided(z_value(control, arm)),
        difference_absolute_low=low,
        difference_absolute_high=high,
        relative_lift_low=ratios[0] - 1 if ratios[1] < inf else None,
        relative_lift_high=ratios[1] - 1 if ratios[1] < inf else None,
        method="two-proportion z-test",
    )


def z_value(control: ConversionTally, arm: ConversionTally) -> float:
    """How many standard errors the shares differ by, were both the same; not a number where nobody or everybody converted."""
    pooled = (control.conversions + arm.conversions) / (control.units + arm.units)
    variance = pooled * (1 - pooled) * (1 / control.units + 1 / arm.units)
    return (arm.conversions / arm.units - control.conversions / control.units) / sqrt(variance) if variance > 0 else nan


def difference_limits(control: ConversionTally, arm: ConversionTally, *, alpha: float = 0.05) -> tuple[float, float]:
    """The limits of the difference of two shares: those that the z-test would just not refuse."""
    first, second = control.conversions / control.units, arm.conversions / arm.units
    reach = normal_quantile(1 - alpha / 2)

    def surprise(difference: float) -> float:
        """How many standard errors lie between what was seen and this difference, were it the true one."""
        base = _base_at_difference(control, arm, difference)
        other = min(1.0, max(0.0, base + difference))
        variance = base * (1 - base) / control.units + other * (1 - other) / arm.units
        return _standardised(second - first - difference, variance)

    seen = second - first
    return _edge(lambda at: surprise(at) > reach, -1.0, seen), _edge(lambda at: surprise(at) < -reach, 1.0, seen)


def ratio_limits(control: ConversionTally, arm: ConversionTally, *, alpha: float = 0.05) -> tuple[float, float]:
    """The limits of the ratio of two shares, arm by control; the upper one is infinite where the control has no conversions."""
    if control.conversions == 0:
        return 0.0, inf
    first, second = control.conversions / control.units, arm.conversions / arm.units
    reach = normal_quantile(1 - alpha / 2)

    def surprise(part: float) -> float:
        """The same as above of a ratio, which is given as part of 1: the ratio t is t / (1 + t)."""
        ratio = part / (1 - part)
        base = _base_at_ratio(control, arm, ratio)
        other = min(1.0, ratio * base)
        variance = other * (1 - other) / arm.units + ratio**2 * base * (1 - base) / control.units
        return _standardised(second - ratio * first, variance)

    seen = second / first / (1 + second / first)
    low = _edge(lambda at: surprise(at) > reach, 0.0, seen) if second else 0.0
    high = _edge(lambda at: surprise(at) < -reach, 1 - 1e-15, seen)
    return low / (1 - low), high / (1 - high)


def _edge(refused: Callable[[float], bool], outside: float, inside: float) -> float:
    """Where what is refused begins, between a point that is as far out as can be and one that is not refused."""
    if not refused(outside):
        return outside
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        outside, inside = (middle, inside) if refused(middle) else (outside, middle)
    return (outside + inside) / 2


def _standardised(off: float, variance: float) -> float:
    """A distance in standard errors; infinite where there is no room for chance."""
    if variance > 1e-300:
        return off / sqrt(variance)
    return copysign(inf, off) if abs(off) > 1e-12 else 0.0


def _base_at_difference(control: ConversionTally, arm: ConversionTally, difference: float) -> float:
    """The likeliest share of the control, were the arm's larger by this difference (Miettinen and Nurminen 1985, appendix 1)."""
    units, won = control.units + arm.units, control.conversions + arm.conversions
    square = (arm.units + 2 * control.units) * difference - units - won
    linear = (control.units * difference - units - 2 * control.conversions) * difference + won
    constant = control.conversions * difference * (1 - difference)
    third = square / (3 * units)
    v = third**3 - square * linear / (6 * units**2) + constant / (2 * units)
    u = copysign(sqrt(max(0.0, third**2 - linear / (3 * units))), v)
    angle = (pi + acos(min(1.0, max(-1.0, v / u**3)))) / 3 if u else pi / 2
    return min(1.0, 1 - difference, max(0.0, -difference, 2 * u * cos(angle) - third))


def _base_at_ratio(control: ConversionTally, arm: ConversionTally, ratio: float) -> float:
    """The likeliest share of the control, were the arm's larger by this factor (the same, section 3)."""
    units, won = control.units + arm.units, control.conversions + arm.conversions
    linear = ratio * (arm.units + control.conversions) + control.units + arm.conversions
    return min(1.0, 2 * won / (linear + sqrt(max(0.0, linear**2 - 4 * units * ratio * won))))
