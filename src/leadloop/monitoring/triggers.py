"""Triggers: whether it is time to train again, and each reason why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Trigger = Literal["first", "age", "outcomes", "accuracy", "decline", "f1", "drift", "features", "asked"]
Severity = Literal["info", "warning", "critical"]
_F1_SURE = 3 / 1.96
"""Three standard errors, in halves of the interval that holds 19 of 20."""
_CRUMB = 1e-9
"""What rounding may add to a difference."""
SWITCHED: tuple[Trigger, ...] = ("age", "outcomes", "accuracy", "decline", "f1", "drift", "features")
"""The triggers that can be switched off, each by leaving it out."""


@dataclass(frozen=True, slots=True)
class TriggerRules:
    """When training again is worth while."""

    triggers: tuple[str, ...] = SWITCHED
    """Those that speak: age, outcomes, accuracy, decline, f1, drift, features."""
    interval_days: float = 7.0
    """`age`: how old the newest version must be."""
    new_outcomes: int = 50
    """`outcomes`: how many must have come since (feedback counts as one)."""
    accuracy_warning: float = 0.75
    """`accuracy`: below this, matured accuracy is a warning and leads to a training."""
    accuracy_critical: float = 0.65
    """`accuracy`: below this it is critical."""
    decline: float = 0.10
    """`decline`: how far below the mean of the last measurements matured accuracy may be."""
    decline_over: int = 5
    """`decline`: how many of the last measurements make that mean."""
    f1_drop: float = 0.05
    """`f1`: how far matured F1 may be below what it was when the version was trained. Beyond that it must be further below than
    chance explains (three standard errors): of a week's leads F1 goes up and down by as much."""
    rest_days: float = 1.0
    """How long after a training `accuracy`, `decline`, `f1` and `drift` are silent: the same leads give the same version."""


@dataclass(frozen=True, slots=True)
class LoopFacts:
    """What is known of a playbook when it is asked whether to train again. What nobody knows is None, and speaks for nothing."""

    newest: str | None
    """The newest version; none where there is none."""
    age_days: float | None = None
    """How old it is."""
    new_outcomes: int = 0
    """Outcomes and feedback that came since it was made."""
    accuracy: float | None = None
    """Matured accuracy of the version in service."""
    majority: float | None = None
    """The accuracy of calling every lead what most of them are."""
    matured: int = 0
    """How many leads that is of."""
    earlier: tuple[float, ...] = ()
    """Matured accuracy as it was measured before, the newest first."""
    f1: float | None = None
    """Matured F1 of the version in service."""
    f1_before: float | None = None
    """Its F1 on the test leads when it was trained."""
    drift: str = "quiet"
    """What is to be made of drift: `quiet`, `noted` or `alarm`."""
    drift_reasons: tuple[str, ...] = ()
    """Why."""
    features_added: tuple[str, ...] = ()
    """Fields that the playbook uses now and the newest version does not know."""
    features_removed: tuple[str, ...] = ()
    """Fields that the newest version reads and the playbook does not use any more."""
    f1_doubt: float = 0.0
    """By how much chance alone makes matured F1 and that of the test leads differ, 19 times in 20."""
    changed_at: str = ""
    """Since when outcomes surprise more than they should; empty where they do not."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to train again."""

    trigger: Trigger
    """What speaks."""
    said: str
    """It in words, with its figures."""
    severity: Severity = "info"
    """How urgent it is."""


@dataclass(frozen=True, slots=True)
class RetrainDecision:
    """Whether to train again, and why."""

    due: bool
    """Whether."""
    reasons: tuple[Reason, ...] = ()
    """Each trigger that speaks for it."""
    otherwise: tuple[str, ...] = field(default=())
    """Where none does: what age and outcomes say."""

    @property
    def severity(self) -> Severity:
        """The most urgent of the reasons."""
        found = {one.severity for one in self.reasons}
        return "critical" if "critical" in found else "warning" if "warning" in found else "info"

    @property
    def said(self) -> tuple[str, ...]:
        """Every reason in words, those against where there is none for it."""
        return tuple(one.said for one in self.reasons) or self.otherwise


