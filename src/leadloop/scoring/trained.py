"""A trained playbook: everything that scoring needs, resolved and fixed.

It holds a frozen copy of the playbook, the fitted features, the models, the calibrator and the score map. Editing a playbook
afterwards changes nothing here. One lead is a frame of length one: a live score and a batch take the same path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
from leadloop.scoring.routes import choose_routes
from leadloop.scoring.score_card import Reason, ScoreCard
from leadloop.scoring.timing import Timing, horizon_column
from leadloop.scoring.worth import Worth

TOP_REASONS = 3


class Scorer(Protocol):
    """Whatever can score leads: a trained playbook, or rules."""

    @property
    def playbook(self) -> Playbook:
        """The playbook that it scores by."""

    @property
    def version(self) -> str:
        """The version's id, or "rules"."""

    @property
    def schema(self) -> LeadSchema:
        """The fields that scoring reads."""

    def score(self, leads: LeadFrame) -> list[ScoreCard]:
        """A card for every lead, in order."""

    def score_table(self, leads: LeadFrame, *, explain: bool = True) -> pl.DataFrame:
        """Scores as a table, one row a lead in order."""


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
    segments: Mapping[str, Blend] = field(default_factory=dict)
    """The blends of the segments that have one of their own."""
    timing: Timing | None = None
    """When leads are won; None where nobody asked, or where it could not be told better than without features."""
    worth: Worth | None = None
    """What won leads bring; None where no field holds an amount."""
    novelty: Novelty | None = None
    """What makes a lead novel; None in versions saved before that was learned."""
    candidates: Candidates | None = None
    """What may be proposed to raise a score; None in versions saved before that was kept."""

    @cached_property
    def schema(self) -> LeadSchema:
        """The fields that scoring reads: what features read, the identifier, and what no lead may lack."""
        known = self.playbook.scoring_schema
        return known.only({*self.features.reads, self.playbook.lead_id, self.playbook.segment_by, *known.required})

    @cached_property
    def _writer(self) -> ReasonWriter:
        return ReasonWriter(self.features)

    def score(self, leads: LeadFrame) -> list[ScoreCard]:
        """A card for every lead, in order, each with all its reasons."""
        table, reasons = self._score(leads, most=None, explain=True)
        columns = [
            "lead_id", "line", "probability", "probability_low", "probability_high", "score",
            "band", "route", "priority", "confidence", "model_version", "segment", "method", "degraded", "starts_at",
            "novel", "unusual",
        ]  # fmt: skip
        told = ["days_to_win", "days_to_win_low", "days_to_win_high"] if self.timing else []
        told += ["expected_value"] if self.worth else []
        rows = table.select(columns + told).iter_rows(named=True)
        chances = self._chances(table)
        return [
            ScoreCard(**row, reasons=why, won_within=chance)
            for row, why, chance in zip(rows, reasons, chances, strict=True)
        ]

    def _chances(self, table: pl.DataFrame) -> list[tuple[tuple[int, float], ...]]:
        """For each lead, the chance of being won within each horizon."""
        horizons = self.timing.horizons if self.timing else ()
        if not horizons:
            return [()] * table.height
        rows = table.select([horizon_column(days) for days in horizons]).iter_rows()
        return [tuple(zip(horizons, chances, strict=True)) for chances in rows]

    def score_table(self, leads: LeadFrame, *, explain: bool = True) -> pl.DataFrame:
        """Scores as a table, one row a lead in order; with `explain`, the top reasons up and down as text."""
        table, reasons = self._score(leads, most=TOP_REASONS, explain=explain)
        table = without_idle(table, self.playbook)
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
        segments = segments_of(self.playbook, leads)
        count = len(leads)
        probabilities, low, high, scores, starts = (np.empty(count) for _ in range(5))
        contributions, points = np.empty((count, 0)), np.empty((count, 0))
        if explain:
            contributions, points = np.empty(matrix.shape), np.empty((count, len(self.features.fields)))
        for blend, rows in self._shares(segments):
            some = matrix[rows]
            margins = blend.margins(some)
            probabilities[rows] = blend.probabilities(margins)
            low[rows], high[rows] = blend.intervals(margins, probabilities[rows])
            scores[rows] = blend.scores(probabilities[rows])
            if explain:
                contributions[rows] = blend.contributions(some)
                points[rows], starts[rows] = blend.points(self._writer.group(contributions[rows]), scores[rows])
        policy = self.playbook.policy
        columns: dict[str, object] = {
            "lead_id": identify(self.playbook, leads),
            "line": leads.lines,
            "probability": probabilities,
            "probability_low": low,
            "probability_high": high,
            "score": scores,
            "band": self.bands(scores),
            **choose_routes(policy, scores, {self.playbook.target.name: scores}),
            "confidence": 1 - (high - low),
            "model_version": pl.repeat(self.version, len(leads), eager=True),
            "segment": segments,
            "method": pl.select(
                pl.when(segments.is_in(list(self.segments))).then(pl.lit("segment model")).otherwise(pl.lit("model"))
            ).to_series(),
            "degraded": pl.repeat(False, len(leads), eager=True),
        }
        if self.timing:
            # The pace goes by what the model of all leads says, whoever gave the probability.
            margins = self.blend.margins(matrix) if self.segments else margins
            told = self.timing.columns(matrix, margins, probabilities)
            columns |= {name: pl.Series(values, nan_to_null=True) for name, values in told.items()}
        if self.worth:
            columns["expected_value"] = probabilities * self.worth.amounts(matrix)
        reasons: list[tuple[Reason, ...]] = []
        if explain:
            columns["starts_at"] = starts
            reasons = self._writer.write(leads.data, matrix, contributions, points, most)
        novel, unusual = self.novelty.judge(leads.data) if self.novelty else ([None] * len(leads), [""] * len(leads))
        columns["novel"] = pl.Series(novel, dtype=pl.Boolean)
        columns["unusual"] = pl.Series(unusual, dtype=pl.String)
        return pl.DataFrame(columns), reasons

    def bands(self, scores: np.ndarray) -> pl.Series:
        """The name of the band that each score falls into."""
        return name_steps(scores, [(band.lowest, band.name) for band in self.playbook.policy.bands])

    def _shares(self, segments: pl.Series) -> Iterator[tuple[Blend, np.ndarray | slice]]:
        """Each blend with the leads that it scores."""
        if not self.segments:
            yield self.blend, slice(None)
            return
        pooled = ~segments.is_in(list(self.segments))
        for blend, mine in ((self.blend, pooled), *((self.segments[name], segments == name) for name in self.segments)):
            if mine.any():
                yield blend, mine.arg_true().to_numpy()


