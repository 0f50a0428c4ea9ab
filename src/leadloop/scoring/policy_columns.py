"""What a policy says of many leads at once: the band that each score falls into, and where each lead is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from leadloop.playbook import Policy
from leadloop.scoring.lead_columns import FEW


def choose_bands(policy: Policy, scores: np.ndarray) -> pl.Series:
    """The band of each lead, as `Policy.band` gives it for one."""
    rising = policy.bands[::-1]
    places = np.searchsorted([band.lowest for band in rising], scores, side="right") - 1
    return _take_names([band.name for band in rising], places)


def choose_routes(
    policy: Policy, scores: np.ndarray, others: Mapping[str, np.ndarray] | None = None
) -> dict[str, pl.Series]:
    """The `route` and the `priority` of each lead, as `Policy.route_of` gives them for one.

    `others` are scores by target, as long as `scores`; a score that is missing (NaN, or its target not there) is too low.

    >>> chosen = choose_routes(Policy(), np.array([85.0, 12.0]))
    >>> chosen["route"].to_list(), chosen["priority"].to_list()
    (['call_today', 'no_action'], ['', ''])
    """
    chosen = _route_places(policy, scores, others or {})
    return {
        "route": _take_names([route.name for route in policy.routes], chosen),
        "priority": _take_names([route.priority for route in policy.routes], chosen),
    }


def _route_places(policy: Policy, scores: np.ndarray, others: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which of the policy's routes each lead takes, by its place among them."""
    chosen = np.full(len(scores), len(policy.routes) - 1)
    # From the last route to the first, so that the first one that takes a lead has the last word.
    for place, route in reversed(list(enumerate(policy.routes))):
        takes = scores >= route.lowest
        for target, least in route.when:
            takes &= others[target] >= least if target in others else False
        chosen[takes] = place
    return chosen


def _take_names(names: Sequence[str], places: np.ndarray) -> pl.Series:
    """The name at each place."""
    if len(places) <= FEW:  # choosing takes Polars longer than looking up a few
        return pl.Series([names[place] for place in places.tolist()], dtype=pl.String)
    return pl.Series(names, dtype=pl.String)[places]
