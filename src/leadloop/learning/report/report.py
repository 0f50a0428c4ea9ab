"""The training report: what was learned from what, how good it is, and what should make one doubt it.

Plain frozen data. `leadloop.learning.report.page` turns it into a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from leadloop.learning.evaluation import Comparison, Coverage, Curves, Decision, Measure, Slices, TimeBlocks
from leadloop.learning.evaluation.everyone import OverEveryone
from leadloop.learning.evaluation.timing import TimingQuality
from leadloop.learning.evaluation.worth import WorthQuality


@dataclass(frozen=True, slots=True)
class DataSummary:
    """Where the leads came from and how many of them could be used."""

    sources: tuple[str, ...]
    fingerprint: str
    rows: int
    rejected: int
    open: int
    used: int
    positives: int
    copies: int = 0

    @property
    def base_rate(self) -> float:
        """The share of used leads that were won."""
        return self.positives / self.used if self.used else float("nan")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the split: how many leads, how many of them won, and the span it covers (as text, may be empty)."""

    leads: int
    positives: int
    first: str = ""
    last: str = ""

    @property
    def base_rate(self) -> float:
        """The share of leads in this part that were won."""
        return self.positives / self.leads if self.leads else float("nan")


@dataclass(frozen=True, slots=True)
class SplitSummary:
    """How training and test leads were kept apart: `how` is a sentence for people."""

    kind: str
    how: str
    train: Part
    test: Part


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One learner that competed: its weight in the blend, and its quality on held-out parts of the training leads."""

    name: str
    weight: float
    auc: float
    log_loss: float
    cpu_seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImportanceLine:
    """How much one field moves scores: mean absolute contribution in score points over the test leads.

    `direction` says in words which way it moves them. `low` and `high` are the least and the most points among models
    learned from other stretches of the training leads, `best_rank` and `worst_rank` its places among the fields there (0
    where it was not asked). `before` is how many points it had in the version in service. `label` says in words what a feature
    written in Python is.
    """

    field: str
    points: float
    direction: str = ""
    low: float = float("nan")
    high: float = float("nan")
    best_rank: int = 0
    worst_rank: int = 0
    before: float = float("nan")
    label: str = ""

    @property
    def shown(self) -> str:
        """The name that a person reads."""
        return self.label or self.field


@dataclass(frozen=True, slots=True)
class DependencePoint:
    """What leads would be given if a field had this value: mean probability, and what 10% and 90% of them stay below.

    `label` names the value, `at` is its place on a scale of numbers (NaN where it has none), `share` the share of leads
    that have it.
    """

    label: str
    at: float
    probability: float
    low: float
    high: float
    share: float


@dataclass(frozen=True, slots=True)
class Dependence:
    """How the probability follows one field while all others stay as they are (partial dependence, Friedman 2001).

    `points` are its values, in order of size for a number and the commonest first for anything else. For a number, `bars`
    tell how its values lie: lower end, upper end, share of the leads that have a value; `logged` says that they are best
    drawn on a log scale, and `missing` what a lead without a value is given. `leads` is how many leads were asked.
    """

    field: str
    points: tuple[DependencePoint, ...]
    leads: int
    bars: tuple[tuple[float, float, float], ...] = ()
    logged: bool = False
    missing: DependencePoint | None = None


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One leakage finding, and what was done about it: `left out`, or `used` with the reason a person gave."""

    field: str
    kind: str
    severity: str
    evidence: str
    treatment: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A field that no feature reads, and why."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class BandLine:
    """One band on the test leads: the share of leads it should hold and holds, and how many of them were won."""

    name: str
    lowest: float
    wanted_share: float
    share: float
    leads: int
    probability: float
    observed: float
    low: float
    high: float
    route: str


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """How a learner did on held-out training leads as it learned on.

    `rounds` and `losses` (log-loss) belong together; `unit` says what a round is, as in “trees”; `chosen` is the number of
    rounds that was kept, if one was.
    """

    learner: str
    unit: str
    rounds: tuple[float, ...]
    losses: tuple[float, ...]
    chosen: float | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """How the leads change as time goes on.

    `over_time` is how often they were won, oldest first, and `tested_from` the share of leads older than the test part.
    `telling` are the fields that tell old leads from new ones, the most telling first: field, AUC of telling them apart by
    it alone, and a note, as in what changed. `auc` is the AUC of all fields together with its 95% interval.
    """

    over_time: TimeBlocks | None = None
    tested_from: float | None = None
    telling: tuple[tuple[str, float, str], ...] = ()
    auc: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One segment: what was decided on held-out training leads, and log-loss on the test leads with and without its own model.

    `gain` is by how much its own model lowered log-loss on held-out training leads, with a 90% interval; NaN where it could
    not be tried.
    """

    segment: str
    leads: int
    positives: float
    serves: bool
    share: float
    gain: float
    low: float
    high: float
    reason: str
    test_leads: int
    test_loss: float
    test_loss_pooled: float


@dataclass(frozen=True, slots=True)
class OrderLine:
    """How well the composed score sorts leads for one target, by one measure, and how well that target's own probability does."""

    target: str
    name: str
    value: float
    low: float
    high: float
    alone: float


