"""How long a lead waits for a team that can only work so many, and whether its turn comes at all.

A queue in its steady weekly rhythm: leads come around the clock, people work them Monday to Friday from 9 to 18, first
come first served. What the desk cannot hold is never worked. The busier the season, the longer the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from leadloop.simulate.seasons import Seasons, hours_of_week

_LOADS = np.linspace(0.4, 1.6, 25)
_WEEKS = 30
_OFFICE = np.array([9 <= hour % 24 < 18 and hour < 120 for hour in range(168)])


@dataclass(frozen=True)
class Desk:
    """A team's limits: how busy it is in an average week (1 is all it can do), and how many weeks of work may wait."""

    utilisation: float
    holds_weeks: float

    def wait(self, seasons: Seasons, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For leads of these times: the hours until somebody is free for them, and the probability that it happens."""
        hours, worked = _tables(seasons.share_by_hour_of_week.tobytes(), self.holds_weeks)
        load = np.clip(self.utilisation * seasons.business(times), _LOADS[0], _LOADS[-1])
        step = (load - _LOADS[0]) / (_LOADS[1] - _LOADS[0])
        low = np.minimum(step.astype(np.int64), len(_LOADS) - 2)
        part = step - low
        hour = hours_of_week(times).astype(np.int64)
        return (
            hours[low, hour] * (1 - part) + hours[low + 1, hour] * part,
            worked[low, hour] * (1 - part) + worked[low + 1, hour] * part,
        )


@lru_cache(maxsize=8)
def _tables(shares: bytes, holds_weeks: float) -> tuple[np.ndarray, np.ndarray]:
    """Wait in hours and share worked, for each load (row) and hour of the week (column)."""
    arriving = np.frombuffer(shares)
    capacity = _OFFICE / _OFFICE.sum()
    # How much can be done from each hour on, over two weeks and more: the wait is where it passes the queue.
    done = np.append(0.0, np.cumsum(np.tile(capacity, 3 + int(np.ceil(holds_weeks)))))
    waits, worked = np.zeros((len(_LOADS), 168)), np.ones((len(_LOADS), 168))
    for row, load in enumerate(_LOADS):
        queue = 0.0
        for week in range(_WEEKS):
            for hour in range(168):
                new = arriving[hour] * load
                room = max(holds_weeks - queue + capacity[hour], 0.0)
                if week == _WEEKS - 1:
                    passes = np.searchsorted(done, done[hour] + queue + 1e-9, side="left")
                    waits[row, hour] = max(float(passes - hour - 1), 0.0)
                    worked[row, hour] = min(1.0, room / new) if new else 1.0
                queue = max(queue + min(new, room) - capacity[hour], 0.0)
    return waits, worked
