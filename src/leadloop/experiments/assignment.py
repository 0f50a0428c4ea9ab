"""Which arm a unit belongs to: the same one whenever and wherever it is asked, without anybody having to remember.

A unit has places on four lines from 0 to 1, each by a hash with a salt of its own, so that they have nothing to do with one
another: one for the hold-out, one for the group of experiments that exclude each other, one for whether this experiment has
reached it yet, and one for the arm. The place never changes; what changes is how much of a line is taken. So a unit that is in
stays in, and stays in its arm, while an experiment is ramped up.

What is stored at exposure counts in the end (shares may be changed by hand or by Thompson sampling); this is how a unit gets
its arm the first time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import accumulate, pairwise
from math import isclose, isfinite
from typing import Literal, Self

from leadloop.errors import ExperimentError, Problem

Why = Literal["in", "held_out", "other_experiment", "not_reached"]
"""in: the unit has an arm; held_out: it is in no experiment at all; other_experiment: its place in the group belongs to another;
not_reached: the ramp is not there yet."""

_STEP = 2.0**-53


@dataclass(frozen=True, slots=True)
class Assignment:
    """The arm of a unit, or why it has none."""

    arm: str | None
    """The arm; None for a unit that is not in the experiment."""
    why: Why
    """Whether it is in, or why not."""
    propensity: float | None
    """The probability with which a unit that is in gets this arm: to be logged, for whoever learns from the log."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line from 0 to 1, which a salt shuffles units along: a hold-out, or a place in a group of experiments."""

    salt: str
    """What the line is shuffled with: one for all that share it."""
    low: float
    """Where the part begins."""
    high: float
    """Where it ends; itself not a part of it."""

    def holds(self, unit: str) -> bool:
        """Whether the unit lies in it."""
        return self.low <= place_on_line(self.salt, unit) < self.high


@dataclass(frozen=True, slots=True)
class Ramp:
    """How an experiment is ramped up: from which day on which share of units is in."""

    steps: tuple[tuple[float, float], ...]
    """Days since the start, rising, and the share of units from then on, never falling: a unit that is in is never put out."""

    def __post_init__(self) -> None:
        days, shares = [day for day, _ in self.steps], [share for _, share in self.steps]
        problems = []
        if not self.steps:
            problems.append(Problem("ramp", "has no steps", "give at least one, as (0, 1.0)"))
        if any(later <= earlier for earlier, later in pairwise(days)):
            problems.append(Problem("ramp", "has days that do not rise", "put its steps in order of time"))
        if any(later < earlier for earlier, later in pairwise(shares)):
            problems.append(
                Problem("ramp", "has a share that falls", "a unit that is in stays in; pause the experiment instead")
            )
        if not all(0 <= share <= 1 for share in shares):
            problems.append(Problem("ramp", "has a share outside 0 to 1", "write a tenth as 0.1"))
        if problems:
            raise ExperimentError("ramp", problems)

    def share(self, days: float) -> float:
        """The share of units that is in, so many days after the start.

        >>> Ramp(((0, 0.05), (3, 0.25), (7, 1.0))).share(4.5)
        0.25
        """
        return max((share for day, share in self.steps if day <= days), default=0.0)