def identify(playbook: Playbook, leads: LeadFrame) -> pl.Series:
    """The identifier of each lead; its line where the playbook names none."""
    name = playbook.lead_id
    if name and name in leads.data.columns:
        return leads.data[name].cast(pl.String)
    return pl.Series(leads.lines).cast(pl.String)


def segments_of(playbook: Playbook, leads: LeadFrame) -> pl.Series:
    """The segment of each lead; an empty text where the playbook has no segments, or the lead does not say."""
    name = playbook.segment_by
    if not name or name not in leads.data.columns:
        return pl.repeat("", len(leads), eager=True)
    return leads.data[name].cast(pl.String).fill_null("")


def without_idle(table: pl.DataFrame, playbook: Playbook) -> pl.DataFrame:
    """A table of scores without the columns that say nothing in this playbook: no segments, no priorities."""
    idle = [] if playbook.segment_by else ["segment"]
    idle += [] if any(route.priority for route in playbook.policy.routes) else ["priority"]
    return table.drop(idle)


def name_steps(scores: np.ndarray, steps: list[tuple[float, str]]) -> pl.Series:
    """The name of the step that each score falls into; `steps` from the highest lowest-score down."""
    rising = steps[::-1]
    place = np.searchsorted([lowest for lowest, _ in rising], scores, side="right") - 1
    return pl.Series([name for _, name in rising], dtype=pl.String)[place]
