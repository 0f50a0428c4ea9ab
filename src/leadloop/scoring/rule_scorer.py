"""The rule scorer: a playbook's own rules as a score, for as long as there are too few outcomes to learn from.

It is also what a model is tried against. Its score counts points; it promises no probability, since nobody has measured one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl

from leadloop.errors import PlaybookError, Problem
from leadloop.features import FeatureSet
from leadloop.features.functions import FunctionsBlock
from leadloop.features.rules import RuleFunction
from leadloop.leads import LeadFrame, LeadSchema
from leadloop.playbook import Playbook
from leadloop.scoring.blend import SCORE_DECIMALS
from leadloop.scoring.lead_columns import identify, segments_of, without_idle
from leadloop.scoring.policy_columns import choose_bands, choose_routes
from leadloop.scoring.reasons import ReasonWriter, join_reasons
from leadloop.scoring.score_card import Reason, ScoreCard
from leadloop.scoring.trained import TOP_REASONS

VERSION = "rules"


@dataclass(frozen=True)
class RuleScorer:
    """Scores by the points of rules: 0 where every rule speaks against a lead, 100 where every rule speaks for it.

    `points` are in the order of the rules in `features`.
    """

    playbook: Playbook
    """The playbook whose rules these are."""
    features: FeatureSet
    """One column for each rule."""
    points: tuple[float, ...]
    """What each rule is worth."""
    version: str = VERSION
    """What stands where a version's id would: nothing was trained."""
    stands_in: bool = True
    """Whether they stand in for a model; where they were chosen, as an arm of an experiment, nothing is degraded."""

    @classmethod
    def of(cls, playbook: Playbook, rules: Sequence[RuleFunction]) -> Self:
        """The scorer of these rules; raises PlaybookError where there are none, or none is worth anything."""
        if not any(rule.points for rule in rules):
            raise PlaybookError(playbook.name, Problem("rules", "has no rule that is worth points", "write one"))
        block = FunctionsBlock.of(rules, playbook)
        return cls(playbook, FeatureSet((block,)), tuple(float(rule.points) for rule in rules))

    @cached_property
    def schema(self) -> LeadSchema:
        """The fields that scoring reads: what the rules read, the identifier, and what no lead may lack."""
        known = self.playbook.scoring_schema
        return known.only({*self.features.reads, self.playbook.lead_id, self.playbook.segment_by, *known.required})

    @cached_property
    def _writer(self) -> ReasonWriter:
        return ReasonWriter(self.features)

    @cached_property
    def _scale(self) -> tuple[float, float]:
        """The points of a lead that every rule speaks against, and how many score points a point is worth."""
        lowest = sum(min(points, 0.0) for points in self.points)
        highest = sum(max(points, 0.0) for points in self.points)
        return lowest, 100 / (highest - lowest)

    def score(self, leads: LeadFrame, *, explain: bool = True) -> list[ScoreCard]:
        """A card for every lead, in order, without a probability; with `explain`, each with all its reasons."""
        matrix = self.features.matrix(leads.data)
        table, points = self._score(leads, matrix)
        reasons: list[tuple[Reason, ...]] = [()] * len(leads)
        if explain:
            reasons = self._writer.write(leads.data, matrix, points, points, None)
        else:
            table = table.with_columns(starts_at="score")
        rows = table.iter_rows(named=True)
        return [
            ScoreCard(**row, reasons=why, features=values)
            for row, why, values in zip(rows, reasons, matrix, strict=True)
        ]

    def score_table(self, leads: LeadFrame, *, explain: bool = True) -> pl.DataFrame:
        """Scores as a table, one row a lead in order; with `explain`, the top reasons up and down as text."""
        matrix = self.features.matrix(leads.data)
        table, points = self._score(leads, matrix)
        table = without_idle(table, self.playbook)
        if not explain:
            return table.drop("starts_at")
        reasons = self._writer.write(leads.data, matrix, points, points, TOP_REASONS)
        up = [join_reasons([reason for reason in why if reason.points > 0]) for why in reasons]
        down = [join_reasons([reason for reason in why if reason.points < 0]) for why in reasons]
        return table.with_columns(
            pl.Series("reasons_up", up, dtype=pl.String), pl.Series("reasons_down", down, dtype=pl.String)
        )

    def _score(self, leads: LeadFrame, matrix: np.ndarray) -> tuple[pl.DataFrame, np.ndarray]:
        """The table, and the score points of each rule for each lead; a rule that cannot be judged adds none."""
        lowest, rate = self._scale
        points = np.nan_to_num(matrix.astype(np.float64)) * np.array(self.points) * rate
        scores = np.round(np.clip(points.sum(axis=1) - lowest * rate, 0.0, 100.0), SCORE_DECIMALS)
        policy, unknown = self.playbook.policy, pl.repeat(None, len(leads), dtype=pl.Float64, eager=True)
        table = pl.DataFrame(
            {
                "lead_id": identify(self.playbook, leads),
                "line": leads.lines,
                "probability": unknown,
                "probability_low": unknown,
                "probability_high": unknown,
                "score": scores,
                "band": choose_bands(policy, scores),
                **choose_routes(policy, scores, {self.playbook.target.name: scores}),
                "confidence": unknown,
                "model_version": pl.repeat(self.version, len(leads), eager=True),
                "segment": segments_of(self.playbook, leads),
                "method": pl.repeat("rules", len(leads), eager=True),
                "degraded": pl.repeat(self.stands_in, len(leads), eager=True),
                "starts_at": scores - points.sum(axis=1),
            }
        )
        return table, points
