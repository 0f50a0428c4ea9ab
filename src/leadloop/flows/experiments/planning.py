"""Planning an experiment: which arms, which units, how long. Everything that is wrong is said before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from leadloop.errors import ExperimentError, LeadLoopError, Problem, VersionError
from leadloop.experiments import Plan, Rules, detectable_conversion, plan_conversion
from leadloop.flows.experiments.counting import METRICS
from leadloop.flows.place.known_playbooks import read_found
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.arms import RULES, Arm, load_arm, load_rules, write_policy
from leadloop.playbook import Playbook, Policy

if TYPE_CHECKING:
    from leadloop.store import AbTest

MATURES_DAYS = 30.0
"""After how many days a lead's outcome counts as known, where its target does not say."""
ALLOCATIONS = ("fixed", "thompson")
GUARDRAILS: Mapping[str, float] = {"latency": 0.25, "degraded": 0.05}
"""What must not get worse by more than this, in relation to the control, unless somebody says otherwise."""
_LONGEST_NAME = 100


@dataclass(frozen=True)
class AskedArm:
    """An arm as somebody asks for it."""

    name: str
    """Its name."""
    version: str
    """A version's id, release or name as `champion`; or `rules`."""
    share: float
    """Its share of the units, in percent."""
    is_control: bool = False
    """Whether the others are compared with it."""
    policy: str = ""
    """Another policy than the version's own: its fingerprint, the version that has it, or `playbook` for that of the folder."""


@dataclass(frozen=True)
class Asked:
    """An experiment as somebody asks for it; what is None is settled by the playbook."""

    name: str
    """Its name."""
    arms: Sequence[AskedArm]
    """Its arms, one of them the control."""
    target: str | None = None
    """The target that decides; the playbook's main one."""
    unit: str = "lead"
    """Who is put into an arm: lead, account, user or rep."""
    unit_field: str = ""
    """The field that names an account, user or rep."""
    group: str = ""
    """The group of experiments of which no two have the same units."""
    part: float | None = None
    """The percentage of the group's units that it shall have."""
    holdout: float | None = None
    """The percentage of all units that no experiment of the group ever gets."""
    ramp: Sequence[tuple[float, float]] = ()
    """Steps of a ramp: days after the start, and the percentage of units that takes part from then on."""
    allocation: str = "fixed"
    """`fixed`, or `thompson`: new units go more and more where more are won."""
    matures_after_days: float | None = None
    """After how many days a unit's outcome is known."""
    reading: str = "any_time"
    """`any_time` to look as often as one likes, `at_end` for one look at a size settled beforehand."""
    alpha: float = 0.05
    """How often a difference may be seen where there is none."""
    min_units: int = 100
    """Matured units that every arm must have before there is a verdict."""
    min_effect_absolute: float | None = None
    """The smallest difference worth acting on, as a share of units."""
    relative_lift: float | None = 0.05
    """The smallest relative difference worth acting on."""
    planned_units: int | None = None
    """For how many units in all it is planned."""
    guardrails: Mapping[str, float] | None = None
    """What must not get worse by more than this, in relation to the control."""
    accepted_within_days: float = 7.0
    """Within how many days feedback must say that a lead was taken up, to count as accepted."""