@dataclass(frozen=True, slots=True)
class Split:
    """How units are divided among arms, and which units are divided at all."""

    salt: str
    """The experiment's own salt: with another, every unit is divided anew."""
    arms: tuple[str, ...]
    """The arms."""
    shares: tuple[float, ...]
    """The share of each, adding up to 1."""
    reached: float = 1.0
    """The share of units that the ramp has reached."""
    held_out: Part | None = None
    """Units that take part in no experiment."""
    slot: Part | None = None
    """The experiment's place in a group of experiments that exclude each other."""

    def __post_init__(self) -> None:
        problems = []
        if not self.salt:
            problems.append(Problem("salt", "is empty", "give every experiment a salt of its own"))
        if len(self.arms) < 2 or len(set(self.arms)) < len(self.arms) or len(self.arms) != len(self.shares):
            problems.append(Problem("arms", "are not two or more different names with a share each", "name them apart"))
        if not all(isfinite(share) and share >= 0 for share in self.shares):
            problems.append(Problem("shares", "hold a number that is no share", "give each arm a share from 0 to 1"))
        elif not isclose(sum(self.shares), 1.0, abs_tol=1e-9):
            problems.append(Problem("shares", f"add up to {sum(self.shares):g}", "make them add up to 1"))
        if not 0 <= self.reached <= 1:
            problems.append(Problem("ramp", f"reaches {self.reached:g} of all units", "give a share from 0 to 1"))
        if problems:
            raise ExperimentError("split", problems)

    def assign(self, unit: str) -> Assignment:
        """The arm of a unit, by its id.

        >>> split = Split("a1b2", ("rules", "model"), (0.5, 0.5))
        >>> split.assign("lead 7").arm == split.assign("lead 7").arm
        True
        >>> split.reaching(0.0).assign("lead 7")
        Assignment(arm=None, why='not_reached', propensity=None)
        """
        if self.held_out is not None and self.held_out.holds(unit):
            return _HELD_OUT
        if self.slot is not None and not self.slot.holds(unit):
            return _OTHER
        digest = _digest(self.salt, unit)
        if (int.from_bytes(digest[8:], "big") >> 11) * _STEP >= self.reached:
            return _NOT_REACHED
        place = (int.from_bytes(digest[:8], "big") >> 11) * _STEP
        ends = list(accumulate(self.shares))
        number = min(bisect_right(ends, place), len(ends) - 1)
        while self.shares[number] == 0:  # rounding left a crumb behind the last arm that has a share
            number -= 1
        return Assignment(self.arms[number], "in", self.shares[number])

    def reaching(self, share: float) -> Self:
        """The same split with the ramp at another share."""
        return replace(self, reached=share)

    def dividing(self, shares: Sequence[float]) -> Self:
        """The same split with other shares of the arms, as Thompson sampling gives them: for units that have no arm yet."""
        return replace(self, shares=tuple(shares))


def place_on_line(salt: str, unit: str) -> float:
    """Where a salt puts a unit between 0 (may be) and 1 (never): evenly spread, always the same.

    >>> 0 <= place_on_line("a1b2", "lead 7") < 1
    True
    """
    return (int.from_bytes(_digest(salt, unit)[:8], "big") >> 11) * _STEP


def hold_out(salt: str, share: float) -> Part:
    """The units that take part in no experiment: a share of all, the same ones as long as the salt stays. A larger share later
    holds the same units and more.
    """
    if not 0 <= share < 1:
        raise ExperimentError("hold-out", Problem("share", f"is {share:g}", "give a share from 0 to below 1, as 0.05"))
    return Part(salt, 0.0, share)


def free_slot(salt: str, taken: Sequence[Part], share: float) -> Part:
    """A place of this size in a group of experiments that exclude each other, beside those that are taken.

    `taken` are the places of the group's experiments that are not over. Raises ExperimentError where no gap is as large.

    >>> free_slot("group", [Part("group", 0.0, 0.5)], 0.25)
    Part(salt='group', low=0.5, high=0.75)
    """
    if not 0 < share <= 1:
        raise ExperimentError("group", Problem("share", f"is {share:g}", "give a share above 0, up to 1"))
    end = 0.0
    for part in [*sorted(taken, key=lambda part: part.low), Part(salt, 1.0, 1.0)]:
        if part.low - end >= share - 1e-12:
            return Part(salt, end, min(1.0, end + share))
        end = max(end, part.high)
    free = 1.0 - sum(part.high - part.low for part in taken)
    raise ExperimentError(
        "group",
        Problem(
            "share", f"of {share:g} has no gap left", f"{max(0.0, free):g} is free in all; take less or end another"
        ),
    )


_HELD_OUT = Assignment(None, "held_out", None)
_OTHER = Assignment(None, "other_experiment", None)
_NOT_REACHED = Assignment(None, "not_reached", None)


def _digest(salt: str, unit: str) -> bytes:
    """Sixteen bytes of a salt and a unit. The length of the salt comes first: no two pairs are written alike."""
    return blake2b(f"{len(salt)}:{salt}{unit}".encode(), digest_size=16).digest()
