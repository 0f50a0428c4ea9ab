"""Trends: how many leads and calls came in, how good they were and how they felt, day by day, week by week or month by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from leadloop.flows.figures.amounts import Mean, Share
from leadloop.flows.place.workspace import Workspace

Step = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One day, one week from its Monday, or one month (UTC)."""

    start: date
    """Its first day."""
    leads: int
    """Leads that came in."""
    calls: int
    """Calls that were held."""
    scores: int
    """Scores that were given."""
    mean_score: Mean | None
    """The newest scores of the leads that came in then."""
    high_value: Share | None
    """The share of these that are in the highest band."""
    sentiment: Mean | None
    """The mood of the calls, 0 to 10."""
    follow_up: Share | None
    """The share of calls after which a next meeting was set, of those of which that is known."""


@dataclass(frozen=True, slots=True)
class Season:
    """One weekday or one month of the year, over all the time that was looked at."""

    place: int
    """1 to 7 from Monday on, or 1 to 12 from January on."""
    name: str
    """The weekday or month, in English."""
    leads: int
    """Leads that came in on such days."""
    calls: int
    """Calls that were held on such days."""
    days: int
    """How many such days there were."""
    leads_a_day: float
    """Leads on such a day, on average."""
    calls_a_day: float
    """Calls on such a day, on average."""
    high_value: Share | None
    """The share of these leads that are in the highest band."""
    sentiment: Mean | None
    """The mood of the calls."""


@dataclass(frozen=True, slots=True)
class Trends:
    """A playbook over time."""

    playbook: str
    """The playbook."""
    step: Step
    """How long each point is."""
    since: datetime
    """From when on."""
    until: datetime
    """Until when; the last point may not be over yet."""
    points: tuple[TrendPoint, ...]
    """Every step in order, those in which nothing came in too."""
    weekdays: tuple[Season, ...]
    """Monday to Sunday."""
    months: tuple[Season, ...]
    """January to December."""


def read_trends(
    place: Workspace,
    playbook: str,
    *,
    step: Step = "day",
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime | None = None,
) -> Trends:
    """A playbook over time: by default the last 90 days, or two years where the step is a month."""
    raise NotImplementedError
