"""What there is to learn from, before a setting is chosen: what suits five hundred leads starves five million."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from leadloop.features import FeatureColumn


@dataclass(frozen=True, slots=True)
class Task:
    """How many leads a learner learns from, whether some columns number categories, and how many columns there are."""

    leads: int = 5_000
    categories: bool = False
    columns: int = 50

    @classmethod
    def of(cls, leads: int, columns: Sequence[FeatureColumn]) -> Self:
        """The task of learning from so many leads with these columns."""
        return cls(leads, any(column.levels for column in columns), len(columns))

    def grown(self, least: float, most: float) -> float:
        """A size that grows with the leads: `least` up to 5,000 of them, `most` from 500,000 on, between them by powers.

        >>> [round(Task(leads).grown(6, 60)) for leads in (500, 5_000, 50_000, 5_000_000)]
        [6, 6, 19, 60]
        """
        way = float(np.clip(np.log10(max(self.leads, 1) / 5_000) / 2, 0.0, 1.0))
        return float(least * (most / least) ** way)


USUAL_TASK = Task()
"""A few thousand leads, all of their columns plain."""
