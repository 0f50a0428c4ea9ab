"""How good expected values are on test leads: single amounts, totals, and what sorting by them would bring."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leadloop.learning.evaluation.intervals import DRAWS, Estimate, draw_times, middle
from leadloop.learning.evaluation.measures import equal_groups
from leadloop.learning.evaluation.quality import Measure
from leadloop.learning.worth import amount_errors
from leadloop.scoring.worth import Worth, constant_worth

FEWEST_WON = 20
"""With fewer won test leads with an amount than this, nothing is claimed of amounts."""


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """Test leads of like expected value: what was promised of them together, and what they brought."""

    leads: int
    promised: float
    brought: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class WorthQuality:
    """How well a version tells what leads are worth; `kind` says how amounts come about (nothing where none are told).

    `captured` is the share of all value that the team reaches by working the leads of highest expected value, `by_score` by
    working those of highest score, both at its capacity; `more` is the difference.
    """

    kind: str
    why: str
    won: int
    """Won test leads with an amount."""
    unknown: int = 0
    """Won test leads without one; they are left out."""
    mean: float = float("nan")
    """What a won test lead brought on average."""
    measures: tuple[Measure, ...] = ()
    promised: float = float("nan")
    """The expected values of all test leads, added up."""
    brought: Estimate | None = None
    """What the test leads brought together."""
    groups: tuple[ValueGroup, ...] = ()
    captured: Estimate | None = None
    by_score: Estimate | None = None
    more: Estimate | None = None


def judge_worth(
    worth: Worth | None,
    mean: float,
    matrix: np.ndarray,
    probabilities: np.ndarray,
    positive: np.ndarray,
    amounts: np.ndarray,
    *,
    capacity: float,
    seed: int,
    groups: np.ndarray | None = None,
) -> tuple[Worth | None, WorthQuality]:
    """What of the amounts deserves to be shown, and how good expected values are on the test leads.

    Amounts by features are given up for `mean`, that of won training leads, where they are not clearly closer to what won test
    leads brought. `amounts` holds what each test lead brought, NaN where it was won and nobody wrote it down.
    """
    unknown = int(((positive == 1) & np.isnan(amounts)).sum())
    known = np.flatnonzero((positive == 0) | ~np.isnan(amounts))
    matrix, probabilities, positive = matrix[known], probabilities[known], positive[known]
    brought = np.where(positive == 1, amounts[known], 0.0)
    groups = None if groups is None else groups[known]
    won = np.flatnonzero(positive == 1)
    if worth is None:
        return None, WorthQuality("", "too few won training leads have an amount, or none above 0", len(won), unknown)
    if len(won) < FEWEST_WON or not brought.sum() > 0:
        return None, WorthQuality("", f"only {len(won)} won test leads have an amount", len(won), unknown)
    plain, why = constant_worth(mean), ""
    names = None if groups is None else groups[won]
    real = brought[won]
    same = np.full(len(won), mean)
    if len(worth.size.weight):
        gain = amount_errors(real, worth.amounts(matrix[won]), mean) - amount_errors(real, same, mean)
        if not _mean(gain, seed, names).high < 0:
            worth, why = plain, "amounts by features were not clearly closer to what won leads brought"
    else:
        worth, why = plain, "no field told, on held-out training leads, which won leads bring more"
    told = worth.amounts(matrix[won])
    measures = (
        _measure(
            "amount error",
            np.abs(real - told),
            np.abs(real - same),
            "mean distance between the amount told and the amount brought, of won leads",
            seed,
            names,
        ),
        _measure(
            "amount deviance",
            amount_errors(real, told, mean),
            amount_errors(real, same, mean),
            "the same with large deals weighed by their size: what amounts are chosen by",
            seed,
            names,
        ),
    )
    expected = probabilities * worth.amounts(matrix)
    quality = WorthQuality(
        worth.kind,
        why,
        len(won),
        unknown,
        float(real.mean()),
        measures,
        float(expected.sum()),
        _total(brought, seed, groups),
        _groups(expected, brought, seed),
    )
    captured, by_score, more = _capture(expected, probabilities, brought, capacity, seed, groups)
    return worth, replace(quality, captured=captured, by_score=by_score, more=more)


def _measure(
    name: str, errors: np.ndarray, plain: np.ndarray, meaning: str, seed: int, groups: np.ndarray | None
) -> Measure:
    mine = _mean(errors, seed, groups)
    return Measure(name, mine.value, mine.low, mine.high, False, {"the mean": float(plain.mean())}, meaning)


def _mean(values: np.ndarray, seed: int, groups: np.ndarray | None) -> Estimate:
    drawn = [float(values @ times) / times.sum() for times in draw_times(len(values), DRAWS, seed, groups)]
    return Estimate(float(values.mean()), *middle(np.array(drawn)))


def _total(values: np.ndarray, seed: int, groups: np.ndarray | None) -> Estimate:
    one = _mean(values, seed, groups)
    return Estimate(*(end * len(values) for end in (one.value, one.low, one.high)))


def _groups(expected: np.ndarray, brought: np.ndarray, seed: int) -> tuple[ValueGroup, ...]:
    lines = []
    for rows in equal_groups(expected):
        total = _total(brought[rows], seed, None)
        lines.append(ValueGroup(len(rows), float(expected[rows].sum()), total.value, total.low, total.high))
    return tuple(lines)


def _capture(
    expected: np.ndarray,
    probabilities: np.ndarray,
    brought: np.ndarray,
    capacity: float,
    seed: int,
    groups: np.ndarray | None,
) -> list[Estimate]:
    """The share of value among the leads worked first, by expected value and by probability, on the same drawn leads."""
    orders = [np.argsort(-ranks, kind="stable") for ranks in (expected, probabilities)]

    def shares(times: np.ndarray) -> list[float]:
        whole = float(brought @ times)
        found = []
        for order in orders:
            before = np.cumsum(times[order]) - times[order]
            # Of a lead drawn more than once at the edge, only so many as there is time for.
            taken = np.clip(capacity * times.sum() - before, 0, times[order])
            found.append(float(brought[order] @ taken) / whole if whole else float("nan"))
        return [*found, found[0] - found[1]]

    drawn = np.array([shares(times) for times in draw_times(len(brought), DRAWS, seed, groups)])
    value = shares(np.ones(len(brought)))
    return [Estimate(share, *middle(column)) for share, column in zip(value, drawn.T, strict=True)]
