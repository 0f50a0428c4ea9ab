"""How much two means differ: Welch's test, which lets the arms vary differently, and Fieller's limits of their ratio."""

from __future__ import annotations

from math import inf, isinf, nan, sqrt

from leadloop.experiments.distributions import student_quantile, student_two_sided
from leadloop.experiments.effects import Reading
from leadloop.experiments.moments import Moments


def welch(control: Moments, arm: Moments, *, alpha: float = 0.05) -> Reading:
    """The difference of two means (Welch 1947), and of their ratio by Fieller (1954).

    The limits of the ratio leave out 0 exactly where those of the difference do. There are none where the control's own mean
    cannot be told from 0.

    >>> reading = welch(Moments(200, 10.0, 25.0, 10.0), Moments(200, 12.0, 25.0, 12.0))
    >>> round(reading.difference_absolute_low, 3), round(reading.difference_absolute_high, 3)
    (1.017, 2.983)
    """
    difference, error, degrees = difference_of(control, arm)
    if isinf(error):
        return Reading(
            p_value=1.0,
            difference_absolute_low=-inf,
            difference_absolute_high=inf,
            relative_lift_low=None,
            relative_lift_high=None,
            method="Welch's test",
        )
    reach = student_quantile(1 - alpha / 2, degrees)
    low, high = fieller(control.mean, control.squared_error, arm.mean, arm.squared_error, reach)
    return Reading(
        p_value=student_two_sided(difference / error if error else (nan if not difference else inf), degrees),
        difference_absolute_low=difference - reach * error,
        difference_absolute_high=difference + reach * error,
        relative_lift_low=low,
        relative_lift_high=high,
        method="Welch's test",
    )


def difference_of(control: Moments, arm: Moments) -> tuple[float, float, float]:
    """The difference of two means, its standard error (infinite with fewer than two units), and its degrees of freedom."""
    difference = arm.mean - control.mean
    if control.units < 2 or arm.units < 2:
        return difference, inf, inf
    first, second = control.squared_error, arm.squared_error
    if first + second == 0:
        return difference, 0.0, inf
    degrees = (first + second) ** 2 / (first**2 / (control.units - 1) + second**2 / (arm.units - 1))
    return difference, sqrt(first + second), degrees


def fieller(
    base: float, base_squared_error: float, other: float, other_squared_error: float, reach: float
) -> tuple[float | None, float | None]:
    """The limits of the relative difference of two independent means, so many standard errors away; None where the base is not
    that far from 0 itself.

    They are those ratios at which `other` less ratio times `base` is not too far from 0: so they leave out 0 exactly where the
    limits of the plain difference do, whichever way `reach` was found.

    >>> [round(one, 3) for one in fieller(10.0, 0.125, 12.0, 0.125, 1.966)]
    [0.097, 0.315]
    """
    spread = base**2 - reach**2 * base_squared_error
    if spread <= 0 or isinf(other_squared_error):
        return None, None
    middle = base * other
    half = sqrt(max(0.0, middle**2 - spread * (other**2 - reach**2 * other_squared_error)))
    low, high = (middle - half) / spread - 1, (middle + half) / spread - 1
    return (low, high) if base > 0 else (-high, -low)


def relative(difference: float, base: float) -> float | None:
    """A difference in relation to what it is compared with; None where that is 0."""
    return difference / abs(base) if base else None
