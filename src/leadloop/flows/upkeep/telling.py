"""Telling: what a person says of a lead by hand, kept as it is kept when a program says it, with who said it on the record.

A reason may quote the lead, so it is kept with the lead, as an event that goes when the lead is erased; the audit log, which
stays for good, has only what was done, under the lead's pseudonym.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from leadloop.errors import DataError, Problem
from leadloop.flows.place.packaged import find_playbook
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.feedback import ACTIONS, keep_feedback, read_grading
from leadloop.playbook import Target

if TYPE_CHECKING:
    from leadloop.store import Feedback

NOTE = "note"
"""The event that keeps what a person wrote when telling something."""
LONGEST_REASON = 1_000
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells something."""

    name: str
    """By which they stand in the record: a key's id, or a user."""
    source: str = "dashboard"
    """Where they told it."""


def tell_outcome(
    place: Workspace,
    playbook: str,
    target: Target,
    lead_id: str,
    value: float,
    at: datetime,
    *,
    teller: Teller,
    reason: str = "",
    key: str = "",
) -> bool:
    """Keep how a lead ended; whether that was new (not, where the same `key` told it before).

    Raises DataError for a value that the target cannot have, and for a moment that is yet to come.
    """
    from leadloop.store import LeadOutcome

    problems = [Problem("value", *wrong)] if (wrong := explain_value(target, value)) else []
    if at > place.store.now() + _AHEAD:
        problems.append(Problem("when", "is yet to come", "give the day on which it came about"))
    problems += _explain_reason(reason, needed=False)
    _refuse(lead_id, problems)
    store, name = place.store, key or uuid4().hex
    with store.transaction():
        said = LeadOutcome(name, lead_id, target.name, float(value), at, f"{teller.source}, {teller.name}")
        (stored,) = store.outcomes.add(playbook, [said])
        if stored.new:
            _note(place, playbook, lead_id, name, reason, teller, {"about": "outcome", "target": target.name})
            details = {"target": target.name, "value": float(value), "through": teller.source}
            store.audit.add(teller.name, "tell outcome", details, playbook=playbook, lead_id=lead_id)
        return stored.new


def override_score(
    place: Workspace, playbook: str, lead_id: str, score: float, *, teller: Teller, reason: str, key: str = ""
) -> bool:
    """Keep what a person thinks a lead's score should be, and why: a rating, which trainings learn from where the playbook does.

    The score that was given stays as it is; lists show both. Whether that was new. Raises DataError without a reason, for a score
    that is none, and for a lead that has no score to override.
    """
    problems = [] if 0 <= score <= 100 else [Problem("score", f"is {score:g}", "give 0 to 100")]
    problems += _explain_reason(reason, needed=True)
    before = place.store.scores.latest(playbook, lead_id)
    if before is None:
        problems.append(Problem("score", "was never given to this lead", "score it first"))
    _refuse(lead_id, problems)
    assert before is not None
    told = {"action_type": "rate", "user_rating": float(score)}
    more = {"about": "override", "score": float(score), "before": before.score, "model_version": before.model_version}
    return _tell_feedback(place, playbook, lead_id, told, teller, reason, key, "override score", more)


def tell_feedback(
    place: Workspace,
    playbook: str,
    lead_id: str,
    told: Mapping[str, Any],
    *,
    teller: Teller,
    reason: str = "",
    key: str = "",
) -> bool:
    """Keep what a person did with a lead (`action_type` and further fields of feedback); whether that was new.

    Raises DataError for an action that is none, and for a rating without one.
    """
    problems = _explain_reason(reason, needed=False)
    action, rating = told.get("action_type"), told.get("user_rating")
    if action not in ACTIONS:
        problems.append(Problem("action", f"“{action}” is none", f"take {', '.join(ACTIONS)}"))
    if action == "rate" and rating is None:
        problems.append(Problem("rating", "is required where the lead is rated", "give 0 to 100"))
    if rating is not None and not 0 <= rating <= 100:
        problems.append(Problem("rating", f"is {rating:g}", "give 0 to 100"))
    _refuse(lead_id, problems)
    more = {"about": "feedback", "action": action}
    return _tell_feedback(place, playbook, lead_id, told, teller, reason, key, "tell feedback", more)


def explain_value(target: Target, value: float) -> tuple[str, str] | None:
    """What is wrong with the value of an outcome; None where nothing is.

    >>> explain_value(Target("won", column="won", positive=("yes",)), 0.5)
    ('is 0.5', 'give 1 where it was reached, 0 where not')
    >>> explain_value(Target("quality", column="grade", graded=True, top=5), 4.5) is None
    True
    """
    if target.graded:
        return None if 0 <= value <= target.top else (f"is {value:g}", f"give a grade from 0 to {target.top:g}")
    return None if value in (0, 1) else (f"is {value:g}", "give 1 where it was reached, 0 where not")


def _tell_feedback(
    place: Workspace,
    playbook: str,
    lead_id: str,
    told: Mapping[str, Any],
    teller: Teller,
    reason: str,
    key: str,
    action: str,
    more: Mapping[str, Any],
) -> bool:
    from leadloop.store import Feedback

    store, name = place.store, key or uuid4().hex
    grading = read_grading(playbook) if find_playbook(playbook) else None
    one: Feedback = Feedback(**{"key": name, "lead_id": lead_id, **told})
    row = {column: getattr(one, column) for column in Feedback.__dataclass_fields__}
    sure = grading.confidences([row]) if grading else [1.0]
    with store.transaction():
        ((_, stored),) = keep_feedback(store, playbook, [one], sure)
        if stored.new:
            _note(place, playbook, lead_id, name, reason, teller, more)
            kept = {name: value for name, value in more.items() if name != "about"}
            store.audit.add(teller.name, action, {**kept, "through": teller.source}, playbook=playbook, lead_id=lead_id)
        return stored.new


def _note(
    place: Workspace, playbook: str, lead_id: str, key: str, reason: str, teller: Teller, more: Mapping[str, Any]
) -> None:
    from leadloop.store import Event

    if not reason.strip():
        return
    details = {**more, "reason": reason.strip(), "who": teller.name}
    place.store.events.add(playbook, [Event(f"note:{key}", lead_id, NOTE, place.store.now(), details)])


def _explain_reason(reason: str, *, needed: bool) -> list[Problem]:
    if needed and not reason.strip():
        return [Problem("reason", "is empty", "say in a sentence why, so that others and the next training can follow")]
    if len(reason) > LONGEST_REASON:
        return [Problem("reason", f"has {len(reason):,} signs", f"say it in at most {LONGEST_REASON:,}")]
    return []


def _refuse(lead_id: str, problems: list[Problem]) -> None:
    if problems:
        raise DataError(f"lead {lead_id}", problems)
