"""Logistic regression whose slopes may differ from category to category.

Leads of one category may follow rules of their own: evenings speak for private insurance and against commercial. A plain
regression has one slope for all, and models of single categories have too few leads each. Here every term has a common
slope, and for each value of one category a deviation from it that is held near zero by a penalty of its own (varying
slopes; Gelman & Hill 2007, chapter 13), so that a category takes as much of its own as its leads can prove.

Which category it is, the leads say: the one for which the slopes' scores differ most from value to value, by a score test of
all deviations at once (Rao 1948) on the plain regression. Where none stands out there are no deviations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.learner import Examples, Fold, Judged, Settings, lead_log_loss
from leadloop.learning.learners.logistic import shape_terms, signs_of, solve
from leadloop.learning.learners.task import USUAL_TASK, Task
from leadloop.scoring.calibrator import logistic
from leadloop.scoring.members import LinearModel

if TYPE_CHECKING:
    import optuna

_MOST_LEADS = 200_000
_LEAST = 100
"""With fewer leads than this a value of the category has no deviations."""
_MOST_VALUES = 20
_STANDS_OUT = 3.0
"""Standard errors by which the scores of a category must differ more than chance makes them."""


class ByCategoryLearner:
    """L2-penalised logistic regression with slopes that vary by one category, which the leads choose."""

    name: ClassVar[str] = "logistic regression by category"
    cost: ClassVar[float] = 0.2
    start: ClassVar[float] = 0.05

    def usual(self, task: Task = USUAL_TASK) -> Settings:
        return {"strength": 0.02, "deviation": 0.1}

    def suggest(self, trial: optuna.Trial, task: Task = USUAL_TASK) -> Settings:
        return {
            "strength": trial.suggest_float("strength", 3e-4, 0.3, log=True),
            "deviation": trial.suggest_float("deviation", 0.03, 3.0, log=True),
        }

    def judge(self, fold: Fold, settings: Settings, *, seed: int) -> Judged:
        model = self._fit(fold.train, fold.columns, settings, tolerance=1e-4)
        margins = model.margins(fold.held_out.matrix)
        return Judged(lambda rounds: margins, np.empty(0))

    def fit(
        self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int
    ) -> LinearModel:
        return self._fit(examples, columns, settings, tolerance=1e-6)

    def _fit(
        self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, tolerance: float
    ) -> LinearModel:
        train = examples.newest(_MOST_LEADS)
        blank = shape_terms(train.matrix, columns)
        signs = signs_of(blank, columns)
        design = blank.design(train.matrix)
        strength = float(settings["strength"])
        # A rough plain regression tells which category it is, and where to begin.
        start = solve(design.astype(np.float32), train, strength, 1e-3, signs)
        gates = _choose_category(design, train, logistic(start[0] + design @ start[1]), columns)
        if not gates:
            intercept, weight = solve(design, train, strength, tolerance, signs)
            return replace(blank, intercept=intercept, weight=weight)
        # What has a direction for all leads has the same one everywhere, and no deviations that might turn it.
        free = np.flatnonzero(signs == 0)
        values = np.column_stack([train.matrix[:, gate] == 1 for gate in gates])
        problem = _Problem.of(design, train, values, free, strength, float(settings["deviation"]))
        intercept, common, deviations = problem.solve(start, signs, tolerance)
        return _with_deviations(replace(blank, intercept=intercept, weight=common), free, gates, deviations)


def _choose_category(
    design: np.ndarray, train: Examples, expected: np.ndarray, columns: Sequence[FeatureColumn]
) -> list[int]:
    """The columns of the values of the category whose slopes differ most; nothing where none stands out."""
    miss, spread = train.counts * (train.positive - expected), train.counts * expected * (1 - expected)
    found: tuple[float, list[int]] = (_STANDS_OUT, [])
    for field in dict.fromkeys(column.field for column in columns if column.levels):
        values = [place for place, column in enumerate(columns) if column.name.startswith(f"{field} = ")]
        gates = [place for place in values if (train.matrix[:, place] == 1).sum() >= _LEAST]
        if not 2 <= len(gates) <= _MOST_VALUES:
            continue
        total = tests = 0.0
        for gate in gates:
            rows = train.matrix[:, gate] == 1
            part = design[rows]
            variance = spread[rows] @ part**2
            told = variance > 1.0
            total += float(((miss[rows] @ part)[told] ** 2 / variance[told]).sum())
            tests += float(told.sum())
        if tests:
            found = max(found, ((total - tests) / (2 * tests) ** 0.5, gates))
    return found[1]


@dataclass(frozen=True)
class _Problem:
    """The regression with its rows sorted by value of the category; `bounds` says where each value's rows begin and end.

    Rows of no value that has deviations stand at the end, after the last bound.
    """

    design: np.ndarray
    positive: np.ndarray
    counts: np.ndarray
    bounds: np.ndarray
    free: np.ndarray
    penalty: float
    deviation_penalty: float

    @classmethod
    def of(
        cls,
        design: np.ndarray,
        train: Examples,
        values: np.ndarray,
        free: np.ndarray,
        strength: float,
        deviation: float,
    ) -> _Problem:
        value = np.where(values.any(axis=1), values.argmax(axis=1), values.shape[1])
        order = np.argsort(value, kind="stable")
        bounds = np.searchsorted(value[order], np.arange(values.shape[1] + 1))
        total = float(train.counts.sum())
        penalty = 1 / (strength * total)
        return cls(
            np.ascontiguousarray(design[order]),
            train.positive[order],
            train.counts[order] / total,
            bounds,
            free,
            penalty,
            penalty / deviation,
        )

    def solve(
        self, start: tuple[float, np.ndarray], signs: np.ndarray, tolerance: float
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Intercept, common slopes, and the deviations of each value: shape (values, free terms)."""
        from scipy.optimize import minimize
        from threadpoolctl import threadpool_limits

        terms, shape = self.design.shape[1], (len(self.bounds) - 1, len(self.free))

        def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            intercept, common = parameters[0], parameters[1 : terms + 1]
            deviations = parameters[terms + 1 :].reshape(shape)
            margins = np.empty(len(self.design))
            slope, slopes = np.zeros(terms), np.zeros(shape)
            for value, rows in enumerate(self._parts()):
                weights = common.copy()
                if value < shape[0]:
                    weights[self.free] += deviations[value]
                margins[rows] = intercept + self.design[rows] @ weights
            miss = self.counts * (logistic(margins) - self.positive)
            for value, rows in enumerate(self._parts()):
                part = miss[rows] @ self.design[rows]
                slope += part
                if value < shape[0]:
                    slopes[value] = part[self.free]
            penalised = self.penalty * float(common @ common) + self.deviation_penalty * float((deviations**2).sum())
            surprise = float(self.counts @ lead_log_loss(margins, self.positive)) + penalised / 2
            slope += self.penalty * common
            slopes += self.deviation_penalty * deviations
            return surprise, np.concatenate([[miss.sum()], slope, slopes.ravel()])

        bounds = [(None, None), *((0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in signs.tolist())]
        bounds += [(None, None)] * (shape[0] * shape[1])
        first = np.concatenate([[start[0]], start[1], np.zeros(shape[0] * shape[1])])
        steps = {"gtol": tolerance, "ftol": 1e-10 if tolerance > 1e-5 else 1e-13, "maxiter": 500, "maxcor": 10}
        with threadpool_limits(limits=1):
            found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options=steps).x
        return float(found[0]), found[1 : terms + 1], found[terms + 1 :].reshape(shape)

    def _parts(self) -> list[slice]:
        ends = [*self.bounds.tolist(), len(self.design)]
        return [slice(start, end) for start, end in pairwise(ends)]


def _with_deviations(
    common: LinearModel, free: np.ndarray, gates: Sequence[int], deviations: np.ndarray
) -> LinearModel:
    """The common terms, and each free one again for each value of the category."""
    terms = np.concatenate([np.arange(len(common.column)), *(free for _ in gates)])
    gate = np.concatenate([np.full(len(common.column), -1), *(np.full(len(free), place) for place in gates)])
    weight = np.concatenate([common.weight, deviations.ravel()])
    order = np.argsort(common.column[terms], kind="stable")
    picked = {
        name: getattr(common, name)[terms][order]
        for name in ("column", "term", "knot", "low", "high", "centre", "scale")
    }
    return LinearModel(intercept=common.intercept, **picked, weight=weight[order], gate=gate[order].astype(np.int64))
