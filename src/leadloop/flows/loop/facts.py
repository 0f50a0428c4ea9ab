"""What is known of a playbook when it is asked whether to train again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from leadloop.errors import LeadLoopError
from leadloop.features.feature_set import usable_fields
from leadloop.flows.place.known_playbooks import read_found
from leadloop.flows.place.workspace import Workspace
from leadloop.monitoring.triggers import LoopFacts
from leadloop.registry import ModelVersion

if TYPE_CHECKING:
    from leadloop.monitoring import Check
    from leadloop.playbook import Playbook
    from leadloop.store import QualityRecord


def read_facts(place: Workspace, playbook: str, *, slack_days: float = 0.0) -> LoopFacts:
    """The age of the newest version, what came since, what was measured last of the one in service, and what it reads.

    It measures nothing anew: what the last look found stands in the history of quality.
    """
    versions = place.registry.versions(playbook)
    if not versions:
        return LoopFacts(None)
    # What was only recalibrated is as old as its models, and reads what they read.
    newest = next((one for one in reversed(versions) if one.recalibration is None), versions[-1])
    made = made_at(newest)
    age = (place.store.now() - made).total_seconds() / 86_400
    store = place.store
    told = store.outcomes.count(playbook, since=made)
    told += sum(one.count for one in store.feedback.counts(playbook, since=made))
    added, removed = compare_features(place, newest)
    facts = LoopFacts(newest.id, age + slack_days, told, features_added=added, features_removed=removed)
    return _with_last_look(place, facts, playbook)


def _with_last_look(place: Workspace, facts: LoopFacts, playbook: str) -> LoopFacts:
    serving = place.registry.champion(playbook)
    points = place.store.quality.newest(playbook, model_version=serving, most=50) if serving else ()
    if not points:
        return facts
    newest = points[0]
    measured = [one.measures["accuracy"] for one in points if "accuracy" in one.measures]
    judged = "accuracy" in newest.measures
    before = f1_when_trained(place, playbook, serving or "")
    return replace(
        facts,
        accuracy=newest.measures.get("accuracy"),
        matured=newest.matured,
        majority=max(newest.won, newest.matured - newest.won) / newest.matured if newest.matured else None,
        earlier=tuple(measured[1:] if judged else measured),
        f1=newest.measures.get("F1"),
        f1_before=before.value if before else None,
        f1_doubt=_f1_doubt(newest, before),
        drift=newest.drift,
        changed_at=_changed_at(newest.details.get("drift", {}).get("streams", ())),
    )


def _f1_doubt(record: QualityRecord, before: F1WhenTrained | None) -> float:
    measures = record.details.get("quality", {}).get("measures", ())
    now = next((one for one in measures if one["name"] == "F1"), None)
    return 0.0 if now is None or before is None else math.hypot(now["high"] - now["value"], before.value - before.low)


def _changed_at(streams: Sequence[Mapping[str, Any]]) -> str:
    """Since when outcomes surprise more than they should, as far as a look has seen; empty where they do not."""
    return next((str(one["at"]) for one in reversed(streams) if one["worse"]), "")


def with_check(facts: LoopFacts, check: Check, f1_before: F1WhenTrained | None) -> LoopFacts:
    """The facts with what a look has just found."""
    accuracy, f1 = check.quality.of("accuracy"), check.quality.of("F1")
    if (
        check.quality.model_version != check.model_version
    ):  # what served before is not held against what was promised of this one
        f1, f1_before = None, None
    before = f1_before or F1WhenTrained(0.0)
    return replace(
        facts,
        accuracy=accuracy.value if accuracy else None,
        majority=accuracy.baselines.get("majority") if accuracy else None,
        matured=check.quality.matured,
        earlier=tuple(one.measures["accuracy"] for one in check.before if "accuracy" in one.measures),
        f1=f1.value if f1 else None,
        f1_before=before.value if f1_before else None,
        f1_doubt=math.hypot(f1.high - f1.value, before.value - before.low) if f1 else 0.0,
        drift=check.drift.level,
        drift_reasons=check.drift.reasons,
        changed_at=next((one.at.isoformat() for one in reversed(check.drift.streams) if one.worse), ""),
    )


@dataclass(frozen=True, slots=True)
class F1WhenTrained:
    """The F1 of a version on its test leads, at the team's capacity."""

    value: float
    """It."""
    low: float = 0.0
    """The lower end of its 95% interval."""


def f1_when_trained(place: Workspace, playbook: str, version: str) -> F1WhenTrained | None:
    """The F1 of a version on its test leads, at the team's capacity; None where it was not measured."""
    try:
        metrics = place.registry.find(playbook, version).metrics
    except LeadLoopError:
        return None
    return next(
        (
            F1WhenTrained(float(told["value"]), float(told["low"]))
            for name, told in metrics.items()
            if name.startswith("F1")
        ),
        None,
    )


def made_at(version: ModelVersion) -> datetime:
    """When the models of a version were trained."""
    return datetime.strptime(version.trained_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def compare_features(place: Workspace, newest: ModelVersion) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the playbook reads now and its newest version did not, and the other way round.

    Nothing where the playbook is not found, or the version cannot be loaded: other checks tell of that.
    """

    try:
        now = read_found(place, newest.playbook).playbook
        before = place.registry.load(newest).playbook
    except (LeadLoopError, OSError):
        return (), ()
    ours, theirs = features_of(now), features_of(before)
    return tuple(sorted(ours - theirs)), tuple(sorted(theirs - ours))


def features_of(playbook: Playbook) -> frozenset[str]:
    """Everything that a playbook makes features of, by name."""
    parts: tuple[Iterable[str], ...] = (
        (f"field {field.name} ({field.type})" for field in usable_fields(playbook)),
        (f"function {name}" for name in playbook.features),
        (f"phrases {name}" for name, _ in playbook.phrases),
        (f"derived {one.label}" for one in playbook.derived),
        (f"history {one.label}" for one in playbook.history),
    )
    return frozenset(name for part in parts for name in part)
