"""A kind of job: what it is told, what it does, and what it may say of its progress."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from leadloop.errors import LeadLoopError, Problem, StoreConflict
from leadloop.flows.place.workspace import Workspace

if TYPE_CHECKING:
    from leadloop.store import Job

_SAY_EVERY = 0.5


class Postponed(Exception):
    """A job was given back, to be gone on with later."""


@dataclass(frozen=True)
class Argument:
    """One thing that a job may be told."""

    kind: Literal["text", "flag", "number", "whole", "settings"]
    meaning: str
    default: Any = None
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()

    def explain(self, value: Any) -> tuple[str, str] | None:
        """What is wrong with a value and how to mend it; None where nothing is."""
        if value is None:
            return None if self.default is None else ("is null", "leave it out")
        if self.kind == "settings":
            return None if isinstance(value, Mapping) else ("is no object", "give settings by their name")
        if self.kind == "flag":
            return None if isinstance(value, bool) else ("is neither true nor false", "give one of them")
        if self.kind == "text":
            if not isinstance(value, str) or len(value) > 1000:
                return "is no text of up to 1,000 signs", "give one"
            known = not self.choices or value in self.choices
            return None if known else (f"is “{value[:40]}”", f"take {', '.join(self.choices)}")
        kinds = int if self.kind == "whole" else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not self.low <= value <= self.high:
            what = "whole number" if self.kind == "whole" else "number"
            return f"is no {what} from {self.low:g} to {self.high:,g}", "give one"
        return None


class Work:
    """A job that is being done: what it is told, and the way to say how far it is."""

    def __init__(self, place: Workspace, job: Job, seconds: float) -> None:
        self.place, self.job = place, job
        self.told: Mapping[str, Any] = job.payload
        self._seconds = seconds
        self._said = float("-inf")

    def keep(self, note: str, share: float | None = None) -> None:
        """Say that we are still at it, and how far; raises JobLost where it is not ours any more.

        Within a transaction that stores something, raising undoes it: what another worker does now is not done twice.
        """
        if not self.place.store.jobs.heartbeat(self.job, seconds=self._seconds, progress=share, note=note[:1000]):
            from leadloop.store.jobs import lost

            raise lost(self.job)
        self._said = time.monotonic()

    def settle(self, what: str, found: str) -> str:
        """What the job settled on when it first came here: `found`, or what was found then by whoever began it."""
        steps = self.place.store.steps
        if what not in steps.of(self.job.id):
            with suppress(StoreConflict):  # whoever was first
                steps.add(self.job.id, what, found)
        return str(steps.of(self.job.id)[what])

    def until(self, moment: datetime, note: str) -> None:
        """Give the job back to be gone on with at a moment; raises JobLost where it is not ours, and Postponed where it was."""
        jobs = self.place.store.jobs
        if not jobs.postpone(self.job, moment, note):
            from leadloop.store.jobs import lost

            raise lost(self.job)
        raise Postponed

    def tick(self, note: str, share: float | None = None) -> None:
        """The same for whoever tells of every step: some are passed on."""
        if time.monotonic() - self._said > _SAY_EVERY:
            self.keep(note, share)


@dataclass(frozen=True)
class Kind:
    """A kind of job."""

    name: str
    meaning: str
    arguments: Mapping[str, Argument]
    run: Callable[[Work], Any]
    max_attempts: int = 5
    alone: bool = True
    """Whether asking for the very same thing again, while it waits or is done, answers with the job that is there."""
    one_of_a_playbook: bool = False
    """Whether this is so whatever it is told: of a playbook there is one at a time."""
    about_playbook: bool = True
    """Whether it is about one playbook."""
    turn: str = ""
    """Of jobs of kinds with the same turn and of the same playbook, one is done at a time."""
    explain: Callable[[Mapping[str, Any]], list[Problem]] = lambda told: []
    """What is wrong with what it is told taken together."""

    def read(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with their defaults; raises LeadLoopError with everything that is wrong."""
        problems = []
        for name, value in told.items():
            if name not in self.arguments:
                close = difflib.get_close_matches(name, self.arguments, n=1)
                mend = f"did you mean {close[0]}?" if close else f"a {self.name} job reads {', '.join(self.arguments)}"
                problems.append(Problem(name, "is not read here", mend))
            elif wrong := self.arguments[name].explain(value):
                problems.append(Problem(name, *wrong))
        problems += [] if problems else self.explain(told)
        if problems:
            raise LeadLoopError(self.name, problems)
        return {name: one.default for name, one in self.arguments.items()} | dict(told)
