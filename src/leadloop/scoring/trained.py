"""A trained playbook: everything that scoring needs, resolved and fixed.

It holds a frozen copy of the playbook, the fitted features, the models, the calibrator and the score map. Editing a playbook
afterwards changes nothing here. One lead is a frame of length one: a live score and a batch take the same path.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import polars as pl

from leadloop.features import FeatureSet
from leadloop.leads import LeadFrame, LeadSchema
from leadloop.playbook import Playbook
from leadloop.scoring.blend import Blend
from leadloop.scoring.counterfactuals import Candidates
from leadloop.scoring.novelty import Novelty
from leadloop.scoring.reasons import ReasonWriter, join_reasons
from leadloop.scoring.score_card import Reason, ScoreCard

TOP_REASONS = 3


class Scorer(Protocol):
    """Whatever can score leads: a trained playbook, rules, a model of a segment."""

    def score(self, leads: LeadFrame) -> list[ScoreCard]:
        """A card for every lead, in order."""


@dataclass(frozen=True)
class TrainedPlaybook:
    """A playbook after training, ready to score. `version` names it; "untrained" is never a name."""

    playbook: Playbook
    """A frozen copy of the playbook, as it was when training began."""
    features: FeatureSet
    """The fitted features."""
    blend: Blend
    """The models, the calibrator and the score map."""
    version: str
    """The version's id."""
    novelty: Novelty | None = None
    """What makes a lead novel; None in versions saved before that was learned."""
    candidates: Candidates | None = None
    """What may be proposed to raise a score; None in versions saved before that was kept."""

    @cached_property
    def schema(self) -> LeadSchema:
        """The fields that scoring reads: what features read, and the identifier."""
        wanted = {*self.features.reads, self.playbook.lead_id}
        known = self.playbook.scoring_schema
        return LeadSchema(tuple(field for field in known.fields if field.name in wanted), known.moments)

    @cached_property
    def _writer(self) -> ReasonWriter:
        return ReasonWriter(self.features)

    def score(self, leads: LeadFrame) -> list[ScoreCard]:
        """A card for every lead, in order, each with all its reasons."""
        table, reasons = self._score(leads, most=None, explain=True)
        columns = [
            "lead_id", "line", "probability", "probability_low", "probability_high", "score",
            "band", "route", "confidence", "model_version", "method", "degraded", "starts_at",
            "novel", "unusual",
        ]  # fmt: skip
        rows = table.select(columns).iter_rows(named=True)
        return [ScoreCard(**row, reasons=why) for row, why in zip(rows, reasons, strict=True)]

    def score_table(self, leads: LeadFrame, *, explain: bool = True) -> pl.DataFrame:
        """Scores as a table, one row a lead in order; with `explain`, the top reasons up and down as text."""
        table, reasons = self._score(leads, most=TOP_REASONS, explain=explain)
        if not explain:
            return table
        up = [join_reasons([reason for reason in why if reason.points > 0]) for why in reasons]
        down = [join_reasons([reason for reason in why if reason.points < 0]) for why in reasons]
        return table.with_columns(
            pl.Series("reasons_up", up, dtype=pl.String), pl.Series("reasons_down", down, dtype=pl.String)
        )

    def _score(
        self, leads: LeadFrame, *, most: int | None, explain: bool
    ) -> tuple[pl.DataFrame, list[tuple[Reason, ...]]]:
        matrix = self.features.matrix(leads.data)
        margins = self.blend.margins(matrix)
        probabilities = self.blend.probabilities(margins)
        low, high = self.blend.intervals(margins, probabilities)
        scores = self.blend.scores(probabilities)
        policy = self.playbook.policy
        columns: dict[str, object] = {
            "lead_id": self._identifiers(leads),
            "line": leads.lines,
            "probability": probabilities,
            "probability_low": low,
            "probability_high": high,
            "score": scores,
            "band": _steps(scores, [(band.lowest, band.name) for band in policy.bands]),
            "route": _steps(scores, [(route.lowest, route.name) for route in policy.routes]),
            "confidence": 1 - (high - low),
            "model_version": pl.repeat(self.version, len(leads), eager=True),
            "method": pl.repeat("model", len(leads), eager=True),
            "degraded": pl.repeat(False, len(leads), eager=True),
        }
        reasons: list[tuple[Reason, ...]] = []
        if explain:
            contributions = self.blend.contributions(matrix)
            points, starts = self.blend.points(self._writer.group(contributions), scores)
            columns["starts_at"] = starts
            reasons = self._writer.write(leads.data, matrix, contributions, points, most)
        novel, unusual = self.novelty.judge(leads.data) if self.novelty else ([None] * len(leads), [""] * len(leads))
        columns["novel"] = pl.Series(novel, dtype=pl.Boolean)
        columns["unusual"] = pl.Series(unusual, dtype=pl.String)
        return pl.DataFrame(columns), reasons

    def _identifiers(self, leads: LeadFrame) -> pl.Series:
        name = self.playbook.lead_id
        if name and name in leads.data.columns:
            return leads.data[name].cast(pl.String)
        return pl.Series(leads.lines).cast(pl.String)


def _steps(scores: np.ndarray, steps: list[tuple[float, str]]) -> pl.Series:
    """The name of the step that each score falls into; `steps` from the highest lowest-score down."""
    rising = steps[::-1]
    place = np.searchsorted([lowest for lowest, _ in rising], scores, side="right") - 1
    return pl.Series([name for _, name in rising], dtype=pl.String)[place]
