"""What can be wrong with the bands and routes of a playbook."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from leadloop.errors import Problem
from leadloop.playbook.playbook import Playbook
from leadloop.playbook.policy import Route


def find_policy_problems(playbook: Playbook) -> Iterator[Problem]:
    """Every contradiction within and between bands and routes."""
    policy = playbook.policy
    for where, steps in (("bands", policy.bands), ("routes", policy.routes)):
        lowest = [step.lowest for step in steps]
        if any(not step.name.strip() for step in steps):
            yield Problem(where, "one has no name", "name each")
        sure = [step.lowest for step in steps if not (isinstance(step, Route) and step.when)]
        if min(sure, default=1.0) > 0:
            under = f"scores under {min(sure):g} have none" if sure else "there are none"
            yield Problem(where, under, "add one that starts at 0")
        if len(set(sure)) < len(sure):
            yield Problem(where, "two start at the same score", "give each its own lowest score")
        elif lowest != sorted(lowest, reverse=True):
            yield Problem(where, "are not in order", "list the highest first")
    yield from _route_problems(playbook)
    for band in policy.bands:
        if band.lowest >= 100:  # scores end there, so the band would have no room to rise in
            yield Problem(f"bands.{band.name}.lowest", f"is {band.lowest:g}", "start every band under 100")
    total = sum(band.share for band in policy.bands)
    if abs(total - 1) > 1e-6:
        yield Problem("bands", f"shares add up to {total:g}", "make them add up to 1")


def _route_problems(playbook: Playbook) -> Iterator[Problem]:
    routes, targets = playbook.policy.routes, [target.name for target in playbook.targets]
    keys = [route.key or route.name for route in routes]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield Problem("routes", f"two go by “{key}”", "give each a key of its own; names may be shared")
    for place, route in enumerate(routes):
        where = f"routes.{route.key or route.name}"
        for target, _ in route.when:
            if target not in targets:
                close = difflib.get_close_matches(target, targets, n=1)
                mend = f"did you mean “{close[0]}”?" if close else f"name one of {', '.join(targets)}"
                yield Problem(f"{where}.when", f"names “{target}”, which is no target", mend)
        before = [one for one in routes[:place] if one.lowest == route.lowest and set(one.when) <= set(route.when)]
        if route.when and before:
            yield Problem(where, "is never reached: one before it takes its leads", "list it before that one")
