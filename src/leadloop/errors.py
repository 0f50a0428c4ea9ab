"""What went wrong, said in a way that helps: where it is, what it is, and how to mend it.

Everything that LeadLoop refuses is a `LeadLoopError`. It carries a list of `Problem`s, because a person who mends a file
wants to hear of all mistakes at once, not of the first one ten times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what it is, and how to mend it (may be empty where nothing can be advised)."""

    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.where}  {self.what}" + (f"; {self.mend}" if self.mend else "")


class LeadLoopError(Exception):
    """Something was refused, with every reason at once.

    `subject` says what was refused (a file, a playbook, a version); `problems` says why.

    >>> print(LeadLoopError("leads.csv", [Problem("line 3", "has 4 cells of 5", "add the missing comma")]))
    leads.csv: 1 problem
      line 3  has 4 cells of 5; add the missing comma
    """

    def __init__(self, subject: str, problems: Iterable[Problem] | Problem) -> None:
        self.subject = subject
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(subject, self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        width = min(32, max((len(problem.where) for problem in self.problems), default=0))
        lines = [f"{self.subject}: {count} problem{'' if count == 1 else 's'}"]
        for problem in self.problems:
            mend = f"; {problem.mend}" if problem.mend else ""
            lines.append(f"  {problem.where:<{width}}  {problem.what}{mend}".rstrip())
        return "\n".join(lines)


class PlaybookError(LeadLoopError):
    """A playbook says something that cannot be right."""


class DataError(LeadLoopError):
    """A file or a lead cannot be read as what it should be."""


class LeakageError(LeadLoopError):
    """Training was refused: a field seems to know the outcome, and nobody has ruled on it."""


class NotEnoughOutcomes(LeadLoopError):
    """There are too few outcomes to learn from honestly."""


class VersionError(LeadLoopError):
    """A saved version is missing, damaged, or not what its manifest says."""


class DependencyMissing(LeadLoopError):
    """A part was asked for whose optional packages are not installed."""
