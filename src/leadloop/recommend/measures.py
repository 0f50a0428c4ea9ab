"""How well a competitor foresaw, with limits from resampling whole leads: decisions of one lead are no independent evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

RESAMPLES = 200
MEASURES = ("accuracy", "top 3", "log-loss", "AUC of winning", "log-loss of winning", "Brier score of winning")
BETTER_IF_LOWER = frozenset({"log-loss", "log-loss of winning", "Brier score of winning"})
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Measure:
    """A value with its 95 % limits."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """As tables have it."""
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def next_losses(following: np.ndarray, action: np.ndarray) -> np.ndarray:
    """The log-loss of each decision: how little probability stood on what was done."""
    losses: np.ndarray = -np.log(np.maximum(following[np.arange(len(action)), action], _LEAST))
    return losses


def won_losses(chance: np.ndarray, won: np.ndarray) -> np.ndarray:
    """The log-loss of each known outcome."""
    held = np.clip(chance, _LEAST, 1 - _LEAST)
    losses: np.ndarray = -(won * np.log(held) + (1 - won) * np.log1p(-held))
    return losses


def ranks_of(following: np.ndarray, action: np.ndarray) -> np.ndarray:
    """The rank of what was done among all actions, from 0 on; of equals the first counts."""
    own = following[np.arange(len(action)), action][:, None]
    before = np.arange(following.shape[1])[None, :] < action[:, None]
    ranks: np.ndarray = ((following > own) | ((following == own) & before)).sum(axis=1)
    return ranks


def measure(
    following: np.ndarray, winning: np.ndarray, action: np.ndarray, won: np.ndarray, lead: np.ndarray, *, seed: int
) -> dict[str, Measure]:
    """Every measure on some decisions; `winning` is the chance after each action, `won` is NaN where nothing is known.

    Measures of winning are left out where all known outcomes are the same.
    """
    drawn = draw_leads(lead, seed)
    ranks = ranks_of(following, action)
    found = {
        "accuracy": _mean((ranks == 0).astype(float), lead, drawn),
        "top 3": _mean((ranks < 3).astype(float), lead, drawn),
        "log-loss": _mean(next_losses(following, action), lead, drawn),
    }
    known = np.flatnonzero(np.isfinite(won))
    if len(known) and 0 < won[known].sum() < len(known):
        chance = winning[known, action[known]]
        found["AUC of winning"] = measure_auc(chance, won[known], lead[known], drawn)
        found["log-loss of winning"] = _mean(won_losses(chance, won[known]), lead[known], drawn)
        found["Brier score of winning"] = _mean((chance - won[known]) ** 2, lead[known], drawn)
    return found


def draw_leads(lead: np.ndarray, seed: int) -> np.ndarray:
    """How often each lead is in each resample (resamples x leads)."""
    count = int(lead.max(initial=-1)) + 1
    present = np.unique(lead)
    drawn = np.zeros((RESAMPLES, count))
    rng = np.random.default_rng(seed)
    for one in drawn:
        one[present] = rng.multinomial(len(present), np.full(len(present), 1 / len(present)))
    return drawn


def _mean(values: np.ndarray, lead: np.ndarray, drawn: np.ndarray) -> Measure:
    count = drawn.shape[1]
    sums = np.bincount(lead, weights=values, minlength=count)
    sizes = np.bincount(lead, minlength=count)
    spread = (drawn @ sums) / np.maximum(drawn @ sizes, 1)
    return _limits(float(values.mean()), spread)


def difference(better: np.ndarray, worse: np.ndarray, lead: np.ndarray, *, seed: int) -> Measure:
    """By how much one competitor's losses are below another's on the same decisions (above 0: the first is better)."""
    return _mean(worse - better, lead, draw_leads(lead, seed))


def measure_auc(chance: np.ndarray, won: np.ndarray, lead: np.ndarray, drawn: np.ndarray) -> Measure:
    """The share of pairs of a won and a lost decision that are ranked rightly."""
    order = np.argsort(chance, kind="stable")
    level = np.cumsum(np.concatenate([[0], np.diff(chance[order]) > 0]))
    spread = [weighted_auc(level, won[order], one[lead[order]]) for one in drawn]
    return _limits(weighted_auc(level, won[order], np.ones(len(won))), np.array(spread))


def weighted_auc(level: np.ndarray, won: np.ndarray, weight: np.ndarray) -> float:
    """The AUC of rising levels with ties, each decision counted by its weight; NaN where one side is missing.

    >>> weighted_auc(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.ones(4))
    0.875
    """
    good = np.bincount(level, weights=won * weight)
    bad = np.bincount(level, weights=(1 - won) * weight)
    below = np.concatenate([[0.0], np.cumsum(bad)[:-1]])
    pairs = good.sum() * bad.sum()
    return float((good * (below + bad / 2)).sum() / pairs) if pairs else float("nan")


def _limits(value: float, spread: np.ndarray) -> Measure:
    low, high = np.nanquantile(spread, [0.025, 0.975])
    return Measure(value, float(low), float(high))


def as_plain(measures: Mapping[str, Measure]) -> dict[str, dict[str, float]]:
    """Measures as plain values."""
    return {name: {"value": one.value, "low": one.low, "high": one.high} for name, one in measures.items()}
