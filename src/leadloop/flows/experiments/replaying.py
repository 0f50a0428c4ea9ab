"""Yesterday's log scored by another version: how much would have been different, before any lead sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.arms import RULES, load_rules
from leadloop.flows.scoring.reproduce import leads_of
from leadloop.scoring import Scorer

if TYPE_CHECKING:
    from leadloop.store import Score

_AT_ONCE = 1_000


@dataclass(frozen=True)
class Replayed:
    """What another version says of leads that were scored."""

    version: str
    """The version."""
    scores: int
    """How many scores of the log it was held against: the last one of each lead."""
    unreadable: int
    """How many leads it cannot read."""
    mean_before: float
    """The mean of the scores that were given."""
    mean_after: float
    """The mean of those that it gives."""
    mean_change: float
    """The mean of how far a score moves, in score points, up or down."""
    same_order: float | None
    """How far both rank leads alike: Spearman's correlation, 1 for the same order; None where all scores are one."""
    other_band: float
    """The share of leads that get another band."""
    moves: Mapping[tuple[str, str], int]
    """How many leads go from one route to another."""


def replay(place: Workspace, playbook: str, version: str, *, now: datetime, days: float = 1.0) -> Replayed:
    """Score the leads of the last so many days of the log again by a version, or by the rules, from what was noted of them.

    Nothing is stored. Raises LeadLoopError where nothing was scored within that time, and VersionError where there is no such
    version.
    """
    scorer = _load(place, playbook, version)
    newest: dict[str, Score] = {}
    nameless: list[Score] = []
    for score in place.store.scores.since(playbook, now - timedelta(days=days)):
        if score.lead_id:
            newest[score.lead_id] = score
        else:
            nameless.append(score)
    logged = [*newest.values(), *nameless]
    if not logged:
        raise LeadLoopError(playbook, Problem("log", f"has no score of the last {days:g} days", "give more --days"))
    before, after = np.empty(0), np.empty(0)
    bands, unreadable = 0, 0
    moves: Counter[tuple[str, str]] = Counter()
    for begin in range(0, len(logged), _AT_ONCE):
        some = logged[begin : begin + _AT_ONCE]
        leads = leads_of(scorer, some)
        unreadable += len(some) - len(leads)
        given = [some[int(line) - 1] for line in leads.lines]
        table = scorer.score_table(leads, explain=False)
        before = np.append(before, [one.score for one in given])
        after = np.append(after, table["score"].to_numpy())
        bands += sum(one.band != band for one, band in zip(given, table["band"], strict=True))
        moves.update((one.route, route) for one, route in zip(given, table["route"], strict=True) if one.route != route)
    count = max(1, len(after))
    return Replayed(
        scorer.version,
        len(after),
        unreadable,
        float(before.mean()) if len(before) else 0.0,
        float(after.mean()) if len(after) else 0.0,
        float(np.abs(after - before).mean()) if len(after) else 0.0,
        _spearman(before, after),
        bands / count,
        dict(moves.most_common()),
    )


def _load(place: Workspace, playbook: str, version: str) -> Scorer:
    if version == RULES:
        return load_rules(place, playbook)
    return place.registry.load(place.registry.find(playbook, version))


def _spearman(one: np.ndarray, other: np.ndarray) -> float | None:
    """How far two orders agree, ties sharing their places (Spearman 1904).

    >>> _spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0]))
    0.5
    """
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return round(float(np.corrcoef(_places(one), _places(other))[0, 1]), 12)


def _places(values: np.ndarray) -> np.ndarray:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ends = count.cumsum()
    shared: np.ndarray = (ends - (count - 1) / 2)[place]
    return shared
