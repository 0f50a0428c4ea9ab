"""How leads are kept apart: a test part that is looked at once, and folds inside the training part.

Leads of one group (an account, a person, or plainly the same row twice) are never on both sides of a split.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Split:
    """Positions of training and test leads, each in time order where there is one.

    `dropped` counts training leads left out because their group also has leads in the test part.
    """

    kind: Literal["time", "random"]
    train: np.ndarray
    test: np.ndarray
    dropped: int = 0


def split_leads(
    count: int,
    order: np.ndarray | None,
    positive: np.ndarray,
    *,
    test_share: float,
    seed: int,
    groups: np.ndarray | None,
) -> Split:
    """Keep back the newest share of leads, or a random share, stratified by outcome, where nothing tells their order.

    `order` rises with time. With an order, groups that reach into the test part leave the training part; without one,
    whole groups are drawn.
    """
    wanted = max(1, round(test_share * count))
    if order is not None:
        ranked = np.argsort(order, kind="stable")
        train, test = ranked[:-wanted], ranked[-wanted:]
        if groups is not None:
            clean = ~np.isin(groups[train], groups[test])
            return Split("time", train[clean], test, int((~clean).sum()))
        return Split("time", train, test)
    folds = stratified_folds(positive, max(2, round(1 / test_share)), seed=seed, groups=groups)
    return Split("random", np.flatnonzero(folds != 0), np.flatnonzero(folds == 0))


def stratified_folds(positive: np.ndarray, count: int, *, seed: int, groups: np.ndarray | None = None) -> np.ndarray:
    """A fold number a lead, with the share of won leads near equal in each fold and every group in one fold."""
    generator = np.random.default_rng(seed)
    if groups is None:
        folds = np.empty(len(positive), dtype=np.int64)
        for outcome in (0, 1):
            members = generator.permutation(np.flatnonzero(positive == outcome))
            folds[members] = np.arange(len(members)) % count
        return folds
    _, codes = np.unique(groups, return_inverse=True)
    sizes, won = np.bincount(codes), np.bincount(codes, weights=positive)
    # The largest groups first, each to the fold that is furthest behind in won leads, then in leads.
    shuffled = generator.permutation(len(sizes))
    ranked = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    fold_of_group = np.empty(len(sizes), dtype=np.int64)
    filled, filled_won = np.zeros(count), np.zeros(count)
    for group in ranked:
        behind = filled_won / max(won.sum(), 1) if won[group] else filled / max(sizes.sum(), 1)
        fold = int(np.argmin(behind + 1e-9 * filled))
        fold_of_group[group] = fold
        filled[fold] += sizes[group]
        filled_won[fold] += won[group]
    return fold_of_group[codes]


def rolling_origin(
    count: int, blocks: int, *, start: float = 0.4, groups: np.ndarray | None = None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Folds that walk forward in time: each block is predicted by everything before it (Tashman 2000).

    Leads are taken to stand in time order. The first block begins after the oldest `start` share. Gives (training,
    held-out) positions a fold; groups that reach into the held-out block leave the training side.
    """
    edges = np.linspace(round(start * count), count, blocks + 1).astype(int)
    folds = []
    for begin, end in itertools.pairwise(edges):
        train, held_out = np.arange(begin), np.arange(begin, end)
        if groups is not None:
            train = train[~np.isin(groups[train], groups[held_out])]
        folds.append((train, held_out))
    return folds
