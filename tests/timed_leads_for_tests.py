"""Small synthetic leads whose true times to winning and true amounts are known.

Of leads that are ever won, half are won within about 25 days, sooner the more pages they visited (a Weibull distribution whose
hazard doubles from one plan to the next); what they bring grows with the plan and is spread log-normally. The file ends on a
day: whoever was not won or lost by then is open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from leadloop.leads import Field, LeadSchema
from leadloop.playbook import Order, Playbook, Target, Training

SHAPE, SCALE = 1.3, 33.0
HURRY = {"basic": 0.0, "plus": 0.7, "max": 1.4}
MEAN_AMOUNT = {"basic": 500.0, "plus": 1_500.0, "max": 6_000.0}
SPREAD = 0.6
BEGIN = datetime(2024, 1, 1)
DAYS = 400

FIELDS = (
    Field("id", "id", "intake"),
    Field("came", "time", "intake"),
    Field("visits", "number", "intake"),
    Field("plan", "category", "intake"),
    Field("noise", "number", "intake"),
    Field("stage", "category", "outcome"),
    Field("ended", "time", "outcome"),
    Field("amount", "money", "outcome"),
)

TIMED = Playbook(
    name="timed",
    schema=LeadSchema(FIELDS),
    scores_at="intake",
    target=Target("won", column="stage", positive=("won",), at="ended", horizons=(7, 30, 90), value="amount"),
    training=Training(min_leads=100, min_positives=20, learners=("logistic regression",), trials=2),
    order=Order("field", "came"),
    lead_id="id",
    synthetic=True,
)

WITHOUT = replace(TIMED, target=replace(TIMED.target, horizons=(), value=""))
"""The same problem with neither times nor amounts asked for."""


@dataclass(frozen=True)
class Truth:
    """What is true of each lead, whether or not the file tells: its chance, its plan, whether it is ever won, and when."""

    chance: np.ndarray
    plan: np.ndarray
    ever_won: np.ndarray
    days: np.ndarray

    def won_by(self, days: float) -> np.ndarray:
        """The true chance of each lead to be won within so many days."""
        return self.chance * share_won_by(self.plan, days)


def share_won_by(plan: np.ndarray, days: float) -> np.ndarray:
    """The true share of won leads of these plans that are won within so many days."""
    hurry = np.exp([HURRY[each] for each in plan])
    return 1 - np.exp(-((days / SCALE) ** SHAPE) * hurry)


def day_of(plan: str, share: float) -> float:
    """The true day by which this share of won leads of a plan is won."""
    return SCALE * (-np.log(1 - share) / np.exp(HURRY[plan])) ** (1 / SHAPE)


def make_timed_cells(count: int, seed: int = 0, *, telling: bool = True) -> tuple[pl.DataFrame, Truth]:
    """Leads as text, as a CSV would hold them, and the truth. Unless `telling`, plans say nothing of times and amounts."""
    draw = np.random.default_rng(seed)
    came = np.sort(draw.uniform(0, DAYS, count))
    visits = draw.gamma(2.0, 3.0, count)
    plan = np.array(["basic", "plus", "max"])[draw.integers(0, 3, count)]
    chance = 1 / (1 + np.exp(1.6 - 0.2 * visits))
    ever_won = draw.random(count) < chance
    told_by = plan if telling else np.full(count, "plus")
    hurry = np.exp([HURRY[each] for each in told_by])
    days = SCALE * (draw.exponential(size=count) / hurry) ** (1 / SHAPE)
    lost_after = draw.exponential(25.0, count)
    mean = np.array([MEAN_AMOUNT[each] for each in told_by])
    amount = mean * np.exp(SPREAD * draw.normal(size=count) - SPREAD**2 / 2)
    ends = came + np.where(ever_won, days, lost_after)
    ended = ends <= DAYS
    won = ever_won & ended
    cells = pl.DataFrame(
        {
            "id": [f"L{number}" for number in range(count)],
            "came": [_written(day) for day in came],
            "visits": [f"{value:.2f}" for value in visits],
            "plan": plan,
            "noise": [f"{value:.3f}" for value in draw.normal(size=count)],
            "stage": np.where(won, "won", np.where(ended, "lost", "")),
            "ended": [_written(day) if done else "" for day, done in zip(ends, ended, strict=True)],
            "amount": [f"{value:.2f}" if done else "" for value, done in zip(amount, won, strict=True)],
        }
    )
    return cells, Truth(chance, told_by, ever_won, days)


def _written(day: float) -> str:
    return (BEGIN + timedelta(days=float(day))).isoformat(timespec="seconds")
