"""Folds of small made-up leads for the tests of learners and tuning, and a budget that is spent at once."""

from __future__ import annotations

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners import Examples, Fold
from leadloop.learning.training import Effort
from leadloop.learning.tuning import Budget
from leadloop.scoring.calibrator import logistic

COLUMNS = tuple(FeatureColumn(name, name) for name in ("visits", "pages", "budget", "noise"))
QUICK = Effort(Budget(trials=1, seconds=1e6, spent=lambda: 0.0))
"""The usual settings of every learner, and no search."""


def make_examples(count: int, seed: int = 0, base: float = -1.0) -> tuple[Examples, np.ndarray]:
    """Leads with three fields that matter (one missing here and there) and one that does not; and their true log-odds."""
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(count, len(COLUMNS))).astype(np.float32)
    truth = base + 1.2 * matrix[:, 0] + 0.8 * np.abs(matrix[:, 1]) - 0.7 * (matrix[:, 2] > 0.5)
    matrix[draw.random(count) < 0.1, 1] = np.nan
    return Examples(matrix, (draw.random(count) < logistic(truth)).astype(float)), truth


def make_folds(count: int = 600, folds: int = 2, seed: int = 0) -> list[Fold]:
    """Folds that walk forward: each is judged on leads that come after those it learns from."""
    examples, _ = make_examples(count * (folds + 1), seed)
    made = []
    for number in range(1, folds + 1):
        train, later = slice(0, number * count), slice(number * count, (number + 1) * count)
        made.append(
            Fold(
                Examples(examples.matrix[train], examples.positive[train]),
                Examples(examples.matrix[later], examples.positive[later]),
                COLUMNS,
            )
        )
    return made
