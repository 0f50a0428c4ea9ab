"""Numbers of an experiment in words: with their sign, and with what they are counted in."""

from __future__ import annotations

from math import isinf

from leadloop.experiments.effects import Effect, Reading
from leadloop.experiments.metrics import Metric


def change(difference: float, metric: Metric) -> str:
    """A difference with its sign and unit; of a share of units in percentage points.

    >>> change(-0.021, Metric(name="won", kind="conversion"))
    '-2.1 points'
    >>> change(12.5, Metric(name="revenue", kind="amount", unit="EUR"))
    '+12.5 EUR'
    """
    if metric.kind == "conversion":
        return f"{_signed(100 * difference)} points"
    return f"{_signed(difference)} {'days' if metric.kind == 'time' else metric.unit}".rstrip()


def value(number: float, metric: Metric) -> str:
    """A value of an arm with its unit.

    >>> value(0.123, Metric(name="won", kind="conversion"))
    '12.3%'
    """
    if metric.kind == "conversion":
        return f"{100 * number:.3g}%"
    return f"{number:,.4g} {'days' if metric.kind == 'time' else metric.unit}".rstrip()


def lift(relative: float | None) -> str:
    """A relative difference with its sign, or nothing where there is none.

    >>> lift(0.2134)
    ' (+21% of the control)'
    """
    return "" if relative is None else f" ({_signed(100 * relative, digits=2)}% of the control)"


def limits(reading: Reading, metric: Metric) -> str:
    """Between which limits a difference lies."""
    low, high = reading.difference_absolute_low, reading.difference_absolute_high
    if isinf(low) or isinf(high):
        return "with nothing known of its limits yet"
    return f"between {change(low, metric)} and {change(high, metric)}"


def tell(effect: Effect) -> str:
    """An effect in one sentence.

    The values, the difference in both terms, its limits, and how surprising it would be by chance.
    """
    p_value, metric = effect.p_value_corrected, effect.metric
    looks = "however often one looks" if effect.reading == "any_time" else "for one look"
    corrected = "" if effect.correction == "none" else f", corrected by {effect.correction}"
    return (
        f"{effect.arm} has {value(effect.arm_value, metric)} and {effect.control} {value(effect.control_value, metric)} "
        f"({metric.name}): {change(effect.difference_absolute, metric)}{lift(effect.relative_lift)}, "
        f"{limits(effect.deciding, metric)} at {effect.level:.0%}; "
        f"{_surprise(p_value)} {looks}{corrected}."
    )


def _surprise(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"


def _signed(number: float, digits: int = 3) -> str:
    """A number with its sign, to so many digits that matter.

    >>> _signed(99.96, 2), _signed(1234.5), _signed(0.01234)
    ('+100', '+1,234', '+0.0123')
    """
    return f"{number:+.{digits}g}" if abs(number) < 10**digits - 0.5 else f"{number:+,.0f}"
