"""When a lead will be won: how the days until then are spread, given that it is won at all.

The chance of being won by some day is the lead's probability, times the share of won leads like it that are won by then. So
it rises with time and never passes the probability: a lead that is lost is never won (a mixture model; Larson and Dinse 1985).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np

from leadloop.scoring.members import LinearModel, no_terms

Kind = Literal["by lead", "the same for all"]

CENTRAL = (0.1, 0.5, 0.9)
"""The shares of won leads that are won by the earliest, the median and the latest day that is told."""


@dataclass(frozen=True)
class Timing:
    """The days until a lead is won, if it is won: a curve for all leads, run through faster or slower by each (Cox 1972).

    `days` rise and start at 0; `hazard` is the cumulative hazard of winning at each of them for the average won lead, straight
    lines between. `pace` is a sum of terms over the feature columns and, as the last column, the margin of the blend: a lead
    whose pace is 1 higher has e times the hazard. Where an outcome counts for `within_days` only, every won lead is won by
    then. `horizons` are the numbers of days that are asked about.
    """

    days: np.ndarray
    hazard: np.ndarray
    pace: LinearModel
    horizons: tuple[int, ...]
    within_days: float | None = None

    @property
    def kind(self) -> Kind:
        """Whether the days differ by lead, or the same curve serves all."""
        return "by lead" if len(self.pace.weight) else "the same for all"

    def alike(self) -> Timing:
        """The same curve for every lead."""
        return replace(self, pace=no_terms())

    def speeds(self, matrix: np.ndarray, margins: np.ndarray) -> np.ndarray:
        """How many times the average hazard each lead has."""
        wide = np.hstack([matrix, margins[:, None].astype(matrix.dtype)])
        speeds: np.ndarray = np.exp(np.clip(self.pace.margins(wide), -20.0, 20.0))
        return speeds

    def won_by(self, speeds: np.ndarray, days: np.ndarray) -> np.ndarray:
        """The share of won leads of such speeds that are won within so many days; the shapes of both are broadcast.

        >>> speeds, days = np.array([1.0, 2.0]), np.array([0.0, 10.0])
        >>> Timing(np.array([0.0, 10.0]), np.array([0.0, 1.0]), no_terms(), (7,)).won_by(speeds[:, None], days).round(2)
        array([[0.  , 0.63],
               [0.  , 0.86]])
        """
        share: np.ndarray = -np.expm1(-speeds * np.interp(days, self.days, self.hazard)) / self._reached(speeds)
        return np.where(days < self.within_days, share, 1.0) if self.within_days else share

    def day_of(self, speeds: np.ndarray, share: float) -> np.ndarray:
        """The day by which this share of won leads of such speeds is won; NaN where it lies beyond all that was seen."""
        wanted = -np.log1p(-share * self._reached(speeds)) / speeds
        day = np.interp(wanted, self.hazard, self.days)
        return np.where(wanted > self.hazard[-1] * (1 + 1e-12), np.nan, day)

    def columns(self, matrix: np.ndarray, margins: np.ndarray, probabilities: np.ndarray) -> dict[str, np.ndarray]:
        """What is told of each lead, by column name: the days to winning it, and the chance at each horizon."""
        speeds = self.speeds(matrix, margins)
        low, middle, high = (self.day_of(speeds, share) for share in CENTRAL)
        chances = probabilities[:, None] * self.won_by(speeds[:, None], np.array(self.horizons, dtype=np.float64))
        told = {"days_to_win": middle, "days_to_win_low": low, "days_to_win_high": high}
        return told | {horizon_column(days): chances[:, place] for place, days in enumerate(self.horizons)}

    def _reached(self, speeds: np.ndarray) -> np.ndarray:
        """The share of won leads that the curve reaches by the last day on which an outcome counts; 1 without such a day."""
        if not self.within_days:
            return np.ones_like(speeds)
        reached: np.ndarray = -np.expm1(-speeds * np.interp(self.within_days, self.days, self.hazard))
        return reached

    def state(self) -> dict[str, Any]:
        """What is no array, as plain values."""
        return {"horizons": list(self.horizons), "within_days": self.within_days}

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that was fitted, as arrays."""
        return {"days": self.days, "hazard": self.hazard} | {
            f"pace_{name}": array for name, array in self.pace.arrays().items()
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> Self:
        """The timing that these describe; raises ValueError where its curve does not rise."""
        days, hazard = arrays["days"], arrays["hazard"]
        if len(days) != len(hazard) or np.any(np.diff(days) <= 0) or np.any(np.diff(hazard) < 0):
            raise ValueError("the curve of days does not rise")
        pace = {name.removeprefix("pace_"): array for name, array in arrays.items() if name.startswith("pace_")}
        within = state["within_days"]
        horizons = tuple(int(days) for days in state["horizons"])
        return cls(days, hazard, LinearModel.from_arrays(pace), horizons, None if within is None else float(within))


def horizon_column(days: int) -> str:
    """The column of the chance of being won within so many days.

    >>> horizon_column(30), horizon_column(1)
    ('won_within_30_days', 'won_within_1_day')
    """
    return f"won_within_{days}_day{'' if days == 1 else 's'}"
