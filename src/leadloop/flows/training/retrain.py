"""Retrain: when training again is worth while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace


@dataclass(frozen=True)
class Retraining:
    """Whether training again is worth while."""

    due: bool
    """Whether it is."""
    reasons: tuple[str, ...]
    """Why, or why not."""
    newest: str | None
    """The newest version; None where there is none."""
    age_days: float | None
    """How old that is."""
    new_outcomes: int
    """How many outcomes, and how much feedback, came since."""


def look_at_retraining(place: Workspace, playbook: str) -> Retraining:
    """Whether the newest version of a playbook is old enough, or enough became known since it was made, to train again."""
    settings = read_settings(place.root)
    versions = place.registry.versions(playbook)
    if not versions:
        return Retraining(True, ("there is no version yet",), None, None, 0)
    newest = versions[-1]
    made = datetime.strptime(newest.created_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    age = (datetime.now(UTC) - made).total_seconds() / 86_400
    store = place.store
    told = store.outcomes.count(playbook, since=made)
    told += sum(one.count for one in store.feedback.counts(playbook, since=made))
    old = age >= settings.retrain_interval_days
    many = told >= settings.retrain_new_outcomes
    said = (
        (old, f"the newest version is {age:.1f} days old, and {settings.retrain_interval_days:g} count as old"),
        (many, f"{told:,} outcomes came since, and {settings.retrain_new_outcomes:,} count as many"),
    )
    reasons = tuple(reason for speaks, reason in said if speaks or not (old or many))
    return Retraining(old or many, reasons, newest.id, age, told)
