"""Lead: all that is known of one lead, every score it had and why it moved, and what was said in its calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadloop.flows.place.workspace import Workspace
from leadloop.scoring.score_card import Reason, TargetScore

if TYPE_CHECKING:
    from leadloop.store import Event, LeadOutcome
    from leadloop.store.feedback import StoredFeedback


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of which something else became known."""

    field: str
    """The field."""
    before: Any
    """What was known before; None where nothing was."""
    after: Any
    """What is known since; None where it was taken back."""


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """What was known of a lead since a moment."""

    version: int
    """Its number, in the order in which they arrived."""
    at: datetime
    """Since when this was so."""
    recorded_at: datetime
    """When it was stored."""
    source: str
    """Where it came from."""
    holds: bool
    """Whether it holds now."""
    changes: tuple[FieldChange, ...]
    """What changed since the version that held before."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one field did to the difference between two scores."""

    field: str
    """The field."""
    points: float
    """By how much more (or less) it raised the score than before."""
    before: float
    """Its points before."""
    after: float
    """Its points now."""
    sentence: str
    """What it is about this lead now, or what it was."""


@dataclass(frozen=True, slots=True)
class PastScore:
    """One score of a lead."""

    id: int
    """Its number in the store."""
    key: str
    """Its name."""
    at: datetime
    """When it was given."""
    score: float
    """0 to 100."""
    probability: float | None
    """0 to 1; None where rules scored."""
    probability_low: float | None
    """The lower end of the probability's interval."""
    probability_high: float | None
    """Its upper end."""
    band: str
    """The band."""
    route: str
    """What the policy did with it."""
    priority: str
    """How urgent that was."""
    model_version: str
    """The version that gave it."""
    policy: str
    """The fingerprint of its policy."""
    arm: str
    """The arm of an experiment; empty where there was none."""
    method: str
    """How it came about."""
    degraded: bool
    """Whether that was not the first choice."""
    starts_at: float | None
    """The score of the average lead, from which the reasons go up and down; None where it was not noted."""
    reasons: tuple[Reason, ...]
    """Every field's points, the strongest first; none where it was scored without reasons."""
    targets: tuple[TargetScore, ...]
    """Each target, where there are several."""
    change: float | None
    """By how much it differs from the score before; None for the first."""
    moved: tuple[Moved, ...]
    """What made that difference, the strongest first: differences of points. Together with `start_moved` they add up to `change`
    where both scores have all their reasons."""
    start_moved: float
    """By how much the start moved: another version, which learned from other leads."""
    other_version: bool
    """Whether another version gave the score before."""
    other_policy: bool
    """Whether another policy made it of the same probability."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a call that mattered."""

    text: str
    """The sentence, as it was said or written."""
    about: str
    """What it is a sign of, as in "asks the price"; the field whose words it holds."""
    towards: bool | None
    """Whether it speaks for the lead; None where that cannot be said of it alone."""
    speaker: str
    """Who said it; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class LeadCall:
    """A call with a lead."""

    title: str
    """The meeting's title."""
    at: datetime | None
    """When it was held."""
    minutes: float | None
    """How long it took."""
    source: str
    """Where it was recorded; empty where the notes came with the lead."""
    sentiment: float | None
    """The mood of the other side, 0 to 10."""
    next_meeting: bool | None
    """Whether a next meeting is set."""
    towards: tuple[str, ...]
    """What speaks for the next stage."""
    against: tuple[str, ...]
    """What speaks against it."""
    next_steps: tuple[str, ...]
    """What was agreed."""
    quotes: tuple[Quote, ...]
    """The sentences that mattered, in the order in which they were said."""


@dataclass(frozen=True, slots=True)
class Lead:
    """All that is known of one lead."""

    playbook: str
    """The playbook."""
    lead_id: str
    """The lead."""
    name: str
    """What it is called."""
    company: str
    """The company."""
    owner: str
    """Who works on it."""
    industry: str
    """Its company's industry."""
    came_at: datetime
    """When it came in."""
    kept: bool
    """Whether it is kept as a lead; one may be scored without."""
    fields: Mapping[str, Any] = field(repr=False)
    """What is known of it now; of a lead that is not kept, what was known when it was last scored."""
    versions: tuple[RecordVersion, ...]
    """Every version of that, the newest first."""
    scores: tuple[PastScore, ...]
    """Its newest scores, the newest first, without those that nobody saw."""
    more_scores: bool
    """Whether it had more."""
    calls: tuple[LeadCall, ...]
    """Its calls, the newest first."""
    outcomes: tuple[LeadOutcome, ...]
    """How it ended, in the order in which that was told: the last of a target holds."""
    feedback: tuple[StoredFeedback, ...]
    """What people did with it, in the order in which that was stored."""
    events: tuple[Event, ...]
    """What happened with it, in the order in which it did."""
    arms: tuple[tuple[str, str, datetime], ...]
    """The experiments it is in: the test, the arm, since when."""
    enriched: Mapping[str, str]
    """The fields that were filled in by looking its company up."""
    beside: tuple[str, ...]
    """Other leads of the same company or person."""


def read_lead(place: Workspace, playbook: str, lead_id: str, *, scores: int = 30) -> Lead | None:
    """All that is known of a lead, with so many of its newest scores; None where nothing is."""
    raise NotImplementedError
