"""A trained playbook: everything that scoring needs, resolved and fixed.

It holds a frozen copy of the playbook and, for each target, the fitted features, the models, the calibrator and the score map;
where the score is composed of several targets, also how. Editing a playbook
afterwards changes nothing here. One lead is a frame of length one: a live score and a batch take the same path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import polars as pl

from leadloop.errors import Problem, VersionError
from leadloop.features import FeatureSet
from leadloop.features.shared import SharedFeatures
from leadloop.leads import LeadFrame, LeadSchema
from leadloop.playbook import Playbook
from leadloop.scoring.blend import Blend
from leadloop.scoring.composition import Composition, compose_reasons
from leadloop.scoring.counterfactuals import Candidates
from leadloop.scoring.lead_columns import identify, segments_of, without_idle
from leadloop.scoring.novelty import Novelty
from leadloop.scoring.policy_columns import choose_bands, choose_routes
from leadloop.scoring.reasons import join_reasons, write_reasons
from leadloop.scoring.score_card import Reason, ScoreCard, TargetScore
from leadloop.scoring.target_model import TargetModel
from leadloop.scoring.timing import Timing, horizon_column
from leadloop.scoring.worth import Worth

TOP_REASONS = 3

Column = pl.Series | np.ndarray | list[Any]


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

    def score(self, leads: LeadFrame, *, explain: bool = True) -> list[ScoreCard]:
        """A card for every lead, in order."""

    def score_table(self, leads: LeadFrame, *, explain: bool = True) -> pl.DataFrame:
        """Scores as a table, one row a lead in order."""


@dataclass(frozen=True)
class TrainedPlaybook:
    """A playbook after training, ready to score. `version` names it; "untrained" is never a name."""

    playbook: Playbook
    """A frozen copy of the playbook, as it was when training began."""
    features: FeatureSet
    """The fitted features of the main target."""
    blend: Blend
    """The models, the calibrator and the score map of the main target."""
    version: str
    """The version's id."""
    segments: Mapping[str, Blend] = field(default_factory=dict)
    """The main target's blends of the segments that have one of their own."""
    timing: Timing | None = None
    """When leads are won (the main target); None where nobody asked, or where it could not be told better than without
    features."""
    worth: Worth | None = None
    """What won leads bring; None where no field holds an amount."""
    novelty: Novelty | None = None
    """What makes a lead novel; None in versions saved before that was learned."""
    candidates: Candidates | None = None
    """What may be proposed to raise a score; None in versions saved before that was kept."""
    others: tuple[TargetModel, ...] = ()
    """What predicts each target but the main one, in the playbook's order."""
    composition: Composition | None = None
    """How the score is composed of targets; None where it is the main target's alone."""

    @cached_property
    def models(self) -> Mapping[str, TargetModel]:
        """What predicts each target, by its name, the main one first."""
        main = TargetModel(self.playbook.target.name, self.features, self.blend, self.segments)
        return {model.name: model for model in (main, *self.others)}

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Every field that some target's features read, each once."""
        return tuple(dict.fromkeys(name for model in self.models.values() for name in model.features.reads))

    def aimed_at(self, target: str) -> TrainedPlaybook:
        """The same version as if this target were the only one: its probability, its own score and its own reasons.

        Times, amounts and proposals come along; raises VersionError where the version does not predict this target.
        """
        if target not in self.models:
            known = ", ".join(self.models)
            raise VersionError(self.version, Problem("target", f"“{target}” is not predicted", f"name one of {known}"))
        model, main = self.models[target], target == self.playbook.target.name
        return replace(
            self,
            playbook=replace(self.playbook.aimed_at(target), score=()),
            features=model.features,
            blend=model.blend,
            segments=model.segments,
            timing=self.timing if main else None,
            worth=self.worth if main else None,
            others=(),
            composition=None,
        )

    @cached_property
    def schema(self) -> LeadSchema:
        """The fields that scoring reads: what features read, the identifier, and what no lead may lack."""
        known = self.playbook.scoring_schema
        return known.only({*self.reads, self.playbook.lead_id, self.playbook.segment_by, *known.required})

    @cached_property
    def _shared(self) -> SharedFeatures:
        return SharedFeatures({name: model.features for name, model in self.models.items()})

    def score(self, leads: LeadFrame, *, explain: bool = True) -> list[ScoreCard]:
        """A card for every lead, in order, each with all its reasons; without `explain` it has none, and starts at its score."""
        columns, reasons, matrices = self._score(leads, most=None, explain=explain)
        if not explain:
            columns["starts_at"], reasons = columns["score"], [()] * len(leads)
        # No table is made for a handful of leads: it would take as long as scoring them.
        said = {name: _as_list(column) for name, column in columns.items()}
        names = [
            "lead_id", "line", "probability", "probability_low", "probability_high", "score",
            "band", "route", "priority", "confidence", "model_version", "segment", "method", "degraded", "starts_at",
            "novel", "unusual",
        ]  # fmt: skip
        names += ["days_to_win", "days_to_win_low", "days_to_win_high"] if self.timing else []
        names += ["expected_value"] if self.worth else []
        rows = zip(*(said[name] for name in names), strict=True)
        targets = zip(*(self._target_scores(said, name) for name in self.models), strict=True)
        seen = matrices[0] if len(matrices) == 1 else np.hstack(matrices)
        chances = self._chances(said, len(leads))
        return [
            ScoreCard(
                **dict(zip(names, row, strict=True)), reasons=why, won_within=chance, targets=each, features=values
            )
            for row, why, chance, each, values in zip(rows, reasons, chances, targets, seen, strict=True)
        ]

    def features_of(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """The feature values of each target by its name, out of those of a card (or of several, a row each).

        Raises VersionError where they are not as many as this version has.
        """
        widths = [len(model.features.columns) for model in self.models.values()]
        if values.shape[-1] != sum(widths):
            what = f"are {values.shape[-1]:,}, and this version has {sum(widths):,}"
            raise VersionError(self.version, Problem("feature values", what, "take the version that made them"))
        return dict(zip(self.models, np.split(values, np.cumsum(widths)[:-1], axis=-1), strict=True))

    def _target_scores(self, said: Mapping[str, list[Any]], target: str) -> list[TargetScore]:
        """What is said of one target, a lead each."""
        rows = zip(*(said[name] for name in target_columns(self, target)), strict=True)
        return [TargetScore(target, *row) for row in rows]

    def _chances(self, said: Mapping[str, list[Any]], leads: int) -> list[tuple[tuple[int, float], ...]]:
        """For each lead, the chance of being won within each horizon."""
        horizons = self.timing.horizons if self.timing else ()
        if not horizons:
            return [()] * leads
        rows = zip(*(said[horizon_column(days)] for days in horizons), strict=True)
        return [tuple(zip(horizons, chances, strict=True)) for chances in rows]

    def score_table(self, leads: LeadFrame, *, explain: bool = True) -> pl.DataFrame:
        """Scores as a table, one row a lead in order; with `explain`, the top reasons up and down as text."""
        columns, reasons, _ = self._score(leads, most=TOP_REASONS, explain=explain)
        table = without_idle(pl.DataFrame(columns), self.playbook)
        if not explain:
            return table
        up = [join_reasons([reason for reason in why if reason.points > 0]) for why in reasons]
        down = [join_reasons([reason for reason in why if reason.points < 0]) for why in reasons]
        return table.with_columns(
            pl.Series("reasons_up", up, dtype=pl.String), pl.Series("reasons_down", down, dtype=pl.String)
        )

    def _score(
        self, leads: LeadFrame, *, most: int | None, explain: bool
    ) -> tuple[dict[str, Column], list[tuple[Reason, ...]], list[np.ndarray]]:
        """What is said of each lead by column, in the order of a table of scores; the reasons; and each target's matrix."""
        main, counts = self.playbook.target.name, dict(self.composition.weights) if self.composition else {}
        matrices, heard = self._shared.read(leads.data)
        matrix = matrices[main]
        segments = segments_of(self.playbook, leads)
        predictions = {
            name: model.predict(
                matrices[name],
                segments,
                explain=explain and (name in counts if counts else name == main),
                apart=explain and name in counts,
            )
            for name, model in self.models.items()
        }
        predicted = predictions[main]
        probabilities, low, high, scores = predicted.probabilities, predicted.low, predicted.high, predicted.scores
        if self.composition:
            scores = self.composition.scores({name: predictions[name].probabilities for name in counts})
        policy = self.playbook.policy
        columns: dict[str, Column] = {
            "lead_id": identify(self.playbook, leads),
            "line": leads.lines,
            "probability": probabilities,
            "probability_low": low,
            "probability_high": high,
            "score": scores,
            "band": self.bands(scores),
            **choose_routes(policy, scores, {name: said.scores for name, said in predictions.items()}),
            "confidence": 1 - (high - low),
            "model_version": [self.version] * len(leads),
            "segment": segments,
            "method": ["segment model" if segment in self.segments else "model" for segment in segments.to_list()],
            "degraded": [False] * len(leads),
        }
        if self.timing:
            # The pace goes by what the model of all leads says, whoever gave the probability.
            margins = self.blend.margins(matrix) if self.segments else predicted.margins
            told = self.timing.columns(matrix, margins, probabilities)
            columns |= {name: pl.Series(values, nan_to_null=True) for name, values in told.items()}
        if self.worth:
            columns["expected_value"] = probabilities * self.worth.amounts(matrix)
        reasons: list[tuple[Reason, ...]] = []
        if explain and self.composition:
            why = compose_reasons(self.composition, self.models, predictions, matrices, leads.data, scores, heard)
            columns["starts_at"] = why.starts
            reasons = write_reasons(why.fields, why.points, most, why.says)
        elif explain:
            columns["starts_at"] = predicted.starts
            writer = self.models[main].writer
            reasons = writer.write(leads.data, matrix, predicted.contributions, predicted.points, most, heard[main])
        novel, unusual = self.novelty.judge(leads.data) if self.novelty else ([None] * len(leads), [""] * len(leads))
        columns["novel"] = pl.Series(novel, dtype=pl.Boolean)
        columns["unusual"] = pl.Series(unusual, dtype=pl.String)
        for name, said in predictions.items():
            told_of = (said.probabilities, said.low, said.high, said.scores)
            for column, values in zip(target_columns(self, name), told_of, strict=True):
                columns.setdefault(column, values)
        return columns, reasons, [matrices[name] for name in self.models]

    def bands(self, scores: np.ndarray) -> pl.Series:
        """The name of the band that each score falls into."""
        return choose_bands(self.playbook.policy, scores)


def _as_list(column: Column) -> list[Any]:
    if isinstance(column, list):
        return column
    return column.to_list() if isinstance(column, pl.Series) else column.tolist()


def target_columns(trained: TrainedPlaybook, target: str) -> tuple[str, str, str, str]:
    """The columns of a table of scores that hold a target's probability, its interval, and its own score."""
    kinds = ("probability", "probability_low", "probability_high", "score")
    if target != trained.playbook.target.name:
        return tuple(f"{target}_{kind}" for kind in kinds)  # type: ignore[return-value]
    own = f"{target}_score" if trained.composition else "score"
    return ("probability", "probability_low", "probability_high", own)
