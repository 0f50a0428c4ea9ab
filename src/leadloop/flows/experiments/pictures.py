"""The pictures of an experiment's report: what each arm won, how far it is from the control, and how soon leads are won."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from leadloop.experiments import Effect, TimeTally
from leadloop.flows.experiments.counting import TIME
from leadloop.flows.experiments.reading import Results
from leadloop.learning.report.escape import html_text
from leadloop.learning.report.marks import disc, path, round_up, shorten, stroke, write

WIDTH = 560
_LEFT, _RIGHT, _ROW = 150, 20, 44
_Z = 1.959963984540054


@dataclass(frozen=True)
class Drawn:
    """A picture: its name on the page, its title, what to see in it, and its SVG."""

    name: str
    title: str
    caption: str
    svg: str


def draw(results: Results) -> list[Drawn]:
    """Every picture that the experiment's counts allow."""
    pictures = (_rates(results), _differences(results), _times(results))
    return [one for one in pictures if one is not None]


def _rates(results: Results) -> Drawn | None:
    """The share of each arm's leads that was won, with Wilson's interval."""
    rows = []
    for variant in results.test.variants:
        tally = results.conversion(variant.variant_name)
        if tally.units:
            rows.append(
                (variant.variant_name, tally.conversions / tally.units, *_wilson(tally.conversions, tally.units))
            )
    if not rows or not max(high for *_, high in rows):
        return None
    top, shapes = round_up(max(high for *_, high in rows)), []
    for place, (name, rate, low, high) in enumerate(rows):
        y = 22 + place * _ROW
        shapes += [
            write(_LEFT - 12, y + 4, shorten(name, 20), "ink", "end"),
            stroke(_x(low, 0, top), y, _x(high, 0, top), y, "line"),
            disc(_x(rate, 0, top), y, 5, "dot"),
            write(_x(rate, 0, top), y - 10, f"{rate:.1%}", "of-model", "middle"),
        ]
    bottom = 22 + len(rows) * _ROW
    shapes += _axis(0, top, bottom, lambda value: f"{value:.3g}%", scale=100)
    told = "; ".join(f"{name} {rate:.1%} ({low:.1%} to {high:.1%})" for name, rate, low, high in rows)
    caption = "The dot is the share that was won, the line where the true share lies in 95 of 100 such experiments."
    return Drawn("won", "What each arm won", caption, _svg("won", "What each arm won", told, shapes, bottom + 24))


def _differences(results: Results) -> Drawn | None:
    """How far each arm is from the control in each share of units and mean, as a percentage of the control."""
    effects = [one for one in (results.analysis.effects if results.analysis else ()) if _bounded(one)]
    if not effects:
        return None
    limits = [abs(value) for one in effects for value in _limits(one)]
    top, shapes = round_up(max(max(limits), 0.01)), []
    for place, effect in enumerate(effects):
        y, (low, high) = 22 + place * _ROW, _limits(effect)
        middle = effect.relative_lift or 0.0
        shapes += [
            write(_LEFT - 12, y - 2, shorten(effect.metric.name.replace("_", " "), 22), "ink", "end"),
            write(_LEFT - 12, y + 13, shorten(effect.arm, 22), "", "end"),
            stroke(_x(low, -top, top), y, _x(high, -top, top), y, "line"),
            disc(_x(middle, -top, top), y, 5, "dot"),
            write(_x(middle, -top, top), y - 10, f"{middle:+.1%}", "of-model", "middle"),
        ]
    bottom = 22 + len(effects) * _ROW
    shapes.insert(0, stroke(_x(0, -top, top), 4, _x(0, -top, top), bottom - 12, "zero"))
    shapes += _axis(-top, top, bottom, lambda value: f"{value:+.3g}%", scale=100)
    told = "; ".join(
        f"{one.arm}, {one.metric.name}: {one.relative_lift or 0:+.1%} ({_limits(one)[0]:+.1%} to {_limits(one)[1]:+.1%})"
        for one in effects
    )
    looks = "however often one looks" if effects[0].reading == "any_time" else "for the one look at the end"
    caption = f"In relation to the control. A line that does not cross the middle is a difference, {looks}."
    title = "How far from the control"
    return Drawn("differences", title, caption, _svg("differences", title, told, shapes, bottom + 24))


