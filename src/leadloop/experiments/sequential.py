"""Readings that hold whenever one looks, as often as one likes.

A test that is read every day finds a difference where there is none in one experiment of four: each look is another chance to be
fooled. The limits here are wider, and hold at all times at once: asymptotic confidence sequences (Waudby-Smith, Arbour, Sinha,
Kennedy and Ramdas 2021/2024, arXiv 2103.06476, equation 9), a normal mixture over possible effects. So one may stop whenever the
limits leave out 0, and go on whenever they do not.

They are narrowest, for the units they have, at the size that was planned.
"""

from __future__ import annotations

from math import exp, inf, isinf, log, log1p, sqrt

from leadloop.experiments.effects import Reading
from leadloop.experiments.means import difference_of, fieller
from leadloop.experiments.moments import Moments


def any_time(control: Moments, arm: Moments, *, planned_units: int, alpha: float = 0.05) -> Reading:
    """The difference of two means, with limits for any number of looks.

    `planned_units` is the number of units of both arms for which it was planned.
    """
    units = control.units + arm.units
    difference, error, _ = difference_of(control, arm)
    if isinf(error) or error == 0:
        return Reading(
            p_value=1.0,
            difference_absolute_low=-inf,
            difference_absolute_high=inf,
            relative_lift_low=None,
            relative_lift_high=None,
            method=METHOD,
        )
    reach = any_time_reach(units, planned_units, alpha=alpha)
    low, high = fieller(control.mean, control.squared_error, arm.mean, arm.squared_error, reach)
    return Reading(
        p_value=any_time_p_value(difference / error, units, planned_units, alpha=alpha),
        difference_absolute_low=difference - reach * error,
        difference_absolute_high=difference + reach * error,
        relative_lift_low=low,
        relative_lift_high=high,
        method=METHOD,
    )


METHOD = "asymptotic confidence sequence"


def any_time_reach(units: float, planned_units: float, *, alpha: float = 0.05) -> float:
    """How many standard errors the limits lie to each side.

    >>> round(any_time_reach(10_000, planned_units=10_000), 2), round(any_time_reach(1_000, planned_units=10_000), 2)
    (3.04, 3.86)
    """
    mixed = units * _mixing(planned_units, alpha)
    return sqrt(2 * (1 + 1 / mixed) * (0.5 * log1p(mixed) - log(alpha)))


def any_time_p_value(z: float, units: float, planned_units: float, *, alpha: float = 0.05) -> float:
    """The p-value of a difference of z standard errors that holds whenever one looks. `alpha` shapes the mixture."""
    mixed = units * _mixing(planned_units, alpha)
    evidence = mixed / (1 + mixed) * z * z / 2 - 0.5 * log1p(mixed)
    return exp(-evidence) if evidence > 0 else 1.0


def _mixing(planned_units: float, alpha: float) -> float:
    """How wide the mixture is, so that limits are narrowest at the planned size (the same, equation 161)."""
    return (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned_units
