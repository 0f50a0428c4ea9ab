"""How long an experiment has to run, before it is begun: units for a difference, and what can be seen in so many weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from leadloop.errors import ExperimentError, Problem
from leadloop.experiments.distributions import normal_quantile, normal_tail
from leadloop.experiments.metrics import ReadingName
from leadloop.experiments.sequential import any_time_reach

POWER = 0.8
"""How surely the difference is found if it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an experiment takes."""

    effect_absolute: float
    """The difference that it is planned for, in the metric's unit (a share of units: 0.02 is two percentage points)."""
    relative_lift: float | None
    """The same in relation to the control; None where the control's value is not known."""
    units: int
    """Units of all arms together that must have matured."""
    days: float | None
    """Days until so many have come and matured; None where nobody knows how many come a day."""
    power: float
    """How surely the difference is found if it is there."""
    alpha: float
    """How often one is found where there is none."""
    reading: ReadingName
    """For which reading: at_end is one look when all are there; any_time pays for looking as often as one likes, and often ends
    earlier than this."""
    said: str
    """In plain words."""

    @property
    def weeks(self) -> float | None:
        """The days in weeks."""
        return None if self.days is None else self.days / 7


def plan_conversion(
    base_rate: float,
    effect_absolute: float,
    *,
    units_per_day: float | None = None,
    shares: Sequence[float] = (0.5, 0.5),
    power: float = POWER,
    alpha: float = 0.05,
    reading: ReadingName = "any_time",
    matures_after_days: float = 0.0,
    variance_saved: float = 0.0,
    called: str = "leads",
) -> Plan:
    """How many units it takes to see a share of units change by so much.

    `base_rate` is the control's share, `effect_absolute` the change (below 0 for a fall), `shares` the control's and each other
    arm's part of the units; with several arms the smallest one counts, and alpha is divided among them. `variance_saved` is what
    a covariate takes away, `called` what units are.

    >>> plan_conversion(0.03, 0.02, units_per_day=40, reading="at_end").said
    'With 40 leads a day you need 11 weeks for 2 points: 3,012 leads, from 3.0% to 5.0%, looked at once at the end.'
    """
    _refuse(base_rate, effect_absolute, shares, power, alpha, variance_saved)
    units = _units_for(base_rate, effect_absolute, shares, power, alpha, reading, variance_saved)
    days, pace = _pace(units, units_per_day, matures_after_days, _points(effect_absolute), called)
    return Plan(
        effect_absolute=effect_absolute,
        relative_lift=effect_absolute / base_rate,
        units=units,
        days=days,
        power=power,
        alpha=alpha,
        reading=reading,
        said=f"{pace}, from {base_rate:.1%} to {base_rate + effect_absolute:.1%}, {_LOOKS[reading]}.",
    )


def detectable_conversion(
    base_rate: float,
    *,
    days: float,
    units_per_day: float,
    shares: Sequence[float] = (0.5, 0.5),
    power: float = POWER,
    alpha: float = 0.05,
    reading: ReadingName = "any_time",
    matures_after_days: float = 0.0,
    variance_saved: float = 0.0,
    called: str = "leads",
) -> Plan:
    """The smallest rise of a share of units that can be seen in so many days; the arguments are those of `plan_conversion`.

    Raises ExperimentError where no rise could be seen: too few units would have matured by then.

    >>> detectable_conversion(0.03, days=28, units_per_day=40, reading="at_end").said
    'In 4 weeks with 40 leads a day you can see a change of 3.6 points: from 3.0% to 6.6%, looked at once at the end.'
    """
    _refuse(base_rate, 0.5 * (1 - base_rate), shares, power, alpha, variance_saved)
    units = int(max(0.0, days - matures_after_days) * units_per_day)
    low, high = 0.0, 1 - base_rate
    if units == 0 or _units_for(base_rate, high * (1 - 1e-9), shares, power, alpha, reading, variance_saved) > units:
        raise ExperimentError(
            "plan",
            Problem(
                "days",
                f"of {days:g} let {units:,} units mature, in which no rise could be seen",
                "let it run longer, or count something that happens sooner",
            ),
        )
    for _ in range(60):
        middle = (low + high) / 2
        enough = _units_for(base_rate, middle, shares, power, alpha, reading, variance_saved) <= units
        low, high = (low, middle) if enough else (middle, high)
    return Plan(
        effect_absolute=high,
        relative_lift=high / base_rate,
        units=units,
        days=days,
        power=power,
        alpha=alpha,
        reading=reading,
        said=f"In {_weeks(days)} with {units_per_day:,g} {called} a day you can see a change of {_points(high)}: from "
        f"{base_rate:.1%} to {base_rate + high:.1%}, {_LOOKS[reading]}.",
    )


