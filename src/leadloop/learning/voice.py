"""A learner that is heard in a blend."""

from __future__ import annotations

from dataclasses import dataclass

from leadloop.learning.learners import Learner
from leadloop.learning.tuning import Search


@dataclass(frozen=True)
class Voice:
    """A learner of the blend: what its search found, and its weight."""

    learner: Learner
    search: Search
    weight: float
