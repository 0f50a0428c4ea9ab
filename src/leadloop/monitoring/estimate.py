"""An estimate of today's quality, before anybody knows how the leads will end.

It rests on the probabilities alone: where they mean what they say, they tell how often the scores are right (confidence-based
performance estimation). It is an estimate and is called one wherever it is shown. It cannot see that the same leads have begun to
end differently; only matured outcomes can.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadloop.monitoring.plain import as_plain


@dataclass(frozen=True, slots=True)
class EstimatedMeasure:
    """One measure as it is to be expected of leads whose outcomes are not known yet."""

    name: str
    """The measure, by the name that it has in a QualityReport."""
    value: float
    """What is to be expected."""
    low: float
    """The lower end of the interval that the real one lies in 19 times in 20, if probabilities are what they were."""
    high: float
    """The upper end of this interval."""
    before: float | None
    """The same measure of the leads that `learned_from` is about; None where there are none."""
    higher_is_better: bool
    """Whether more is better."""


@dataclass(frozen=True, slots=True)
class QualityEstimate:
    """What quality is to be expected of the scores given in one stretch of time; an estimate, not a measurement."""

    playbook: str
    """The playbook."""
    model_version: str
    """The version whose scores these are; empty for whatever served."""
    start: datetime
    """The first moment of the stretch in which the scores were given."""
    end: datetime
    """The first moment after it."""
    leads: int
    """How many leads were scored in it."""
    expected_rate: float
    """The share of them that is to be expected to be won."""
    measures: tuple[EstimatedMeasure, ...] = ()
    """What is to be expected; nothing where there are too few leads."""
    calibrated_on: int = 0
    """By how many matured leads the probabilities were corrected first; 0 where there were too few of them."""
    note: str = ""
    """What a reader must know of this estimate."""

    @property
    def is_judged(self) -> bool:
        """Whether there were leads enough."""
        return bool(self.measures)

    def value(self, name: str) -> float | None:
        """The expected value of a measure; None where there are too few leads."""
        return next((measure.value for measure in self.measures if measure.name == name), None)

    def as_json(self) -> dict[str, Any]:
        """Everything in plain values, as the store and the interface keep it."""
        return {**as_plain(self), "is_estimate": True}
