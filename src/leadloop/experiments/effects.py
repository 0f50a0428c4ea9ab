"""What came out: how much an arm differs from the control, how surely, and what may be said of the experiment as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from leadloop.experiments.metrics import Metric, ReadingName

Decision = Literal["deploy", "iterate", "rollback"]
"""deploy: the arm is better by enough; rollback: it is worse by enough, or harms a guardrail; iterate: neither is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one method says of a difference: how surprising it would be without any, and between which limits it lies."""

    p_value: float
    """How often so much or more would be seen were there no difference."""
    difference_absolute_low: float
    """The lower limit of the difference, in the metric's unit (a share of units: 0.01 is one percentage point)."""
    difference_absolute_high: float
    """Its upper limit; infinite where nothing is known yet."""
    relative_lift_low: float | None
    """The lower limit of the difference in relation to the control; None where the control is too near 0 to tell."""
    relative_lift_high: float | None
    """Its upper limit."""
    method: str
    """How it was worked out, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How one arm differs from the control in one metric."""

    metric: Metric
    """The metric."""
    arm: str
    """The arm."""
    control: str
    """What it is compared with."""
    arm_units: int
    """Matured units of the arm."""
    control_units: int
    """Matured units of the control."""
    arm_value: float
    """The arm's share, mean, or mean days."""
    control_value: float
    """The control's."""
    difference_absolute: float
    """The arm's value less the control's, in the metric's unit; of a conversion as a share (0.01 is one percentage point).
    Adjusted by the covariate where there is one, so it may differ a little from the plain difference of the two values."""
    relative_lift: float | None
    """The same in relation to the control (0.05 is five percent more); None where the control's is 0."""
    standard_error: float
    """By how much the difference would vary were everything done again; infinite where that is not known."""
    level: float
    """The confidence of the intervals: 0.95."""
    at_end: Reading
    """For one look at a size settled beforehand."""
    any_time: Reading
    """For any number of looks."""
    reading: ReadingName
    """Which of the two decides here."""
    p_value_corrected: float
    """The deciding reading's p-value, corrected for the arms and metrics that were looked at."""
    correction: str
    """How: none, Holm, Benjamini-Hochberg."""
    variance_saved: float = 0.0
    """The share of the variance that the covariate took away; 0 without one."""
    notes: tuple[str, ...] = ()
    """What to know of this number."""

    @property
    def deciding(self) -> Reading:
        """The reading that decides."""
        return self.any_time if self.reading == "any_time" else self.at_end

    def significant(self, alpha: float) -> bool:
        """Whether there is a difference, as far as the deciding reading can tell."""
        return self.p_value_corrected < alpha

    @property
    def gain(self) -> float:
        """The difference, turned so that above 0 is better."""
        return self.difference_absolute if self.metric.better == "higher" else -self.difference_absolute


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioCheck:
    """Whether arms got their share of units. If not, something lost units, and no effect can be believed."""

    units: dict[str, int]
    """Exposed units by arm."""
    expected: dict[str, float]
    """What was to be expected."""
    p_value: float
    """How often a split at least so uneven comes by chance (chi-square)."""
    threshold: float
    """Below this it is no chance."""
    passed: bool
    """Whether it is a split that chance explains."""
    said: str
    """In plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSummary:
    """One arm as it stands."""

    arm: str
    """Its name."""
    is_control: bool
    """Whether it is the control."""
    units: int
    """Units exposed."""
    matured_units: int
    """Of these, units whose time to convert is over, in the decision metric."""
    open_share: float
    """The share of exposed units that is still open."""
    chance_best: float | None
    """The probability that it is the best of all arms in the decision metric (Bayes, flat priors)."""
    expected_loss: float | None
    """What one loses on average, in the decision metric's unit, by taking it although another is better."""
    values: dict[str, float | None] = field(default_factory=dict)
    """Its share, mean or mean days in every metric; None where nothing is known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to do, why, and what would change it."""

    decision: Decision | None
    """deploy, iterate or rollback; None where a failed check of the sample ratio forbids any verdict."""
    arm: str
    """The arm that is spoken of: the one to deploy, or else the most promising."""
    row: str
    """The row of the decision table that applied."""
    because: str
    """Why, in plain words with the numbers."""
    would_change: str
    """What would change it."""
    recommendations: tuple[str, ...]
    """What else to say: of significance, of sizes, of the effect, of the time to run."""
    notes: tuple[str, ...] = ()
    """What to bear in mind, as a run under 14 days."""
    sure: bool = False
    """Whether the difference in the decision metric is significant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything that is known of an experiment."""

    ratio: RatioCheck
    """Whether the split is as it was meant; looked at first."""
    arms: tuple[ArmSummary, ...]
    """The arms, the control first."""
    effects: tuple[Effect, ...]
    """Every arm against the control in every metric, the decision metric first. Told although the ratio failed, for whoever
    looks for the fault."""
    verdicts: tuple[Verdict, ...]
    """One for each arm but the control."""
    verdict: Verdict
    """The one for the experiment: that of the arm to deploy, or of the most promising one."""
    open_share: float
    """The share of all exposed units whose time to convert is not over."""
    reading: ReadingName
    """Which reading decides."""
