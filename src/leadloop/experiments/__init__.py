"""Experiments: which arm a unit gets, what may be said of the arms, and when. Computed from sums that are handed in."""

from leadloop.experiments.allocation import CONTROL_FLOOR, OTHERS_FLOOR, thompson_shares
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
from leadloop.experiments.metrics import (
    RULES_IN_LIFT,
    RULES_IN_POINTS,
    Metric,
    MetricKind,
    MetricRole,
    ReadingName,
    Rules,
)
from leadloop.experiments.off_policy import (
    Policy,
    PolicyDifference,
    PolicyLog,
    PolicyValue,
    compare_policies,
    evaluate_policy,
)
from leadloop.experiments.planning import Plan, detectable_conversion, plan_conversion, plan_mean, power_of_conversion
from leadloop.experiments.proportions import z_test
from leadloop.experiments.ratio import check_ratio
from leadloop.experiments.tallies import (
    AmountTally,
    ArmTally,
    ConversionTally,
    CovariateSums,
    MeanTally,
    Tally,
    TimeTally,
)
from leadloop.experiments.verdict import TABLE
from leadloop.experiments.wording import tell

__all__ = [
    "CONTROL_FLOOR",
    "OTHERS_FLOOR",
    "RULES_IN_LIFT",
    "RULES_IN_POINTS",
    "TABLE",
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
    "MetricKind",
    "MetricRole",
    "Part",
    "Plan",
    "Policy",
    "PolicyDifference",
    "PolicyLog",
    "PolicyValue",
    "Ramp",
    "RatioCheck",
    "Reading",
    "ReadingName",
    "Rules",
    "Split",
    "Tally",
    "TimeTally",
    "Verdict",
    "analyse",
    "check_ratio",
    "compare_policies",
    "detectable_conversion",
    "evaluate_policy",
    "free_slot",
    "hold_out",
    "place_on_line",
    "plan_conversion",
    "plan_mean",
    "power_of_conversion",
    "tell",
    "thompson_shares",
    "z_test",
]
