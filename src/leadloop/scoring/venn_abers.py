"""Venn-Abers intervals: how sure a probability is, with a promise that needs no assumption about the model.

Vovk, Petej and Fedorova 2015, "Large-scale probabilistic predictors with and without guarantees of validity". For a new
lead one asks twice what isotonic regression on held-out leads would say: once as if the lead had been lost (`low`), once
as if it had been won (`high`). One of the two is calibrated, whichever outcome comes.

Margins are first put into at most five hundred equal-sized steps; the promise holds for the stepped margin just as well, and
the two answers become a table that is looked up in a microsecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

STEPS = 500


@dataclass(frozen=True)
class VennAbers:
    """The table of answers: margins up to `edges[i]` fall into step i, with probabilities from `low[i]` to `high[i]`."""

    edges: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def fit(
        cls, margins: np.ndarray, positive: np.ndarray, counts: np.ndarray | None = None, *, steps: int = STEPS
    ) -> Self:
        """Fit on margins of unseen leads and their outcomes (0, 1 or a grade between); `counts` says how much each counts."""
        counts = np.ones(len(margins)) if counts is None else counts
        edges = np.unique(np.quantile(margins, np.linspace(0, 1, min(steps, len(margins)) + 1)[1:-1], method="lower"))
        step = np.searchsorted(edges, margins, side="left")
        leads = np.bincount(step, weights=counts, minlength=len(edges) + 1)
        won = np.bincount(step, weights=positive * counts, minlength=len(edges) + 1)
        # Sums of counts that are no whole numbers are off by their last digit.
        high = np.clip(_isotonic_with_one_more(won, leads, 1.0), 0.0, 1.0)
        low = np.clip(_isotonic_with_one_more(won, leads, 0.0), 0.0, high)
        return cls(edges, low, high)

    def interval(self, margins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The lower and upper probability of each margin."""
        step = np.searchsorted(self.edges, margins, side="left")
        return self.low[step], self.high[step]

    def arrays(self) -> dict[str, np.ndarray]:
        """The table as arrays, to be saved."""
        return {"edges": self.edges, "low": self.low, "high": self.high}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The table from saved arrays; raises ValueError where they do not fit each other."""
        edges, low, high = arrays["edges"], arrays["low"], arrays["high"]
        if not (len(low) == len(high) == len(edges) + 1 and np.all(np.diff(edges) > 0)):
            raise ValueError("Venn-Abers arrays do not fit each other")
        if not (np.all(low >= 0) and np.all(high <= 1) and np.all(low <= high)):
            raise ValueError("Venn-Abers probabilities are out of order")
        return cls(edges, low, high)


def _isotonic_with_one_more(won: np.ndarray, leads: np.ndarray, outcome: float) -> np.ndarray:
    """For each step, its value in the isotonic regression after one more lead with this outcome fell into the step.

    Isotonic regression at i is the largest, over starts a <= i, of the smallest, over ends b >= i, mean of a..b; the one
    more lead is in every such stretch, so it adds the same to each numerator and denominator.
    """
    total_won, total = np.concatenate([[0.0], np.cumsum(won)]), np.concatenate([[0.0], np.cumsum(leads)])
    count = len(won)
    answer = np.empty(count)
    for i in range(count):
        ends = slice(i + 1, count + 1)
        numerator = total_won[ends][None, :] - total_won[: i + 1, None] + outcome
        denominator = total[ends][None, :] - total[: i + 1, None] + 1.0
        answer[i] = (numerator / denominator).min(axis=1).max()
    return answer
