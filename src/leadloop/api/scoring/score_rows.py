"""A score as it was answered, and the row in which the store keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from leadloop.api.served.versions import Served
from leadloop.flows.scoring.arms import Chosen
from leadloop.flows.scoring.score_rows import exposure_row, score_row
from leadloop.scoring import ScoreCard

if TYPE_CHECKING:
    from leadloop.api.scoring.live import Scored
    from leadloop.store import Exposure, Score, Store

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
    chosen: Chosen | None = None
    """The arm of the test that the lead took part in."""
    latency_ms: float | None = None
    """How long scoring it took."""
    each_ms: float | None = None
    """How long this lead took of the time of all that were scored with it."""

    @classmethod
    def of(cls, scored: Scored, lead: Mapping[str, Any], request_id: str, place: int, *, cached: bool) -> Self:
        """What is written down of an answer."""
        return cls(
            scored.served, lead, scored.card, scored.scored_at, request_id, place, cached, scored.chosen,
            scored.latency_ms, scored.each_ms,
        )  # fmt: skip


def row_of(logged: LoggedScore, mark: str) -> Score:
    """The row of a score; `mark` is what makes its key unlike any other, since clients may use a request id again."""
    card, served = logged.card, logged.served
    playbook, chosen = served.scorer.playbook, logged.chosen
    named = bool(playbook.lead_id) and logged.lead.get(playbook.lead_id) is not None and card.lead_id is not None
    return score_row(
        f"{logged.request_id}:{logged.place:04}:{mark}",
        playbook,
        card,
        logged.lead,
        lead_id=card.lead_id if named else NOBODY,
        at=datetime.fromisoformat(logged.scored_at),
        degraded=served.degraded,
        arm=chosen.arm.name if chosen else "",
        request_id=logged.request_id,
        **({"experiment": chosen.arm.test} if chosen else {}),
    )


def exposure_of(logged: LoggedScore, score: Score) -> Exposure | None:
    """That a lead saw an arm, as the store keeps it; None where it took part in no test, or has no identifier."""
    chosen = logged.chosen
    if chosen is None or score.lead_id == NOBODY or chosen.arm.test_id < 0:
        return None
    return exposure_row(chosen, score, latency_ms=logged.latency_ms)


def store_rows(store: Store, playbook: str, rows: Sequence[tuple[Score, Exposure | None]]) -> None:
    """Store scores, and with each which arm its lead saw, if any: all or nothing."""
    scores = [score for score, _ in rows]
    exposures = [one for _, one in rows if one is not None]
    if not exposures:
        store.scores.add(playbook, scores)
        return
    with store.transaction():
        # First, so that the newest score that a lead had before is not this one.
        store.experiments.exposures.add(playbook, exposures)
        store.scores.add(playbook, scores)
