"""The service that BentoML runs for `make bench`: the very same version, in the shape that its documentation shows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bentoml

from leadloop.flows.scoring.score import score_leads
from leadloop.registry import ModelVersion
from leadloop.registry.artefacts import unpack


@bentoml.service(workers=1)
class Leads:
    """Scores one lead."""

    def __init__(self) -> None:
        folder = Path(os.environ["BENCH_VERSION"])
        version = ModelVersion.read(folder)
        self.trained = unpack(version.read_files(folder), version.id)

    @bentoml.api
    def score(self, lead: dict[str, Any]) -> dict[str, Any]:
        """The score with its three strongest reasons."""
        (card,) = score_leads(self.trained, [lead])
        reasons = sorted(card.reasons, key=lambda one: -abs(one.points))[:3]
        return {
            "lead_id": card.lead_id,
            "score": card.score,
            "probability": card.probability,
            "route": card.route,
            "reasons": [str(one) for one in reasons],
        }
