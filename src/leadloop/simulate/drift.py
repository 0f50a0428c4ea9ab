"""A change of the synthetic world on request: what changes, from when on, and how strongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import numpy as np

from leadloop.simulate.arrivals import as_instant

DriftKind = Literal["covariate", "concept", "base_rate"]
DRIFT_KINDS: tuple[DriftKind, ...] = get_args(DriftKind)
_DAY_US = 86_400_000_000
_MOST_BASE_RATE = 4.0


@dataclass(frozen=True, slots=True)
class Drift:
    """One change of the world. Leads that come before `at` are the same, byte for byte, as in a world without it."""

    kind: DriftKind
    """What changes. `covariate`: other leads come, and each is as good as its like was before. `concept`: the same leads
    come, and what made some of them good makes them bad. `base_rate`: the same leads come, and all do better or worse."""
    at: datetime
    """When it begins; without a zone it is UTC."""
    strength: float = 1.0
    """How strong it is once complete: 0 to 1 for `covariate` and `concept`; for `base_rate` what is added to the log-odds
    of every lead, from -4 to 4."""
    over_days: float = 0.0
    """How many days it takes to be complete, in a straight line; 0 is a break."""

    def __post_init__(self) -> None:
        if self.kind not in DRIFT_KINDS:
            raise ValueError(f"{self.kind!r} is no kind of drift; there are {', '.join(DRIFT_KINDS)}")
        low, high = (-_MOST_BASE_RATE, _MOST_BASE_RATE) if self.kind == "base_rate" else (0.0, 1.0)
        if not low <= self.strength <= high:
            raise ValueError(f"strength of {self.kind} drift is {self.strength:g}; it goes from {low:g} to {high:g}")
        if not 0 <= self.over_days < float("inf"):
            raise ValueError(f"drift takes {self.over_days:g} days; it must be 0 or more")

    def measure(self, times: np.ndarray) -> np.ndarray:
        """How much of the change has come about at each time: 0 before it begins, `strength` once it is complete.

        >>> drift = Drift("concept", datetime(2025, 6, 1), strength=0.8, over_days=10)
        >>> drift.measure(np.array(["2025-05-31", "2025-06-06", "2026-01-01"], dtype="datetime64[us]")).tolist()
        [0.0, 0.4, 0.8]
        """
        days = (times - as_instant(self.at)).astype(np.int64) / _DAY_US
        share = np.clip(days / self.over_days, 0.0, 1.0) if self.over_days else (days >= 0).astype(float)
        measured: np.ndarray = self.strength * share
        return measured


@dataclass(frozen=True, slots=True)
class Change:
    """How far the world has changed at the time of each lead of a block."""

    covariate: np.ndarray
    """0 to 1: the share of the other mix of leads."""
    concept: np.ndarray
    """0 to 1: at 1 the effects that can turn have turned round."""
    base_rate: np.ndarray
    """What is added to the log-odds."""

    @property
    def turn(self) -> np.ndarray:
        """What an effect that can turn is multiplied by: 1 as ever, -1 once the concept has changed completely."""
        turned: np.ndarray = 1.0 - 2.0 * self.concept
        return turned


def measure_change(drifts: Sequence[Drift], times: np.ndarray) -> Change:
    """All drifts together at the time of each lead; shares of one kind add up, to 1 at most."""
    sums = {kind: np.zeros(len(times)) for kind in DRIFT_KINDS}
    for drift in drifts:
        sums[drift.kind] = sums[drift.kind] + drift.measure(times)
    return Change(np.minimum(sums["covariate"], 1.0), np.minimum(sums["concept"], 1.0), sums["base_rate"])
