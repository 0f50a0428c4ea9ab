"""Outcomes take time: what was known of each lead at an earlier moment, and how much such half-ripe knowledge may count.

At the moment a model would have been trained, the youngest leads were still open. To learn from what became of them later
would be to read the future. They are left out; or the outcomes that were known by then count, each by the inverse of how
likely it was to be known so soon (inverse probability of censoring: Robins and Finkelstein 2000). Such weights are right for
all leads together and for no stretch of time alone: of last week's leads only wins are known. So nobody is judged on half-ripe
leads, and newer ones do not count more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

_MOST = 10.0
"""No outcome counts for more than so many: a handful of lucky early ones must not speak for everybody."""


@dataclass(frozen=True)
class Maturity:
    """When leads came and how long they took, in days.

    `came` is the day of each lead (any zero), `took` the days until it was won (infinite where it was not), `gap` the days
    after which an outcome is known. With `weigh`, what is known earlier counts too. `arrivals` are the days of all leads there
    were, the open ones too, of which these may be some.
    """

    came: np.ndarray
    took: np.ndarray
    gap: float
    weigh: bool = False
    arrivals: np.ndarray | None = None

    def take(self, places: np.ndarray) -> Self:
        """The maturity of some leads."""
        everyone = self.came if self.arrivals is None else self.arrivals
        return replace(self, came=self.came[places], took=self.took[places], arrivals=everyone)

    def ripe(self, moment: float) -> np.ndarray:
        """Whether the last word on each lead was known at this moment."""
        ripe: np.ndarray = moment - self.came > self.gap
        return ripe

    def counts(self, moment: float) -> np.ndarray:
        """How much each lead counts for somebody who learns at this moment: 0 for those still open then.

        >>> maturity = Maturity(np.array([0.0, 5.0, 8.0]), np.array([np.inf, 1.0, np.inf]), gap=4.0)
        >>> maturity.counts(10.0).tolist()
        [1.0, 1.0, 0.0]
        """
        age = moment - self.came
        if not self.weigh:
            return self.ripe(moment).astype(np.float64)
        known_after = np.minimum(self.took, self.gap)  # lost leads are known to be lost when the window is over
        known = age > known_after
        come = np.sort(moment - (self.came if self.arrivals is None else self.arrivals))
        come = come[come > 0]
        if not known.any():
            return np.zeros(len(age))
        # The share of leads that were old enough by then for such an outcome to be known.
        chance = 1 - np.searchsorted(come, known_after[known], side="right") / len(come)
        counts = np.zeros(len(age))
        counts[known] = np.minimum(1 / chance, _MOST * (1 / chance).min())
        return counts
