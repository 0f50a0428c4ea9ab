"""Leads whose outcome is known, in time order, with what must not be torn apart and what was known when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from leadloop.leads import LeadFrame
from leadloop.learning.maturity import Maturity


@dataclass(frozen=True)
class Labelled:
    """Leads whose outcome is known, in time order where there is one.

    `positive` holds 1 (won), 0 (lost) or a grade between them, a lead; `order` rises with time (None: nothing tells it);
    `groups` is the account or person of each lead; `confidence` is how sure each outcome is; `waiting` holds the leads that
    were left out because they are still open; `until` is the day, as `maturity` counts days, up to which outcomes are known.
    """

    leads: LeadFrame
    positive: np.ndarray
    order: np.ndarray | None = None
    groups: np.ndarray | None = None
    maturity: Maturity | None = None
    confidence: np.ndarray | None = None
    waiting: LeadFrame | None = None
    until: float = float("inf")
    selection: np.ndarray | None = None
    """How much each lead counts since others like it were worked more seldom or more often, 1 on average; None: all alike."""
    everyone: np.ndarray | None = None
    """The same uncut, for whoever measures over all leads: `selection` has a bound, since few leads must not teach everything."""
    shares: np.ndarray | None = None
    """How much less each lead counts since its source told more than its share; None: all alike."""

    def __len__(self) -> int:
        return len(self.positive)

    @property
    def open(self) -> int:
        """How many leads are still open."""
        return 0 if self.waiting is None else len(self.waiting)

    @property
    def won(self) -> np.ndarray:
        """1 for leads that were won, or that have at least half the best grade; 0 for the others."""
        return (self.positive >= 0.5).astype(np.float64)

    def take(self, places: np.ndarray) -> Self:
        """Some of the leads."""
        return replace(
            self,
            leads=self.leads.take(places),
            positive=self.positive[places],
            order=None if self.order is None else self.order[places],
            groups=None if self.groups is None else self.groups[places],
            maturity=None if self.maturity is None else self.maturity.take(places),
            confidence=None if self.confidence is None else self.confidence[places],
            selection=None if self.selection is None else self.selection[places],
            everyone=None if self.everyone is None else self.everyone[places],
            shares=None if self.shares is None else self.shares[places],
        )

    def starts(self, places: np.ndarray) -> float:
        """The day on which the first of some leads came; infinite where leads have no times."""
        return float("inf") if self.maturity is None else float(self.maturity.came[places].min())

    @property
    def ripe(self) -> np.ndarray:
        """The positions of the leads on which the last word is known."""
        everyone = np.arange(len(self))
        return everyone if self.maturity is None else everyone[self.maturity.ripe(self.until)]

    @property
    def weights(self) -> np.ndarray:
        """How much each lead counts however sure its outcome is."""
        weights = np.ones(len(self))
        for one in (self.selection, self.shares):
            weights = weights if one is None else weights * one
        return weights

    def counts(self, moment: float = float("inf")) -> np.ndarray:
        """How much each lead counts for somebody who learns on that day: 0 where its outcome was not known yet."""
        counts = self.weights if self.confidence is None else self.confidence * self.weights
        if self.maturity is None or moment == float("inf"):
            return counts
        return np.asarray(counts * self.maturity.counts(moment))

    def known_by(self, moment: float) -> Self:
        """The same leads for somebody who learns on that day."""
        return replace(self, until=moment)
