"""Which decisions are learned from, and which the result is measured on: always by time, and never parts of one lead in both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leadloop.errors import DataError, Problem
from leadloop.recommend.histories import Decisions, Histories, decisions_of

PARTS = ("train", "stop", "choose", "test")
SHARES = (0.6, 0.1, 0.1, 0.2)
"""How large each part is, counted in leads: what is learned from, what training stops by, what decides between competitors and
calibrates, and what everything is measured on."""
FEWEST = 50
"""With fewer decisions than this in a part nothing is learned."""


@dataclass(frozen=True, eq=False)
class Split:
    """Decisions in four parts, each of leads that began later than those of the part before."""

    train: Decisions
    stop: Decisions
    choose: Decisions
    test: Decisions
    test_begins: float
    """When the first lead of the test part began, in seconds: nothing that happened later is known to the others."""


def split_in_time(histories: Histories, *, within_days: float, at_last_event: bool = False) -> Split:
    """The decisions of some leads, the newest leads kept back.

    The first three parts stand as they would have at the beginning of the test part: later decisions of their leads are left out,
    and a win that came later is not known. Raises DataError where a part would be too small.
    """
    begun = histories.begun
    some = np.flatnonzero(np.isfinite(begun))
    if not len(some):
        raise DataError(
            "actions", Problem("log", "holds no action", "bring actions in: leadloop actions PLAYBOOK FILE")
        )
    order = some[np.argsort(begun[some], kind="stable")]
    ends = np.round(np.cumsum(SHARES) * len(order)).astype(int)
    test_begins = float(begun[order[min(ends[2], len(order) - 1)]])
    part = np.full(histories.leads, -1)
    for number, (first, end) in enumerate(zip((0, *ends[:-1]), ends, strict=True)):
        part[order[first:end]] = number
    then = replace(
        histories,
        won_at=np.where(histories.won_at < test_begins, histories.won_at, np.nan),
        lost_at=np.where(histories.lost_at < test_begins, histories.lost_at, np.nan),
        known_until=np.minimum(histories.known_until, test_begins),
    )
    before = decisions_of(then, within_days=within_days, at_last_event=at_last_event)
    early = before.take(np.flatnonzero(before.moment < test_begins))
    late = decisions_of(histories, within_days=within_days, at_last_event=at_last_event)
    found = [early.take(np.flatnonzero(part[early.lead] == number)) for number in range(3)]
    found.append(late.take(np.flatnonzero(part[late.lead] == 3)))
    problems = [
        Problem(f"{name} part", f"has {len(one):,} actions, and {FEWEST} are needed", "bring in more of the log")
        for name, one in zip(PARTS, found, strict=True)
        if len(one) < FEWEST
    ]
    if problems:
        raise DataError("actions", problems)
    train, stop, choose, test = found
    return Split(train, stop, choose, test, test_begins)
