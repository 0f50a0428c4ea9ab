"""Scores as the store keeps them: all it takes to give the same score again, and to learn from it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.scoring import ScoreCard, Scorer

if TYPE_CHECKING:
    from leadloop.store import Score

_OWN_COLUMNS = (
    "lead_id", "line", "probability", "probability_low", "probability_high", "score", "band", "route", "model_version",
    "segment", "method", "degraded",
)  # fmt: skip


def score_row(
    key: str,
    at: datetime,
    scorer: Scorer,
    card: ScoreCard,
    lead_id: str,
    features: np.ndarray,
    fields: Mapping[str, Any],
) -> Score:
    """The row of one score: `features` is the lead's row of the matrix, `fields` what was known of the lead."""
    from leadloop.store import Score

    told = asdict(card)
    return Score(
        key=key,
        lead_id=lead_id,
        at=at,
        model_version=card.model_version,
        policy=scorer.playbook.policy.fingerprint,
        method=card.method,
        score=card.score,
        band=card.band,
        route=card.route,
        degraded=card.degraded,
        segment=card.segment,
        probability=card.probability,
        probability_low=card.probability_low,
        probability_high=card.probability_high,
        features=features,
        fields=fields,
        card={name: value for name, value in told.items() if name not in _OWN_COLUMNS and value not in (None, ())},
    )
