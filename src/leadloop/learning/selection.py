"""Selection: leads that were worked are not like all leads, and count by the inverse of how probable it was to work them.

What became of a lead is known only where somebody worked it, and somebody works those that a score sends to them. A model that
learns from these alone knows little of the others, and a figure that is measured on these alone holds for these alone. Where
some leads were explored, every lead had some chance to be worked; counted by its inverse, the leads that were worked speak for
all (Horvitz and Thompson 1952; for learning from logged choices: Swaminathan and Joachims 2015, arXiv 1502.02362).

How probable it was follows from two things: how probable each route was for the lead, which was noted when it was scored, and
which share of the leads of each route was worked, which is counted, apart for those that were explored: whoever sees a low score
may pass them over. That nothing else of a lead decides whether it is worked is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_PRIOR = 5.0
"""Explored leads of a route are believed to be worked as often as its others, as if so many had been seen."""


@dataclass(frozen=True)
class RoutesTaken:
    """How some leads came by their routes, a row each; `names` are the routes, and the others refer to them by place."""

    names: tuple[str, ...]
    share: np.ndarray
    """The share of leads that was explored when each was scored."""
    explored: np.ndarray
    """Whether each was."""
    by_score: np.ndarray
    """The route that its score would have taken."""
    taken: np.ndarray
    """The route that it took."""
    chances: np.ndarray
    """How probable each route was for it: (leads, routes)."""

    def __len__(self) -> int:
        return len(self.share)

    @classmethod
    def of(cls, noted: Sequence[Mapping[str, object]], explored: np.ndarray) -> RoutesTaken:
        """What was noted of each lead when it was scored, as the store keeps it.

        >>> noted = {"share": 0.1, "route": "wait", "taken": "call", "chances": {"call": 0.03, "wait": 0.97}}
        >>> RoutesTaken.of([noted], np.array([True])).chances.tolist()
        [[0.03, 0.97]]
        """
        names = tuple(sorted({str(name) for one in noted for name in one["chances"]}))  # type: ignore[attr-defined]
        place = {name: number for number, name in enumerate(names)}
        chances = np.zeros((len(noted), len(names)))
        for row, one in enumerate(noted):
            for name, chance in one["chances"].items():  # type: ignore[attr-defined]
                chances[row, place[name]] = chance
        return cls(
            names,
            np.array([one["share"] for one in noted], dtype=np.float64),
            np.asarray(explored, dtype=bool),
            np.array([place[str(one["route"])] for one in noted], dtype=np.int64),
            np.array([place[str(one["taken"])] for one in noted], dtype=np.int64),
            chances,
        )

    def take(self, rows: np.ndarray) -> RoutesTaken:
        """Some of the leads."""
        parts = (self.share, self.explored, self.by_score, self.taken, self.chances)
        return RoutesTaken(self.names, *(part[rows] for part in parts))


@dataclass(frozen=True)
class WorkedShares:
    """The share of each route's leads that was worked: `ordinary` of those that came there by their score, `explored` of those
    that were sent there at random."""

    names: tuple[str, ...]
    ordinary: np.ndarray
    explored: np.ndarray

    def chances(self, routes: RoutesTaken) -> np.ndarray:
        """How probable it was of each lead to be worked."""
        place = {name: number for number, name in enumerate(self.names)}
        columns = [place[name] for name in routes.names]
        honest, drawn = self.ordinary[columns], self.explored[columns]
        by_score = np.arange(len(routes.names))[None, :] == routes.by_score[:, None]
        at_random = np.clip(routes.chances - np.where(by_score, 1 - routes.share[:, None], 0.0), 0.0, None)
        chances: np.ndarray = (1 - routes.share) * honest[routes.by_score] + at_random @ drawn
        return chances


def count_worked(routes: RoutesTaken, worked: np.ndarray) -> WorkedShares:
    """Count which share of each route's leads was worked; `worked` says it of each lead."""
    ordinary, drawn = np.zeros(len(routes.names)), np.zeros(len(routes.names))
    for place in range(len(routes.names)):
        here = routes.taken == place
        mine, random = here & ~routes.explored, here & routes.explored
        usual = worked[here].mean() if here.any() else 0.0
        ordinary[place] = worked[mine].mean() if mine.any() else usual
        drawn[place] = (worked[random].sum() + _PRIOR * usual) / (random.sum() + _PRIOR)
    return WorkedShares(routes.names, ordinary, drawn)


@dataclass(frozen=True)
class SelectionWeights:
    """How much each lead that was worked counts, 1 on average."""

    weights: np.ndarray
    effective: float
    """As many leads, counted alike, would tell as much (Kish 1965)."""
    cut: int
    """How many would count for more than `most` times the one that counts least, and were cut there."""
    most: float

    @property
    def largest(self) -> float:
        """How much the lead counts that counts most."""
        return float(self.weights.max()) if len(self.weights) else 0.0


def weigh_by_chance(chances: np.ndarray, most: float) -> SelectionWeights:
    """Weights by the inverse of chances above 0, none more than `most` times the smallest.

    >>> weighed = weigh_by_chance(np.array([1.0, 1.0, 0.5]), most=10)
    >>> weighed.weights.tolist(), round(weighed.effective, 2)
    ([0.75, 0.75, 1.5], 2.67)
    """
    raw = 1 / chances
    top = most * raw.min()
    cut = int((raw > top).sum())
    weights = np.minimum(raw, top)
    weights = weights / weights.mean()
    return SelectionWeights(weights, effective_size(weights), cut, most)


def effective_size(weights: np.ndarray) -> float:
    """As many leads, counted alike, would tell as much as these do with their weights (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())