@dataclass(frozen=True, slots=True)
class ComposedScore:
    """A score that is composed of several targets, on the test leads.

    `weights` add up to 1; `bands` holds for each target how often leads of each band of the score had that outcome, `order`
    how well the score sorts leads for each target, `importance` how many points each field moves the score, and `together`
    the correlation of each two outcomes.
    """

    weights: tuple[tuple[str, float], ...]
    bands: tuple[tuple[str, tuple[BandLine, ...]], ...]
    order: tuple[OrderLine, ...]
    importance: tuple[ImportanceLine, ...]
    together: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """Everything a person needs to believe or doubt a version."""

    playbook: str
    """The playbook's name."""
    target: str
    """What is predicted."""
    version: str
    """The version's id."""
    made_at: str
    """When it was made, in UTC."""
    synthetic: bool
    """Whether the leads are made up."""
    data: DataSummary
    """Where the leads came from, and how many could be used."""
    split: SplitSummary
    """How training and test leads were kept apart."""
    capacity: float
    """The share of leads that the team has time for."""
    measures: tuple[Measure, ...]
    """Every measure of quality, with its interval and its baselines."""
    curves: Curves
    """The points of every picture."""
    members: tuple[MemberLine, ...]
    """The learners that competed, with their weights."""
    calibration: str
    """How probabilities were calibrated, in a sentence."""
    interval_note: str
    """How the intervals of single leads are meant, in a sentence."""
    importance: tuple[ImportanceLine, ...]
    """How much each field moves the scores, the strongest first."""
    bands: tuple[BandLine, ...]
    """How each band did on the test leads."""
    findings: tuple[FindingLine, ...]
    """What the leakage audit found, and what was done about it."""
    left_out: tuple[LeftOut, ...]
    """The fields that no feature reads, and why."""
    guesses: tuple[tuple[str, str], ...]
    """What the draft guessed and nobody confirmed: place and guess."""
    notes: tuple[str, ...]
    """What else a person should know."""
    seconds: Mapping[str, float]
    """How long each phase took, and the `total`."""
    peak_memory_mb: float
    """The most memory that was in use, in megabytes."""
    environment: Mapping[str, str]
    """The versions of Python and of the libraries."""
    decision: Decision | None = None
    """What working as many leads as the team has time for came to."""
    slices: Slices | None = None
    """How the scores do on parts of the test leads."""
    comparison: Comparison | None = None
    """How this version does beside the one in service, where there was one."""
    coverage: Coverage | None = None
    """How well the intervals of single leads held, group by group."""
    learning_curves: tuple[LearningCurve, ...] = ()
    """How each learner did as it learned on."""
    drift: Drift | None = None
    """How the leads change as time goes on."""
    judged: str = ""
    """How settings and weights were chosen inside the training leads, in a few sentences."""
    segments: tuple[SegmentLine, ...] = ()
    """What was decided for each segment."""
    timing: TimingQuality | None = None
    """How well it tells when leads are won; None where the playbook has no horizons."""
    worth: WorthQuality | None = None
    """How well it tells what leads are worth; None where the playbook names no value."""
    dependence: tuple[Dependence, ...] = ()
    """How the probability follows the strongest fields."""
    own_order: bool = False
    """Whether leads are sorted here by this target's own probability, since the score is composed or another target's."""
    score: ComposedScore | None = None
    """How the composed score does; None where the score is the main target's alone."""
    others: tuple[TrainingReport, ...] = ()
    """The report of every other target."""
    maybe_open: tuple[tuple[str, float, float], ...] = ()
    """Values that count as lost and that far more of the test leads have than of those it learned from (share of each): they may
    be leads that are still being worked."""
    left_out_targets: tuple[tuple[str, str], ...] = ()
    """Optional targets that there were too few outcomes of, and what was missing."""
    everyone: OverEveryone | None = None
    """How good scores are over all leads, where those that were worked were weighed to speak for the others."""

    def measure(self, name: str) -> Measure:
        """The measure of this name; raises KeyError where there is none."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON values, as it is kept beside a version; what is not a number becomes null."""
        plain: dict[str, Any] = _without_nan(asdict(self))
        return plain


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value
