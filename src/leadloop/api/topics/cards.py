"""A score as the service answers it."""

from __future__ import annotations

from typing import Any, Protocol

from leadloop.api.scoring.live import Scored, Unscored
from leadloop.api.wire.problems import tell_all


class Chance(Protocol):
    """Whatever says how probable something is, and how sure that is."""

    @property
    def probability(self) -> float | None: ...
    @property
    def probability_low(self) -> float | None: ...
    @property
    def probability_high(self) -> float | None: ...


def card_body(scored: Scored) -> dict[str, Any]:
    """Everything that is said of one lead, as plain JSON values."""
    card = scored.card
    return {
        "lead_id": scored.given_id,
        "score": card.score,
        **chance(card),
        "confidence": rounded(card.confidence),
        "band": card.band,
        "route": card.route,
        "priority": card.priority or None,
        "explored": card.explored,
        "propensity": rounded(card.exploration.propensity) if card.exploration else None,
        "segment": card.segment or None,
        "method": card.method,
        "degraded": scored.degraded,
        "model_version": card.model_version,
        "scored_at": scored.scored_at,
        "novel": card.novel,
        "unusual": card.unusual or None,
        "starts_at": rounded(card.starts_at, 4),
        "reasons": contributions(scored),
        "targets": [{"target": one.target, **chance(one), "score": one.score} for one in card.targets],
        "days_to_win": rounded(card.days_to_win, 1),
        "days_to_win_low": rounded(card.days_to_win_low, 1),
        "days_to_win_high": rounded(card.days_to_win_high, 1),
        "won_within": [{"days": days, "probability": rounded(chance)} for days, chance in card.won_within],
        "expected_value": rounded(card.expected_value, 2),
        "experiment": scored.chosen.arm.test if scored.chosen else None,
        "arm": scored.chosen.arm.name if scored.chosen else None,
    }


def chance(said: Chance) -> dict[str, float | None]:
    """A probability and the interval that it lies in."""
    return {
        "probability": rounded(said.probability),
        "probability_low": rounded(said.probability_low),
        "probability_high": rounded(said.probability_high),
    }


def contributions(scored: Scored) -> list[dict[str, Any]]:
    """Every reason with its score points; `starts_at` and all of them add up to the score."""
    return [
        {"field": one.field, "points": rounded(one.points, 4), "sentence": one.sentence} for one in scored.card.reasons
    ]


def additions(scored: Scored) -> dict[str, Any]:
    """What the documented answers of old did not have: how the score came about, how sure it is, and all of its reasons."""
    card = scored.card
    return {
        "method": card.method,
        "degraded": scored.degraded,
        "explored": card.explored,
        **chance(card),
        "starts_at": rounded(card.starts_at, 4),
        "contributions": contributions(scored),
    }


def error_row(place: int, answer: Unscored) -> dict[str, Any]:
    """A lead of a batch that could not be read."""
    return {"index": place, "lead_id": answer.given_id, "errors": tell_all(answer.problems)}


def rounded(value: float | None, digits: int = 6) -> float | None:
    """A number with as many digits as anyone can use."""
    return None if value is None else round(value, digits)
