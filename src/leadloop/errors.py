"""What went wrong, said in a way that helps: where it is, what it is, and how to mend it.

Everything that LeadLoop refuses is a `LeadLoopError`. It carries a list of `Problem`s, because a person who mends a file
wants to hear of all mistakes at once, not of the first one ten times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_WIDEST_PLACE = 32


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what it is, and how to mend it (may be empty where nothing can be advised)."""

    where: str
    """The place: a line, a field, a setting."""
    what: str
    """What is wrong there."""
    mend: str = ""
    """What to do about it."""

    def __str__(self) -> str:
        return self.line()

    def line(self, width: int = 0) -> str:
        """The problem in one line, its place padded to a width; what a file smuggled in is shown and not obeyed.

        >>> print(Problem("field “a\\nb”", "is empty", "fill it").line(16))
        field “a b”       is empty; fill it
        """
        return f"{_printable(self.where):<{width}}  {_printable(self.what)}" + (
            f"; {_printable(self.mend)}" if self.mend else ""
        )


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
        width = min(_WIDEST_PLACE, max((len(problem.where) for problem in self.problems), default=0))
        title = f"{_printable(self.subject)}: {count} problem{'' if count == 1 else 's'}"
        return "\n".join([title, *(f"  {problem.line(width)}".rstrip() for problem in self.problems)])


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


class VersionMissing(VersionError):
    """There is no version of that name, or none is in service."""


class AliasRefused(VersionError):
    """A name was to be given to a version, or taken from one, that no version can have."""


class DependencyMissing(LeadLoopError):
    """A part was asked for whose optional packages are not installed."""


class ExperimentError(LeadLoopError):
    """An experiment says something that cannot be right, or its numbers do not fit each other."""


class StoreError(LeadLoopError):
    """The store refused: what was asked does not fit what it holds, or its database is not one it can work with."""


class StoreConflict(StoreError):
    """Somebody else was first: a key was used for something else, or what was to be changed has changed since."""


class JobLost(StoreConflict):
    """A job is not ours any more: it was cancelled, or given to another worker."""


class StoreUnavailable(StoreError):
    """The database could not be reached, or others kept it busy for too long; nothing was stored, and one may try again."""


class StoreFull(StoreError):
    """The disk has no room for what was to be stored; what was acknowledged before is safe."""


class SourceError(LeadLoopError):
    """A source that leads come from refused what it was asked, or answered what cannot be read."""


class SourceUnavailable(SourceError):
    """A source cannot be asked now; nothing is lost, and one may try again."""


def tell_briefly(problems: Iterable[Problem]) -> str:
    """What is wrong and where, in one line, without how to mend it: for logs, and for answers with a field for one text.

    >>> tell_briefly([Problem("line 3", "has 4 cells of 5", "add the comma"), Problem("line 9", "is empty")])
    'line 3 has 4 cells of 5; line 9 is empty'
    """
    return "; ".join(f"{one.where} {one.what}" for one in problems)


def _printable(text: str) -> str:
    """A text in one line, with whatever a terminal would obey written out.

    >>> _printable("red \\x1b[31mtext\\nnext line")
    'red \\\\x1b[31mtext next line'
    """
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else " " if sign.isspace() else sign.encode("unicode_escape").decode()
        for sign in text
    )
