"""A score as it was answered, and the row in which the store keeps it: enough of it to give the very same score again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.api.versions import Served
from leadloop.leads import Field
from leadloop.leads.cells import write_cell, write_moment
from leadloop.leads.one_lead import OneLeadReader
from leadloop.leads.schema import LeadSchema
from leadloop.playbook import Policy
from leadloop.scoring import ScoreCard

if TYPE_CHECKING:
    from leadloop.store import Score

NOBODY = ""
"""The lead of a score whose lead had no identifier: outcomes cannot be told of it, and nothing is learned from it."""
_IN_COLUMNS = frozenset(
    {
        *("lead_id", "line", "probability", "probability_low", "probability_high", "score", "band", "route"),
        *("model_version", "segment", "method", "degraded", "features"),
    }
)
_NOTHING = np.empty(0, np.float32)


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
    """The row of a score; `mark` is what makes its key unlike any other, since clients may use a request id again.

    Fields are noted as texts that read as the values did; where the lead did not give its time, it is the moment of scoring.
    """
    from leadloop.store import Score

    card, served = logged.card, logged.served
    playbook = served.scorer.playbook
    named = bool(playbook.lead_id) and logged.lead.get(playbook.lead_id) is not None and card.lead_id is not None
    at = datetime.fromisoformat(logged.scored_at)
    return Score(
        key=f"{logged.request_id}:{logged.place:04}:{mark}",
        lead_id=card.lead_id if named else NOBODY,
        at=at,
        model_version=card.model_version,
        policy=_fingerprint(playbook.policy),
        method=card.method,
        score=card.score,
        band=card.band,
        route=card.route,
        degraded=card.degraded or served.degraded,
        segment=card.segment,
        probability=card.probability,
        probability_low=card.probability_low,
        probability_high=card.probability_high,
        features=_NOTHING if card.features is None else card.features,
        fields=fields_of(served, logged.lead, at),
        card={**_rest_of(card), "request_id": logged.request_id},
    )


def fields_of(served: Served, lead: Mapping[str, Any], at: datetime) -> dict[str, str]:
    """What was given of a lead as texts, and its time where it gave none and the playbook takes the moment of scoring."""
    playbook = served.scorer.playbook
    schema = playbook.scoring_schema
    written = {name: write_cell(value, schema[name]) for name, value in lead.items()}
    order = playbook.order
    if order is not None and order.absent == "now" and order.field in schema and schema[order.field].type == "time":
        field = schema[order.field]
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
