"""How each learner did on held-out leads as it learned on, and where it was stopped."""

from __future__ import annotations

import math

from leadloop.learning.report.marks import Plot, disc, round_between, round_up
from leadloop.learning.report.parts import Pictures, Words
from leadloop.learning.report.picture import Picture, compose
from leadloop.learning.report.report import LearningCurve, TrainingReport
from leadloop.learning.report.words import count, number

_LINES = ("curve", "curve second", "curve third", "curve fourth", "curve fifth", "curve sixth")
_LEAST_RANGE = 1e-4
_NOTHING = 0.01
"""A log-loss that rises by less than this share of itself is hardly more than noise."""
_SHOWN = 0.95
"""So much of the curves is shown; the steepest part at the start is left out."""


def learning_parts(report: TrainingReport) -> tuple[Pictures, ...]:
    """The picture of all curves with what they say; nothing where none was kept."""
    curves = _drawable(report)
    return (Pictures(("learning",), (Words(" ".join(map(_told, curves))),), titled=True),) if curves else ()


def _drawable(report: TrainingReport) -> list[LearningCurve]:
    """Curves with at least two points, as many as there are kinds of lines."""
    whole = [
        curve for curve in report.learning_curves if len(curve.rounds) > 1 and all(map(math.isfinite, curve.losses))
    ]
    return whole[: len(_LINES)]


def _told(curve: LearningCurve) -> str:
    best = min(range(len(curve.losses)), key=curve.losses.__getitem__)
    name = f"{curve.learner[:1].upper()}{curve.learner[1:]}"
    text = (
        f"{name} did best on held-out leads after {count(round(curve.rounds[best]))} {curve.unit}, with a log-loss of "
        f"{number(curve.losses[best])}"
    )
    if best == len(curve.losses) - 1:
        return f"{text}: the last that were tried, so more might do better still."
    after = curve.losses[-1] - curve.losses[best]
    if after < _NOTHING * curve.losses[best]:
        return f"{text}; more changed next to nothing."
    return (
        f"{text}; with {count(round(curve.rounds[-1]))} it was {number(after)} worse, having learned the past by heart."
    )


def _heights(curves: list[LearningCurve]) -> list[float]:
    """The values at the left: the first steps down from chance are so large that they would flatten all the rest."""
    losses = sorted(loss for curve in curves for loss in curve.losses)
    least, most = losses[0], max(curve.losses[-1] for curve in curves)
    upper = max(most, losses[int(_SHOWN * (len(losses) - 1))], least + _LEAST_RANGE)
    return round_between(least, upper)


def learning_picture(report: TrainingReport) -> Picture | None:
    """Held-out log-loss by rounds, a line a learner."""
    curves = _drawable(report)
    if not curves:
        return None
    heights = _heights(curves)
    plot = Plot(round_up(max(curve.rounds[-1] for curve in curves)), heights[-1], heights[0])
    units = sorted({curve.unit for curve in curves})
    shapes = plot.frame(
        f"rounds ({', '.join(units)})",
        "log-loss on held-out training leads",
        rightward=lambda value: f"{value:g}",
        upward=lambda value: f"{value:g}",
        heights=heights,
    )
    for place, (curve, kind) in enumerate(zip(curves, _LINES, strict=False)):
        points = [(at, loss) for at, loss in zip(curve.rounds, curve.losses, strict=True) if loss <= heights[-1]]
        shapes.append(plot.line(points, kind))
        if curve.chosen is not None:
            near = min(range(len(curve.rounds)), key=lambda index: abs(curve.rounds[index] - (curve.chosen or 0)))
            shapes.append(disc(plot.x(curve.rounds[near]), plot.y(curve.losses[near]), 5, "dot"))
        row = plot.top + 8 + 18 * place
        shapes.append(f'<path class="{kind}" d="M236,{row:g} 262,{row:g}"/>')
        shapes.append(plot.label(0, heights[-1], curve.learner, "ink", "start", shift=(226, 12 + 18 * place)))
    chosen = "; the dot is where it was stopped" if any(curve.chosen is not None for curve in curves) else ""
    return compose(
        report,
        "learning",
        "Learning curves",
        f"Lower is better{chosen}. Measured on held-out parts of the training leads, never on the test leads.",
        " ".join(_told(curve) for curve in curves),
        shapes,
        leads=f"{count(report.split.train.leads, 'training lead')}.",
    )
