"""The stage: a simulated world cut into what the loop may see as time goes by, and the truth that it never sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from leadloop.simulate import WORLDS, Drift
from leadloop.simulate.world import TIME_FORMAT, World

WORLD = "insurance"
WEEK = timedelta(days=7)
WITHIN = timedelta(days=45)
"""How long a lead of this world may take to end; its playbook says the same."""


@dataclass(frozen=True)
class Course:
    """What is played: how many weeks, from which one on the world is another, and how much comes in."""

    weeks: int = 26
    """How many weeks are played."""
    change_week: int = 10
    """The first week of the changed world, counted from 1."""
    past_weeks: int = 28
    """How many weeks of leads are known when it begins."""
    leads_per_day: float = 120.0
    """How many leads come on an average day."""
    start: datetime = field(default=datetime(2025, 1, 6, tzinfo=UTC))
    """The day on which the first past lead comes; a Monday."""
    strength: float = 1.0
    """How much of what made leads good makes them bad after the change, 0 to 1; 0 changes nothing."""

    @property
    def begins(self) -> datetime:
        """The first moment that is played."""
        return self.start + self.past_weeks * WEEK

    @property
    def ends(self) -> datetime:
        """The first moment that is not played any more."""
        return self.begins + self.weeks * WEEK

    @property
    def changes(self) -> datetime:
        """The moment at which the world changes."""
        return self.begins + (self.change_week - 1) * WEEK

    @property
    def evidence(self) -> datetime:
        """When evidence of the change is there: all leads of the first changed week have ended."""
        return self.changes + WEEK + WITHIN

    def week_of(self, moment: datetime) -> int:
        """The week that a moment is in, counted from 1."""
        return (moment - self.begins) // WEEK + 1

    def week_starts(self, week: int) -> datetime:
        """The first moment of a week."""
        return self.begins + (week - 1) * WEEK


@dataclass(frozen=True)
class Stage:
    """All leads of a course, in the order in which they come; every column has a row a lead."""

    course: Course
    leads: pl.DataFrame
    """What is known of each lead when it comes."""
    outcomes: pl.DataFrame
    """What became of it, as the world tells it in the end."""
    came: np.ndarray
    """When each lead came (`datetime64`, UTC)."""
    ended: np.ndarray
    """When its outcome is told."""
    won: np.ndarray
    """Whether it was won."""
    truth: np.ndarray
    """The probability with which it would be."""
    unchanged: np.ndarray
    """The same, had the world not changed."""

    def coming(self, start: datetime, end: datetime) -> np.ndarray:
        """The positions of the leads that come from one moment to before another."""
        first, last = np.searchsorted(self.came, [bare(start), bare(end)])
        return np.arange(first, last)

    def ending(self, start: datetime, end: datetime) -> np.ndarray:
        """The positions of the leads whose outcome is told after one moment and up to another."""
        return np.flatnonzero((self.ended > bare(start)) & (self.ended <= bare(end)))

    def rows(self, places: np.ndarray, names: frozenset[str]) -> Iterator[Mapping[str, Any]]:
        """Leads as a form would send them: the fields of these names that have a value."""
        columns = [name for name in self.leads.columns if name in names]
        for row in self.leads[places.tolist()].select(columns).iter_rows(named=True):
            yield {name: value for name, value in row.items() if value is not None}


def bare(moment: datetime) -> np.datetime64:
    """A moment in UTC as arrays hold it."""
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def set_stage(course: Course, seed: int) -> Stage:
    """The world of a course, with and without its change; another seed makes other leads."""
    world = WORLDS[WORLD]
    drift = [Drift("concept", course.changes, course.strength)] if course.strength else []
    total = round((course.past_weeks + course.weeks) * 7 * course.leads_per_day * 1.2) + 1
    part = _make(world, course, total, seed, drift)
    same = _make(world, course, total, seed, [])
    came = _moments(part.leads[world.time_column])
    count = int(np.searchsorted(came, bare(course.ends)))
    outcomes = part.outcomes[:count]
    return Stage(
        course,
        part.leads[:count],
        outcomes,
        came[:count],
        _moments(outcomes[world.decided_column]),
        (outcomes[world.outcome_column] == "Yes").to_numpy(),
        part.truth["probability"][:count].to_numpy(),
        same.truth["probability"][:count].to_numpy(),
    )


def _make(world: World, course: Course, total: int, seed: int, drift: list[Drift]) -> Any:
    stream = world.stream(total, total, seed=seed, start=course.start, leads_per_day=course.leads_per_day, drift=drift)
    (part,) = stream
    return part


def _moments(texts: pl.Series) -> np.ndarray:
    found: np.ndarray = texts.str.to_datetime(TIME_FORMAT, time_unit="us").to_numpy()
    return found
