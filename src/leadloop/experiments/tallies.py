"""What is counted of each arm: everything the statistics need to know of an experiment, as sums that a database can make.

A unit is whoever was assigned to an arm: a lead, an account, a user, a rep. Each counts once, however many rows it has. Only
*matured* units are counted, those whose time to convert is over; the rest are open, and are counted as open and nothing else:
to count the early wins of open units would favour whichever arm converts sooner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateSums:
    """Sums over the same units of what was known of each before it saw its arm: the score at that moment, as a rule.

    `total` is the sum of x, `squares` of x², `cross` of x times the metric. A unit without a covariate is given the mean of all
    arms together: never a value that depends on its arm.
    """

    total: float
    """The sum of the covariate."""
    squares: float
    """The sum of its squares."""
    cross: float
    """The sum of its products with the metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionTally:
    """Units that converted, of those whose time to convert is over: of leads won, of calls accepted."""

    units: int
    """Matured units."""
    conversions: int
    """Of these, units that converted."""
    open_units: int = 0
    """Units whose time is not over; they are shown and not counted."""
    covariate: CovariateSums | None = None
    """What was known beforehand, over the matured units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanTally:
    """A number of each unit, as its sums: scores, latencies, anything whose mean is asked for and whose tails are ordinary."""

    units: int
    """Matured units."""
    total: float
    """The sum of the number."""
    squares: float
    """The sum of its squares."""
    open_units: int = 0
    """Units whose time is not over."""
    covariate: CovariateSums | None = None
    """What was known beforehand, over the matured units."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AmountTally:
    """An amount of each unit, mostly 0 and now and then very large: revenue per lead. Amounts of 0 are not listed."""

    units: int
    """Matured units, those that brought nothing included."""
    amounts: np.ndarray
    """The amounts that are not 0, in any order."""
    open_units: int = 0
    """Units whose time is not over."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TimeTally:
    """Times from exposure to conversion, those that still wait included: at each number of days, how many converted and how many
    have been watched for so long without converting.

    Every exposed unit counts here, the youngest too: the methods know what to make of a unit that was watched for two days.
    """

    days: np.ndarray
    """Days since exposure, rising, each once."""
    conversions: np.ndarray
    """How many converted at each."""
    waiting: np.ndarray
    """How many had been watched for so long, and no longer, without having converted."""

    @classmethod
    def of(cls, days: np.ndarray, converted: np.ndarray) -> Self:
        """Count single units: the days each was watched, and whether it converted at their end.

        >>> TimeTally.of(np.array([3.0, 1.0, 3.0]), np.array([True, False, False])).waiting.tolist()
        [1, 1]
        """
        moments, place = np.unique(np.asarray(days, dtype=np.float64), return_inverse=True)
        converted = np.asarray(converted, dtype=bool)
        won = np.bincount(place[converted], minlength=len(moments))
        return cls(days=moments, conversions=won, waiting=np.bincount(place, minlength=len(moments)) - won)

    @property
    def units(self) -> int:
        """How many units were watched."""
        return int(self.conversions.sum() + self.waiting.sum())


Tally = ConversionTally | MeanTally | AmountTally | TimeTally


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmTally:
    """All that is counted of one arm."""

    name: str
    """The arm."""
    share: float
    """Its expected share of the exposed units. Shares of all arms add up to 1 (any positive numbers will do: they are put in
    proportion). Where shares changed while it ran: the sum of the propensities that were logged with the assignments."""
    units: int
    """Units that were exposed to it, matured or not: what the check of the sample ratio looks at."""
    is_control: bool = False
    """Whether the other arms are compared with it. Exactly one arm is."""
    metrics: Mapping[str, Tally] = field(default_factory=dict)
    """What was counted, by the metric's name."""
