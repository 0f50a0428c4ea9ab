"""Penalised logistic regression on columns that were made fit for it.

A straight line is a poor description of most numbers, so each number also gets hinges at its quantiles; a missing value gets
a term of its own. The strength of the L2 penalty is chosen on held-out leads.

Where the playbook gives a number a direction, a number gets the stretches between its quantiles in place of hinges. A stretch
rises from one quantile to the next and is flat elsewhere, so as long as no weight has the wrong sign the sum of all moves one
way only, and every such course is a sum of stretches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings, lead_log_loss
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.scoring.calibrator import logistic
from leadloop.scoring.members import HINGE, MISSING, STRAIGHT, LinearModel

if TYPE_CHECKING:
    import optuna

_KNOTS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.97)
_MOST_LEADS = 200_000
_SPREAD = 6.0
_RARE = 0.002


class LogisticLearner:
    """L2-penalised logistic regression with hinges and missing-value terms (fitted by scikit-learn)."""

    name: ClassVar[str] = "logistic regression"
    cost: ClassVar[float] = 0.1
    start: ClassVar[float] = 0.03

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {"strength": 0.01}

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {"strength": trial.suggest_float("strength", 3e-4, 1.0, log=True)}

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        # To compare strengths, half the digits and a rough end do.
        model = self._fit(fold.train, fold.columns, settings, np.float32, tolerance=1e-4)
        margins = model.margins(fold.held_out.matrix)
        return Judged(lambda rounds: margins, np.empty(0))

    def fit(
        self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int
    ) -> LinearModel:
        return self._fit(examples, columns, settings, np.float64, tolerance=1e-6)

    def _fit(
        self,
        examples: Examples,
        columns: Sequence[FeatureColumn],
        settings: Settings,
        dtype: type[np.floating],
        *,
        tolerance: float,
    ) -> LinearModel:
        train = examples.newest(_MOST_LEADS)
        blank = shape_terms(train.matrix, columns)
        intercept, weight = solve(
            blank.design(train.matrix).astype(dtype, copy=False),
            train,
            float(settings["strength"]),
            tolerance,
            signs_of(blank, columns),
        )
        return replace(blank, intercept=intercept, weight=weight)


def signs_of(terms: LinearModel, columns: Sequence[FeatureColumn]) -> np.ndarray:
    """Which sign the weight of each term may have: 1 none below zero, -1 none above, 0 any."""
    direction = np.array([column.direction for column in columns], dtype=np.int64)
    signs: np.ndarray = np.where(terms.term == MISSING, 0, direction[terms.column])
    return signs


def solve(
    design: np.ndarray, examples: Examples, strength: float, tolerance: float, signs: np.ndarray
) -> tuple[float, np.ndarray]:
    """Intercept and weights of an L2-penalised logistic regression; `strength` is the inverse penalty, small is strict.

    `signs` holds for each weight which sign it may have (`signs_of`).
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    if not design.shape[1]:
        won = float(np.average(examples.positive, weights=examples.weight))
        return float(np.log(won / (1 - won))), np.empty(0)
    # Problems of this size are solved in milliseconds by one thread; several on busy cores wait for each other.
    with threadpool_limits(limits=1):
        if signs.any():
            return _solve_within(design, examples, strength, tolerance, signs)
        model = LogisticRegression(C=strength, max_iter=1000, tol=tolerance)
        model.fit(design, examples.positive, sample_weight=examples.weight)
    return float(model.intercept_[0]), np.asarray(model.coef_[0], dtype=np.float64)


def _solve_within(
    design: np.ndarray, examples: Examples, strength: float, tolerance: float, signs: np.ndarray
) -> tuple[float, np.ndarray]:
    """The same regression where some weights may have one sign only: L-BFGS-B (Byrd et al. 1995), which never leaves the
    bounds, so that a weight that would have the wrong sign is zero and not merely small."""
    from scipy.optimize import minimize

    weight = np.ones(len(design)) if examples.weight is None else examples.weight
    total = float(weight.sum())
    penalty = 1 / (strength * total)
    positive = examples.positive

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        intercept, weights = parameters[0], parameters[1:]
        margins = intercept + (design @ weights.astype(design.dtype)).astype(np.float64)
        miss = weight * (logistic(margins) - positive) / total
        surprise = float(weight @ lead_log_loss(margins, positive)) / total
        slope = (miss.astype(design.dtype) @ design).astype(np.float64) + penalty * weights
        return surprise + penalty / 2 * float(weights @ weights), np.append(miss.sum(), slope)

    # No answer but the penalty's optimum is possible on few leads; where steps end early, the bounds hold all the same.
    bounds = [(None, None), *((0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in signs.tolist())]
    start = np.zeros(design.shape[1] + 1)
    steps = {"gtol": tolerance, "ftol": 1e-12, "maxiter": 1000, "maxcor": 10}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=steps).x
    return float(found[0]), np.asarray(found[1:], dtype=np.float64)


def shape_terms(matrix: np.ndarray, columns: Sequence[FeatureColumn]) -> LinearModel:
    """The terms for these columns, fitted to a training matrix, with all weights still zero.

    Constant columns get no terms, and numbers of categories none; numbers with at least a dozen values get hinges at their
    quantiles, or stretches between them where they have a direction.
    """
    terms: list[Term] = []
    for place, column in enumerate(columns):
        if column.levels:
            continue
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
            knots = [float(knot) for knot in np.unique(np.quantile(held, _KNOTS)) if low < knot < high]
            terms += _stretches(place, low, knots, high) if column.direction else _hinges(place, low, knots, high)
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


Term = tuple[int, int, float, float, float]


def _hinges(place: int, low: float, knots: Sequence[float], high: float) -> Iterator[Term]:
    for knot in knots:
        yield place, HINGE, knot, low, high


def _stretches(place: int, low: float, knots: Sequence[float], high: float) -> Iterator[Term]:
    """From the lowest value to the first knot, from there to the next, and so on to the highest value."""
    for start, end in pairwise([low, *knots, high]):
        yield place, STRAIGHT, 0.0, start, end