def plan_experiment(place: Workspace, playbook: str, asked: Asked) -> AbTest:
    """Write an experiment down as planned, its versions by their ids; it does not run yet.

    Raises LeadLoopError with everything that is wrong, StoreConflict where one of this name is planned or runs.
    """
    from leadloop.store import Variant

    found = _Found(place, playbook)
    problems = _explain(asked, found)
    arms: list[Variant] = []
    policies: dict[str, Any] = {}
    for arm in asked.arms:
        try:
            version, policy = found.version_of(arm.version), found.policy_of(arm)
        except LeadLoopError as error:
            problems += [Problem(f"arm {arm.name}", f"{one.where} {one.what}", one.mend) for one in error.problems]
            continue
        if policy is not None:
            policies[policy.fingerprint] = write_policy(policy)
        print_of = policy.fingerprint if policy is not None else ""
        arms.append(Variant(arm.name, version, arm.share, arm.is_control, print_of))
    if problems:
        raise LeadLoopError("experiment", problems)
    target = asked.target or found.playbook.target.name
    declared = next(one for one in found.playbook.targets if one.name == target)
    matures = asked.matures_after_days or declared.within_days or MATURES_DAYS
    settings: dict[str, Any] = {
        "matures_after_days": matures,
        "within_days": declared.within_days or asked.matures_after_days,
        "amount_field": declared.value or "",
        "allocation": asked.allocation,
        "guardrails": dict(GUARDRAILS if asked.guardrails is None else asked.guardrails),
        "accepted_within_days": asked.accepted_within_days,
        "rules": asdict(_rules(asked)),
    }
    if policies:
        settings["policies"] = policies
    if asked.ramp:
        settings["ramp_plan"] = [{"after_days": days, "percent": percent} for days, percent in asked.ramp]
    return place.store.experiments.plan(
        playbook,
        asked.name,
        arms,
        target=target,
        settings=settings,
        unit=asked.unit,
        unit_field=asked.unit_field,
        group=asked.group,
        part=asked.part,
        holdout=asked.holdout,
    )


def begin_experiment(place: Workspace, test: AbTest) -> AbTest:
    """Let a planned experiment run, or a paused one go on, once every arm has been loaded and checked.

    Raises LeadLoopError with every arm that cannot score, and StoreConflict where its units would be another's too.
    """
    from leadloop.flows.scoring.arms import read_policy

    policies = {name: read_policy(said) for name, said in test.settings.get("policies", {}).items()}
    problems = []
    for one in test.variants:
        arm = Arm(test.id, test.test_name, one.variant_name, one.model_version, one.policy, one.is_control)
        try:
            load_arm(place, test.playbook, arm, policies)
        except LeadLoopError as error:
            problems += [Problem(f"arm {arm.name}", f"{one.where} {one.what}", one.mend) for one in error.problems]
    if problems:
        raise LeadLoopError(test.test_name, problems)
    return place.store.experiments.begin(test)


def find_experiment(place: Workspace, playbook: str, name: str) -> AbTest:
    """The experiment of this name; raises VersionMissing where there is none."""
    from leadloop.errors import VersionMissing

    found = place.store.experiments.named(playbook, name) if place.has_store() else None
    if found is None:
        mend = "`leadloop experiments list` shows them all"
        raise VersionMissing(playbook, Problem("experiment", f"“{name[:60]}” is not known", mend))
    return found


def plan_length(
    *,
    base_rate: float,
    leads_a_day: float | None,
    shares: Sequence[float],
    effect_absolute: float | None = None,
    weeks: float | None = None,
    matures_after_days: float = 0.0,
    reading: str = "any_time",
    power: float = 0.8,
    called: str = "leads",
) -> list[Plan]:
    """How long it takes to see a difference, and what can be seen in so many weeks: whichever was asked about."""
    more: dict[str, Any] = {
        "shares": tuple(shares),
        "reading": reading,
        "power": power,
        "matures_after_days": matures_after_days,
        "called": called,
    }
    plans = []
    if effect_absolute is not None:
        plans.append(plan_conversion(base_rate, effect_absolute, units_per_day=leads_a_day, **more))
    if weeks is not None and leads_a_day:
        plans.append(detectable_conversion(base_rate, days=weeks * 7, units_per_day=leads_a_day, **more))
    return plans


