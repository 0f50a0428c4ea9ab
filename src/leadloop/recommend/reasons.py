"""Why something is recommended: which events of the lead's history raise or lower what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.recommend.histories import Decisions, Histories
from leadloop.recommend.recommender import Foreseen, Recommender

MOST = 12
"""How many of the newest events are asked about."""


@dataclass(frozen=True, eq=False)
class Why:
    """What each recent event of one lead changes in the expected success of each action."""

    events: np.ndarray
    """The rows of the events in the histories, the newest last."""
    change: np.ndarray
    """How much higher the probability is with the event than without it (events x actions)."""


def why_each(recommender: Recommender, histories: Histories, decisions: Decisions) -> list[Why]:
    """For each decision, what its recent events change: each is left out in turn, and everything is foreseen again.

    Whoever foresees, this tells what the answer would have been without the event. What several events do only together counts
    for each of them, so the changes need not add up.
    """
    found = []
    for number in range(len(decisions)):
        one = decisions.take(np.array([number]))
        found.append(_why(recommender, histories, one))
    return found


def _why(recommender: Recommender, histories: Histories, decision: Decisions) -> Why:
    lead, row = int(decision.lead[0]), int(decision.row[0])
    start = int(histories.starts[lead])
    events = np.arange(max(start, row - MOST), row)
    if not len(events):
        return Why(events, np.zeros((0, len(histories.vocabulary.actions))))
    whole = np.arange(start, row)
    kept = [whole, *(whole[whole != event] for event in events)]
    rows = np.concatenate(kept)
    number = np.repeat(np.arange(len(kept)), [len(one) for one in kept])
    copies = Histories(
        histories.vocabulary, number, histories.at[rows], histories.kind[rows], histories.result[rows],
        histories.action[rows], histories.propensity[rows], np.repeat(histories.traits[lead : lead + 1], len(kept), axis=0),
        *(np.full(len(kept), np.nan) for _ in range(3)),
    )  # fmt: skip
    ends = np.cumsum([len(one) for one in kept])
    each = np.arange(len(kept))
    nothing = np.full(len(kept), np.nan)
    asked = Decisions(ends, each, np.repeat(decision.moment, len(kept)), np.full(len(kept), -1), nothing, nothing)
    said: Foreseen = recommender.foresee(copies, asked)
    return Why(events, said.success[:1] - said.success[1:])
