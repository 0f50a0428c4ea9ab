"""Routes: where leads are sent, by their score and, where a route asks for it, by their scores of other targets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from leadloop.playbook import Policy


def choose_routes(
    policy: Policy, scores: np.ndarray, others: Mapping[str, np.ndarray] | None = None
) -> dict[str, pl.Series]:
    """The `route` and the `priority` of each lead, as `Policy.route_of` gives them for one.

    `others` are scores by target, as long as `scores`; a score that is missing (NaN, or its target not there) is too low.

    >>> chosen = choose_routes(Policy(), np.array([85.0, 12.0]))
    >>> chosen["route"].to_list(), chosen["priority"].to_list()
    (['call_today', 'no_action'], ['', ''])
    """
    others = others or {}
    chosen = np.full(len(scores), len(policy.routes) - 1)
    # From the last route to the first, so that the first one that takes a lead has the last word.
    for place, route in reversed(list(enumerate(policy.routes))):
        takes = scores >= route.lowest
        for target, least in route.when:
            takes &= others[target] >= least if target in others else False
        chosen[takes] = place
    names = pl.Series([route.name for route in policy.routes], dtype=pl.String)
    priorities = pl.Series([route.priority for route in policy.routes], dtype=pl.String)
    return {"route": names[chosen], "priority": priorities[chosen]}
