"""A workflow: steps that are done one after the other, each once, whatever dies between them.

What came of a step is stored in one transaction with what the step changed in the store, and with the word that the job is still
ours. A worker that takes the job up after another died finds the steps that are done, and goes on with the next. A step may wait,
for days even: the job is given back until then, and no worker is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadloop.errors import JobLost, LeadLoopError, StoreFull, StoreUnavailable
from leadloop.flows.loop.rules import LoopRules, read_rules
from leadloop.flows.work.job_process import as_json
from leadloop.flows.work.kind import Work

if TYPE_CHECKING:
    from leadloop.store import Store

TRIES = 5
"""How often a step may be begun before the job is parked."""


@dataclass(frozen=True)
class Going:
    """A workflow on its way: the job, and what came of its steps so far."""

    work: Work
    """The job."""
    playbook: str
    """The playbook that it is about."""
    rules: LoopRules
    """The rules that hold for it now."""
    done: Mapping[str, Mapping[str, Any]]
    """What came of each step that is done."""

    @property
    def who(self) -> str:
        """In whose name it acts: the loop, and the job that tells the rest."""
        return f"loop (job {self.work.job.id})"


@dataclass(frozen=True)
class Done:
    """A step is done."""

    result: Mapping[str, Any] = field(default_factory=dict)
    """What came of it."""
    ends: str = ""
    """Why nothing is left to do; empty where the next step follows."""
    change: Callable[[Store], None] | None = None
    """What changes in the store with it: both or neither."""


@dataclass(frozen=True)
class Wait:
    """A step waits for something."""

    until: datetime
    """When to look again."""
    note: str
    """For what."""


@dataclass(frozen=True)
class Step:
    """One step of a workflow."""

    name: str
    """Its name."""
    note: str
    """What is said while it is done."""
    run: Callable[[Going], Done | Wait]
    """What does it. It may be begun again after it was done in part, and must not mind."""


def follow(work: Work, steps: Sequence[Step]) -> dict[str, Any]:
    """Do the steps that are left, and answer what came of all.

    Raises Postponed where a step waits, JobLost where the job is not ours any more, and LeadLoopError naming the step that was
    refused: such a job is parked, and goes on with that step when it is tried again.
    """
    store, job, playbook = work.place.store, work.job, str(work.told["playbook"])
    done: dict[str, Any] = store.steps.of(job.id)
    for place, step in enumerate(steps):
        ended = next((said["ends"] for said in done.values() if said.get("ends")), "")
        if ended:
            return {**done, "outcome": ended}
        if step.name in done:
            continue
        work.keep(step.note, place / len(steps))
        try:
            said = step.run(Going(work, playbook, read_rules(work.place.root, playbook), done))
        except (JobLost, StoreUnavailable, StoreFull):
            raise
        except LeadLoopError as error:
            raise LeadLoopError(f"step “{step.name}”: {error.subject}", error.problems) from error
        if isinstance(said, Wait):
            work.until(said.until, f"{step.name}: {said.note}")
        else:
            result = as_json({**said.result, **({"ends": said.ends} if said.ends else {})})
            with store.transaction():
                work.keep(step.note, (place + 1) / len(steps))
                if said.change is not None:
                    said.change(store)
                store.steps.add(job.id, step.name, result)
                store.jobs.allow(job, TRIES)  # what gets on earns new tries
            done[step.name] = result
    return {**done, "outcome": next((said["ends"] for said in done.values() if said.get("ends")), "done")}
