"""Labels: whether each lead was won, lost, or is still open; always from what happened after the lead came in.

A graded target says how good the outcome was instead: 1 is as good as winning can be, 0.4 is worth four tenths of that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.leads import LeadFrame
from leadloop.leads.values import TRUE_WORDS
from leadloop.playbook import Playbook, Target

LabelFunction = Callable[[], pl.Expr]

DAY = 86_400e6
"""Microseconds."""


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
