"""A check: what one look at a playbook found, quality first and drift as its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadloop.monitoring.drift import DriftReport
from leadloop.monitoring.estimate import QualityEstimate
from leadloop.monitoring.plain import as_plain
from leadloop.monitoring.quality import QualityReport


@dataclass(frozen=True, slots=True)
class QualityPoint:
    """One line of the history of quality: what was measured of one version in one stretch, and when."""

    number: int
    """Its number in the store."""
    model_version: str
    """The version; empty for whatever served."""
    start: datetime
    """The first moment of the stretch."""
    end: datetime
    """The first moment after it."""
    measured_at: datetime
    """When it was measured."""
    scored: int
    """How many leads were scored in it."""
    matured: int
    """How many of them had an outcome then."""
    won: int
    """How many of these were won."""
    open: int
    """How many might still have become anything."""
    measures: Mapping[str, float]
    """The value of each measure by its name; empty where there were too few outcomes."""
    expected: Mapping[str, float]
    """What was estimated of the same stretch before, by its name; empty where nothing was."""
    drift: str = "quiet"
    """The level of drift that was found."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one look at the version in service found.

    `quality` is of the newest stretch whose leads have matured, `estimate` and `drift` are of the newest leads. `before` are the
    points of history that came before, the newest first, of this version and then of the ones before it.
    """

    playbook: str
    """The playbook."""
    model_version: str
    """The version in service."""
    at: datetime
    """When it was looked at."""
    quality: QualityReport
    """How good its scores were."""
    estimate: QualityEstimate
    """How good they are today, as far as can be told before leads end."""
    drift: DriftReport
    """Whether leads changed."""
    before: tuple[QualityPoint, ...] = ()
    """What was measured before."""

    def decline(self, name: str, last: int = 5) -> float | None:
        """How much worse a measure is than the mean of the last so many before; None where either is not known.

        Of accuracy 0.71 after 0.80, 0.82 and 0.81 it is 0.10: more is worse, whichever way the measure counts.
        """
        now = self.quality.of(name)
        earlier = [point.measures[name] for point in self.before if name in point.measures][:last]
        if now is None or not earlier:
            return None
        mean = sum(earlier) / len(earlier)
        return mean - now.value if now.higher_is_better else now.value - mean

    def as_json(self) -> dict[str, Any]:
        """Everything in plain values."""
        parts = {name: getattr(self, name).as_json() for name in ("quality", "estimate", "drift")}
        return {"playbook": self.playbook, "model_version": self.model_version, "at": as_plain(self.at), **parts}
