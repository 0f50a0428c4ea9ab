"""What another way to choose arms would have brought, from the log of an experiment: before anybody switches it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from leadloop.errors import LeadLoopError, Problem
from leadloop.experiments import Policy, PolicyDifference, PolicyLog, PolicyValue, compare_policies, evaluate_policy

if TYPE_CHECKING:
    from leadloop.store import AbTest, Store

FEWEST = 100
_GROUPS = 5
BY_SCORE = "the arm that did best at a lead's score"


@dataclass(frozen=True)
class Evaluated:
    """One way to choose, as far as the log can tell."""

    values: tuple[PolicyValue, ...]
    """What it brings per unit, by each way to estimate it."""
    instead: PolicyDifference | None
    """How much more that is than the control for everybody; None for that itself."""


def evaluate(store: Store, test: AbTest, *, now: datetime) -> list[Evaluated]:
    """What each arm for everybody would bring, and what choosing the arm by a lead's score would, all from the matured units.

    Choosing by score is learnt on one half of the units and evaluated on the other, which had no say in it: so it is told
    truthfully even where one arm for everybody is best. Raises LeadLoopError where too few units have matured.
    """
    matures = float(test.settings.get("matures_after_days", 30.0))
    rows = store.arm_sums.logged(
        test, now=now, matures_days=matures, within_days=test.settings.get("within_days") or matures
    )
    if len(rows) < FEWEST:
        what = f"has {len(rows):,} matured units with a propensity"
        raise LeadLoopError(test.test_name, Problem("log", what, f"wait for {FEWEST} or more"))
    names = [variant.variant_name for variant in test.variants]
    places = {name: place for place, name in enumerate(names)}
    taken = np.array([places[row[0]] for row in rows])
    propensity = np.array([row[1] for row in rows], dtype=np.float64)
    reward = np.array([1.0 if row[2] else 0.0 for row in rows])
    score = np.array([np.nan if row[3] is None else row[3] for row in rows], dtype=np.float64)
    group, half = _grouped(score), np.arange(len(rows)) % 2 == 0
    control = next(place for place, variant in enumerate(test.variants) if variant.is_control)
    found = []
    log = PolicyLog(taken=taken, propensity=propensity, reward=reward)
    expected = _expected(taken, reward, group, half, len(names))
    base = Policy.always(f"{names[control]} for everybody", control, len(rows), len(names))
    for place in [control, *(place for place in range(len(names)) if place != control)]:
        policy = Policy.always(f"{names[place]} for everybody", place, len(rows), len(names))
        found.append(_told(log, policy, None if place == control else base, expected))
    learnt = _best_by_group(taken[half], propensity[half], reward[half], group[half], len(names), control)
    other = PolicyLog(taken=taken[~half], propensity=propensity[~half], reward=reward[~half])
    if set(learnt.tolist()) <= set(other.taken.tolist()):
        chosen = Policy.choosing(BY_SCORE, learnt[group[~half]], len(names))
        rest = Policy.always(base.name, control, other.units, len(names))
        found.append(_told(other, chosen, rest, expected[~half]))
    return found


def _told(log: PolicyLog, policy: Policy, base: Policy | None, expected: np.ndarray) -> Evaluated:
    values = (
        evaluate_policy(log, policy, estimator="ips"),
        evaluate_policy(log, policy, estimator="doubly_robust", expected=expected),
    )
    instead = None
    if base is not None:
        instead = compare_policies(log, policy, base, estimator="doubly_robust", expected=expected)
    return Evaluated(values, instead)


def _grouped(score: np.ndarray) -> np.ndarray:
    """The fifth of the scores that each unit lies in; the first for one without."""
    known = score[~np.isnan(score)]
    if not len(known):
        return np.zeros(len(score), dtype=np.int64)
    edges = np.quantile(known, np.linspace(0, 1, _GROUPS + 1)[1:-1])
    groups: np.ndarray = np.where(np.isnan(score), 0, np.searchsorted(edges, np.nan_to_num(score), side="right"))
    return groups


def _expected(taken: np.ndarray, reward: np.ndarray, group: np.ndarray, half: np.ndarray, arms: int) -> np.ndarray:
    """What each unit is expected to bring under each arm, learnt on the half of units that it is not in."""
    expected = np.zeros((len(taken), arms))
    for mine, others in ((half, ~half), (~half, half)):
        whole = reward[others].mean() if others.any() else 0.0
        for arm in range(arms):
            for place in range(_GROUPS):
                there = reward[others & (taken == arm) & (group == place)]
                # As if ten more units had come that were won as often as all: few say little.
                value = (there.sum() + 10 * whole) / (len(there) + 10)
                expected[mine & (group == place), arm] = value
    return expected


def _best_by_group(
    taken: np.ndarray, propensity: np.ndarray, reward: np.ndarray, group: np.ndarray, arms: int, control: int
) -> np.ndarray:
    """For each fifth of the scores the arm that brought most, the control where nothing is known."""
    best = np.full(_GROUPS, control)
    for place in range(_GROUPS):
        values = []
        for arm in range(arms):
            mine = (group == place) & (taken == arm)
            weights = 1 / propensity[mine]
            values.append(float(weights @ reward[mine] / weights.sum()) if mine.any() else -1.0)
        best[place] = int(np.argmax(values)) if max(values) >= 0 else control
    return best
