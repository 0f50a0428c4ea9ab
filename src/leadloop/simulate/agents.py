"""The people who work the leads: how good, how quick and how well liked each is, and what a report says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from leadloop.simulate.people import FAMILY_NAMES, FIRST_NAMES

_LEAST = 6
_MOST = 400


@dataclass(frozen=True)
class Team:
    """A team: its people's names, what they add to the log-odds of a lead, and how many hours each takes by habit."""

    names: tuple[str, ...]
    skill: np.ndarray
    hours: np.ndarray

    def __len__(self) -> int:
        return len(self.names)


def hire(world: int, leads_per_day: float, leads_each: float) -> Team:
    """The team of a world that gets so many leads a day; it is the same team whatever the seed.

    >>> hire(1, leads_per_day=100, leads_each=10).names[:2] == hire(1, leads_per_day=400, leads_each=10).names[:2]
    True
    """
    return _hire(world, int(np.clip(round(leads_per_day / leads_each), _LEAST, _MOST)))


@lru_cache(maxsize=16)
def _hire(world: int, count: int) -> Team:
    rng = np.random.default_rng([4_711, world])
    drawn = rng.random((_MOST, 4))[:count]
    first = (drawn[:, 0] * len(FIRST_NAMES)).astype(int)
    family = (np.arange(count) * 37 + 11) % len(FAMILY_NAMES)
    names = [f"{FIRST_NAMES[one]} {FAMILY_NAMES[other]}" for one, other in zip(first, family, strict=True)]
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        names[place] = name if seen[name] == 1 else f"{name} {seen[name]}"
    skill = 1.5 * (drawn[:, 1] + drawn[:, 2]) - 1.5
    return Team(tuple(names), 0.55 * skill, np.exp(-0.4 + 2.0 * drawn[:, 3]))


def report_team(
    rng: np.random.Generator, team: Team, agent: np.ndarray, rate: float, busy: np.ndarray
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """What a report shows of each lead's agent on that day: response time (hours), conversion rate, rating (1 to 5).

    All three follow from the agent and the season, with the noise of small numbers; 4 in 100 have no report yet.
    """
    count = len(agent)
    noise = rng.standard_normal((3, count))
    response = team.hours[agent] * busy * np.exp(0.15 * noise[0])
    conversion = np.clip(rate * np.exp(team.skill[agent] + 0.12 * noise[1]), 0.005, 0.9)
    rating = np.clip(4.1 + 0.9 * team.skill[agent] + 0.15 * noise[2], 1, 5)
    new = pl.Series(rng.random(count) < 0.04)
    columns = [
        pl.Series(values).round(digits).cast(pl.String)
        for values, digits in ((response, 2), (conversion, 3), (rating, 1))
    ]
    blank = pl.lit(None, dtype=pl.String)
    return tuple(pl.select(pl.when(new).then(blank).otherwise(column)).to_series() for column in columns)  # type: ignore[return-value]
