"""What is counted of the arms of a test, as the statistics read it: sums of the database, put together by metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.experiments import AmountTally, ArmTally, ConversionTally, CovariateSums, MeanTally, TimeTally

if TYPE_CHECKING:
    from leadloop.store import AbTest, DaySums, Store, Wins

CONVERSION, ACCEPTANCE, TIME, REVENUE = "conversion", "acceptance", "days_to_conversion", "revenue"
SCORE, LATENCY, DEGRADED, CROSSED = "score", "latency", "degraded", "crossed"
METRICS = (CONVERSION, ACCEPTANCE, TIME, REVENUE, SCORE, LATENCY, DEGRADED)
"""What arms are compared by."""
ACCEPTING = ("contact", "convert")
"""Feedback that says that a lead was taken up."""
ACCEPTED_WITHIN_DAYS = 7.0


@dataclass(frozen=True)
class Counted:
    """One arm of a test as it was counted."""

    tally: ArmTally
    """What the statistics read."""
    crossed: int
    """Units that were scored under another arm later."""
    scored: int
    """Units with a score."""
    mean_score: float | None
    """The mean of the scores with which units came in."""
    mean_days_to_win: float | None
    """The mean days from exposure to win, of those that were won."""
    won: int
    """Units that were won, matured or not."""
    revenue: float
    """What matured units brought in all."""


def count_arms(
    store: Store,
    test: AbTest,
    *,
    now: datetime,
    matures_days: float,
    within_days: float | None,
    amount_field: str = "",
    accepting: Sequence[str] = ACCEPTING,
    accepted_within_days: float = ACCEPTED_WITHIN_DAYS,
) -> list[Counted]:
    """Count every arm of a test, in the order of the test.

    A unit counts for the conversion once `matures_days` are over since it saw its arm, and was won where that came about
    within `within_days`. Every other unit is open, and counted as that.
    """
    sums = store.arm_sums
    exposed = sums.exposed(test, now=now, edges=(matures_days, accepted_within_days))
    won = sums.won(test, now=now, within_days=within_days, field=amount_field)
    accepted = sums.accepted(test, now=now, actions=accepting, within_days=accepted_within_days)
    shares = _expected(store, test)
    ripe = [one for one in exposed if one.days >= matures_days]
    known = sum(one.known for one in ripe)
    middle = sum(one.before for one in ripe) / known if known else None
    arms = [
        _Arm(
            variant.variant_name,
            variant.is_control,
            shares[variant.variant_name],
            [one for one in exposed if one.variant_name == variant.variant_name],
            won[variant.variant_name],
            accepted.get(variant.variant_name, 0),
        )
        for variant in test.variants
    ]
    return [_count(arm, matures_days, accepted_within_days, middle) for arm in arms]


@dataclass(frozen=True)
class _Arm:
    name: str
    is_control: bool
    share: float
    exposed: list[DaySums]
    wins: Wins
    accepted: int

    def sum(self, name: str) -> Any:
        return sum(getattr(one, name) for one in self.exposed)


def _count(arm: _Arm, matures_days: float, accepted_within_days: float, middle: float | None) -> Counted:
    units = arm.sum("units")
    ripe = [one for one in arm.exposed if one.days >= matures_days]
    matured = sum(one.units for one in ripe)
    asked = sum(one.units for one in arm.exposed if one.days >= accepted_within_days)
    is_ripe = arm.wins.watched_days >= matures_days
    won_before, amounts = arm.wins.before[is_ripe], arm.wins.amounts[is_ripe]
    amounts = amounts[~np.isnan(amounts) & (amounts != 0)]
    tallies: dict[str, Any] = {
        CONVERSION: ConversionTally(
            units=matured,
            conversions=len(won_before),
            open_units=units - matured,
            covariate=_covariate(ripe, won_before, matured, middle),
        ),
        ACCEPTANCE: ConversionTally(units=asked, conversions=arm.accepted, open_units=units - asked),
        TIME: _times(arm),
        REVENUE: AmountTally(units=matured, amounts=amounts, open_units=units - matured),
        SCORE: MeanTally(units=arm.sum("scored"), total=arm.sum("score"), squares=arm.sum("score_squares")),
        LATENCY: MeanTally(units=arm.sum("timed"), total=arm.sum("latency_ms"), squares=arm.sum("latency_squares")),
        DEGRADED: ConversionTally(units=units, conversions=arm.sum("degraded")),
    }
    scored, won = arm.sum("scored"), len(arm.wins.days)
    return Counted(
        ArmTally(name=arm.name, share=arm.share, units=units, is_control=arm.is_control, metrics=tallies),
        crossed=arm.sum("crossed"),
        scored=scored,
        mean_score=arm.sum("score") / scored if scored else None,
        mean_days_to_win=float(arm.wins.days.mean()) if won else None,
        won=won,
        revenue=float(amounts.sum()),
    )


def _covariate(ripe: list[DaySums], won_before: np.ndarray, matured: int, middle: float | None) -> CovariateSums | None:
    """The sums of the score that units had before; one that had none is given the mean of all arms together."""
    if middle is None:
        return None
    missing = matured - sum(one.known for one in ripe)
    return CovariateSums(
        total=sum(one.before for one in ripe) + missing * middle,
        squares=sum(one.before_squares for one in ripe) + missing * middle**2,
        cross=float(np.where(np.isnan(won_before), middle, won_before).sum()),
    )


def _times(arm: _Arm) -> TimeTally:
    """Whole days until units were won, and whole days for which the others have been watched."""
    waiting: dict[float, int] = {}
    for seen in arm.exposed:
        waiting[seen.days] = waiting.get(seen.days, 0) + seen.units
    ages = np.array(sorted(waiting))
    if not len(ages):
        return TimeTally.of(np.empty(0), np.empty(0, dtype=bool))
    # Who was won waits no more.
    groups = np.maximum(np.searchsorted(ages, arm.wins.watched_days, side="right") - 1, 0)
    for days, count in zip(*np.unique(ages[groups], return_counts=True), strict=True):
        waiting[float(days)] -= int(count)
    days_to_win, wins = np.unique(np.floor(np.maximum(arm.wins.days, 0.0)), return_counts=True)
    won = dict(zip(days_to_win.tolist(), wins.tolist(), strict=True))
    moments = sorted({*won, *waiting})
    return TimeTally(
        days=np.array(moments, dtype=np.float64),
        conversions=np.array([won.get(days, 0) for days in moments], dtype=np.int64),
        waiting=np.array([max(0, waiting.get(days, 0)) for days in moments], dtype=np.int64),
    )


def _expected(store: Store, test: AbTest) -> dict[str, float]:
    """The share of all units that each arm was to get: where shares changed, of those that came at each time."""
    steps = store.experiments.allocations(test)
    names = [variant.variant_name for variant in test.variants]
    if len(steps) < 2:
        return {variant.variant_name: variant.traffic_percentage / 100 for variant in test.variants}
    counts = store.arm_sums.between(test, [at for at, *_ in steps])
    sums = {name: sum(count * step[1][name] for count, step in zip(counts, steps, strict=True)) for name in names}
    whole = sum(sums.values())
    return {name: value / whole for name, value in sums.items()} if whole else dict(steps[-1][1])