def plan_mean(
    deviation: float,
    effect_absolute: float,
    *,
    unit: str = "",
    base: float | None = None,
    units_per_day: float | None = None,
    shares: Sequence[float] = (0.5, 0.5),
    power: float = POWER,
    alpha: float = 0.05,
    reading: ReadingName = "any_time",
    matures_after_days: float = 0.0,
    variance_saved: float = 0.0,
    called: str = "leads",
) -> Plan:
    """How many units it takes to see a mean change by so much; `deviation` is the standard deviation of single units.

    >>> plan_mean(400.0, 30.0, unit="EUR", units_per_day=200, reading="at_end").units
    5582
    """
    _refuse(0.5, 0.1 if effect_absolute else 0.0, shares, power, alpha, variance_saved, deviation)
    reach, other = _reach(alpha / (len(shares) - 1), reading), normal_quantile(power)
    whole = sum(shares)
    spread = deviation**2 * (1 - variance_saved) * (whole / shares[0] + whole / min(shares[1:]))
    units = ceil((reach + other) ** 2 * spread / effect_absolute**2)
    change = f"a change of {abs(effect_absolute):g}{' ' * bool(unit)}{unit}"
    days, pace = _pace(units, units_per_day, matures_after_days, change, called)
    return Plan(
        effect_absolute=effect_absolute,
        relative_lift=effect_absolute / abs(base) if base else None,
        units=units,
        days=days,
        power=power,
        alpha=alpha,
        reading=reading,
        said=f"{pace}, {_LOOKS[reading]}.",
    )


def _pace(
    units: int, units_per_day: float | None, matures_after_days: float, change: str, called: str
) -> tuple[float | None, str]:
    """How many days it takes to gather so many units, where it is known how many come, and that in words."""
    if not units_per_day:
        return None, f"You need {units:,} {called} for {change}"
    days = units / units_per_day + matures_after_days
    return days, f"With {units_per_day:,g} {called} a day you need {_weeks(days)} for {change}: {units:,} {called}"


def power_of_conversion(
    base_rate: float, effect_absolute: float, control_units: int, arm_units: int, *, alpha: float = 0.05
) -> float:
    """How surely the z-test sees this difference with so many units (either direction).

    >>> round(power_of_conversion(0.10, 0.02, 3841, 3841), 2)
    0.8
    """
    other = base_rate + effect_absolute
    pooled = (base_rate * control_units + other * arm_units) / (control_units + arm_units)
    null = sqrt(pooled * (1 - pooled) * (1 / control_units + 1 / arm_units))
    real = sqrt(base_rate * (1 - base_rate) / control_units + other * (1 - other) / arm_units)
    reach = normal_quantile(1 - alpha / 2) * null
    if real == 0:
        return float(abs(effect_absolute) > reach)
    return normal_tail((reach - effect_absolute) / real) + normal_tail((reach + effect_absolute) / real)


_LOOKS: dict[ReadingName, str] = {
    "at_end": "looked at once at the end",
    "any_time": "looked at as often as you like",
}


def _units_for(
    base: float,
    effect: float,
    shares: Sequence[float],
    power: float,
    alpha: float,
    reading: ReadingName,
    variance_saved: float,
) -> int:
    """Units of all arms, so that the control and the smallest other arm have enough."""
    whole = sum(shares)
    first, second = shares[0] / whole, min(shares[1:]) / whole
    other = base + effect
    pooled = (first * base + second * other) / (first + second)
    null = sqrt(pooled * (1 - pooled) * (1 / first + 1 / second))
    real = sqrt(base * (1 - base) / first + other * (1 - other) / second)
    reach = _reach(alpha / (len(shares) - 1), reading)
    if reading == "any_time":
        null = real  # the any-time reading does not pool the two shares
    return ceil((1 - variance_saved) * ((reach * null + normal_quantile(power) * real) / effect) ** 2)


def _reach(alpha: float, reading: ReadingName) -> float:
    """How many standard errors away from 0 a difference has to be, at the planned size."""
    return any_time_reach(1, 1, alpha=alpha) if reading == "any_time" else normal_quantile(1 - alpha / 2)


def _weeks(days: float | None) -> str:
    """Days in words: whole weeks from two on, rounded up.

    >>> _weeks(77), _weeks(9.5)
    ('11 weeks', '10 days')
    """
    days = ceil((days or 0.0) - 1e-9)
    return f"{ceil(days / 7)} weeks" if days >= 14 else f"{days} day{'s' * (days != 1)}"


def _points(effect: float) -> str:
    """A change of a share of units in points."""
    return f"{abs(effect) * 100:.2g} points"


def _refuse(
    base: float,
    effect: float,
    shares: Sequence[float],
    power: float,
    alpha: float,
    variance_saved: float,
    deviation: float = 1.0,
) -> None:
    """Raise ExperimentError with everything that cannot be planned for."""
    checks = [
        ("base_rate", 0 < base < 1, f"is {base:g}", "give the control's share of conversions, as 0.08"),
        ("effect", bool(effect) and 0 <= base + effect <= 1, f"is {effect:g}", "give a change that shares can make"),
        ("shares", len(shares) > 1 and min(shares) > 0, "are not two or more, all above 0", "as (0.5, 0.5)"),
        ("power", 0.5 <= power < 1, f"is {power:g}", "give a number from 0.5 to below 1, as 0.8"),
        ("alpha", 0 < alpha < 0.5, f"is {alpha:g}", "give a number above 0 and below 0.5, as 0.05"),
        ("variance_saved", 0 <= variance_saved < 1, f"is {variance_saved:g}", "give a share below 1"),
        ("deviation", deviation > 0, f"is {deviation:g}", "give the standard deviation of single units"),
    ]
    if problems := [Problem(where, what, mend) for where, right, what, mend in checks if not right]:
        raise ExperimentError("plan", problems)
