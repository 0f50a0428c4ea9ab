"""A score as the store keeps it: all it takes to give the very same score again, and to learn from it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.leads import Field
from leadloop.leads.cells import write_cell, write_moment
from leadloop.leads.one_lead import OneLeadReader
from leadloop.leads.schema import LeadSchema
from leadloop.playbook import Playbook, Policy
from leadloop.scoring import ScoreCard

if TYPE_CHECKING:
    from leadloop.flows.scoring.arms import Chosen
    from leadloop.store import Exposure, Score

_IN_COLUMNS = frozenset(
    {
        *("lead_id", "line", "probability", "probability_low", "probability_high", "score", "band", "route"),
        *("model_version", "segment", "method", "degraded", "features", "exploration"),
    }
)
_NOTHING = np.empty(0, np.float32)


def score_row(
    key: str,
    playbook: Playbook,
    card: ScoreCard,
    lead: Mapping[str, Any],
    *,
    lead_id: str,
    at: datetime,
    degraded: bool = False,
    arm: str = "",
    **more: Any,
) -> Score:
    """The row of a score of a lead, whose fields are given by their own names as they were read.

    Fields are noted as texts that read as the values did; where the lead did not give its time, it is the moment of scoring.
    `more` is what else is to be known of how the score was asked for.
    """
    from leadloop.store import Score

    return Score(
        key=key,
        lead_id=lead_id,
        at=at,
        model_version=card.model_version,
        policy=_fingerprint(playbook.policy),
        method=card.method,
        score=card.score,
        band=card.band,
        route=card.route,
        degraded=card.degraded or degraded,
        arm=arm,
        segment=card.segment,
        probability=card.probability,
        probability_low=card.probability_low,
        probability_high=card.probability_high,
        features=_NOTHING if card.features is None else card.features,
        fields=fields_of(playbook, lead, at),
        card={**_rest_of(card), **more},
        **_explored(card),
    )


def _explored(card: ScoreCard) -> dict[str, Any]:
    """What is noted of how a lead came by its route, where some are explored."""
    how = card.exploration
    if how is None:
        return {}
    told = {"share": how.share, "band": how.band_by_score, "route": how.route_by_score, "taken": how.taken}
    return {
        "explored": how.explored,
        "propensity": how.propensity,
        "exploration": {**told, "chances": {name: round(chance, 9) for name, chance in how.chances.items()}},
    }


def exposure_row(chosen: Chosen, score: Score, *, latency_ms: float | None = None) -> Exposure:
    """That the lead of a score was put into an arm, with what was known of it then."""
    from leadloop.store import Exposure

    return Exposure(
        chosen.arm.test_id,
        score.lead_id,
        chosen.arm.name,
        score.at,
        chosen.unit,
        chosen.propensity,
        score.score,
        latency_ms,
        score.degraded,
    )


def fields_of(playbook: Playbook, lead: Mapping[str, Any], at: datetime) -> dict[str, str]:
    """What was given of a lead as texts, and its time where it gave none and the playbook takes the moment of scoring."""
    schema = playbook.scoring_schema
    written = {name: write_cell(value, schema[name]) for name, value in lead.items()}
    if playbook.dated_when_scored in schema:
        field = schema[playbook.dated_when_scored]
        if lead.get(field.name) is None or _reader(field).read(lead)[0][field.name] is None:
            written[field.name] = write_moment(at.astimezone(UTC).replace(tzinfo=None), field)
    return {name: text for name, text in written.items() if text is not None}


def _rest_of(card: ScoreCard) -> dict[str, Any]:
    """Whatever was answered that has no column of its own."""
    told = {name: getattr(card, name) for name in ScoreCard.__dataclass_fields__ if name not in _IN_COLUMNS}
    return {**told, "reasons": [asdict(one) for one in card.reasons], "targets": [asdict(one) for one in card.targets]}


@lru_cache(maxsize=256)
def _fingerprint(policy: Policy) -> str:
    return policy.fingerprint


@lru_cache(maxsize=256)
def _reader(field: Field) -> OneLeadReader:
    return OneLeadReader(LeadSchema((field,)))
