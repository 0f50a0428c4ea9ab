"""Work list: the leads to work on, the best first, with what speaks for and against each; filtered, searched and paged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leadloop.flows.place.workspace import Workspace
from leadloop.scoring.score_card import Reason


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a list can be narrowed to."""

    value: str
    """It; empty for leads of which it is not known."""
    leads: int
    """How many leads that are."""


@dataclass(frozen=True, slots=True)
class Choices:
    """All that a work list can be narrowed to."""

    owners: tuple[Choice, ...]
    """Who works on leads, the busiest first."""
    segments: tuple[Choice, ...]
    """The segments."""
    bands: tuple[Choice, ...]
    """The bands, the highest first."""
    routes: tuple[Choice, ...]
    """The routes."""
    industries: tuple[Choice, ...]
    """The industries, the commonest first."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One lead of the list, by its newest score."""

    lead_id: str
    """The lead."""
    name: str
    """What it is called: its company, title or name; its identifier where it has none."""
    company: str
    """The company."""
    owner: str
    """Who works on it; empty where nobody is named."""
    industry: str
    """Its company's industry."""
    segment: str
    """Its segment."""
    came_at: datetime
    """When it came in."""
    scored_at: datetime
    """When it was scored."""
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
    """What the policy does with it: the next step."""
    priority: str
    """How urgent that is; empty where the playbook does not say."""
    model_version: str
    """The version that scored it."""
    method: str
    """How the score came about."""
    degraded: bool
    """Whether that was not the first choice."""
    novel: bool | None
    """Whether it is unlike any lead that the version was trained on."""
    reasons_up: tuple[Reason, ...]
    """What raises its score, the strongest first."""
    reasons_down: tuple[Reason, ...]
    """What lowers it, the strongest first."""
    outcome: float | None
    """What was last told of the playbook's main target: 1 reached, 0 not; None where nothing was."""
    outcome_at: datetime | None
    """When that came about."""
    touched_at: datetime | None
    """When somebody last did something with it (feedback or an event); None where nobody did."""


@dataclass(frozen=True, slots=True)
class WorkList:
    """A page of the work list."""

    items: tuple[WorkItem, ...]
    """The leads, the best first."""
    next: str | None
    """The mark to ask for the page after this one with; None where this is the last."""
    leads: int
    """How many leads the whole list has."""


def read_choices(place: Workspace, playbook: str, *, most: int = 200) -> Choices:
    """What the work list of a playbook can be narrowed to."""
    raise NotImplementedError


def read_work_list(
    place: Workspace,
    playbook: str,
    *,
    owner: str | None = None,
    segment: str | None = None,
    band: str | None = None,
    route: str | None = None,
    industry: str | None = None,
    search: str = "",
    settled: bool = True,
    lowest: float | None = None,
    scored_since: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
    reasons: int = 5,
) -> WorkList:
    """The leads that have a score, the best first.

    Each narrowing holds by itself; None narrows nothing, an empty text asks for leads of which it is not known. `search` finds
    every word of it anywhere in the identifier, name, company, owner, place, address or industry of a lead, whatever its case.
    Without `settled` leads whose outcome was told are left out. `reasons` up and down come with each lead at most.
    """
    raise NotImplementedError
