"""A score as it was answered, and the row in which the store keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadloop.api.served.versions import Served
from leadloop.flows.scoring.score_rows import score_row
from leadloop.scoring import ScoreCard

if TYPE_CHECKING:
    from leadloop.store import Score

NOBODY = ""
"""The lead of a score whose lead had no identifier: outcomes cannot be told of it, and nothing is learned from it."""


@dataclass(frozen=True, slots=True)
class LoggedScore:
    """One score as it was answered: the lead as it was given, its card, and which request asked."""

    served: Served
    """What scored."""
    lead: Mapping[str, Any]
    """The lead's fields by their own names, as they were given."""
    card: ScoreCard
    scored_at: str
    request_id: str
    place: int
    """The lead's place in its request."""
    cached: bool
    """Whether the score was kept from an earlier request for the very same lead."""


def row_of(logged: LoggedScore, mark: str) -> Score:
    """The row of a score; `mark` is what makes its key unlike any other, since clients may use a request id again."""
    card, served = logged.card, logged.served
    playbook = served.scorer.playbook
    named = bool(playbook.lead_id) and logged.lead.get(playbook.lead_id) is not None and card.lead_id is not None
    return score_row(
        f"{logged.request_id}:{logged.place:04}:{mark}",
        playbook,
        card,
        logged.lead,
        lead_id=card.lead_id if named else NOBODY,
        at=datetime.fromisoformat(logged.scored_at),
        degraded=served.degraded,
        request_id=logged.request_id,
    )