@dataclass
class _Found:
    """What is known of the playbook of an experiment."""

    place: Workspace
    name: str

    def __post_init__(self) -> None:
        registry = self.place.registry
        if registry.versions(self.name):
            newest = registry.in_service(self.name).version or "latest"
            self.playbook: Playbook = registry.load(registry.find(self.name, newest)).playbook
        else:
            self.playbook = load_rules(self.place, self.name).playbook

    def version_of(self, name: str) -> str:
        """The id of a version by whatever name it was given."""
        return RULES if name == RULES else self.place.registry.find(self.name, name).id

    def policy_of(self, arm: AskedArm) -> Policy | None:
        """The policy that an arm has instead of its version's own; None where it has none."""
        own = self._own(arm.version).fingerprint
        if not arm.policy or arm.policy == own:
            return None
        found = self._named(arm.policy)
        return None if found.fingerprint == own else found

    def _own(self, version: str) -> Policy:
        if version == RULES:
            return load_rules(self.place, self.name).playbook.policy
        registry = self.place.registry
        return registry.load(registry.find(self.name, version)).playbook.policy

    def _named(self, name: str) -> Policy:
        registry = self.place.registry
        if name == "playbook":
            return read_found(self.place, self.name).playbook.policy
        for version in reversed(registry.versions(self.name)):
            if version.policy_fingerprint == name:
                return registry.load(version).playbook.policy
        try:
            return self._own(name)
        except LeadLoopError:
            what = f"“{name[:40]}” is no policy that is known"
            mend = "name a version whose policy it is, its fingerprint, or `playbook` for that of the folder"
            raise VersionError(self.name, Problem("policy", what, mend)) from None


def _rules(asked: Asked) -> Rules:
    return Rules(
        alpha=asked.alpha,
        min_units=asked.min_units,
        min_effect_absolute=asked.min_effect_absolute,
        relative_lift=asked.relative_lift,
        reading=asked.reading,  # type: ignore[arg-type]
        planned_units=asked.planned_units,
    )


def _explain(asked: Asked, found: _Found) -> list[Problem]:
    """Everything that is wrong with what was asked for, but its arms' versions."""
    problems = []
    if not 0 < len(asked.name.strip()) <= _LONGEST_NAME or "/" in asked.name:
        mend = f"give 1 to {_LONGEST_NAME} signs without a slash"
        problems.append(Problem("name", f"“{asked.name[:40]}” is none", mend))
    targets = [one.name for one in found.playbook.targets]
    if asked.target is not None and asked.target not in targets:
        problems.append(
            Problem("target", f"“{asked.target[:40]}” is none of {found.name}", f"take {', '.join(targets)}")
        )
    if asked.reading not in ("any_time", "at_end"):
        problems.append(Problem("reading", f"is “{asked.reading[:40]}”", "take any_time or at_end"))
    if asked.allocation not in ALLOCATIONS:
        problems.append(Problem("allocation", f"is “{asked.allocation[:40]}”", f"take {' or '.join(ALLOCATIONS)}"))
    problems += _explain_units(asked, found)
    try:
        _rules(replace(asked, reading="any_time"))
    except ExperimentError as error:
        problems += error.problems
    for name in asked.guardrails or ():
        if name not in METRICS:
            problems.append(Problem(f"guardrails.{name}", "is not counted", f"take {', '.join(METRICS)}"))
    steps = list(asked.ramp)
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(steps))
    if steps and not (
        rising and steps[0][0] == 0 and all(0 <= percent <= 100 and day <= 3_650 for day, percent in steps)
    ):
        mend = "begin at day 0, and let days rise and percentages never fall, as 0:10 3:50 7:100"
        problems.append(Problem("ramp", "is none", mend))
    if asked.matures_after_days is not None and not 0 < asked.matures_after_days <= 3_650:
        problems.append(Problem("matures_after_days", f"is {asked.matures_after_days:g}", "give above 0 to 3,650"))
    return problems


def _explain_units(asked: Asked, found: _Found) -> list[Problem]:
    known = found.playbook.scoring_schema
    if asked.unit == "lead":
        if not found.playbook.lead_id:
            mend = "name the field with the lead's identifier as lead_id, or take another unit"
            return [Problem("unit", f"lead has no identifier in {found.name}", mend)]
        return [Problem("unit_field", "is given for leads", "leave it out")] if asked.unit_field else []
    if asked.unit_field and asked.unit_field not in known:
        what = f"“{asked.unit_field[:40]}” is no field that is known when leads are scored"
        return [Problem("unit_field", what, "name one that is")]
    if not asked.unit_field and asked.unit != "user":
        return [Problem("unit_field", f"is missing: who is a lead's {asked.unit}?", "name the field that says it")]
    return []
