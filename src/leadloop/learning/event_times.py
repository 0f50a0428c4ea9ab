"""When each lead was won or given up, and how long each was followed: what a file says of time, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from leadloop.leads import LeadFrame
from leadloop.playbook import Playbook

_DAY = 86_400e6
_SHORTEST = 1e-3


@dataclass(frozen=True)
class EventTimes:
    """The fate of each lead in days after it came in. Leads without a time of their own, or won without one, are not known.

    A lead is `won` after `days`, `lost` for good (after `days`, NaN where nobody wrote down when), or neither: still open, as
    far as anybody knows. `followed` is how long each was watched: from when it came in to the newest time in the data.
    """

    won: np.ndarray
    lost: np.ndarray
    days: np.ndarray
    followed: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.won)

    def take(self, rows: np.ndarray) -> Self:
        """The leads at these positions."""
        return type(self)(*(getattr(self, name)[rows] for name in ("won", "lost", "days", "followed", "known")))

    def won_by(self, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether each lead was won within so many days, and whether that can be said: shape (leads, days), both.

        It can be said of leads that were followed for so long, and of no others: to count young leads that were won already,
        and not young leads that were not, would flatter.
        """
        seen = self.known[:, None] & (self.followed[:, None] >= days)
        with np.errstate(invalid="ignore"):
            return self.won[:, None] & (self.days[:, None] <= days), seen


def read_event_times(playbook: Playbook, leads: LeadFrame, outcomes: np.ndarray) -> EventTimes:
    """The fate of each lead; `outcomes` are its labels: 1 won, 0 lost, NaN open.

    Where a file names neither open leads nor the time of a loss, a lead that was not won may be won yet: it counts as open,
    not as lost. Where outcomes count for some days only, a lead that was not won by then is lost then. A win dated up to a day
    before its lead (dates without hours) counts as won at once; one dated earlier is an error in the file, and not known.
    """
    target, order = playbook.target, playbook.order
    assert order is not None  # the playbook's check saw to it
    came, ended = leads.data[order.field], leads.data[target.at]
    times = [time for time in (came.max(), ended.max()) if time is not None]
    followed = (
        _days(pl.Series([max(times)] * len(leads), dtype=came.dtype) - came) if times else np.full(len(leads), np.nan)
    )
    days = _days(ended - came)
    days = np.where(days >= -1.0, np.maximum(days, _SHORTEST), np.nan)
    won, lost = outcomes == 1, outcomes == 0
    if target.within_days:
        days = np.where(lost, target.within_days, days)
    elif not np.isnan(outcomes).any() and np.isnan(days[lost]).all():
        lost = np.zeros(len(leads), dtype=bool)
    # A won lead without a time of winning says nothing of time; nor does one whose own time is unknown.
    known = ~np.isnan(followed) & ~(won & np.isnan(days))
    return EventTimes(won & known, lost & known, np.where(won | lost, days, np.nan), np.nan_to_num(followed), known)


def _days(spans: pl.Series) -> np.ndarray:
    cells: np.ndarray = spans.dt.total_microseconds().cast(pl.Float64).to_numpy()
    return cells / _DAY


def cumulative_incidence(times: EventTimes, days: np.ndarray) -> np.ndarray:
    """The share of leads won by each day, without features: leads leave when they are no longer followed, lost ones never win.

    The estimate of Kaplan and Meier (1958) with lost leads kept at risk for as long as they are followed, which is that of
    Aalen and Johansen (1978) where every lead is followed to a day known beforehand.
    """
    used = times.take(np.flatnonzero(times.known))
    if not used.won.any():
        return np.zeros(len(days))
    until = np.where(used.won, used.days, used.followed)
    steps, counts = np.unique(until[used.won], return_counts=True)
    at_risk = len(until) - np.searchsorted(np.sort(until), steps, side="left")
    share = 1 - np.cumprod(1 - counts / at_risk)
    places = np.searchsorted(steps, days, side="right")
    curve: np.ndarray = np.concatenate([[0.0], share])[places]
    return curve
