"""How leads are kept apart: a test part that is looked at once, and folds inside the training part.

Leads of one group (an account, a person, or plainly the same row twice) are never on both sides of a split. Nor are leads of one
moment: where a file holds days without a time, nothing tells which lead of a day came first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from leadloop.learning.labelled import Labelled
from leadloop.learning.labels import DAY
from leadloop.playbook import Training


@dataclass(frozen=True)
class Split:
    """Positions of training and test leads, each in time order where there is one.

    `dropped` counts training leads left out because their group also has leads in the test part, `unripe` those whose
    outcome was not known yet when the test part began (`starts`, in days).
    """

    kind: Literal["time", "random"]
    train: np.ndarray
    test: np.ndarray
    dropped: int = 0
    unripe: int = 0
    starts: float = float("inf")


def split_leads(labelled: Labelled, *, test_share: float, seed: int) -> Split:
    """Keep back the newest share of leads, or a random share, stratified by outcome, where nothing tells their order.

    With an order, the test part begins where a new moment does (see `find_moment`), unless that would halve either part.
    Groups that reach into it leave the training part, and so do leads whose outcome was not known when it began. Without an
    order, whole groups are drawn.
    """
    wanted = max(1, round(test_share * len(labelled)))
    groups = labelled.groups
    if labelled.order is None:
        folds = stratified_folds(labelled.positive, max(2, round(1 / test_share)), seed=seed, groups=groups)
        return Split("random", np.flatnonzero(folds != 0), np.flatnonzero(folds == 0))
    ranked = np.argsort(labelled.order, kind="stable")
    place = len(ranked) - wanted
    # Where nearly all leads came at one moment, the next one would leave too little to learn from or to test on.
    begins = find_moment(labelled.order[ranked], place, least=(place + 1) // 2, most=len(ranked) - (wanted + 1) // 2)
    train, test = ranked[:begins], ranked[begins:]
    return _split_in_time(labelled, train, test, labelled.starts(test))


def split_alike(labelled: Labelled, other: Labelled, split: Split, *, seed: int) -> Split:
    """Split the same leads with the outcomes of another target as they were split for the first (`other`, `split`).

    With an order, the test part begins at the same moment. Without one, or where all leads came at one moment, a lead is
    tested on here if it is there; leads that had no outcome there are shared out by chance, groups as a whole. So no lead that
    one target is tested on has taught another. Either part may come out empty.
    """
    if labelled.order is None or other.order is None:
        return _split_with(labelled, other, split, seed=seed)
    begins = other.order[split.test].min()
    if (other.order[split.train] >= begins).any():
        return replace(_split_with(labelled, other, split, seed=seed), kind="time")
    ranked = np.argsort(labelled.order, kind="stable")
    newer = labelled.order[ranked] >= begins
    starts = float("inf") if labelled.maturity is None else float(begins / DAY)
    return _split_in_time(labelled, ranked[~newer], ranked[newer], starts)


def _split_in_time(labelled: Labelled, train: np.ndarray, test: np.ndarray, starts: float) -> Split:
    """The split into these parts, without the training leads that would tell of the test."""
    groups = labelled.groups
    ripe = labelled.counts(starts)[train] > 0
    apart = np.ones(len(train), dtype=bool) if groups is None else ~np.isin(groups[train], groups[test])
    return Split("time", train[ripe & apart], test, int((ripe & ~apart).sum()), int((~ripe).sum()), starts)


def _split_with(labelled: Labelled, other: Labelled, split: Split, *, seed: int) -> Split:
    lines, groups = labelled.leads.lines, labelled.groups
    tested = np.isin(lines, other.leads.lines[split.test])
    taught = np.isin(lines, other.leads.lines[split.train])
    if groups is not None and other.groups is not None:
        tested |= np.isin(groups, other.groups[split.test])
        taught |= np.isin(groups, other.groups[split.train])
    loose = np.flatnonzero(~tested & ~taught)
    if len(loose):
        count = max(2, round((len(split.train) + len(split.test)) / len(split.test)))
        folds = stratified_folds(
            labelled.positive[loose], count, seed=seed, groups=None if groups is None else groups[loose]
        )
        tested[loose[folds == 0]] = True
    return Split("random", np.flatnonzero(~tested), np.flatnonzero(tested))


@dataclass(frozen=True)
class Division:
    """One way to judge learners inside the training leads: positions to learn from and positions to be judged on.

    `moment` is the day on which one would have learned; infinite where leads have no times.
    """

    train: np.ndarray
    held_out: np.ndarray
    moment: float


def divide_leads(labelled: Labelled, training: Training, *, in_time_order: bool, start: float = 0.4) -> list[Division]:
    """The folds of the training leads, as the playbook wants them; divisions that leave nothing to learn are left out.

    Blocks that follow one another in time begin after the oldest `start` share of the leads, each with a new moment. In each
    division, groups stay on one side, and leads whose outcome was not known by then are not learned from.
    """
    ripe, folds = labelled.ripe, training.folds
    groups = None if labelled.groups is None else labelled.groups[ripe]
    kind = training.validation
    if kind == "auto":
        kind = "rolling origin" if in_time_order else "k-fold"
    places: Iterable[tuple[np.ndarray, np.ndarray]]
    if in_time_order and kind != "k-fold":
        walk = (folds, start) if kind == "rolling origin" else (1, 1 - 1 / folds)
        order = None if labelled.order is None else labelled.order[ripe]
        blocks = [ripe[held_out] for _, held_out in rolling_origin(len(ripe), walk[0], start=walk[1], order=order)]
        places = ((np.arange(block[0]), block) for block in blocks if len(block))
    else:
        numbers = stratified_folds(labelled.positive[ripe], folds, seed=training.seed, groups=groups)
        each = range(1 if kind == "hold-out" else folds)
        places = ((ripe[numbers != fold], ripe[numbers == fold]) for fold in each)
    divisions = []
    for train, held_out in places:
        moment = labelled.starts(held_out) if in_time_order and kind != "k-fold" else float("inf")
        known = train[labelled.counts(moment)[train] > 0]
        if labelled.groups is not None:
            known = known[~np.isin(labelled.groups[known], labelled.groups[held_out])]
        won = labelled.won[known]
        if len(known) and won.min() != won.max():  # else it was too early: nobody had been won (or lost) yet
            divisions.append(Division(known, held_out, moment))
    return divisions


def stratified_folds(positive: np.ndarray, count: int, *, seed: int, groups: np.ndarray | None = None) -> np.ndarray:
    """A fold number a lead, with the share of won leads near equal in each fold and every group in one fold."""
    generator = np.random.default_rng(seed)
    positive = (positive >= 0.5).astype(np.float64)  # grades count as won from the middle up
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
    count: int, blocks: int, *, start: float = 0.4, order: np.ndarray | None = None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Folds that walk forward in time: each block is predicted by everything before it (Tashman 2000).

    Leads are taken to stand in time order. The first block begins after the oldest `start` share. With `order` (it rises) each
    block begins where a new moment does; blocks between fewer moments may be empty. Gives (training, held-out) positions a
    fold.
    """
    edges = np.linspace(round(start * count), count, blocks + 1).astype(int)
    if order is not None:
        edges[:-1] = [find_moment(order, int(edge)) for edge in edges[:-1]]
    return [(np.arange(begin), np.arange(begin, end)) for begin, end in itertools.pairwise(edges)]


def find_moment(order: np.ndarray, place: int, *, least: int = 0, most: int | None = None) -> int:
    """The position nearest to `place` at which a new moment begins, where leads stand in `order`, which rises.

    Leads of one moment stay on one side of it, and neither side is empty; of two positions that are as near it is the earlier
    one. Where there is none from `least` to `most` (all leads came at one moment, say) the place stays.

    >>> days = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 3.0])
    >>> [find_moment(days, place) for place in range(7)]
    [3, 3, 3, 3, 3, 5, 5]
    >>> find_moment(np.zeros(6), 4), find_moment(days, 1, most=2)
    (4, 1)
    """
    begins = np.flatnonzero(order[1:] != order[:-1]) + 1
    begins = begins[(begins >= least) & (begins <= (len(order) if most is None else most))]
    return int(begins[np.argmin(np.abs(begins - place))]) if len(begins) else place
