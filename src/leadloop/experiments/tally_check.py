"""What cannot be right about tallies and metrics: all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from leadloop.errors import Problem
from leadloop.experiments.metrics import Metric, MetricKind
from leadloop.experiments.tallies import AmountTally, ArmTally, ConversionTally, MeanTally, Tally, TimeTally

KINDS: dict[MetricKind, type[Tally]] = {
    "conversion": ConversionTally,
    "mean": MeanTally,
    "amount": AmountTally,
    "time": TimeTally,
}


def check_tallies(arms: Sequence[ArmTally], metrics: Sequence[Metric]) -> list[Problem]:
    """Everything that is wrong with an experiment's arms, metrics and tallies."""
    problems = []
    names = [arm.name for arm in arms]
    if len(arms) < 2 or len(set(names)) < len(names):
        problems.append(
            Problem("arms", "are not two or more with different names", "name a control and what it is held against")
        )
    controls = sum(arm.is_control for arm in arms)
    if controls != 1:
        problems.append(Problem("arms", f"have {controls} controls", "mark exactly one arm as the control"))
    deciding = [metric.name for metric in metrics if metric.role == "decision"]
    if len(deciding) != 1:
        problems.append(
            Problem("metrics", f"name {len(deciding)} to decide by", "give exactly one metric the role decision")
        )
    if len({metric.name for metric in metrics}) < len(metrics):
        problems.append(Problem("metrics", "have a name twice", "name them apart"))
    shares = [arm.share for arm in arms]
    if not all(isfinite(share) and share >= 0 for share in shares) or not sum(share > 0 for share in shares) > 1:
        problems.append(Problem("shares", "are not two or more above 0", "give every arm the share that it was to get"))
    for arm in arms:
        if arm.units < 0:
            problems.append(Problem(f"{arm.name}.units", "are fewer than none", "count the exposed units"))
        for metric in metrics:
            problems += _check_metric(arm, metric)
    return problems


def _check_metric(arm: ArmTally, metric: Metric) -> list[Problem]:
    """What is wrong with one arm's tally of one metric."""
    place, tally = f"{arm.name}.{metric.name}", arm.metrics.get(metric.name)
    if tally is None:
        return [Problem(place, "is not counted", "give every arm a tally of every metric")]
    if not isinstance(tally, KINDS[metric.kind]):
        return [Problem(place, f"is no tally of the kind {metric.kind}", f"give a {KINDS[metric.kind].__name__}")]
    counted = tally.units + (0 if isinstance(tally, TimeTally) else tally.open_units)
    if counted > arm.units:
        return [Problem(place, f"counts {counted:,} units of {arm.units:,}", "count every exposed unit once")]
    if wrong := _wrong(tally):
        return [Problem(place, wrong, "count it again")]
    return []


def _wrong(tally: Tally) -> str:
    """What cannot be right within one tally; empty where nothing is."""
    if isinstance(tally, TimeTally):
        if not len(tally.days) == len(tally.conversions) == len(tally.waiting):
            return "has counts for another number of days than it has days"
        if len(tally.days) and not (
            np.isfinite(tally.days).all() and tally.days[0] >= 0 and (np.diff(tally.days) > 0).all()
        ):
            return "has days that do not rise from 0 on"
        return "has counts below 0" if min(tally.conversions.min(initial=0), tally.waiting.min(initial=0)) < 0 else ""
    if tally.units < 0 or tally.open_units < 0:
        return "has fewer units than none"
    if isinstance(tally, AmountTally):
        if len(tally.amounts) > tally.units:
            return f"has {len(tally.amounts):,} amounts of {tally.units:,} units"
        return "" if np.isfinite(tally.amounts).all() else "has amounts that are no numbers"
    if isinstance(tally, ConversionTally) and not 0 <= tally.conversions <= tally.units:
        return f"has {tally.conversions:,} conversions of {tally.units:,} units"
    sums = [] if isinstance(tally, ConversionTally) else [tally.total, tally.squares]
    sums += [tally.covariate.total, tally.covariate.squares, tally.covariate.cross] if tally.covariate else []
    if not all(isfinite(one) for one in sums):
        return "has sums that are no numbers"
    if isinstance(tally, MeanTally) and tally.squares * tally.units < tally.total**2 * (1 - 1e-9):
        return "has a sum of squares that is too small for its sum"
    return ""
