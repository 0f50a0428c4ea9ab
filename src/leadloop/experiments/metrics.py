"""What an experiment is judged by: its metrics, what each of them is for, and the rules that were settled beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leadloop.errors import ExperimentError, Problem

MetricKind = Literal["conversion", "mean", "amount", "time"]
"""conversion: a share of units (z-test); mean: a number of each unit (Welch); amount: mostly 0 with a heavy tail (bootstrap);
time: days to conversion (log-rank, restricted mean)."""
MetricRole = Literal["decision", "secondary", "guardrail"]
"""decision: the verdict stands on it (one metric); secondary: told, and decides nothing; guardrail: must not get worse."""
ReadingName = Literal["any_time", "at_end"]
"""any_time: holds whenever one looks, as often as one likes; at_end: holds for one look at a size settled beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One thing that arms are compared by."""

    name: str
    """Its name, as in the tallies."""
    kind: MetricKind
    """What sort of a number it is."""
    role: MetricRole = "secondary"
    """What it is for."""
    better: Literal["higher", "lower"] = "higher"
    """Which way is good."""
    unit: str = ""
    """What it is counted in: EUR, days, ms, score points. Shares of units are told in percentage points."""
    tolerance: float = 0.02
    """Of a guardrail: how much worse it may get, in relation to the control (0.02 = 2 %)."""
    horizon_days: float | None = None
    """Of a time: up to which day it is looked at. None for the last day that both arms were watched."""
    cap: float | None = None
    """Of an amount: larger ones count as this much. Settle it before looking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What was settled before anybody looked: how sure, how large, how many.

    An effect is large enough for a verdict where it reaches every minimum that is set. `min_effect_absolute` speaks of the
    decision metric in its own unit: for a conversion, 0.02 is two percentage points. `relative_lift` is in relation to the
    control: 0.05 is five percent.
    """

    alpha: float = 0.05
    """How often a difference may be seen where there is none."""
    min_units: int = 100
    """Matured units that every arm must have before there is a verdict."""
    min_effect_absolute: float | None = None
    """The smallest difference worth acting on, in the metric's unit; None asks for none."""
    relative_lift: float | None = 0.05
    """The smallest relative difference worth acting on; None asks for none."""
    reading: ReadingName = "any_time"
    """Which reading decides: any_time while it runs, at_end where it was planned for this size and is looked at once."""
    planned_units: int | None = None
    """For how many units in all it was planned: any-time intervals are narrowest there. None for ten times `min_units` an arm."""
    ratio_threshold: float = 0.001
    """A p-value of the sample ratio below this blocks the verdict."""
    min_days: float = 14.0
    """Shorter experiments are judged with a note: weekdays differ."""

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise ExperimentError("rules of the experiment", problems)


def _problems(rules: Rules) -> list[Problem]:
    """Everything that cannot be right in rules."""
    limits = [
        ("alpha", 0 < rules.alpha < 0.5, "above 0 and below 0.5, as 0.05"),
        ("min_units", rules.min_units >= 2, "2 or more; 100 as a rule"),
        ("min_effect_absolute", (rules.min_effect_absolute or 0) >= 0, "0 or more, as 0.02 for two percentage points"),
        ("relative_lift", (rules.relative_lift or 0) >= 0, "0 or more, as 0.05 for five percent"),
        ("planned_units", rules.planned_units is None or rules.planned_units > 0, "a number of units above 0"),
        ("ratio_threshold", 0 <= rules.ratio_threshold < 0.1, "from 0 to below 0.1, as 0.001"),
        ("min_days", rules.min_days >= 0, "0 or more"),
    ]
    return [
        Problem(name, f"is {getattr(rules, name):g}", f"give a number {mend}")
        for name, right, mend in limits
        if not right
    ]


RULES_IN_POINTS = Rules(min_effect_absolute=0.02, relative_lift=None)
"""A verdict asks for two percentage points."""
RULES_IN_LIFT = Rules(min_effect_absolute=None, relative_lift=0.05)
"""A verdict asks for five percent of what the control converts."""
