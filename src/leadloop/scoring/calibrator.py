"""The calibrator: from a margin to a probability that comes true as often as it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

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


class Calibrator(Protocol):
    """A strictly rising map from margin to probability: calibration never changes who ranks above whom."""

    @property
    def kind(self) -> str:
        """What was fitted, in a few words."""

    def margins(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated log-odds, one a margin."""

    def probabilities(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a margin."""

    def state(self) -> dict[str, Any]:
        """What was fitted, as plain values."""


@dataclass(frozen=True, slots=True)
class PlattCalibrator:
    """A straight line in log-odds: `slope * margin + shift` (Platt 1999), or the shift alone where outcomes are few."""

    kind: Literal["shift", "slope and shift", "slope and moving shift"]
    slope: float
    shift: float

    def margins(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated log-odds, one a margin."""
        return self.slope * margins + self.shift

    def probabilities(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a margin."""
        return logistic(self.margins(margins))

    def state(self) -> dict[str, Any]:
        """What was fitted, as plain values."""
        return {"kind": self.kind, "slope": self.slope, "shift": self.shift}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The calibrator that `state` describes; raises ValueError where it does not rise."""
        if not float(state["slope"]) > 0:
            raise ValueError("a calibrator that does not rise")
        return cls(state["kind"], float(state["slope"]), float(state["shift"]))


@dataclass(frozen=True, slots=True)
class BetaCalibrator:
    """Two slopes, one for the low and one for the high end: `up ln s - down ln(1 - s) + shift` in log-odds, where s is the
    margin as a probability (Kull, Silva Filho and Flach 2017)."""

    up: float
    down: float
    shift: float
    kind: Literal["beta"] = "beta"

    def margins(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated log-odds, one a margin."""
        low, high = ends(margins)
        line: np.ndarray = self.up * low + self.down * high + self.shift
        return line

    def probabilities(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a margin."""
        return logistic(self.margins(margins))

    def state(self) -> dict[str, Any]:
        """What was fitted, as plain values."""
        return {"kind": self.kind, "up": self.up, "down": self.down, "shift": self.shift}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The calibrator that `state` describes; raises ValueError where it does not rise."""
        if not (float(state["up"]) > 0 and float(state["down"]) > 0):
            raise ValueError("a calibrator that does not rise")
        return cls(float(state["up"]), float(state["down"]), float(state["shift"]))


def ends(margins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`ln s` and `-ln(1 - s)` of margins: what bends only at the low end, and what bends only at the high end."""
    return -np.logaddexp(0.0, -margins), np.logaddexp(0.0, margins)


@dataclass(frozen=True, slots=True)
class IsotonicCalibrator:
    """Straight lines in log-odds between knots that rise strictly; beyond the outer knots a log-odd more is one more.

    >>> steps = IsotonicCalibrator((0.0, 1.0), (-1.0, 1.0))
    >>> steps.margins(np.array([-1.0, 0.5, 3.0])).tolist()
    [-2.0, 0.0, 3.0]
    """

    at: tuple[float, ...]
    become: tuple[float, ...]
    kind: Literal["isotonic"] = "isotonic"

    def margins(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated log-odds, one a margin."""
        inside = np.interp(margins, self.at, self.become)
        line: np.ndarray = inside + np.minimum(margins - self.at[0], 0.0) + np.maximum(margins - self.at[-1], 0.0)
        return line

    def probabilities(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a margin."""
        return logistic(self.margins(margins))

    def state(self) -> dict[str, Any]:
        """What was fitted, as plain values."""
        return {"kind": self.kind, "at": self.at, "become": self.become}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The calibrator that `state` describes; raises ValueError where it does not rise."""
        at, become = tuple(map(float, state["at"])), tuple(map(float, state["become"]))
        if len(at) != len(become) or not at or np.any(np.diff(at) <= 0) or np.any(np.diff(become) <= 0):
            raise ValueError("a calibrator that does not rise")
        return cls(at, become)


@dataclass(frozen=True, slots=True)
class MovedCalibrator:
    """Another calibrator, moved along one line in log-odds since: `slope * its log-odds + shift`. Lines on lines are one line.

    >>> moved = MovedCalibrator.of(MovedCalibrator.of(PlattCalibrator("shift", 1.0, 0.0), 2.0, 0.5), 1.0, 0.25)
    >>> moved.slope, moved.shift, moved.margins(np.array([1.0])).tolist()
    (2.0, 0.75, [2.75])
    """

    base: Calibrator
    slope: float
    shift: float
    kind: Literal["moved"] = "moved"

    @classmethod
    def of(cls, calibrator: Calibrator, slope: float, shift: float) -> Self:
        """A calibrator moved along a line."""
        if isinstance(calibrator, MovedCalibrator):
            return cls(calibrator.base, slope * calibrator.slope, slope * calibrator.shift + shift)
        return cls(calibrator, slope, shift)

    def margins(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated log-odds, one a margin."""
        line: np.ndarray = self.slope * self.base.margins(margins) + self.shift
        return line

    def probabilities(self, margins: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a margin."""
        return logistic(self.margins(margins))

    def state(self) -> dict[str, Any]:
        """What was fitted, as plain values."""
        return {"kind": self.kind, "slope": self.slope, "shift": self.shift, "base": self.base.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The calibrator that `state` describes; raises ValueError where it does not rise, or is moved twice."""
        if not float(state["slope"]) > 0 or state["base"]["kind"] == "moved":
            raise ValueError("a calibrator that does not rise")
        return cls(calibrator_from_state(state["base"]), float(state["slope"]), float(state["shift"]))


def calibrator_from_state(state: Mapping[str, Any]) -> Calibrator:
    """The calibrator that `state` describes; raises ValueError or KeyError where it describes none."""
    if state["kind"] == "beta":
        return BetaCalibrator.from_state(state)
    if state["kind"] == "isotonic":
        return IsotonicCalibrator.from_state(state)
    if state["kind"] == "moved":
        return MovedCalibrator.from_state(state)
    return PlattCalibrator.from_state(state)
