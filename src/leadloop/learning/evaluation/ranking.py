"""Leads in the order of their scores, and how many of them were won: all that most measures need.

Sorted once, leads can be drawn anew hundreds of times without sorting again; every measure of a draw is a sum over counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

_TINY = 1e-15


@dataclass(frozen=True)
class Ranking:
    """Leads in the order of their scores, the best first; leads of one score share one place."""

    scores: np.ndarray
    """The score of each place, falling."""
    place: np.ndarray
    """The place of each lead, in the order that the leads were given."""

    @classmethod
    def of(cls, scores: np.ndarray) -> Ranking:
        """The ranking of leads by their scores.

        >>> Ranking.of(np.array([0.2, 0.7, 0.2])).place.tolist()
        [1, 0, 1]
        """
        values, place = np.unique(-np.asarray(scores, dtype=float), return_inverse=True)
        return cls(-values, place)

    def tally(self, positive: np.ndarray, times: np.ndarray | None = None) -> Tally:
        """How many leads stand at each place and how many of them were won, each lead counted `times` (once if None)."""
        leads = np.ones(len(self.place)) if times is None else times.astype(float)
        won = positive * leads
        if self._alone is not None:
            return Tally(self, leads[self._alone], won[self._alone])
        places = len(self.scores)
        return Tally(self, np.bincount(self.place, leads, places), np.bincount(self.place, won, places))

    @cached_property
    def _alone(self) -> np.ndarray | slice | None:
        """The lead at each place where no two share one: putting them in order is faster than counting. None else."""
        if len(self.scores) < len(self.place):
            return None
        rows = np.argsort(self.place, kind="stable")
        return slice(None) if (rows[1:] > rows[:-1]).all() else rows

    @cached_property
    def surprise_if_won(self) -> np.ndarray:
        """How surprising a won lead is at each place, in nats; the scores must be probabilities."""
        surprise: np.ndarray = -np.log(np.clip(self.scores, _TINY, 1 - _TINY))
        return surprise

    @cached_property
    def surprise_if_lost(self) -> np.ndarray:
        """How surprising a lost lead is at each place, in nats; the scores must be probabilities."""
        surprise: np.ndarray = -np.log1p(-np.clip(self.scores, _TINY, 1 - _TINY))
        return surprise

    @cached_property
    def squared(self) -> np.ndarray:
        """The squared distance between the score and a lost lead at each place."""
        squared: np.ndarray = self.scores**2
        return squared

    @cached_property
    def more_if_won(self) -> np.ndarray:
        """How much larger that squared distance is for a won lead at each place."""
        larger: np.ndarray = 1 - 2 * self.scores
        return larger


@dataclass(frozen=True)
class Tally:
    """How many leads stand at each place of a ranking, and how many of them were won."""

    ranking: Ranking
    leads: np.ndarray
    won: np.ndarray

    @cached_property
    def lost(self) -> np.ndarray:
        """Lost leads at each place."""
        lost: np.ndarray = self.leads - self.won
        return lost

    @cached_property
    def leads_down_to(self) -> np.ndarray:
        """Leads at each place and all better ones."""
        return np.cumsum(self.leads)

    @cached_property
    def won_down_to(self) -> np.ndarray:
        """Won leads at each place and all better ones."""
        return np.cumsum(self.won)

    @property
    def total(self) -> float:
        """All leads."""
        return float(self.leads_down_to[-1])

    @property
    def total_won(self) -> float:
        """All won leads."""
        return float(self.won_down_to[-1])

    def cut(self, share: float) -> tuple[float, int]:
        """How many leads a share is (at least one), and the place of the last of them."""
        count = share_count(round(self.total), share)
        return float(count), int(np.searchsorted(self.leads_down_to, count - 0.5))

    def won_among(self, share: float) -> float:
        """Won leads among the best-scored share; leads tied at the cut count by their share of the tie."""
        count, place = self.cut(share)
        above = self.leads_down_to[place] - self.leads[place]
        rate = self.won[place] / self.leads[place]
        return float(self.won_down_to[place] - self.won[place] + rate * (count - above))


def share_count(leads: int, share: float) -> int:
    """How many leads a share of them is, at least one."""
    return max(1, round(share * leads))
