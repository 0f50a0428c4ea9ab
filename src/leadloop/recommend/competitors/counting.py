"""Two competitors that only count: what is done most, and what is done most after what was done last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadloop.recommend.histories import PADDING, Decisions, Histories

ENOUGH = 20.0
"""A group is believed as much as so many decisions of the larger one that it is part of."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Shares of actions and of wins by the last event: row `k` after the kind of code `k`."""

    name: str
    """`popularity`, where every row says the same, or `Markov chain`."""
    next: np.ndarray
    """The share of each action (kinds x actions)."""
    won: np.ndarray
    """The share of wins after each action (kinds x actions)."""

    def foresee(self, histories: Histories, decisions: Decisions) -> tuple[np.ndarray, np.ndarray]:
        """The shares that belong to the last event before each decision."""
        last = last_kind(histories, decisions)
        last = np.where(last < len(self.next), last, 1)
        return self.next[last], self.won[last]

    def files(self) -> Mapping[str, bytes]:
        """Nothing but arrays."""
        return {}

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Both tables."""
        return {"next": self.next, "won": self.won}

    def state(self) -> Mapping[str, Any]:
        """Its name."""
        return {"name": self.name}


def last_kind(histories: Histories, decisions: Decisions) -> np.ndarray:
    """The code of the last event before each decision; `PADDING` where there is none."""
    some = decisions.row > histories.starts[decisions.lead]
    if not len(histories.kind):
        return np.full(len(decisions), PADDING)
    return np.where(some, histories.kind[np.maximum(decisions.row - 1, 0)], PADDING)


def count_popularity(histories: Histories, decisions: Decisions) -> Counts:
    """What is done most, whatever happened before."""
    kinds = len(histories.vocabulary.kinds) + 2
    shares, won = _overall(histories, decisions)
    return Counts("popularity", np.tile(shares, (kinds, 1)), np.tile(won, (kinds, 1)))


def count_markov(histories: Histories, decisions: Decisions) -> Counts:
    """What is done most after the last event; where that was rare, mostly what is done most at all."""
    kinds, actions = len(histories.vocabulary.kinds) + 2, len(histories.vocabulary.actions)
    shares, rates = _overall(histories, decisions)
    last = last_kind(histories, decisions)
    seen = np.zeros((kinds, actions))
    np.add.at(seen, (last, decisions.action), 1.0)
    known = np.isfinite(decisions.won)
    closed, won = np.zeros((kinds, actions)), np.zeros((kinds, actions))
    np.add.at(closed, (last[known], decisions.action[known]), 1.0)
    np.add.at(won, (last[known], decisions.action[known]), decisions.won[known])
    after = (seen + ENOUGH * shares) / (seen.sum(axis=1, keepdims=True) + ENOUGH)
    # First the rate after the last event whatever is done, then that of the action after it.
    of_last = (won.sum(axis=1) + ENOUGH * _rate(decisions)) / (closed.sum(axis=1) + ENOUGH)
    prior = np.clip(of_last[:, None] * rates[None, :] / max(_rate(decisions), 1e-9), 1e-6, 1 - 1e-6)
    return Counts("Markov chain", after, (won + ENOUGH * prior) / (closed + ENOUGH))


def counts_from(arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> Counts:
    """The competitor that was saved; raises ValueError where the tables are none."""
    counts = Counts(str(state["name"]), arrays["next"], arrays["won"])
    sound = counts.next.ndim == 2 and counts.next.shape == counts.won.shape
    if not sound or not ((counts.won >= 0) & (counts.won <= 1)).all() or not (counts.next >= 0).all():
        raise ValueError("tables that hold no shares")
    return counts


def _rate(decisions: Decisions) -> float:
    known = decisions.won[np.isfinite(decisions.won)]
    return float((known.sum() + 0.5) / (len(known) + 1.0))


def _overall(histories: Histories, decisions: Decisions) -> tuple[np.ndarray, np.ndarray]:
    """The share of each action, and the share of wins after it."""
    actions = len(histories.vocabulary.actions)
    seen = np.bincount(decisions.action, minlength=actions) + 0.5
    known = np.isfinite(decisions.won)
    closed = np.bincount(decisions.action[known], minlength=actions)
    won = np.bincount(decisions.action[known], weights=decisions.won[known], minlength=actions)
    return seen / seen.sum(), (won + ENOUGH * _rate(decisions)) / (closed + ENOUGH)
