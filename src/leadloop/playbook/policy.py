"""The policy: which share of leads each band should hold, and where each score goes.

A policy is not part of a model. It has its own fingerprint, so that a new threshold is a new policy and not a new model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_NO_OTHERS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of scores: its lowest score, and the share of leads that it is meant to hold."""

    name: str
    """What the band is called."""
    lowest: float
    """The lowest score in the band; the lowest band starts at 0."""
    share: float
    """The share of leads that the band is meant to hold. Training sets the scores so that it does; all shares add up to
    1."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where leads from a score upwards are sent."""

    name: str
    """What is done with these leads."""
    lowest: float
    """The lowest score that is sent there; the lowest route starts at 0."""
    priority: str = ""
    """How urgent it is, in your own word ("HIGH")."""
    when: tuple[tuple[str, float], ...] = ()
    """The lowest scores of other targets that a lead must have too. A lead that has not goes the next route down."""
    key: str = ""
    """What it goes by in the playbook where that is not its name: two routes may share a name."""

    def takes(self, score: float, others: Mapping[str, float]) -> bool:
        """Whether a lead with this score, and these scores of other targets, goes here; a score not known is too low."""
        return score >= self.lowest and all(others.get(target, -1.0) >= least for target, least in self.when)


@dataclass(frozen=True, slots=True)
class Policy:
    """Bands and routes, highest first, and the share of leads that the team has time to work on.

    >>> policy = Policy()
    >>> policy.band(85), policy.band(12.5), policy.route(70)
    ('hot', 'cold', 'call_soon')
    >>> urgent = Route("call", 80.0, priority="high", when=(("upsell", 50.0),))
    >>> policy = Policy(routes=(urgent, Route("call", 80.0, priority="normal"), Route("wait", 0.0)))
    >>> [policy.route_of(90, {"upsell": upsell}).priority for upsell in (70, 30)]
    ['high', 'normal']
    """

    bands: tuple[Band, ...] = (
        Band("hot", 80.0, 0.10),
        Band("warm", 60.0, 0.20),
        Band("cool", 40.0, 0.30),
        Band("cold", 0.0, 0.40),
    )
    routes: tuple[Route, ...] = (
        Route("call_today", 80.0),
        Route("call_soon", 60.0),
        Route("nurture", 40.0),
        Route("no_action", 0.0),
    )
    capacity: float = 0.20
    """The share of leads that the team has time to work on; lift and gain in reports are measured at it."""

    def band(self, score: float) -> str:
        """The name of the band that a score falls into; raises ValueError for what is no score (below 0, above 100, NaN)."""
        _check_score(score)
        return next(band.name for band in self.bands if score >= band.lowest)

    def route(self, score: float) -> str:
        """Where a lead with this score is sent; raises ValueError for what is no score (below 0, above 100, NaN)."""
        return self.route_of(score).name

    def route_of(self, score: float, others: Mapping[str, float] = _NO_OTHERS) -> Route:
        """The route of a lead with this score, and these scores of other targets; raises ValueError for what is no score."""
        _check_score(score)
        return next(route for route in self.routes if route.takes(score, others))

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change whenever a band, a share, a route or the capacity changes.

        How a number was written changes nothing: 80 and 80.0 are one.
        """
        said = {
            "bands": [[band.name, band.lowest + 0.0, band.share + 0.0] for band in self.bands],
            "routes": [
                [route.name, route.lowest + 0.0]
                + (
                    [route.priority, [[name, least + 0.0] for name, least in route.when]]
                    if route.priority or route.when
                    else []
                )
                for route in self.routes
            ],
            "capacity": self.capacity + 0.0,
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]


def _check_score(score: float) -> None:
    if not 0 <= score <= 100:
        raise ValueError(f"{score} is no score; scores run from 0 to 100")
