"""What all boosted learners share: how many rounds they may take, and how many threads."""

from __future__ import annotations

import numpy as np

MOST_ROUNDS = 400
"""More trees than this make a model slow to explain and hardly better."""
PATIENCE = 40
"""Rounds without an improvement on held-out leads after which no more are tried."""

_SMALL = 10_000_000


def threads_for(matrix: np.ndarray) -> int:
    """On small data threads spend their time waiting for each other, on busy cores most of it."""
    return 1 if matrix.size < _SMALL else 2
