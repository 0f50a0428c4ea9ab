"""Exploration: a small share of leads is worked as if its score had been drawn at random, so that one learns what scores hide.

Where only leads of high scores are worked, nothing is ever heard of the others, and a model that is wrong about them stays wrong.
A salted hash of the lead says whether it is explored, and which score it is worked by; so every process says the same, always.
Scores are drawn as the bands share leads out, so that no route gets more leads than it has anyway. The score that is shown, its
reasons and its probability stay what they are: only band, route and priority are those of the drawn score. With which
probability a lead would have gone each way is kept, for whoever learns from the leads that were worked (Swaminathan and Joachims
2015, arXiv 1502.02362).
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from leadloop.playbook import Policy
from leadloop.playbook.policy import Route

if TYPE_CHECKING:
    from leadloop.scoring.score_card import ScoreCard

MOST = 0.5
"""The largest share of leads that may be explored."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """How a lead came by its route, and how probable each route was for it."""

    share: float
    """The share of leads that was explored then."""
    explored: bool
    """Whether this lead was: its route was drawn, and may be the one of its score all the same."""
    band_by_score: str
    """The band that its score falls into."""
    route_by_score: str
    """The route that its score would have taken, by the name that the playbook has for it."""
    taken: str
    """The route that it took."""
    chances: Mapping[str, float]
    """How probable each route was for this lead; they add up to 1."""

    @property
    def propensity(self) -> float:
        """How probable the route was that it took."""
        return self.chances[self.taken]


def explore(card: ScoreCard, policy: Policy, share: float, salt: str) -> ScoreCard:
    """The card with the band, route and priority that its lead is worked by, and how probable that was.

    `share` of all leads are explored; `salt` makes these other leads in another playbook. Raises ValueError for a share outside
    0 to `MOST`.
    """
    if not 0 <= share <= MOST:
        raise ValueError(f"{share:g} of all leads cannot be explored; at most {MOST:g} can")
    others = {one.target: one.score for one in card.targets}
    meets = tuple(all(others.get(name, -1.0) >= least for name, least in route.when) for route in policy.routes)
    steps = spread(policy, meets)
    honest = _route_at(policy, meets, card.score)
    whether, where = _draw(salt, card.lead_id)
    explored = whether < share
    band, place = card.band, honest
    if explored:
        band, place = _step_at(steps, where)
    chances = {name_route(route): 0.0 for route in policy.routes}
    for step, _, its_place in steps:
        chances[name_route(policy.routes[its_place])] += share * step
    chances[name_route(policy.routes[honest])] += 1 - share
    route = policy.routes[place]
    how = Exploration(
        share, explored, card.band, name_route(policy.routes[honest]), name_route(route),
        {name: chance for name, chance in chances.items() if chance > 0},
    )  # fmt: skip
    return replace(card, band=band, route=route.name, priority=route.priority, exploration=how)


def name_route(route: Route) -> str:
    """What a route goes by in its playbook: two routes may share the name that is shown."""
    return route.key or route.name


@lru_cache(maxsize=4096)
def spread(policy: Policy, meets: tuple[bool, ...]) -> tuple[tuple[float, str, int], ...]:
    """The steps of a score that is drawn as the bands share leads out: the share of each, its band, and the place of its route.

    `meets` says of each route whether a lead meets its conditions on other targets.

    >>> policy = Policy()
    >>> [(round(share, 2), band, policy.routes[place].name) for share, band, place in spread(policy, (True,) * 4)][:2]
    [(0.1, 'hot', 'call_today'), (0.2, 'warm', 'call_soon')]
    """
    steps, top = [], 100.0
    for band in policy.bands:
        cuts = [band.lowest, *(one.lowest for one in policy.routes if band.lowest < one.lowest < top), top]
        edges = sorted(set(cuts), reverse=True)
        for high, low in itertools.pairwise(edges):
            part = band.share * (high - low) / (top - band.lowest)
            steps.append((part, band.name, _route_at(policy, meets, low)))
        top = band.lowest
    return tuple(steps)


def _route_at(policy: Policy, meets: tuple[bool, ...], score: float) -> int:
    routes = zip(policy.routes, meets, strict=True)
    return next(place for place, (route, met) in enumerate(routes) if met and score >= route.lowest)


def _step_at(steps: tuple[tuple[float, str, int], ...], where: float) -> tuple[str, int]:
    passed = 0.0
    for share, band, place in steps:
        passed += share
        if where < passed:
            return band, place
    return steps[-1][1], steps[-1][2]


def _draw(salt: str, lead_id: str) -> tuple[float, float]:
    """Two numbers from 0 to 1 that always are the same for a lead, and that nothing of the lead tells beforehand."""
    digest = hashlib.sha256(f"{salt}\0{lead_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64, int.from_bytes(digest[8:16]) / 2**64
