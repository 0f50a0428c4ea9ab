"""From tallies to a verdict: the one function that an experiment is read by."""

from __future__ import annotations

from collections.abc import Sequence

from leadloop.experiments.effects import Analysis
from leadloop.experiments.metrics import Metric, Rules
from leadloop.experiments.tallies import ArmTally


def analyse(
    arms: Sequence[ArmTally], metrics: Sequence[Metric], rules: Rules, *, days_run: float, seed: int = 0
) -> Analysis:
    """Read an experiment: is the split right, how do the arms differ, what to do.

    `arms` holds one control and one or more others; `metrics` holds one whose role is decision; every arm has a tally for every
    metric, of the metric's kind. `days_run` is how long units have been exposed. `seed` is for the bootstrap of amounts: the same
    tallies and seed give the same answer. Raises ExperimentError with everything that is wrong with these.
    """
    raise NotImplementedError
