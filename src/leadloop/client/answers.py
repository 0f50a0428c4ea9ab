"""What the service answers, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from leadloop.errors import Problem


@dataclass(frozen=True, slots=True)
class Reason:
    """What one field does to a score.

    >>> print(Reason("form", 4.8, "Form is “Demo request”"))
    Form is “Demo request” (+4.8)
    """

    field: str
    """The field of the lead."""
    points: float
    """Score points, up where positive and down where negative."""
    sentence: str
    """What it is about this lead."""

    def __str__(self) -> str:
        return f"{self.sentence} ({self.points:+.1f})"


@dataclass(frozen=True, slots=True)
class TargetScore:
    """What is said of one lead about one of several targets."""

    target: str
    """The target's name."""
    probability: float
    """0 to 1."""
    probability_low: float
    """The lower end of the probability's interval."""
    probability_high: float
    """The upper end of the probability's interval."""
    score: float
    """0 to 100."""


@dataclass(frozen=True, slots=True)
class WonWithin:
    """The chance that a lead is won within so many days."""

    days: int
    """Days from the moment of scoring."""
    probability: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Card:
    """One lead's score, what it leads to, and why."""

    lead_id: Any
    """The lead's identifier as it was given; None where it was not."""
    score: float
    """0 to 100."""
    probability: float | None
    """The calibrated probability, 0 to 1; None where rules gave the score: they promise none."""
    probability_low: float | None
    """The lower end of the probability's interval."""
    probability_high: float | None
    """The upper end of the probability's interval."""
    confidence: float | None
    """1 less the width of that interval; it is no chance of being right."""
    band: str
    """Such as `hot`."""
    route: str
    """Where the lead goes, as the playbook says."""
    priority: str | None
    """How urgent it is there, where the playbook says so."""
    segment: str | None
    """The segment whose model scored it, where there are segments."""
    method: str
    """`model`, or `rules` where rules gave the score."""
    degraded: bool
    """Whether it is not the first choice that scored."""
    model_version: str
    """The version that scored."""
    scored_at: datetime
    """When."""
    novel: bool | None
    """Whether the lead is unlike any that the version learned from."""
    unusual: str | None
    """What is unlike."""
    starts_at: float
    """The score before any reason; with the points of all reasons it adds up to the score."""
    reasons: tuple[Reason, ...]
    """Why, the strongest first; empty where it was not asked for."""
    targets: tuple[TargetScore, ...]
    """What is said of each target, where there are several."""
    days_to_win: float | None
    """How many days it takes, where the version learned that."""
    days_to_win_low: float | None
    """At the earliest."""
    days_to_win_high: float | None
    """At the latest."""
    won_within: tuple[WonWithin, ...]
    """The chance to win it by several horizons."""
    expected_value: float | None
    """What it is worth, where the version learned that."""
    experiment: str | None = None
    """The experiment that the lead takes part in."""
    arm: str | None = None
    """Its arm in it."""
    index: int | None = None
    """Its place among the leads that were given, where there were several."""
    explored: bool = False
    """Whether band, route and priority were drawn at random instead of following the score."""
    propensity: float | None = None
    """How probable this route was for this lead, where some leads are explored."""

    @property
    def reasons_up(self) -> tuple[Reason, ...]:
        """What raises the score, the strongest first."""
        return tuple(one for one in self.reasons if one.points > 0)

    @property
    def reasons_down(self) -> tuple[Reason, ...]:
        """What lowers the score, the strongest first."""
        return tuple(sorted((one for one in self.reasons if one.points < 0), key=lambda one: one.points))


@dataclass(frozen=True, slots=True)
class UnscoredLead:
    """A lead that could not be read, among others that could."""

    written_as: ClassVar[Mapping[str, str]] = {"problems": "errors"}

    index: int
    """Its place among the leads that were given."""
    lead_id: Any
    """Its identifier, where that could be read."""
    problems: tuple[Problem, ...]
    """Everything that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Several leads scored at once."""

    model_version: str
    """The version that scored them all."""
    scored: int
    """How many could be scored."""
    errors: int
    """How many could not."""
    results: tuple[Card | UnscoredLead, ...]
    """Each, in the order in which they were given."""


@dataclass(frozen=True, slots=True)
class KeptLeads:
    """What became of leads that were sent to be kept."""

    received: int
    """How many were sent."""
    new: int
    """How many were not known before."""
    changed: int
    """How many have a new version now."""
    unchanged: int
    """How many were known just so."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An outcome or an event that is stored."""

    id: int
    """Its number."""
    key: str
    """The sender's key, or one that the service made."""
    lead_id: str
    """The lead that it is of."""
    new: bool
    """False where it was stored before, under the same key."""


@dataclass(frozen=True, slots=True)
class FeedbackTaken:
    """Feedback that is stored."""

    id: int
    """Its number."""
    key: str
    """The sender's key, or one that the service made."""
    lead_id: str
    """The lead that it is of."""
    new: bool
    """False where it was stored before, under the same key."""
    confidence: float
    """How far it is trusted in training, 0 to 1."""
    prediction_score: float | None
    """The score that the lead had."""
    model_version: str | None
    """The version that gave it."""


