"""The calibrator: from a margin to a probability that comes true as often as it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np


def logistic(margins: np.ndarray) -> np.ndarray:
    """Log-odds as probabilities, without overflow.

    >>> logistic(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    positive = np.exp(-np.abs(margins))
    chances: np.ndarray = np.where(margins >= 0, 1 / (1 + positive), positive / (1 + positive))
    return chances


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities as log-odds, held away from certainty."""
    held = np.clip(probabilities, 1e-12, 1 - 1e-12)
    odds: np.ndarray = np.log(held) - np.log1p(-held)
    return odds


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A strictly rising map from margin to probability: `logistic(slope * margin + shift)` (Platt 1999).

    `kind` says what was fitted: `shift` alone where outcomes are few, `slope and shift` otherwise.
    """

    kind: Literal["shift", "slope and shift"]
    slope: float
    shift: float

    def probabilities(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a margin."""
        return logistic(self.slope * margins + self.shift)

    def state(self) -> dict[str, Any]:
        """What was fitted, as plain values."""
        return {"kind": self.kind, "slope": self.slope, "shift": self.shift}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The calibrator that `state` describes."""
        return cls(state["kind"], float(state["slope"]), float(state["shift"]))
