"""What actions cause, where they were drawn by lot, and which way to choose among them is worth serving."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leadloop.experiments import Policy, PolicyDifference, PolicyLog, PolicyValue, compare_policies, evaluate_policy
from leadloop.recommend.histories import Decisions, Histories
from leadloop.recommend.recommender import Evidence, Recommender

FEWEST = 200
"""With fewer decisions that were drawn by lot, and whose outcome is known, nothing is said of effects."""
MARGINS = (0.0, 0.005, 0.01, 0.02, 0.05)
"""How much more another action must promise than the best single one to be put before it: what is tried."""
LARGEST_WEIGHT = 50.0


@dataclass(frozen=True, eq=False)
class Randomised:
    """The decisions of a part that were drawn by lot, with what is foreseen of them."""

    log: PolicyLog
    success: np.ndarray
    """The expected success of each action (decisions x actions), by a model that did not learn from them."""
    worth: np.ndarray
    """What actions are ranked by."""


def randomised_part(recommender: Recommender, histories: Histories, decisions: Decisions) -> Randomised | None:
    """The decisions that were drawn by lot and whose outcome is known; None where there are too few to say anything."""
    rows = np.flatnonzero(np.isfinite(decisions.propensity) & np.isfinite(decisions.won))
    if len(rows) < FEWEST:
        return None
    drawn = decisions.take(rows)
    log = PolicyLog(taken=drawn.action, propensity=drawn.propensity, reward=drawn.won)
    foreseen = recommender.foresee(histories, drawn)
    return Randomised(log, foreseen.success, foreseen.worth)


def weigh_evidence(recommender: Recommender, histories: Histories, choose: Decisions, test: Decisions) -> Recommender:
    """The recommender with what can be told of effects: the way to choose is picked on one part and measured on the other.

    Three ways are tried: the action with the largest expected success of each lead; that, unless the best single action is
    within some margin of it; and the best single action for everybody. A bolder way must be better than the best single action
    by more than one standard error on the part that decides. Where too few actions were drawn by lot, everything is association.
    """
    deciding = randomised_part(recommender, histories, choose)
    judging = randomised_part(recommender, histories, test)
    if deciding is None or judging is None:
        said = (
            "No effect can be told: too few actions were drawn by lot. What is expected of an action is association: what "
            "happened to leads that got it, not what it does to a lead.",
        )
        return replace(recommender, evidence=Evidence(False, said=said))
    names = recommender.vocabulary.actions
    given = [one for one in range(len(names)) if (deciding.log.taken == one).any()]
    best = max(given, key=lambda one: _value(deciding, _always(deciding, names, one)).value)
    margin = _choose_margin(deciding, names, best, given)
    served = replace(recommender, evidence=Evidence(True, names[best], margin))
    table, sentences = _measure(served, judging, names, best)
    return replace(served, evidence=Evidence(True, names[best], margin, tuple(table), tuple(sentences)))


def _choose_margin(part: Randomised, names: tuple[str, ...], best: int, given: list[int]) -> float:
    """How much more another action must promise; infinite where differences between leads do not surely pay."""
    single = _always(part, names, best)
    chosen, most = float("inf"), 0.0
    for margin in MARGINS:
        gap = compare_policies(
            part.log, _personal(part, names, best, margin, given), single,
            estimator="doubly_robust", expected=part.success, largest_weight=LARGEST_WEIGHT,
        )  # fmt: skip
        error = (gap.difference_absolute_high - gap.difference_absolute_low) / (2 * 1.96)
        if gap.difference_absolute - error > 0 and gap.difference_absolute > most:
            chosen, most = margin, gap.difference_absolute
    return chosen


def _measure(
    served: Recommender, part: Randomised, names: tuple[str, ...], best: int
) -> tuple[list[dict[str, object]], list[str]]:
    """The value of each policy on the test part, and what it comes to."""
    given = [one for one in range(len(names)) if (part.log.taken == one).any()]
    ours = policy_served(served, part.worth, given)
    policies = [ours, *(_always(part, names, one) for one in given)]
    table: list[dict[str, object]] = [
        {"policy": "as it was done", "value": float(part.log.reward.mean()), **_around(part.log.reward)}
    ]
    for policy in policies:
        value = _value(part, policy)
        table.append({"policy": policy.name, "value": value.value, "low": value.low, "high": value.high})
    said = [
        f"{part.log.units:,} actions of the newest leads were drawn by lot: from them effects are told (doubly robust)."
    ]
    single = _always(part, names, best)
    gap = _gap(part, ours, single) if best in given else None
    if served.ahead is not None:
        said.append(
            "Several actions follow one another, so actions are ranked by what they are worth with the best ones after them. "
            "The values here are of one action that is followed by the usual ones: they are lower."
        )
    if np.isinf(served.evidence.margin) and served.ahead is None:
        said.append(
            f"Choosing by lead did not surely pay: {names[best]} is recommended first to everybody it may go to."
        )
    elif gap is not None and served.ahead is None:
        said.append(gap.said[0].upper() + gap.said[1:])
        if gap.difference_absolute_low <= 0:
            said.append("So it is not shown on the newest leads that choosing by lead beats the best single action.")
    return table, said


def policy_served(recommender: Recommender, worth: np.ndarray, given: list[int] | None = None) -> Policy:
    """The way in which the recommender chooses, where nothing else keeps it from doing so."""
    preferred = recommender.preferences(worth)
    if given is not None:
        never = np.setdiff1d(np.arange(worth.shape[1]), given)
        preferred = preferred.copy()
        preferred[:, never] = -1.0
    return Policy.choosing("as recommended", preferred.argmax(axis=1), worth.shape[1])


def uplifts(recommender: Recommender, histories: Histories, decisions: Decisions) -> list[PolicyDifference]:
    """For each action how much more it would bring for everybody than what was done; empty where nothing can be told."""
    part = randomised_part(recommender, histories, decisions)
    if part is None:
        return []
    names = recommender.vocabulary.actions
    given = [one for one in range(len(names)) if (part.log.taken == one).any()]
    shares = np.bincount(part.log.taken, minlength=len(names)) / part.log.units
    as_done = Policy(name="as it was done", probabilities=np.tile(shares, (part.log.units, 1)))
    return [_gap(part, _always(part, names, one), as_done) for one in given]


def _personal(part: Randomised, names: tuple[str, ...], best: int, margin: float, given: list[int]) -> Policy:
    ahead = np.full_like(part.success, -1.0)
    ahead[:, given] = part.success[:, given]
    ahead[:, best] += margin
    return Policy.choosing(f"by lead, margin {margin:g}", ahead.argmax(axis=1), len(names))


def _always(part: Randomised, names: tuple[str, ...], action: int) -> Policy:
    return Policy.always(f"{names[action]} for everybody", action, part.log.units, len(names))


def _value(part: Randomised, policy: Policy) -> PolicyValue:
    return evaluate_policy(
        part.log, policy, estimator="doubly_robust", expected=part.success, largest_weight=LARGEST_WEIGHT
    )


def _gap(part: Randomised, policy: Policy, instead_of: Policy) -> PolicyDifference:
    return compare_policies(
        part.log, policy, instead_of,
        estimator="doubly_robust", expected=part.success, largest_weight=LARGEST_WEIGHT,
    )  # fmt: skip


def _around(reward: np.ndarray) -> dict[str, float]:
    error = 1.96 * float(reward.std(ddof=1)) / len(reward) ** 0.5
    return {"low": float(reward.mean()) - error, "high": float(reward.mean()) + error}
