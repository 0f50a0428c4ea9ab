"""Labels: whether each lead was won, lost, or is still open; always from what happened after the lead came in.

A graded target says how good the outcome was instead: 1 is as good as winning can be, 0.4 is worth four tenths of that.

What a lead is, as to a target, follows from what was told of it between the moment it was scored and its deadline:

| an outcome was told | `not_worked` was told last | the time | it is |
|---|---|---|---|
| no | no | is not over | open |
| no | no | is over | lost |
| no | yes | is not over | open: somebody may still work it |
| no | yes | is over | not worked: neither won nor lost, and nothing is learned from it |
| yes | either | is not over | open: young leads that ended already would make young leads look better than they are |
| yes | either | is over | won or lost, as the outcome says that was told last |

Where a target has no deadline, time is over as soon as an outcome, or that nobody worked the lead, was told; until then the
lead is open. What is told twice under one key is told once. Of outcomes that contradict each other the one told last holds,
whatever came about first: it is the correction. What came about before the lead was scored, or after its deadline, is kept
and does not count. `worked` takes `not_worked` back. So the order in which things arrive changes a state only where they
contradict each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.leads import LeadFrame
from leadloop.leads.values import TRUE_WORDS
from leadloop.playbook import Playbook, Target

LabelFunction = Callable[[], pl.Expr]

DAY = 86_400e6
"""Microseconds."""
State = Literal["open", "won", "lost", "not worked"]
"""What a lead can be as to a target."""
NOT_WORKED, WORKED = "not_worked", "worked"
"""The events that say that nobody worked a lead, and that somebody did after all."""


class OneOutcome(DataError):
    """Every lead has the same outcome, or none at all: there is nothing to learn."""


def label_leads(playbook: Playbook, leads: LeadFrame, label: LabelFunction | None = None) -> np.ndarray:
    """1.0 where a lead was won, 0.0 where it was lost, NaN where it is still open or nobody wrote down the outcome.

    With a graded target the values lie between 0 and 1. `label` is the function that the target names, if it names one: it
    gives a Polars expression over the lead's fields that is true, false or null (or the grade). A target with `within_days`
    counts only outcomes that came that soon after the lead; leads younger than that, against the newest time seen in the
    data, are open even if they were won already: to keep those alone would make young leads look better than they are.

    Raises OneOutcome (a DataError) where every lead has the same outcome, and DataError where a grade lies outside 0 to
    `top`, or where the outcome has more than two values.
    """
    target = playbook.target
    where = f"targets.{target.name}"
    values = _said(playbook, leads, label)
    if target.within_days:
        values = _mature(playbook, leads, values)
    known = values[~np.isnan(values)]
    if len(known) == 0:
        young = "" if not target.within_days else f", or every lead is younger than {target.within_days:g} days"
        raise OneOutcome(where, Problem(f"fields.{target.column}", f"holds no outcome at all{young}", "check the file"))
    if known.min() == known.max():
        if target.graded:
            said = f"has the grade {known[0] * target.top:g} for every one of {len(known):,} leads"
            raise OneOutcome(where, Problem(f"{where}.column", said, "give a file with better and worse outcomes"))
        outcome = "won" if known[0] else "lost"
        seen = ", ".join(str(value) for value in _most_seen(leads, target.column))
        raise OneOutcome(
            where,
            Problem(
                f"{where}.positive",
                f"makes every one of {len(known):,} leads {outcome}" + (f"; the file holds {seen}" if seen else ""),
                "name the values that mean won, or give a file with both outcomes",
            ),
        )
    return values


def raw_outcomes(playbook: Playbook, leads: LeadFrame, label: LabelFunction | None = None) -> list[float | None]:
    """What is written down of each lead's outcome, whenever it came: 1 for won, 0 for lost, or the grade; None for neither.

    Unlike `label_leads` it judges each lead by itself, so that leads may come some at a time.
    """
    values = _said(playbook, leads, label) * (playbook.target.top if playbook.target.graded else 1.0)
    return [None if np.isnan(value) else float(value) for value in values]


def _said(playbook: Playbook, leads: LeadFrame, label: LabelFunction | None) -> np.ndarray:
    """The outcome of each lead as it is written down, NaN where nothing is."""
    target = playbook.target
    if target.graded:
        return _grades(playbook, leads, label)
    if label is not None:
        won = leads.data.select(label().cast(pl.Boolean).alias("won"))["won"]
    elif target.filled:
        won = leads.data[target.column].is_not_null()
    else:
        won = read_outcome(leads.data[target.column], target)
    return won.cast(pl.Float64).to_numpy().copy()


def read_outcome(cells: pl.Series, target: Target) -> pl.Series:
    """Won (true), lost (false) or open (null), by the lists of values that the target names.

    >>> stage = Target("won", "Stage", positive=("Won",), negative=("Lost",), open=("Working",))
    >>> read_outcome(pl.Series(["won", "Lost", "Working", "Parked", None]), stage).to_list()
    [True, False, None, None, None]
    """
    won = matches(cells, target.positive)
    known = won | (matches(cells, target.negative) if target.negative else ~matches(cells, target.open))
    return won.set((~known).fill_null(False), None)


def _grades(playbook: Playbook, leads: LeadFrame, label: LabelFunction | None) -> np.ndarray:
    """The grade of each lead as a share of the best one."""
    target = playbook.target
    if label is not None:
        said = leads.data.select(label().cast(pl.Float64).alias("grade"))["grade"]
    else:
        said = leads.data[target.column].cast(pl.Float64)
    grades = said.to_numpy() / target.top
    outside = np.flatnonzero((grades < 0) | (grades > 1))
    if len(outside):
        place = int(outside[0])
        raise DataError(
            f"targets.{target.name}",
            Problem(
                f"line {leads.lines[place]}",
                f"has the grade {grades[place] * target.top:g}, and grades run from 0 to {target.top:g}"
                + (f" ({len(outside):,} leads are outside)" if len(outside) > 1 else ""),
                "give the best grade as `top`, or mend the file",
            ),
        )
    return grades


def matches(cells: pl.Series, positive: tuple[str, ...]) -> pl.Series:
    """Whether each value is one of those named; texts compare without case, numbers as numbers. Null where there is none."""
    if not positive:
        return cells.is_null().set(cells.is_null(), None)
    if cells.dtype == pl.Boolean:
        truth = {word.strip().casefold() in TRUE_WORDS for word in positive}
        return cells if truth == {True} else ~cells if truth == {False} else cells.is_not_null()
    if cells.dtype.is_numeric():
        numbers = [float(word) for word in positive if _is_number(word)]
        return cells.is_in(numbers)
    return cells.str.strip_chars().str.to_lowercase().is_in([word.strip().casefold() for word in positive])


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _mature(playbook: Playbook, leads: LeadFrame, values: np.ndarray) -> np.ndarray:
    target = playbook.target
    assert playbook.order is not None and target.within_days is not None  # the playbook's check saw to it
    came, decided = leads.data[playbook.order.field], leads.data[target.at]
    now = max(time for time in (came.max(), decided.max()) if time is not None)
    age = pl.select((pl.lit(now) - came).dt.total_microseconds()).to_series().to_numpy() / DAY
    return settle(values, days_between(came, decided), age, target.within_days)


def settle(values: np.ndarray, took: np.ndarray, age: np.ndarray, within_days: float) -> np.ndarray:
    """Outcomes under a deadline: 1.0 where a lead was won in time, 0.0 where not, NaN where it is too young to tell.

    `values` are 1.0, 0.0 or NaN as they were told, `took` the days until then, and `age` the days since the lead came until
    the newest time that is known of. A young lead is open even if it was won already: to keep those alone would make young
    leads look better than they are.

    >>> settle(
    ...     np.array([1.0, 1.0, np.nan, 1.0]), np.array([3.0, 40.0, np.nan, 1.0]), np.array([90.0, 90.0, 90.0, 5.0]), 30
    ... )
    array([ 1.,  0.,  0., nan])
    """
    return np.where(age > within_days, ((values == 1) & (took <= within_days)).astype(float), np.nan)


def days_between(came: pl.Series, decided: pl.Series) -> np.ndarray:
    """How many days passed between two times, NaN where one of them is not known."""
    return pl.Series((decided - came).dt.total_microseconds()).to_numpy() / DAY


def _most_seen(leads: LeadFrame, column: str) -> list[object]:
    if column not in leads.data.columns:
        return []
    counts = leads.data[column].value_counts(sort=True).head(5)
    return counts[column].to_list()


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was told of a lead: an outcome by its value, or whether it was worked by the event's name."""

    at: datetime
    """When it came about."""
    value: float | None = None
    """The outcome: above 0 where the lead was won, 0 where not, or a grade; none where this is no outcome."""
    event: str = ""
    """`not_worked` or `worked`; empty where this is an outcome."""


