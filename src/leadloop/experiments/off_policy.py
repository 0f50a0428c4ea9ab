"""What another way to choose would have brought, from the log of how it was chosen: before anybody switches it on.

Each unit of the log was given an action with a known probability, and brought something. A new policy would give it actions
with other probabilities. Three estimates of what it would bring per unit:

- `ips` weighs each unit by how much likelier the new policy is to do what was done (Horvitz and Thompson 1952): right on
  average whatever the policy, and noisy where it differs much;
- `snips` divides by the sum of the weights (Hajek 1971; Swaminathan and Joachims 2015): a little wrong in small logs, and far
  steadier;
- `doubly_robust` starts from a model of what each action brings, and corrects it by what came (Robins and Rotnitzky 1995; Dudik
  et al. 2011): right if either the probabilities or the model are. The probabilities are known, so a bad model costs width and
  no honesty, as long as it was not learnt on these very units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal

import numpy as np

from leadloop.errors import ExperimentError, Problem
from leadloop.experiments.distributions import normal_quantile, two_sided

Estimator = Literal["ips", "snips", "doubly_robust"]

FEWEST_EFFECTIVE = 100.0
"""With fewer effective units than this, limits are not to be relied on, and it is said."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PolicyLog:
    """What was logged: for each unit what was done, how likely that was, and what it brought."""

    taken: np.ndarray
    """The number of the action that each unit got, from 0 on."""
    propensity: np.ndarray
    """The probability with which it got just that one."""
    reward: np.ndarray
    """What it brought: 1 and 0 for converted or not, or an amount. Matured units alone."""

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValue:
    """What a policy brings per unit, as far as the log can tell."""

    policy: str
    """Its name."""
    estimator: Estimator
    """How it was estimated."""
    value: float
    """What it brings per unit, in the reward's unit."""
    low: float
    """The lower limit (95 % unless asked otherwise)."""
    high: float
    """The upper limit."""
    effective_units: float
    """How many units of a log of the policy's own this log is worth (Kish 1965)."""
    largest_weight: float
    """The largest weight of one unit; where it is large, one unit says much."""
    notes: tuple[str, ...] = ()
    """What to bear in mind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDifference:
    """How much more one policy brings per unit than another, from the same log."""

    policy: str
    """The policy."""
    instead_of: str
    """What it is compared with."""
    estimator: Estimator
    """How it was estimated."""
    difference_absolute: float
    """The difference per unit, in the reward's unit."""
    difference_absolute_low: float
    """Its lower limit."""
    difference_absolute_high: float
    """Its upper limit."""
    p_value: float
    """How often so much comes by chance."""
    said: str
    """In plain words."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Policy:
    """A way to choose: for each unit of the log the probability of every action."""

    name: str
    """Its name."""
    probabilities: np.ndarray
    """One row for each unit, one column for each action; rows add up to 1."""

    @classmethod
    def always(cls, name: str, action: int, units: int, actions: int) -> Policy:
        """The policy that does the same with everybody."""
        probabilities = np.zeros((units, actions))
        probabilities[:, action] = 1.0
        return cls(name=name, probabilities=probabilities)

    @classmethod
    def choosing(cls, name: str, chosen: np.ndarray, actions: int) -> Policy:
        """The policy that chooses one action for each unit."""
        return cls(name=name, probabilities=np.eye(actions)[chosen])


def evaluate_policy(
    log: PolicyLog,
    policy: Policy,
    *,
    estimator: Estimator = "snips",
    expected: np.ndarray | None = None,
    largest_weight: float = inf,
    alpha: float = 0.05,
) -> PolicyValue:
    """What a policy would have brought per unit, with limits.

    `expected` is what a model expects of each unit under each action (for `doubly_robust`), learnt on other units. Weights
    above `largest_weight` count as that much: steadier, and too low where rewards are above 0. Raises ExperimentError where the
    log cannot tell: a propensity of 0, or an action that the policy takes and nobody ever got.

    >>> log = PolicyLog(taken=np.array([0, 0, 1, 1]), propensity=np.full(4, 0.5), reward=np.array([0.0, 1.0, 1.0, 1.0]))
    >>> evaluate_policy(log, Policy.always("one", 1, 4, 2)).value
    1.0
    """
    _refuse(log, [policy], estimator, expected)
    value, pulls = _pulls(log, policy, estimator, expected, largest_weight)
    error = sqrt(float(pulls @ pulls)) / log.units
    reach = normal_quantile(1 - alpha / 2)
    weights = _weights(log, policy, inf)
    squares = float(weights @ weights)
    effective = float(weights.sum()) ** 2 / squares if squares else 0.0
    notes = []
    if effective < FEWEST_EFFECTIVE:
        notes.append(
            f"The log is worth {effective:.0f} units of this policy's own: do not rely on the limits; try it on few units."
        )
    if clipped := int((weights > largest_weight).sum()):
        notes.append(
            f"{clipped:,} weights were cut to {largest_weight:g}: the value is too low where rewards are above 0."
        )
    return PolicyValue(
        policy=policy.name,
        estimator=estimator,
        value=value,
        low=value - reach * error,
        high=value + reach * error,
        effective_units=effective,
        largest_weight=float(weights.max(initial=0.0)),
        notes=tuple(notes),
    )


def compare_policies(
    log: PolicyLog,
    policy: Policy,
    instead_of: Policy,
    *,
    estimator: Estimator = "snips",
    expected: np.ndarray | None = None,
    largest_weight: float = inf,
    alpha: float = 0.05,
) -> PolicyDifference:
    """How much more a policy brings per unit than another one.

    Both are estimated from the same units, so what they have in common cancels out: the limits are narrower than the two values'
    own. The arguments are those of `evaluate_policy`.
    """
    _refuse(log, [policy, instead_of], estimator, expected)
    first, first_pulls = _pulls(log, instead_of, estimator, expected, largest_weight)
    second, second_pulls = _pulls(log, policy, estimator, expected, largest_weight)
    pulls = second_pulls - first_pulls
    error = sqrt(float(pulls @ pulls)) / log.units
    difference, reach = second - first, normal_quantile(1 - alpha / 2)
    low, high = difference - reach * error, difference + reach * error
    p_value = two_sided(difference / error) if error else 1.0
    said = (
        f"{policy.name} brings more than {instead_of.name}"
        if low > 0
        else f"{policy.name} brings less than {instead_of.name}"
        if high < 0
        else f"nothing shows that {policy.name} brings more or less than {instead_of.name}"
    )
    return PolicyDifference(
        policy=policy.name,
        instead_of=instead_of.name,
        estimator=estimator,
        difference_absolute=difference,
        difference_absolute_low=low,
        difference_absolute_high=high,
        p_value=p_value,
        said=f"{said}: {difference:+.4g} a unit, between {low:+.4g} and {high:+.4g} at {1 - alpha:.0%}.",
    )


def _weights(log: PolicyLog, policy: Policy, largest: float) -> np.ndarray:
    """How much likelier the policy is to do what was done."""
    weights: np.ndarray = np.minimum(policy.probabilities[np.arange(log.units), log.taken] / log.propensity, largest)
    return weights


def _pulls(
    log: PolicyLog, policy: Policy, estimator: Estimator, expected: np.ndarray | None, largest: float
) -> tuple[float, np.ndarray]:
    """The value, and how much each unit pulls at it (its influence): what the limits are made from."""
    weights = _weights(log, policy, largest)
    if estimator == "ips":
        parts = weights * log.reward
        return float(parts.mean()), _around_mean(parts)
    if estimator == "snips":
        whole = float(weights.sum())
        value = float(weights @ log.reward) / whole if whole else 0.0
        return value, weights * (log.reward - value) * (log.units / whole if whole else 0.0)
    assert expected is not None
    by_model = (policy.probabilities * expected).sum(axis=1)
    parts = by_model + weights * (log.reward - expected[np.arange(log.units), log.taken])
    return float(parts.mean()), _around_mean(parts)


def _around_mean(parts: np.ndarray) -> np.ndarray:
    pulls: np.ndarray = (parts - parts.mean()) * sqrt(len(parts) / max(1, len(parts) - 1))
    return pulls


def _refuse(log: PolicyLog, policies: Sequence[Policy], estimator: Estimator, expected: np.ndarray | None) -> None:
    """Raise ExperimentError with everything that makes the log unfit to tell."""
    problems = []
    shape = policies[0].probabilities.shape
    if log.units < 2 or not len(log.taken) == len(log.propensity) == len(log.reward):
        problems.append(
            Problem("log", "is not two units or more, each with action, propensity and reward", "log all of them")
        )
    if not ((log.propensity > 0) & (log.propensity <= 1)).all():
        problems.append(
            Problem(
                "log.propensity",
                "is not above 0 and up to 1 everywhere",
                "log the probability of what was done, when it is done",
            )
        )
    if not np.isfinite(log.reward).all():
        problems.append(Problem("log.reward", "holds what is no number", "leave out units that have not matured"))
    if estimator == "doubly_robust" and (expected is None or expected.shape != shape):
        problems.append(
            Problem("expected", f"is not of the shape {shape}", "expect a reward of every unit under every action")
        )
    for policy in policies:
        chances, place = policy.probabilities, f"policy “{policy.name}”"
        if chances.ndim != 2 or chances.shape != shape or len(chances) != log.units:
            problems.append(
                Problem(place, "has not a row for each unit of the log", "give the probability of every action")
            )
            continue
        if (chances < 0).any() or not np.allclose(chances.sum(axis=1), 1, atol=1e-6):
            problems.append(Problem(place, "has probabilities that do not add up to 1", "make each row add up to 1"))
        if log.units and not 0 <= log.taken.min() <= log.taken.max() < chances.shape[1]:
            problems.append(
                Problem("log.taken", "names an action that the policy does not know", "number actions alike")
            )
            continue
        never = [
            action for action in range(chances.shape[1]) if chances[:, action].any() and not (log.taken == action).any()
        ]
        if never:
            problems.append(
                Problem(
                    place,
                    f"takes actions that nobody in the log got: {', '.join(map(str, never))}",
                    "explore them on a few units first; nothing is known of them",
                )
            )
    if problems:
        raise ExperimentError("off-policy evaluation", problems)