def _times(results: Results) -> Drawn | None:
    """The share of leads that was won by each day (Kaplan and Meier 1958: those who were not watched for so long drop out)."""
    lines = []
    for variant in results.test.variants:
        tally = results.arm(variant.variant_name).tally.metrics[TIME]
        if isinstance(tally, TimeTally) and tally.conversions.sum():
            lines.append((variant.variant_name, variant.is_control, *_won_by(tally)))
    if not lines:
        return None
    last = max(1.0, max(float(days[-1]) for *_, days, _ in lines))
    top = round_up(max(float(won.max()) for *_, won in lines))
    height, shapes = 210, []
    for place, (name, control, days, won) in enumerate(lines):
        points = [(_x(0, 0, last), height)]
        for day, share in zip(days, won, strict=True):
            points += [(_x(day, 0, last), points[-1][1]), (_x(day, 0, last), height - share / top * (height - 20))]
        kind = "control" if control else "line"
        shapes.append(path(points, f"{kind} step{place % 3}"))
        shapes.append(
            write(WIDTH - _RIGHT, points[-1][1] - 7, shorten(name, 24), "of-mark" if control else "of-model", "end")
        )
    shapes += _axis(0, last, height + 6, lambda value: f"{value:.3g}")
    shapes += [write(_LEFT - 12, 24, f"{top:.0%}", "", "end"), write(_LEFT - 12, height, "0%", "", "end")]
    told = "; ".join(f"{name}: {won[-1]:.1%} by day {days[-1]:g}" for name, _, days, won in lines)
    caption = (
        "The share of leads that was won by each day after they saw their arm; leads still open count while watched."
    )
    return Drawn(
        "times", "How soon leads are won", caption, _svg("times", "How soon leads are won", told, shapes, height + 30)
    )


def _won_by(tally: TimeTally) -> tuple[np.ndarray, np.ndarray]:
    gone = tally.conversions + tally.waiting
    watched = gone[::-1].cumsum()[::-1]
    left = np.cumprod(1 - tally.conversions / np.maximum(watched, 1))
    return tally.days, 1 - left


def _wilson(won: int, units: int) -> tuple[float, float]:
    share, spread = won / units, _Z**2 / units
    middle = (share + spread / 2) / (1 + spread)
    reach = _Z * sqrt(share * (1 - share) / units + spread / (4 * units)) / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _bounded(effect: Effect) -> bool:
    reading = effect.deciding
    limits = (reading.relative_lift_low, reading.relative_lift_high, effect.relative_lift)
    return all(one is not None and isfinite(one) and abs(one) < 10 for one in limits)


def _limits(effect: Effect) -> tuple[float, float]:
    return effect.deciding.relative_lift_low or 0.0, effect.deciding.relative_lift_high or 0.0


def _x(value: float, low: float, high: float) -> float:
    return _LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)


def _axis(low: float, high: float, y: float, say: object, *, scale: float = 1.0) -> list[str]:
    assert callable(say)
    values = [low + (high - low) * part / 4 for part in range(5)]
    shapes = [stroke(_LEFT, y - 8, WIDTH - _RIGHT, y - 8, "axis")]
    return shapes + [write(_x(value, low, high), y + 8, say(value * scale), "", "middle") for value in values]


def _svg(name: str, title: str, told: str, shapes: list[str], height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pic arms" role="img" viewBox="0 0 {WIDTH} {height:g}" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{html_text(title)}</title>'
        f'<desc id="{name}-desc">{html_text(told)}</desc>{"".join(shapes)}</svg>'
    )
