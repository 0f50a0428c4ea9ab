"""What a lead is worth: the amount that a won lead like it brings on average, times the probability of winning it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from leadloop.scoring.members import LinearModel, no_terms


@dataclass(frozen=True)
class Worth:
    """The mean amount of won leads by their features: `factor` times e to the `size` of a lead, at most `most`.

    `size` is a sum of terms over the feature columns, on the scale of logarithms; `factor` makes the amounts of leads that it
    was not fitted on add up to what they really brought. `kind` says how it was fitted.
    """

    kind: str
    size: LinearModel
    factor: float
    most: float

    def amounts(self, matrix: np.ndarray) -> np.ndarray:
        """The amount that each lead brings on average, if it is won."""
        sizes = np.clip(self.size.margins(matrix), -700.0, 700.0)
        amounts: np.ndarray = np.minimum(self.factor * np.exp(sizes), self.most)
        return amounts

    def state(self) -> dict[str, Any]:
        """What is no array, as plain values."""
        return {"kind": self.kind, "factor": self.factor, "most": self.most}

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that was fitted, as arrays."""
        return self.size.arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> Self:
        """The worth that these describe."""
        return cls(str(state["kind"]), LinearModel.from_arrays(arrays), float(state["factor"]), float(state["most"]))


def constant_worth(amount: float) -> Worth:
    """The same amount for every won lead."""
    return Worth("the mean of won leads", no_terms(), amount, amount)
