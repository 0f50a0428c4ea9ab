"""Experiments: which arm a unit gets, what may be said of the arms, and when. Computed from sums that are handed in."""

from leadloop.experiments.analysis import analyse
from leadloop.experiments.assignment import Assignment, Part, Ramp, Split, free_slot, hold_out, place_on_line
from leadloop.experiments.effects import (
    Analysis,
    ArmSummary,
    Decision,
    Effect,
    RatioCheck,
    Reading,
    Verdict,
)
from leadloop.experiments.metrics import RULES_IN_LIFT, RULES_IN_POINTS, Metric, Rules
from leadloop.experiments.tallies import (
    AmountTally,
    ArmTally,
    ConversionTally,
    CovariateSums,
    MeanTally,
    Tally,
    TimeTally,
)

__all__ = [
    "RULES_IN_LIFT",
    "RULES_IN_POINTS",
    "AmountTally",
    "Analysis",
    "ArmSummary",
    "ArmTally",
    "Assignment",
    "ConversionTally",
    "CovariateSums",
    "Decision",
    "Effect",
    "MeanTally",
    "Metric",
    "Part",
    "Ramp",
    "RatioCheck",
    "Reading",
    "Rules",
    "Split",
    "Tally",
    "TimeTally",
    "Verdict",
    "analyse",
    "free_slot",
    "hold_out",
    "place_on_line",
]
