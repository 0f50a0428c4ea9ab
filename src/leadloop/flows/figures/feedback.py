"""Feedback: what people did with leads, how often they agree with the scores, and what they overrode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadloop.flows.figures.amounts import Mean, Share
from leadloop.flows.place.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FeedbackLine:
    """One thing that somebody did with a lead."""

    lead_id: str
    """The lead."""
    at: datetime
    """When it was stored."""
    action: str
    """What was done."""
    source: str
    """Whether somebody said so, or it was seen from what they did."""
    rating: float | None
    """0 to 100."""
    confidence: float
    """How much it weighs in training."""
    contact_successful: bool | None
    """Whether the lead was reached."""
    score: float | None
    """The score that the lead had."""


@dataclass(frozen=True, slots=True)
class BandFeedback:
    """What was done with leads of one band, by the score they had then."""

    band: str
    """The band."""
    feedback: int
    """How much feedback."""
    rating: Mean | None
    """The ratings."""
    reached: Share | None
    """The share of attempts that reached the lead."""
    archived: Share | None
    """The share that was put away."""


@dataclass(frozen=True, slots=True)
class FeedbackFigures:
    """The feedback of some days."""

    playbook: str
    """The playbook."""
    since: datetime
    """From when on."""
    sums: Mapping[str, Any]
    """As `/analytics/feedback` answers: totals, by kind, by source, by day."""
    bands: tuple[BandFeedback, ...]
    """By band, the highest first."""
    newest: tuple[FeedbackLine, ...]
    """The newest, the newest first."""


def read_feedback(
    place: Workspace, playbook: str, *, days: int = 30, newest: int = 50, now: datetime | None = None
) -> FeedbackFigures:
    """The feedback of the last days."""
    raise NotImplementedError
