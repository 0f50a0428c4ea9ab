"""What the service is told of experiments, and what it answers of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of scoring that is to be tried."""

    name: str
    """Its name."""
    version: str
    """A version's id, release or name such as `champion`; or `rules`."""
    share: float
    """Its share of the units, in percent."""
    control: bool = False
    """Whether the others are compared with it."""
    policy: str | None = None
    """Another policy than the version's own: its fingerprint, the version that has it, or `playbook`."""


@dataclass(frozen=True, slots=True)
class RampStep:
    """A step of a ramp."""

    after_days: float
    """Days after the start."""
    percent: float
    """The percentage of units that takes part from then on."""


@dataclass(frozen=True, slots=True)
class ExperimentPlan:
    """An experiment that is to be planned; what is None is settled by the playbook."""

    name: str
    """Its name."""
    arms: Sequence[Arm]
    """Its arms, one of them the control."""
    target: str | None = None
    """The target that decides."""
    unit: str | None = None
    """Who is put into an arm: lead, account, user or rep."""
    unit_field: str | None = None
    """The field that names an account, user or rep."""
    group: str | None = None
    """The group of experiments of which no two have the same units."""
    part: float | None = None
    """The percentage of the group's units that it shall have."""
    holdout: float | None = None
    """The percentage of all units that no experiment of the group ever gets."""
    allocation: str | None = None
    """`fixed` or `thompson`."""
    ramp: Sequence[RampStep] | None = None
    """How it is ramped up."""
    matures_after_days: float | None = None
    """After how many days a unit's outcome is known."""
    accepted_within_days: float | None = None
    """Within how many days a lead must be taken up to count as accepted."""
    reading: str | None = None
    """`any_time` or `at_end`."""
    alpha: float | None = None
    """How often a difference may be seen where there is none."""
    min_units: int | None = None
    """Matured units that every arm must have before there is a verdict."""
    min_effect_absolute: float | None = None
    """The smallest difference worth acting on, as a share of units."""
    relative_lift: float | None = None
    """The smallest relative difference worth acting on."""
    planned_units: int | None = None
    """For how many units in all it is planned."""
    guardrails: Mapping[str, float] | None = None
    """What must not get worse by more than this, in relation to the control."""


@dataclass(frozen=True, slots=True)
class ArmLine:
    """An arm as it was planned."""

    name: str
    """Its name."""
    version: str
    """The id of its version, or `rules`."""
    policy: str | None
    """The fingerprint of its policy, where it is not the version's own."""
    share: float
    """Its share of the units, in percent."""
    control: bool
    """Whether the others are compared with it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a group's units, from a percentage up to another."""

    written_as: ClassVar[Mapping[str, str]] = {"low": "from", "high": "to"}

    low: float
    """From here."""
    high: float
    """Up to here."""


@dataclass(frozen=True, slots=True)
class RampMoment:
    """A step of a ramp that has its time."""

    at: datetime
    """From when."""
    percent: float
    """The percentage of units that takes part from then on."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment as it was planned, and how it stands."""

    name: str
    """Its name."""
    state: str
    """`planned`, `running`, `paused`, `completed` or `cancelled`."""
    target: str
    """The target that decides."""
    unit: str
    """Who is put into an arm."""
    unit_field: str | None
    """The field that names the unit."""
    group: str | None
    """The group of experiments that it is in."""
    part: Part
    """The part of the group's units that it has."""
    holdout: float
    """The percentage of all units that no experiment of the group ever gets."""
    allocation: str
    """`fixed` or `thompson`."""
    ramp: tuple[RampMoment, ...]
    """How it is ramped up."""
    percent_now: float
    """The percentage of its units that takes part now."""
    matures_after_days: float
    """After how many days a unit's outcome is known."""
    rules: Mapping[str, Any]
    """What was settled beforehand for the verdict."""
    guardrails: Mapping[str, float]
    """What must not get worse by more than this."""
    started_at: datetime | None
    """Since when it runs."""
    ended_at: datetime | None
    """Until when it ran."""
    winner: str | None
    """The arm that won."""
    arms: tuple[ArmLine, ...]
    """Its arms."""