def label_state(
    told: Sequence[Told], came: datetime, now: datetime, within_days: float | None
) -> tuple[State, float | None]:
    """What a lead is by now, and its outcome where it has one; `told` in the order in which it was told, each once.

    This is the table above, for one lead; `settle_leads` does the same for a million.

    >>> came = datetime(2026, 1, 1)
    >>> won, no = Told(datetime(2026, 1, 9), 1.0), Told(datetime(2026, 1, 5), event="not_worked")
    >>> [label_state([won], came, now, 30) for now in (datetime(2026, 1, 20), datetime(2026, 2, 20))]
    [('open', None), ('won', 1.0)]
    >>> label_state([no], came, datetime(2026, 2, 20), 30), label_state([], came, datetime(2026, 2, 20), 30)
    (('not worked', None), ('lost', 0.0))
    """
    deadline = now if within_days is None else came + timedelta(days=within_days)
    counted = [one for one in told if came <= one.at <= min(now, deadline)]
    outcomes = [one.value for one in counted if one.value is not None]
    worked = [one.event for one in counted if one.event]
    idle = bool(worked) and worked[-1] == NOT_WORKED
    if within_days is None and not outcomes and not idle:
        return "open", None
    if within_days is not None and now <= deadline:
        return "open", None
    if not outcomes:
        return ("not worked", None) if idle else ("lost", 0.0)
    return ("won" if outcomes[-1] > 0 else "lost"), outcomes[-1]


