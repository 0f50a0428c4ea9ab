"""Matured quality: how good the scores were that were really given, by what became of their leads.

Nothing is scored anew here: the probabilities are those that were logged when the leads were scored, by the version that served.
A lead counts once its time is over; how many are still open is told beside every figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadloop.learning.evaluation.quality import Measure
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


MEASURES = ("accuracy", "precision", "recall", "F1", "AUC", "Brier score", "log-loss", "calibration error")
"""The names of the measures of a QualityReport."""
