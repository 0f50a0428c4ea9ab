"""The training report: what was learned from what, how good it is, and what should make one doubt it.

Plain frozen data. `leadloop.learning.report.page` turns it into a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from leadloop.learning.evaluation import Curves, Measure


@dataclass(frozen=True, slots=True)
class DataSummary:
    """Where the leads came from and how many of them could be used."""

    sources: tuple[str, ...]
    fingerprint: str
    rows: int
    rejected: int
    open: int
    used: int
    positives: int

    @property
    def base_rate(self) -> float:
        """The share of used leads that were won."""
        return self.positives / self.used if self.used else float("nan")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the split: how many leads, how many of them won, and the span it covers (as text, may be empty)."""

    leads: int
    positives: int
    first: str = ""
    last: str = ""

    @property
    def base_rate(self) -> float:
        """The share of leads in this part that were won."""
        return self.positives / self.leads if self.leads else float("nan")


@dataclass(frozen=True, slots=True)
class SplitSummary:
    """How training and test leads were kept apart: `how` is a sentence for people."""

    kind: str
    how: str
    train: Part
    test: Part


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One learner that competed: its weight in the blend, and its quality on held-out parts of the training leads."""

    name: str
    weight: float
    auc: float
    log_loss: float
    cpu_seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImportanceLine:
    """How much one field moves scores: mean absolute contribution in score points over the test leads.

    `direction` says in words which way it moves them.
    """

    field: str
    points: float
    direction: str = ""


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One leakage finding, and what was done about it: `left out`, or `used` with the reason a person gave."""

    field: str
    kind: str
    severity: str
    evidence: str
    treatment: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A field that no feature reads, and why."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class BandLine:
    """One band on the test leads: the share of leads it should hold and holds, and how many of them were won."""

    name: str
    lowest: float
    wanted_share: float
    share: float
    leads: int
    probability: float
    observed: float
    low: float
    high: float
    route: str


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """Everything a person needs to believe or doubt a version."""

    playbook: str
    target: str
    version: str
    made_at: str
    synthetic: bool
    data: DataSummary
    split: SplitSummary
    capacity: float
    measures: tuple[Measure, ...]
    curves: Curves
    members: tuple[MemberLine, ...]
    calibration: str
    interval_note: str
    importance: tuple[ImportanceLine, ...]
    bands: tuple[BandLine, ...]
    findings: tuple[FindingLine, ...]
    left_out: tuple[LeftOut, ...]
    guesses: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    peak_memory_mb: float
    environment: Mapping[str, str]

    def measure(self, name: str) -> Measure:
        """The measure of this name; raises KeyError where there is none."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON values, as it is kept beside a version; what is not a number becomes null."""
        plain: dict[str, Any] = _without_nan(asdict(self))
        return plain


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value
