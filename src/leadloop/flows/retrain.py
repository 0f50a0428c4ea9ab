"""Retrain: when training again is worth while, and which settings of training somebody may give for once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.settings import read_settings
from leadloop.flows.workspace import Workspace
from leadloop.playbook import Training

SMALLEST_SPLIT, LARGEST_SPLIT = 0.1, 0.5
GIVEN = ("learners", "trials", "budget", "seed", "folds", "validation", "gap_days", "max_leads")
"""The settings of `[training]` that may be given for one training. How much is enough to learn from is not among them."""


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
    told += sum(one.count for one in store.feedback.tally(playbook, since=made))
    old = age >= settings.retrain_interval_days
    many = told >= settings.retrain_new_outcomes
    said = (
        (old, f"the newest version is {age:.1f} days old, and {settings.retrain_interval_days:g} count as old"),
        (many, f"{told:,} outcomes came since, and {settings.retrain_new_outcomes:,} count as many"),
    )
    reasons = tuple(reason for speaks, reason in said if speaks or not (old or many))
    return Retraining(old or many, reasons, newest.id, age, told)


def with_settings(training: Training, validation_split: float | None, params: Mapping[str, Any]) -> Training:
    """The settings of a training with those that were given for once.

    `validation_split` is the newest share of leads that is kept back and looked at once. Raises LeadLoopError naming every one
    that is no such setting, or not of its kind.
    """
    problems = explain_settings(validation_split, params)
    if problems:
        raise LeadLoopError("training", problems)
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}
    if validation_split is not None:
        given["test_share"] = float(validation_split)
    return replace(training, **given)


def explain_settings(validation_split: Any, params: Any) -> list[Problem]:
    """Everything that is wrong with the settings given for one training."""
    problems = []
    if validation_split is not None and (
        not _is_number(validation_split) or not SMALLEST_SPLIT <= validation_split <= LARGEST_SPLIT
    ):
        what = f"is {str(validation_split)[:40]}"
        problems.append(Problem("validation_split", what, f"give a share from {SMALLEST_SPLIT} to {LARGEST_SPLIT}"))
    if not isinstance(params, Mapping):
        return [*problems, Problem("params", "is no object", "give settings by their name")]
    usual = {one.name: one.default for one in fields(Training)}
    for name, value in params.items():
        where = f"params.{name}"
        if name not in GIVEN:
            if name in usual:
                mend = "set it in the playbook, where it is said once and for all"
            else:
                mend = f"settings of learners are searched for; what may be given is {', '.join(GIVEN)}"
            problems.append(Problem(where, "cannot be given for one training", mend))
        elif wrong := _explain(name, value, usual[name]):
            problems.append(Problem(where, *wrong))
    return problems


def _explain(name: str, value: Any, usual: Any) -> tuple[str, str] | None:
    if name == "learners":
        from leadloop.learning.learners import LEARNERS

        if not isinstance(value, list | tuple) or not value or not all(isinstance(one, str) for one in value):
            return "is no list of learners", 'write it as ["XGBoost", "LightGBM"]'
        unknown = [one for one in value if one not in LEARNERS]
        return (f"“{unknown[0][:40]}” is no learner", f"learners are {', '.join(LEARNERS)}") if unknown else None
    if name == "validation":
        ways = ("auto", "rolling origin", "k-fold", "hold-out")
        return None if value in ways else ("is no way to judge settings", f"take {', '.join(ways)}")
    least = {"folds": 2, "trials": 1, "budget": 1, "max_leads": 1}.get(name, 0)
    whole = isinstance(usual, int)
    if not _is_number(value) or (whole and not isinstance(value, int)) or not least <= value <= 10**9:
        return f"is {str(value)[:40]}", f"give a {'whole ' if whole else ''}number, {least} or more"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
