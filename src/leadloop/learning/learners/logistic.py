"""Penalised logistic regression on columns that were made fit for it.

A straight line is a poor description of most numbers, so each number also gets hinges at its quantiles; a missing value gets
a term of its own. The strength of the L2 penalty is chosen on held-out leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.learner import Examples, Fold, Search, Settings, held_out_log_loss
from leadloop.scoring.members import HINGE, MISSING, STRAIGHT, LinearModel

STRENGTHS = (0.0005, 0.002, 0.008, 0.03, 0.12, 0.5)
"""Inverse penalties that are compared, the strictest first."""

_KNOTS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.97)
_MOST_LEADS = 200_000
_SPREAD = 6.0
_RARE = 0.002


class LogisticLearner:
    """L2-penalised logistic regression with hinges and missing-value terms (fitted by scikit-learn)."""

    name: ClassVar[str] = "logistic regression"

    def search(self, folds: Sequence[tuple[Fold, Sequence[FeatureColumn]]], *, seed: int) -> Search:
        positive = np.concatenate([fold.held_out.positive for fold, _ in folds])
        trials: dict[float, list[np.ndarray]] = {strength: [] for strength in STRENGTHS}
        for fold, columns in folds:
            train = _newest(fold.train)
            blank = shape_terms(train.matrix, columns)
            judged = blank.design(fold.held_out.matrix)
            # To compare strengths, half the digits and a rough end do: each starts where the stricter one before it ended.
            solver = _Solver(blank.design(train.matrix).astype(np.float32), train.positive, tolerance=1e-4)
            for strength in STRENGTHS:
                intercept, weight = solver.solve(strength)
                trials[strength].append(intercept + judged @ weight)
        found = {strength: np.concatenate(margins) for strength, margins in trials.items()}
        best = min(found, key=lambda strength: held_out_log_loss(found[strength], positive))
        return Search({"strength": best}, found[best])

    def fit(
        self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int
    ) -> LinearModel:
        train = _newest(examples)
        blank = shape_terms(train.matrix, columns)
        solver = _Solver(blank.design(train.matrix), train.positive, tolerance=1e-6)
        intercept, weight = solver.solve(float(settings["strength"]))
        return replace(blank, intercept=intercept, weight=weight)


def _newest(examples: Examples) -> Examples:
    """The newest leads, as many as a linear model can still learn from."""
    return Examples(examples.matrix[-_MOST_LEADS:], examples.positive[-_MOST_LEADS:])


class _Solver:
    """Finds intercept and weights for one penalty after another, from where the last ones were."""

    def __init__(self, design: np.ndarray, positive: np.ndarray, *, tolerance: float) -> None:
        from sklearn.linear_model import LogisticRegression

        self._design, self._positive = design, positive
        self._model = LogisticRegression(max_iter=1000, tol=tolerance, warm_start=True)

    def solve(self, strength: float) -> tuple[float, np.ndarray]:
        """Intercept and weights under this inverse penalty."""
        from threadpoolctl import threadpool_limits

        # Problems of this size are solved in milliseconds by one thread; several on busy cores wait for each other.
        with threadpool_limits(limits=1):
            model = self._model.set_params(C=strength).fit(self._design, self._positive)
        return float(model.intercept_[0]), np.asarray(model.coef_[0], dtype=np.float64)


def shape_terms(matrix: np.ndarray, columns: Sequence[FeatureColumn]) -> LinearModel:
    """The terms for these columns, fitted to a training matrix, with all weights still zero.

    Constant columns get no terms; numbers with at least a dozen values get hinges at their quantiles.
    """
    terms: list[tuple[int, int, float, float, float]] = []
    for place, column in enumerate(columns):
        values = matrix[:, place]
        held = values[~np.isnan(values)].astype(np.float64)
        missing = 1 - len(held) / max(len(values), 1)
        if missing >= _RARE and missing <= 1 - _RARE:
            terms.append((place, MISSING, 0.0, 0.0, 1.0))
        if len(held) == 0 or held.min() == held.max():
            continue
        low, high = float(held.min()), float(held.max())
        if column.binary:
            terms.append((place, STRAIGHT, 0.0, low, high))
            continue
        middle, spread = float(held.mean()), float(held.std())
        low, high = max(low, middle - _SPREAD * spread), min(high, middle + _SPREAD * spread)
        terms.append((place, STRAIGHT, 0.0, low, high))
        if len(np.unique(held[:10_000])) >= 12:
            for knot in np.unique(np.quantile(held, _KNOTS)):
                if low < knot < high:
                    terms.append((place, HINGE, float(knot), low, high))
    terms.sort(key=lambda term: term[0])
    column_of, term, knot, low_of, high_of = (
        (np.array(part) for part in zip(*terms, strict=True)) if terms else (np.empty(0),) * 5
    )
    blank = LinearModel(
        intercept=0.0,
        column=column_of.astype(np.int64),
        term=term.astype(np.int64),
        knot=knot.astype(np.float64),
        low=low_of.astype(np.float64),
        high=high_of.astype(np.float64),
        centre=np.zeros(len(terms)),
        scale=np.ones(len(terms)),
        weight=np.zeros(len(terms)),
    )
    design = blank.design(matrix)
    present = ~np.isnan(matrix[:, blank.column]) | (blank.term == MISSING)
    counts = np.maximum(present.sum(axis=0), 1)
    centre = (design * present).sum(axis=0) / counts
    spread_of = np.sqrt((((design - centre) * present) ** 2).sum(axis=0) / counts)
    return replace(blank, centre=centre, scale=np.where(spread_of > 1e-12, spread_of, 1.0))
