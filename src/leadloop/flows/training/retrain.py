"""Retrain: whether training again is worth while, and asking for it once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from leadloop.errors import Problem, StoreConflict
from leadloop.flows.loop.facts import read_facts
from leadloop.flows.loop.kinds import LOOP
from leadloop.flows.loop.rules import read_rules
from leadloop.flows.place.workspace import Workspace
from leadloop.monitoring.triggers import LoopFacts, RetrainDecision, decide_retraining

if TYPE_CHECKING:
    from leadloop.store import Job


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
    decision: RetrainDecision = field(default_factory=lambda: RetrainDecision(False))
    """The same, trigger by trigger."""
    facts: LoopFacts = field(default_factory=lambda: LoopFacts(None))
    """What it was decided by."""


def look_at_retraining(place: Workspace, playbook: str) -> Retraining:
    """Whether a trigger speaks for training a playbook again: its age, what came since, what was measured last, what it reads.

    Nothing is measured anew here; `leadloop retrain` and the daily check do that first.
    """
    facts = read_facts(place, playbook)
    decision = decide_retraining(facts, read_rules(place.root, playbook))
    return Retraining(decision.due, decision.said, facts.newest, facts.age_days, facts.new_outcomes, decision, facts)


def ask_to_retrain(place: Workspace, playbook: str, told: Mapping[str, Any], *, who: str) -> Job:
    """Ask for a playbook to be trained again, compared, and brought into service if it is better.

    Asked for again while that goes on, it is the same job. Raises LeadLoopError with everything that is wrong in what it is
    told, and StoreConflict where a job goes on that was told something else: nothing of what is asked is left undone in silence.
    """
    from leadloop.flows.work.jobs import KINDS, ask_for

    wanted = KINDS[LOOP].read(told)
    number = ask_for(place, LOOP, playbook, told, who=who)
    job = place.store.jobs.get(number)
    assert job is not None
    differ = [name for name in _COMPARED if job.payload.get(name) != wanted[name]]
    if differ:
        what = f"goes on with other {', '.join(differ)}"
        mend = f"wait for it, or let it be: it is job {number}"
        raise StoreConflict(playbook, Problem("training", what, mend))
    return job


_COMPARED = ("validation_split", "params", "trials", "time_budget", "deploy")
"""What makes two askings different. Whether it is due is asked by whoever asks, and is settled then."""