@dataclass(frozen=True, slots=True)
class PastScore:
    """A score that was given and stored."""

    lead_id: str
    """The lead's identifier."""
    scored_at: datetime
    """When."""
    score: float
    """0 to 100."""
    probability: float | None
    """0 to 1."""
    probability_low: float | None
    """The lower end of the probability's interval."""
    probability_high: float | None
    """The upper end of the probability's interval."""
    band: str
    """Such as `hot`."""
    route: str
    """Where the lead went."""
    segment: str | None
    """The segment whose model scored it."""
    method: str
    """`model` or `rules`."""
    degraded: bool
    """Whether it was not the first choice that scored."""
    model_version: str
    """The version that scored."""
    arm: str | None
    """The arm of the experiment that the lead was in."""


@dataclass(frozen=True, slots=True)
class KeptLead:
    """A lead as it is now, or as it was."""

    lead_id: str
    """Its identifier."""
    version: int
    """The number of this record of it."""
    at: datetime
    """Since when it holds."""
    recorded_at: datetime
    """When the service was told."""
    source: str
    """Who told it."""
    fields: Mapping[str, Any]
    """What is known of it."""
    score: PastScore | None = None
    """The newest score that it had by then; given for one lead, not in lists."""


@dataclass(frozen=True, slots=True)
class PastFeedback:
    """Feedback that was given and stored."""

    id: int
    """Its number."""
    key: str
    """The sender's key, or one that the service made."""
    lead_id: str
    """The lead that it is of."""
    action_type: str
    """What somebody did."""
    user_rating: float | None
    """0 to 100."""
    interaction_duration: float | None
    """Seconds."""
    feedback_source: str
    """`manual` or `implicit`."""
    feedback_confidence: float
    """How far it is trusted in training, 0 to 1."""
    contact_successful: bool | None
    """Whether somebody was reached."""
    contact_response_time: float | None
    """Hours."""
    conversion_value: float | None
    """What came of it, in money."""
    session_id: str | None
    """The session that it was given in."""
    user_agent: str | None
    """The program that it was given with."""
    ip_address: str | None
    """Where it came from."""
    model_version: str | None
    """The version that gave the score."""
    prediction_score: float | None
    """The score that the lead had."""
    created_at: datetime
    """When it was stored."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work that takes longer than one waits: what was asked for, how far it is, and what came of it."""

    id: int
    """Its number."""
    kind: str
    """`train`, `score_leads`, or `score` for a file that was sent."""
    state: str
    """`waiting`, `running`, `done`, `parked` (given up, `error` says why) or `cancelled`."""
    arguments: Mapping[str, Any]
    """What it was told."""
    progress: float
    """How far it is, 0 to 1."""
    note: str
    """What it is at."""
    attempts: int
    """How often it was begun."""
    result: Any
    """What came of it, once it is done."""
    error: str | None
    """Why it was given up, or the last attempt failed."""
    created_at: datetime
    """When it was asked for."""
    finished_at: datetime | None
    """When it was over."""
    bytes: int | None = None
    """How long the file was; told when it is sent."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ("done", "parked", "cancelled")


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A saved version in short."""

    version: str
    """Its identifier."""
    release: str
    """Its release, such as `leads-v1.0.0`."""
    target: str
    """What it learned."""
    created_at: str
    """When it was trained."""
    in_service: bool
    """Whether it is the one that scores."""
    synthetic: bool
    """Whether it learned from synthetic leads."""
    metrics: Mapping[str, float]
    """How good it was on its test leads."""


@dataclass(frozen=True, slots=True)
class Models:
    """The saved versions of a playbook."""

    playbook: str
    """The playbook's name."""
    champion: str | None
    """The version that was put in service."""
    serving: str | None
    """The version that scores; another one where the champion cannot."""
    problem: str | None
    """Why it cannot."""
    models: tuple[ModelLine, ...]
    """Every saved version, oldest first."""


@dataclass(frozen=True, slots=True)
class InService:
    """A version that was just put in service."""

    playbook: str
    """The playbook's name."""
    model_version: str
    """The version that scores from now on."""
    previous_version: str | None
    """The one that did before."""
    loaded_at: datetime
    """Since when."""


@dataclass(frozen=True, slots=True)
class PlaybookReady:
    """Whether one playbook can score."""

    model_version: str | None
    """The version that scores; None where nothing does."""
    degraded: bool
    """Whether it is not the first choice."""
    problem: str | None
    """Why not."""


@dataclass(frozen=True, slots=True)
class DatabaseReady:
    """Whether the database answers."""

    answers: bool
    """Whether it does."""
    problem: str | None
    """Why not."""
    scores_waiting: int
    """How many scores wait to be stored."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the service has something that scores for every playbook."""

    status: str
    """`ready`, `degraded` (scores can be had, and something is not as it should be) or `not ready`."""
    playbooks: Mapping[str, PlaybookReady]
    """Each playbook by its name."""
    database: DatabaseReady
    """The database."""
    problem: str | None = None
    """Why nothing can be scored at all, and what to do; None where something can."""
    experiments: Mapping[str, str] = field(default_factory=dict)
    """The arms of experiments whose control scores in their place, as “playbook, experiment, arm”, each with the reason."""
