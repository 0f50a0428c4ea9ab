"""How good scores are on leads the model never saw: measures with intervals, slices, and what stands beside them."""

from leadloop.learning.evaluation.comparison import Champion, Comparison, VersionLine, compare_versions
from leadloop.learning.evaluation.coverage import Coverage, measure_coverage
from leadloop.learning.evaluation.curves import Curves, draw_curves, draw_decision_curve
from leadloop.learning.evaluation.decision import Decision, decide_at_capacity
from leadloop.learning.evaluation.intervals import DRAWS, Estimate, wilson_interval
from leadloop.learning.evaluation.measures import (
    accuracy_at,
    area_under_curve,
    average_precision,
    brier_score,
    calibration_error,
    equal_groups,
    f1_at,
    gain_at,
    lift_at,
    log_loss,
    measures_for,
    precision_at,
)
from leadloop.learning.evaluation.quality import Measure, difference_interval, evaluate, surely_less
from leadloop.learning.evaluation.ranking import Ranking, Tally, share_count
from leadloop.learning.evaluation.slices import (
    Slice,
    SliceLine,
    Slices,
    evaluate_slices,
    slice_by_fields,
    slice_by_time,
)
from leadloop.learning.evaluation.time_blocks import TimeBlock, TimeBlocks, rate_over_time

__all__ = [
    "DRAWS",
    "Champion",
    "Comparison",
    "Coverage",
    "Curves",
    "Decision",
    "Estimate",
    "Measure",
    "Ranking",
    "Slice",
    "SliceLine",
    "Slices",
    "Tally",
    "TimeBlock",
    "TimeBlocks",
    "VersionLine",
    "accuracy_at",
    "area_under_curve",
    "average_precision",
    "brier_score",
    "calibration_error",
    "compare_versions",
    "decide_at_capacity",
    "difference_interval",
    "draw_curves",
    "draw_decision_curve",
    "equal_groups",
    "evaluate",
    "evaluate_slices",
    "f1_at",
    "gain_at",
    "lift_at",
    "log_loss",
    "measure_coverage",
    "measures_for",
    "precision_at",
    "rate_over_time",
    "share_count",
    "slice_by_fields",
    "slice_by_time",
    "surely_less",
    "wilson_interval",
]
