"""What the team gains by working as many leads as it has time for, and whether drawing the line there is worth it."""

from __future__ import annotations

import math

from leadloop.learning.evaluation import Decision, Estimate
from leadloop.learning.report.marks import Plot, disc, round_up
from leadloop.learning.report.parts import Pictures, Section, Table, Words
from leadloop.learning.report.picture import Picture, compose
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.words import count, number, percent, rate, where

_BELOW = 0.3
"""The decision curve shows net losses down to this share of the largest benefit; further down nobody needs to look."""


def capacity_section(report: TrainingReport) -> Section:
    """Lift and gain, who is reached and who is missed at the team's capacity, and the net benefit of it."""
    pictures = Pictures(("lift", "gain"))
    title = f"What the team gains at a capacity of {percent(report.capacity)}"
    decision = report.decision
    if decision is None:
        return Section("capacity", title, (pictures,))
    return Section(
        "capacity",
        title,
        (pictures, *_reached(report, decision), Pictures(("decision",), _benefit(decision), titled=True)),
    )


def _reached(report: TrainingReport, decision: Decision) -> tuple[Words | Table, ...]:
    worked, passed = decision.won_worked + decision.lost_worked, decision.won_passed + decision.lost_passed
    highest = "probabilities of this" if report.own_order else "scores"
    text = (
        f"The team works the {_leads(worked)} with the highest {highest}, down to a probability of "
        f"{_threshold(decision.threshold)}. Of these, {_share(decision.precision)} were won (precision); that is "
        f"{_share(decision.recall)} of all won leads (recall). F1, which weighs both alike, is {number(decision.f1.value)} "
        f"({number(decision.f1.low)} to {number(decision.f1.high)})."
    )
    if decision.tied:
        text += f" {count(decision.tied)} leads tie at that probability and share the last places: they count in part."
    rows = (
        ("worked", _amount(decision.won_worked), _amount(decision.lost_worked), _amount(worked)),
        ("not worked", _amount(decision.won_passed), _amount(decision.lost_passed), _amount(passed)),
        (
            "all",
            _amount(decision.won_worked + decision.won_passed),
            _amount(decision.lost_worked + decision.lost_passed),
            _amount(worked + passed),
        ),
    )
    headings = ("at the team's capacity", "won", "lost", "together")
    return Words(text), Table(where(report), headings, rows, numeric=frozenset({1, 2, 3}))


def _leads(amount: float) -> str:
    return count(round(amount), "lead")


def _amount(amount: float) -> str:
    return count(round(amount)) if abs(amount - round(amount)) < 0.05 else f"{amount:,.1f}"


def _share(estimate: Estimate) -> str:
    return f"{percent(estimate.value)} ({percent(estimate.low)} to {percent(estimate.high)})"


def _threshold(threshold: float) -> str:
    return percent(threshold, 1)


def _benefit(decision: Decision) -> tuple[Words, ...]:
    """What the net benefit says, in words; a warning where working every lead or none may be as good."""
    benefit = decision.net_benefit
    if not math.isfinite(benefit.value) or decision.threshold <= 0:
        return ()
    calls = (1 - decision.threshold) / decision.threshold
    words = [
        Words(
            f"Stopping at a probability of {_threshold(decision.threshold)} pays where a won lead is worth "
            f"{number(calls, 1)} wasted calls. Take the wasted calls off at that price: working the best-scored "
            f"{percent(decision.capacity)} of 100 leads then brings as much as {_hundred(benefit.value)} won leads that cost no "
            f"wasted call (95% interval {_hundred(benefit.low)} to {_hundred(benefit.high)}). Working every lead brings "
            f"{_hundred(decision.work_all.value)}, working none 0."
        )
    ]
    if not benefit.low > 0:
        words.append(Words("Working none of them may be as good: the interval reaches 0.", warning=True))
    if not decision.over_all.low > 0:
        words.append(
            Words(
                "Working every lead may be as good: the difference is "
                f"{_hundred(decision.over_all.low)} to {_hundred(decision.over_all.high)} won leads per 100.",
                warning=True,
            )
        )
    return tuple(words)


def _hundred(benefit: float) -> str:
    return number(100 * benefit, 1)


def decision_picture(report: TrainingReport) -> Picture | None:
    """Net benefit by threshold, beside working every lead and working none."""
    decision, curve = report.decision, report.curves.decision
    if decision is None or not curve or not math.isfinite(decision.net_benefit.value):
        return None
    top = round_up(max(0.001, *(benefit for _, benefit, _ in curve)))
    last = max(curve[-1][0], decision.threshold)
    plot = Plot(round_up(last), top, -_BELOW * top)
    ours = [(threshold, max(benefit, plot.y_min)) for threshold, benefit, _ in curve]
    everyone = _until([(threshold, benefit) for threshold, _, benefit in curve], plot.y_min)
    text = f"{_hundred(decision.net_benefit.value)} at capacity"
    late = decision.threshold > 0.6 * plot.x_max
    shapes = [
        *plot.frame(
            "threshold: lowest probability that is worked",
            "net benefit, in won leads per 100",
            upward=lambda value: f"{round(100 * value, 6):g}",
        ),
        plot.line(everyone, "chance"),
        plot.label(*everyone[-1], "working every lead", "", "start", shift=(8, -4)),
        plot.label(plot.x_max, 0, "working none", "", "end", shift=(0, 15)),
        plot.line([(decision.threshold, 0), (decision.threshold, top)], "team"),
        plot.label(
            decision.threshold,
            top,
            f"the team stops at {_threshold(decision.threshold)}",
            "of-mark",
            "end" if late else "start",
            shift=(-6 if late else 6, 14),
        ),
        plot.line(ours, "curve"),
        disc(plot.x(decision.threshold), plot.y(decision.net_benefit.value), 5, "dot"),
        plot.label(
            decision.threshold,
            decision.net_benefit.value,
            text,
            "strong",
            "end" if late else "start",
            shift=(-10 if late else 10, -8),
        ),
    ]
    return compose(
        report,
        "decision",
        "Decision curve: is it worth drawing the line here?",
        "Won leads among those worked, less the calls in vain at the price that the threshold implies. Where the line of "
        "the scores lies above both others, sorting by score is worth more than working every lead or none.",
        f"At a threshold of {rate(decision.threshold)} the net benefit is {_hundred(decision.net_benefit.value)} won leads "
        f"per 100; working every lead has {_hundred(decision.work_all.value)}, working none 0.",
        shapes,
    )


def _until(points: list[tuple[float, float]], lowest: float) -> list[tuple[float, float]]:
    """A falling line up to where it leaves the picture."""
    seen: list[tuple[float, float]] = []
    for across, up in points:
        if up < lowest:
            if seen:
                before, height = seen[-1]
                seen.append((before + (across - before) * (height - lowest) / (height - up), lowest))
            break
        seen.append((across, up))
    return seen or [points[0]]
