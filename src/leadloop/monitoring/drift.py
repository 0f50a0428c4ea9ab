"""Drift: whether the leads of today differ from those that a version learned from, in which fields, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from leadloop.monitoring.plain import as_plain

DriftLevel = Literal["quiet", "noted", "alarm"]
"""`quiet`: no more than chance and the usual ups and downs explain. `noted`: surely different, but too little to matter, or in
what moves no score. `alarm`: surely and largely different."""


@dataclass(frozen=True, slots=True)
class ShiftedPart:
    """One part of the values of a field, and the share of leads in it before and now."""

    name: str
    """A value, or a range of numbers."""
    before: float
    """Its share in the reference, 0 to 1."""
    now: float
    """Its share now."""


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """How one field (or the probability, or the confidence) differs from the reference."""

    field: str
    """Its name."""
    kind: str
    """The field's type; `probability` and `confidence` are those of the scores."""
    leads: int
    """How many leads were looked at."""
    psi: float
    """The population stability index less what chance alone makes of it: 0 the same, from 0.1 on some, from 0.25 on much."""
    test: str
    """How the difference is judged: `chi-square`, against the usual ups and downs of the reference."""
    statistic: float
    """The statistic of that test."""
    chance: float
    """How often a difference like this comes about although nothing changed (p-value)."""
    adjusted: float
    """The same, after so many fields were looked at (Holm 1979)."""
    ks: float | None = None
    """Of numbers: the largest distance between the two distributions (Kolmogorov-Smirnov), 0 to 1."""
    wasserstein: float | None = None
    """Of numbers: how far the values moved on average, in standard deviations of the reference."""
    missing_before: float = 0.0
    """The share of leads without a value in the reference."""
    missing_now: float = 0.0
    """The same now."""
    weight: float = 0.0
    """The field's share in what moves the scores, 0 to 1; 0 where it moves none."""
    new_values: tuple[ShiftedPart, ...] = ()
    """Values, or words, that the reference did not have, the commonest first."""
    parts: tuple[ShiftedPart, ...] = ()
    """The shares of its values or ranges before and now, for the picture."""
    level: DriftLevel = "quiet"
    """What is to be made of it."""
    sentence: str = ""
    """The same in words."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A field that came, went, or can hardly be read any more."""

    field: str
    """Its name."""
    change: Literal["gone", "new", "emptied"]
    """`gone`: never given any more. `new`: given now, and not known to the version. `emptied`: given far less often."""
    sentence: str
    """The same in words."""


@dataclass(frozen=True, slots=True)
class StreamAlarm:
    """The moment at which a stream of figures changed, found by a sequential detector."""

    stream: str
    """What was followed, such as `surprise at outcomes`."""
    at: datetime
    """The moment from which it is different, as near as can be told."""
    seen_at: datetime
    """The moment at which the detector had seen enough."""
    before: float
    """The mean before."""
    after: float
    """The mean since."""
    worse: bool
    """Whether it changed for the worse."""


@dataclass(frozen=True, slots=True)
class DriftReport:
    """How the leads of one stretch of time differ from those that a version learned from.

    `level` takes performance first: it is `alarm` where the outcomes of matured leads, or what the scores say on the whole,
    changed surely and largely, or fields did that move the scores. `fields` stand in the order of how much they changed.
    """

    playbook: str
    """The playbook."""
    model_version: str
    """The version that the reference is of."""
    start: datetime
    """The first moment of the stretch in which the leads were scored."""
    end: datetime
    """The first moment after it."""
    leads: int
    """How many leads were looked at."""
    reference_leads: int
    """How many leads the reference is of."""
    reference: str
    """What the reference is: `training`, or `first scores` where the version kept none."""
    fields: tuple[FieldDrift, ...] = ()
    """Every field that the version reads, the most changed first."""
    prediction: FieldDrift | None = None
    """The probabilities."""
    confidence: FieldDrift | None = None
    """How sure the scores are."""
    label: FieldDrift | None = None
    """The outcomes of leads that matured in the stretch."""
    schema: tuple[SchemaChange, ...] = ()
    """Fields that came or went."""
    streams: tuple[StreamAlarm, ...] = ()
    """Breaks in what was followed outcome by outcome."""
    level: DriftLevel = "quiet"
    """What is to be made of it all."""
    reasons: tuple[str, ...] = ()
    """Why it is more than quiet, the weightiest first."""
    note: str = ""
    """What a reader must know of this report."""
    early: FieldDrift | None = None
    """What came so far of leads that are still open, against what should have come by their age."""

    @property
    def is_alarm(self) -> bool:
        """Whether somebody, or a retraining, should act on it."""
        return self.level == "alarm"

    @property
    def changed(self) -> tuple[FieldDrift, ...]:
        """The fields that are more than quiet."""
        return tuple(one for one in self.fields if one.level != "quiet")

    def as_json(self) -> dict[str, Any]:
        """Everything in plain values, as the store and the interface keep it."""
        plain: dict[str, Any] = as_plain(self)
        return plain