@dataclass(frozen=True, slots=True)
class EndedExperiment:
    """An experiment that was ended."""

    experiment: Experiment
    """The experiment."""
    model_version: str | None
    """What serves from now on since it won."""
    previous_version: str | None
    """What served before."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """The arm that a lead was put into."""

    experiment: str
    """The experiment."""
    lead_id: str
    """The lead."""
    unit: str | None
    """Who was put into the arm."""
    arm: str | None
    """The arm; None where the unit takes no part."""
    version: str | None
    """The arm's version."""
    propensity: float | None
    """The probability with which a unit got this arm."""
    takes_part: bool
    """Whether the unit takes part."""


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Whether arms got their share of units."""

    units: Mapping[str, int]
    """Exposed units by arm."""
    expected: Mapping[str, float]
    """What was to be expected."""
    p_value: float
    """How often a split at least so uneven comes by chance."""
    passed: bool
    """Whether chance explains it."""
    said: str
    """In plain words."""


@dataclass(frozen=True, slots=True)
class ArmResult:
    """What is known of one arm."""

    name: str
    """Its name."""
    version: str
    """The id of its version, or `rules`."""
    policy: str | None
    """The fingerprint of its policy, where it is not the version's own."""
    share: float
    """Its share of the units, in percent."""
    control: bool
    """Whether the others are compared with it."""
    units: int
    """Units that were put into it."""
    matured_units: int
    """Of these, units whose outcome is known by now."""
    open_share: float | None
    """The share of units that is still open."""
    conversions: int
    """Matured units that were won."""
    conversion_rate: float | None
    """Their share."""
    acceptance_rate: float | None
    """The share of units that was taken up."""
    mean_score: float | None
    """The mean of the scores with which units came in."""
    mean_days_to_conversion: float | None
    """The mean days to the win, of those that were won."""
    revenue: float
    """What matured units brought."""
    revenue_per_unit: float | None
    """The same for each of them."""
    crossed_units: int
    """Units that were scored under another arm later."""
    chance_best: float | None
    """The probability that it is the best of all arms."""
    expected_loss: float | None
    """What one loses on average by taking it although another is better."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one method says of a difference."""

    p_value: float | None
    """How often so much or more would be seen were there no difference."""
    difference_absolute_low: float | None
    """The lower limit; None where nothing is known yet."""
    difference_absolute_high: float | None
    """The upper limit."""
    relative_lift_low: float | None
    """The lower limit in relation to the control."""
    relative_lift_high: float | None
    """The upper limit in relation to the control."""
    method: str
    """How it was worked out."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How one arm differs from the control in one metric."""

    metric: str
    """The metric."""
    role: str
    """`decision`, `secondary` or `guardrail`."""
    better: str
    """Which way is good."""
    unit: str | None
    """What it is counted in."""
    arm: str
    """The arm."""
    control: str
    """What it is compared with."""
    arm_units: int
    """Units of the arm."""
    control_units: int
    """Units of the control."""
    arm_value: float | None
    """The arm's value."""
    control_value: float | None
    """The control's."""
    difference_absolute: float | None
    """The difference in the metric's unit."""
    relative_lift: float | None
    """The same in relation to the control."""
    level: float
    """The confidence of the limits."""
    p_value_corrected: float | None
    """The deciding p-value, corrected for all that was looked at."""
    correction: str
    """How."""
    reading: str
    """Which reading decides."""
    any_time: Reading
    """For any number of looks."""
    at_end: Reading
    """For one look at the end."""
    variance_saved: float | None
    """The share of the variance that the covariate took away."""
    notes: tuple[str, ...]
    """What to know of this number."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and why."""

    decision: str | None
    """`deploy`, `iterate` or `rollback`; None where the split forbids any verdict."""
    arm: str
    """The arm that is spoken of."""
    row: str
    """The row of the decision table that applied."""
    because: str
    """Why, with the numbers."""
    would_change: str
    """What would change it."""
    recommendations: tuple[str, ...]
    """What else to say."""
    notes: tuple[str, ...]
    """What to bear in mind."""
    sure: bool
    """Whether the difference is significant."""


@dataclass(frozen=True, slots=True)
class ExperimentResults:
    """What is known of an experiment."""

    experiment: Experiment
    """The experiment."""
    at: datetime
    """As of when."""
    days_run: float
    """For how many days it has run."""
    days_left: float | None
    """In how many days it should have units enough."""
    open_share: float | None
    """The share of units whose outcome is not known yet."""
    sample_ratio: SampleRatio | None
    """Whether the split is as it was meant."""
    arms: tuple[ArmResult, ...]
    """Each arm."""
    effects: tuple[Effect, ...]
    """Each difference from the control."""
    verdict: Verdict | None
    """What to do."""
    verdicts: tuple[Verdict, ...]
    """The same for each arm."""