def decide_retraining(facts: LoopFacts, rules: TriggerRules) -> RetrainDecision:
    """Whether to train again, by what is known and by the rules: the same facts always give the same answer.

    >>> decide_retraining(LoopFacts("v1", age_days=2, new_outcomes=3), TriggerRules()).due
    False
    >>> decision = decide_retraining(LoopFacts("v1", 2, 60, accuracy=0.62, matured=400, majority=0.8), TriggerRules())
    >>> [(reason.trigger, reason.severity) for reason in decision.reasons]
    [('outcomes', 'info'), ('accuracy', 'critical')]
    """
    if facts.newest is None:
        return RetrainDecision(True, (Reason("first", "there is no version yet"),))
    age = facts.age_days or 0.0
    aged = f"the newest version is {age:.1f} days old, and {rules.interval_days:g} count as old"
    told = f"{facts.new_outcomes:,} outcomes came since, and {rules.new_outcomes:,} count as many"
    spoken: list[tuple[bool, Reason | None]] = [
        ("age" in rules.triggers and age >= rules.interval_days, Reason("age", aged)),
        ("outcomes" in rules.triggers and facts.new_outcomes >= rules.new_outcomes, Reason("outcomes", told)),
    ]
    if age >= rules.rest_days:
        spoken += [(one in rules.triggers, reason) for one, reason in _of_quality(facts, rules)]
        if facts.drift == "alarm" and "drift" in rules.triggers:
            why = f": {'; '.join(facts.drift_reasons[:3])}" if facts.drift_reasons else ""
            spoken.append((True, Reason("drift", f"the leads have changed{why}", "warning")))
    spoken.append(("features" in rules.triggers, _of_features(facts)))
    reasons = tuple(reason for speaks, reason in spoken if speaks and reason is not None)
    return RetrainDecision(bool(reasons), reasons, () if reasons else _otherwise(rules, aged, told))


def _otherwise(rules: TriggerRules, aged: str, told: str) -> tuple[str, ...]:
    said = [text for name, text in (("age", aged), ("outcomes", told)) if name in rules.triggers]
    return tuple(said) or ("no trigger speaks for it",)


def _of_quality(facts: LoopFacts, rules: TriggerRules) -> Sequence[tuple[Trigger, Reason | None]]:
    return (
        ("accuracy", _of_accuracy(facts, rules)),
        ("decline", _of_decline(facts, rules)),
        ("f1", _of_f1(facts, rules)),
    )


def _of_accuracy(facts: LoopFacts, rules: TriggerRules) -> Reason | None:
    """Too low an accuracy; beside it what calling every lead the same would get, for only that tells how bad it is."""
    if facts.accuracy is None or facts.accuracy >= rules.accuracy_warning:
        return None
    critical = facts.accuracy < rules.accuracy_critical
    limit = rules.accuracy_critical if critical else rules.accuracy_warning
    beside = "" if facts.majority is None else f" (calling every lead what most are: {facts.majority:.3f})"
    said = f"accuracy on {facts.matured:,} matured leads is {facts.accuracy:.3f}{beside}, under {limit:g}"
    return Reason("accuracy", said, "critical" if critical else "warning")


def _of_decline(facts: LoopFacts, rules: TriggerRules) -> Reason | None:
    earlier = facts.earlier[: rules.decline_over]
    if facts.accuracy is None or not earlier:
        return None
    mean = sum(earlier) / len(earlier)
    if mean - facts.accuracy <= rules.decline + _CRUMB:
        return None
    said = f"accuracy fell to {facts.accuracy:.3f} from a mean of {mean:.3f} over the last {len(earlier)}"
    return Reason("decline", f"{said}, by more than {rules.decline:g}", "warning")


def _of_f1(facts: LoopFacts, rules: TriggerRules) -> Reason | None:
    if facts.f1 is None or facts.f1_before is None:
        return None
    if facts.f1_before - facts.f1 <= max(rules.f1_drop, _F1_SURE * facts.f1_doubt) + _CRUMB:
        return None
    said = f"F1 on matured leads is {facts.f1:.3f}, and was {facts.f1_before:.3f} on the test leads"
    return Reason("f1", f"{said}: down by more than {rules.f1_drop:g}", "warning")


def _of_features(facts: LoopFacts) -> Reason | None:
    if not (facts.features_added or facts.features_removed):
        return None
    told = [
        f"{what} {', '.join(names[:5])}{' and more' if len(names) > 5 else ''}"
        for what, names in (("new are", facts.features_added), ("no longer read are", facts.features_removed))
        if names
    ]
    return Reason("features", f"the playbook reads other fields than the newest version: {'; '.join(told)}")
