"""What a competitor can do, however it was learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from leadloop.recommend.histories import Decisions, Histories


class Competitor(Protocol):
    """Foresees for each decision what is usually done next, and how likely the lead is won after each action."""

    @property
    def name(self) -> str:
        """Its name, as reports have it."""

    def foresee(self, histories: Histories, decisions: Decisions) -> tuple[np.ndarray, np.ndarray]:
        """The probability of each action to be what is done next, and of winning after each (both decisions x actions)."""

    def files(self) -> Mapping[str, bytes]:
        """What is saved of it besides `state` and `arrays`: graphs, by file name."""

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What is saved of it as arrays."""

    def state(self) -> Mapping[str, Any]:
        """What is saved of it as plain values."""
