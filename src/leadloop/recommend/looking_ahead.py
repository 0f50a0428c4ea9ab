"""Looking ahead: what an action is worth if the best is done afterwards, and not what usually was done.

Whether a lead was won after an action depends on what came next. Where actions were drawn by lot, this can be unravelled from the
last step backwards (fitted Q iteration: Ernst, Geurts and Wehenkel 2005): what an action is worth is whether it won the lead
before the next one, and else what the best next action is worth there. Without lots it would add up the wishes of whoever chose
what to do, so it is left alone there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from leadloop.recommend.competitors.boosted import Boosted, learn_ahead, learn_boosted
from leadloop.recommend.competitors.competitor import Competitor
from leadloop.recommend.histories import Decisions, Histories
from leadloop.recommend.splitting import Split

ROUNDS = 4
"""How many steps are looked ahead."""
LEAST_SHARE = 0.9
"""The share of actions that must have been drawn by lot."""

Tick = Callable[[str], None]


def look_ahead(
    histories: Histories, split: Split, winner: Competitor, *, seed: int, tick: Tick = lambda stage: None
) -> Boosted | None:
    """What each action is worth with the best ones after it; None where too few actions were drawn by lot, or all stand alone.

    The last of a lead's known decisions counts with what `won` says of it, as before.
    """
    drawn = np.isfinite(split.train.propensity)
    following = next_of(split.train)
    if drawn.mean() < LEAST_SHARE or (following >= 0).mean() < 0.2:
        return None
    worth = winner if isinstance(winner, Boosted) else learn_boosted(histories, split.train, split.stop, seed=seed)
    for _ in range(ROUNDS):
        train, stop = (_with_worth(histories, part, worth) for part in (split.train, split.stop))
        worth = learn_ahead(histories, train, stop, worth, seed=seed, tick=tick)
    return worth


def next_of(decisions: Decisions) -> np.ndarray:
    """The place of the same lead's next decision; -1 where there is none. Decisions stand in order."""
    same = np.append(np.diff(decisions.lead) == 0, False)
    return np.where(same, np.arange(len(decisions)) + 1, -1)


def _with_worth(histories: Histories, decisions: Decisions, worth: Competitor) -> Decisions:
    """The decisions with what is expected of the best next action in the place of what came of the usual one.

    A lead that goes on was not won before its next action: decisions after a win are none.
    """
    following = next_of(decisions)
    goes_on = np.flatnonzero(following >= 0)
    _, won = worth.foresee(histories, decisions.take(following[goes_on]))
    target = decisions.won.copy()
    target[goes_on] = won.max(axis=1)
    return replace(decisions, won=target)
