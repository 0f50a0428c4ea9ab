"""Matured quality: how good the scores were that were really given, by what became of their leads.

Nothing is scored anew here: the probabilities are those that were logged when the leads were scored, by the version that served.
A lead counts once its time is over; how many are still open is told beside every figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from leadloop.learning.evaluation.intervals import wilson_interval
from leadloop.learning.evaluation.measures import equal_groups
from leadloop.learning.evaluation.quality import Measure
from leadloop.monitoring.measuring import MEANINGS, measure_scores, with_baselines
from leadloop.monitoring.plain import as_plain

FEWEST_LEADS = 100
"""With fewer leads that have an outcome than this, no quality is told."""
FEWEST_OF_EACH = 10
"""With fewer won leads than this, or fewer lost ones, neither."""


@dataclass(frozen=True, slots=True)
class BandQuality:
    """What became of the leads of one band."""

    band: str
    """The band."""
    leads: int
    """Its leads that have an outcome."""
    won: int
    """How many of them were won."""
    promised: float
    """The mean probability that they were given."""
    rate: float
    """The share that was won."""
    low: float
    """The lower end of its 95% interval."""
    high: float
    """The upper end of its 95% interval."""


@dataclass(frozen=True, slots=True)
class PromiseGroup:
    """Leads of like probability: what was promised, and what came."""

    leads: int
    """How many there are."""
    promised: float
    """The mean probability that they were given."""
    rate: float
    """The share that was won."""
    low: float
    """The lower end of its 95% interval."""
    high: float
    """The upper end of its 95% interval."""


@dataclass(frozen=True, slots=True)
class QualityReport:
    """How good the scores of one version were that were given in one stretch of time.

    `measures` go by name: `accuracy`, `precision`, `recall`, `F1`, `AUC`, `Brier score`, `log-loss`, `calibration error`; each
    with its 95% interval and the same measure of each baseline (`majority`, `prior`, and `rules` where rules scored the same
    leads). Precision, recall and F1 are those of working the best-scored share of leads that the team has time for; accuracy
    is that of calling a lead won from 50 % on. There are none where there are too few outcomes, and `note` says so.
    """

    playbook: str
    """The playbook."""
    target: str
    """What was predicted."""
    model_version: str
    """The version whose scores these are; empty for whatever served."""
    start: datetime
    """The first moment of the stretch in which the scores were given."""
    end: datetime
    """The first moment after it."""
    as_of: datetime
    """What was known by then counts."""
    scored: int
    """How many leads were scored in it; each counts once, with the first score that this version gave it."""
    matured: int
    """How many of them have an outcome, the time for which is over."""
    won: int
    """How many of these were won."""
    open: int
    """How many may still become anything."""
    not_worked: int = 0
    """How many nobody worked: neither won nor lost, and not counted above."""
    capacity: float = 0.2
    """The share of leads that the team has time for."""
    measures: tuple[Measure, ...] = ()
    """The figures; none where there are too few outcomes."""
    bands: tuple[BandQuality, ...] = ()
    """What became of each band, the best first."""
    promises: tuple[PromiseGroup, ...] = ()
    """Whether probabilities came true, from the least to the most probable."""
    note: str = ""
    """What a reader must know of these figures."""
    versions: Mapping[str, int] = field(default_factory=dict)
    """How many of the leads with an outcome each version scored."""

    @property
    def open_share(self) -> float:
        """The share of the scored leads that is still open, 0 to 1."""
        return self.open / self.scored if self.scored else 0.0

    @property
    def is_judged(self) -> bool:
        """Whether there were outcomes enough."""
        return bool(self.measures)

    def of(self, name: str) -> Measure | None:
        """The measure of this name; None where there are too few outcomes.

        Raises KeyError where there is no such measure.
        """
        if name not in MEASURES:
            raise KeyError(name)
        return next((measure for measure in self.measures if measure.name == name), None)

    def value(self, name: str) -> float | None:
        """The value of a measure; None where there are too few outcomes."""
        measure = self.of(name)
        return None if measure is None else measure.value

    def as_json(self) -> dict[str, Any]:
        """Everything in plain values, as the store and the interface keep it."""
        return {**as_plain(self), "open_share": self.open_share}


MEASURES = tuple(MEANINGS)
"""The names of the measures of a QualityReport."""
STATES = ("won", "lost", "open", "not worked")
"""What a scored lead can be by now."""


def measure_quality(
    scores: pl.DataFrame,
    *,
    playbook: str,
    target: str,
    start: datetime,
    end: datetime,
    as_of: datetime,
    capacity: float,
    model_version: str = "",
    prior: float | None = None,
    bands: Sequence[str] = (),
    seed: int = 0,
    note: str = "",
) -> QualityReport:
    """How good logged scores were, by what became of their leads.

    `scores` has a row a lead with what was logged: `model_version`, `probability` (null where rules scored), `score`, `band`;
    its `state` (one of `STATES`) and `outcome` (1, 0 or a grade between; null but for won and lost ones); and, where known, what
    the playbook's rules say of it (`rules`). `prior` is the share of won leads that the version learned from, and `bands` are
    the names of bands, the best first.
    """
    counts = dict(scores.group_by("state").len().rows())
    matured = scores.filter(pl.col("outcome").is_not_null())
    outcome = matured["outcome"].to_numpy().astype(float)
    report = QualityReport(
        playbook,
        target,
        model_version,
        start,
        end,
        as_of,
        scored=scores.height,
        matured=matured.height,
        won=round(float(outcome.sum())),
        open=counts.get("open", 0),
        not_worked=counts.get("not worked", 0),
        capacity=capacity,
        versions=dict(sorted(matured.group_by("model_version").len().rows())),
        bands=_bands(matured, bands),
        promises=_promises(matured),
        note=note,
    )
    won, lost = float(outcome.sum()), float((1 - outcome).sum())
    if matured.height < FEWEST_LEADS or min(won, lost) < FEWEST_OF_EACH:
        few = f"{matured.height:,} leads have an outcome, {round(won):,} of them won: too few to judge by"
        few += f" ({FEWEST_LEADS} leads, and {FEWEST_OF_EACH} each won and lost, are the least)"
        return replace(report, note=f"{few}. {note}".strip())
    return replace(report, measures=_measures(matured, outcome, capacity, prior, seed))


def _measures(
    matured: pl.DataFrame, outcome: np.ndarray, capacity: float, prior: float | None, seed: int
) -> tuple[Measure, ...]:
    by_model = matured["probability"].is_not_null().all()
    scores = matured["probability" if by_model else "score"].to_numpy()
    mine = measure_scores(outcome, scores, capacity=capacity, probabilities=bool(by_model), seed=seed)
    count = len(outcome)
    constant = {"majority": float(outcome.mean() >= 0.5), "prior": prior}
    beside = {
        name: measure_scores(outcome, np.full(count, value), capacity=capacity, seed=seed)
        for name, value in constant.items()
        if value is not None
    }
    if "rules" in matured.columns:
        known = matured["rules"].is_not_null().to_numpy()
        if known.sum() >= FEWEST_LEADS:
            ruled = matured["rules"].drop_nulls().to_numpy()
            beside["rules"] = measure_scores(outcome[known], ruled, capacity=capacity, probabilities=False, seed=seed)
    return with_baselines(mine, beside)


def _bands(matured: pl.DataFrame, order: Sequence[str]) -> tuple[BandQuality, ...]:
    found = matured.group_by("band").agg(
        pl.len(), pl.col("outcome").sum().alias("won"), pl.col("probability").mean().alias("promised")
    )
    names = list(order) + sorted(set(found["band"]) - set(order))
    by_name = {row["band"]: row for row in found.iter_rows(named=True)}
    lines = []
    for name in names:
        if name in by_name:
            leads, won = by_name[name]["len"], by_name[name]["won"]
            promised = by_name[name]["promised"]
            ends = wilson_interval(won, leads)
            lines.append(
                BandQuality(name, leads, round(won), float("nan") if promised is None else promised, won / leads, *ends)
            )
    return tuple(lines)


def _promises(matured: pl.DataFrame) -> tuple[PromiseGroup, ...]:
    known = matured.filter(pl.col("probability").is_not_null())
    if not known.height:
        return ()
    promised, outcome = known["probability"].to_numpy(), known["outcome"].to_numpy()
    lines = []
    for rows in equal_groups(promised):
        won = float(outcome[rows].sum())
        ends = wilson_interval(won, len(rows))  # type: ignore[arg-type]
        lines.append(PromiseGroup(len(rows), float(promised[rows].mean()), won / len(rows), *ends))
    return tuple(lines)
