"""Which version a lead is scored with: that of its arm in the test that it takes part in, else the one in service.

Nothing is asked of the database while a lead is scored. What runs is read every few seconds into a `Running` for each test; from
then on a lead's unit and a salted hash say everything. A unit has its arm for as long as the test runs, through restarts, in
every process and at every step of a ramp.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadloop.errors import Problem, VersionError
from leadloop.experiments import Part, Split, hold_out
from leadloop.flows.place.known_playbooks import read_found
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.known_units import KnownUnits
from leadloop.playbook import Policy
from leadloop.playbook.policy import Band, Route
from leadloop.scoring import RuleScorer, Scorer, TrainedPlaybook

if TYPE_CHECKING:
    from leadloop.store import AbTest

RULES = "rules"
"""What stands for the rule scorer where a version's id would."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of scoring that is tried."""

    test_id: int
    """The number of its test."""
    test: str
    """The name of its test."""
    name: str
    """Its own name."""
    version: str
    """The id of the version that scores; `rules` for the playbook's own rules."""
    policy: str = ""
    """The fingerprint of the policy that bands and routes are taken from; empty for the version's own."""
    is_control: bool = False
    """Whether the others are compared with it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The arm that a lead is scored by, and what is to be written down of the choice."""

    arm: Arm
    """The arm."""
    unit: str
    """Who was put into it: the lead, or whoever it belongs to."""
    propensity: float
    """With which probability a unit was put into this arm at that moment."""


@dataclass(frozen=True)
class Running:
    """A test that runs, as scoring sees it."""

    id: int
    """Its number."""
    playbook: str
    """The playbook whose leads take part."""
    name: str
    """Its name."""
    unit: str
    """What is put into an arm: lead, account, user or rep."""
    unit_field: str
    """The field that names a lead's unit; empty for the lead itself, or where whoever asks names it."""
    split: Split
    """Who takes part, and in which arm."""
    arms: Mapping[str, Arm]
    """Its arms by name."""
    policies: Mapping[str, Policy] = field(default_factory=dict)
    """The policies of arms that have another than their version's own, by fingerprint."""
    known: KnownUnits | None = field(default=None, compare=False, repr=False)
    """Where shares change while it runs: the units that have an arm already, and keep it."""

    @property
    def control(self) -> Arm:
        """The arm that the others are compared with."""
        return next(arm for arm in self.arms.values() if arm.is_control)

    def choose(self, unit: str) -> Chosen | None:
        """The arm of a unit; none where the unit does not take part."""
        assigned = self.split.assign(unit)
        if assigned.arm is None or assigned.propensity is None:
            return None
        name, propensity = assigned.arm, assigned.propensity
        if self.known is not None:
            held = self.known.get(unit)
            if held is None:
                self.known.add([(unit, name)])
            elif held != name:
                # Its first exposure is on record with the propensity that it had then; this one says nothing new.
                name, propensity = held, self.split.shares[self.split.arms.index(held)]
        return Chosen(self.arms[name], unit, propensity)


def running_of(test: AbTest, now: datetime, known: KnownUnits | None = None) -> Running:
    """A test that runs as scoring sees it at a moment: the step of its ramp is the one that has come."""
    names = tuple(variant.variant_name for variant in test.variants)
    shares = [variant.traffic_percentage for variant in test.variants]
    low, high = test.part
    return Running(
        test.id,
        test.playbook,
        test.test_name,
        test.unit,
        test.unit_field,
        Split(
            test.salt,
            names,
            tuple(share / sum(shares) for share in shares),
            reached=test.ramp_percent(now) / 100,
            held_out=hold_out(f"{test.group_salt}:held out", test.holdout / 100) if test.holdout else None,
            slot=None if (low, high) == (0.0, 100.0) else Part(test.group_salt, low / 100, high / 100),
        ),
        {
            one.variant_name: Arm(
                test.id, test.test_name, one.variant_name, one.model_version, one.policy, one.is_control
            )
            for one in test.variants
        },
        {name: read_policy(said) for name, said in test.settings.get("policies", {}).items()},
        known,
    )


def is_adaptive(test: AbTest) -> bool:
    """Whether its shares follow what is seen."""
    return bool(test.settings.get("allocation", "fixed") != "fixed")


def by_playbook(tests: Iterable[Running]) -> dict[str, tuple[Running, ...]]:
    """Tests that run, by the playbook whose leads take part."""
    found: dict[str, tuple[Running, ...]] = {}
    for test in tests:
        found[test.playbook] = (*found.get(test.playbook, ()), test)
    return found


def load_arm(place: Workspace, playbook: str, arm: Arm, policies: Mapping[str, Policy]) -> Scorer:
    """What scores the leads of an arm, every file of it checked; raises LeadLoopError where it is not as it was planned."""
    if arm.version == RULES:
        scorer: RuleScorer | TrainedPlaybook = load_rules(place, playbook)
        if arm.policy and arm.policy not in policies and scorer.playbook.policy.fingerprint != arm.policy:
            what = "is not what the rules' routes were when the test began"
            raise VersionError(RULES, Problem(f"policy {arm.policy}", what, "stop the test, and plan a new one"))
    else:
        registry = place.registry
        scorer = registry.load(registry.find(playbook, arm.version))
    if not arm.policy or scorer.playbook.policy.fingerprint == arm.policy:
        return scorer
    if arm.policy not in policies:
        raise VersionError(arm.version, Problem(f"policy {arm.policy}", "is not known", "plan the test anew"))
    return replace(scorer, playbook=replace(scorer.playbook, policy=policies[arm.policy]))


def load_rules(place: Workspace, playbook: str) -> RuleScorer:
    """The rules of a playbook as they are in its folder, chosen and standing in for nothing.

    Raises LeadLoopError where the playbook is nowhere, or has no rules.
    """

    found = read_found(place, playbook)
    return replace(RuleScorer.of(found.playbook, found.rules), stands_in=False)


def write_policy(policy: Policy) -> dict[str, Any]:
    """A policy as plain values, to be kept with a test."""
    return {
        "bands": [{"name": one.name, "lowest": one.lowest, "share": one.share} for one in policy.bands],
        "routes": [
            {
                "name": one.name,
                "lowest": one.lowest,
                "priority": one.priority,
                "when": [list(step) for step in one.when],
                "key": one.key,
            }
            for one in policy.routes
        ],
        "capacity": policy.capacity,
    }


def read_policy(said: Mapping[str, Any]) -> Policy:
    """The policy of plain values.

    >>> read_policy(write_policy(Policy())) == Policy()
    True
    """
    return Policy(
        tuple(Band(**one) for one in said["bands"]),
        tuple(
            Route(**{**one, "when": tuple((name, float(least)) for name, least in one["when"])})
            for one in said["routes"]
        ),
        said["capacity"],
    )