def settle_leads(
    scored: pl.DataFrame, outcomes: pl.DataFrame, events: pl.DataFrame, now: datetime, within_days: float | None
) -> pl.DataFrame:
    """Scored leads with what each is by now, as `label_state` says it: columns `state`, `outcome` and `decided_at`.

    `scored` has `lead_id` and `at` (when the lead was scored), `outcomes` has `lead_id`, `at` and `value`, `events` has
    `lead_id`, `at` and `name`, both in the order in which they were told. Times are in UTC without a zone, and so is `now`.
    """
    row = "\x00row"
    named = scored.with_row_index(row)
    deadline = pl.lit(now) if within_days is None else pl.col("at") + pl.duration(microseconds=round(within_days * DAY))
    windows = named.select(
        row, "lead_id", pl.col("at").alias("came"), pl.min_horizontal(deadline, pl.lit(now)).alias("by")
    )
    last = _last_in_time(windows, outcomes.select("lead_id", "at", "value"), row)
    idle = _last_in_time(windows, events.select("lead_id", "at", "name"), row)
    idle = idle.select(row, (pl.col("name") == NOT_WORKED).alias("idle"))
    found = (
        named.join(last.select(row, "value", pl.col("told_at").alias("decided_at")), on=row, how="left")
        .join(idle, on=row, how="left", maintain_order="left")
        .sort(row)
    )
    idle_now = pl.col("idle").fill_null(False)
    is_told = pl.col("value").is_not_null()
    over = (is_told | idle_now) if within_days is None else pl.lit(now) > deadline
    state = (
        pl.when(~over)
        .then(pl.lit("open"))
        .when(is_told & (pl.col("value") > 0))
        .then(pl.lit("won"))
        .when(is_told | ~idle_now)
        .then(pl.lit("lost"))
        .otherwise(pl.lit("not worked"))
    )
    found = found.with_columns(state.alias("state"))
    ended = pl.col("state").is_in(["won", "lost"])
    return found.with_columns(
        pl.when(ended).then(pl.col("value").fill_null(0.0)).alias("outcome"),
        pl.when(ended).then(pl.col("decided_at")).alias("decided_at"),
        pl.col("value").alias("told_value"),
        pl.col("decided_at").alias("told_at"),
    ).drop(row, "value", "idle")


def _last_in_time(windows: pl.DataFrame, told: pl.DataFrame, row: str) -> pl.DataFrame:
    """The last thing told of each lead that came about in its time."""
    joined = told.with_row_index("\x00order").rename({"at": "told_at"}).join(windows, on="lead_id", how="inner")
    counted = joined.filter((pl.col("told_at") >= pl.col("came")) & (pl.col("told_at") <= pl.col("by")))
    return counted.sort("\x00order").unique(row, keep="last")
