"""Feedback: what people did with leads, how often they agree with the scores, and what they overrode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leadloop.flows.figures.amounts import Mean, Share, mean_of, share_of
from leadloop.flows.figures.declared import read_declared
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.feedback import sum_up


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
    """What was done with leads that were first scored into one band."""

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
    until = now or place.store.now()
    since = until - timedelta(days=days)
    store, declared = place.store, read_declared(place, playbook)
    counts = store.feedback.counts(playbook, since=since)
    sums = sum_up(counts, leads=store.feedback.leads(playbook, since=since), days=days)
    rows = store.sums.feedback_by_band(playbook, since)
    known = [band.name for band in declared.policy.bands] if declared else []
    names = sorted({row[0] or "" for row in rows}, key=lambda name: known.index(name) if name in known else len(known))
    bands = []
    for name in names:
        mine = [row for row in rows if (row[0] or "") == name]
        total = sum(row[2] for row in mine)
        ratings = [row[3] for row in mine]
        bands.append(
            BandFeedback(
                band=name,
                feedback=total,
                rating=mean_of(
                    sum(one.count for one in ratings),
                    sum(one.total for one in ratings),
                    sum(one.squares for one in ratings),
                ),
                reached=share_of(sum(row[5] for row in mine), sum(row[4] for row in mine)),
                archived=share_of(sum(row[2] for row in mine if row[1] == "archive"), total),
            )
        )
    lines = [
        FeedbackLine(
            lead_id=one.feedback.lead_id,
            at=one.created_at,
            action=one.feedback.action_type,
            source=one.feedback.feedback_source,
            rating=one.feedback.user_rating,
            confidence=one.feedback.feedback_confidence,
            contact_successful=one.feedback.contact_successful,
            score=one.feedback.prediction_score,
        )
        for one in store.feedback.newest(playbook, most=newest)
    ]
    return FeedbackFigures(playbook, since, sums, tuple(bands), tuple(lines))
