"""Fields that tell when a lead came in rather than what it is like, and whether they earn their place.

The interest rate of the week, or a campaign that ran in May, is the same for all leads of its time. A model learns from it
which months went well, and says so of leads of a month that nobody has seen. So such fields are left out, unless the leads
of later times are ranked better with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadloop.learning.evaluation import area_under_curve
from leadloop.learning.learners import Fold, Learner, Task

TELLS_TIME = 0.6
"""A field tells the time where this share of its variance lies between blocks of leads, and the rest within them."""
EARNS = 0.005
"""By how much the mean AUC of later leads must rise with such fields for them to stay."""


@dataclass(frozen=True)
class CalendarFields:
    """The fields that tell the time, each with its share of variance between times, and whether they are used.

    `auc_with` and `auc_without` are means over held-out blocks of later leads; NaN where there was nothing to decide.
    """

    shares: dict[str, float]
    used: bool
    auc_with: float
    auc_without: float


def weigh_calendar_fields(
    folds: Sequence[Fold],
    shares: Mapping[str, float],
    learners: Sequence[Learner],
    *,
    seed: int,
    tick: Callable[[str], None],
) -> CalendarFields:
    """Which fields tell the time, and whether later leads are ranked better with them than without.

    `folds` walk forward in time; `shares` gives the share of each field's variance that lies between times (see
    `leakage.time_share`). `learners` are asked with their usual settings, once with and once without those fields.
    """
    fields = {column.field for column in folds[-1].columns}
    telling = {field: share for field, share in sorted(shares.items()) if share >= TELLS_TIME and field in fields}
    if not telling or len(telling) == len(fields):
        return CalendarFields(telling, True, float("nan"), float("nan"))
    tick("weighing fields that tell the time")
    without = [leave_out(fold, telling) for fold in folds]
    with_them, without_them = (_mean_auc(some, learners, seed) for some in (folds, without))
    return CalendarFields(telling, with_them > without_them + EARNS, with_them, without_them)


def leave_out(fold: Fold, fields: Sequence[str] | dict[str, float]) -> Fold:
    """The fold without the columns of these fields, and without what is derived from them."""
    gone = set(fields)
    kept = np.array([gone.isdisjoint((column.field, *column.rests_on)) for column in fold.columns], dtype=bool)
    return replace(
        fold,
        train=replace(fold.train, matrix=np.ascontiguousarray(fold.train.matrix[:, kept])),
        held_out=replace(fold.held_out, matrix=np.ascontiguousarray(fold.held_out.matrix[:, kept])),
        columns=[column for column, keep in zip(fold.columns, kept, strict=True) if keep],
    )


def _mean_auc(folds: Sequence[Fold], learners: Sequence[Learner], seed: int) -> float:
    found = []
    for learner in learners:
        for fold in folds:
            task = Task.of(len(fold.train), fold.columns)
            said = learner.judge(fold, learner.usual(task), seed=seed)
            rounds = int(np.argmin(said.curve)) + 1 if len(said.curve) else 0
            found.append(area_under_curve(fold.held_out.positive, said.margins(rounds)))
    return float(np.nanmean(found))
