"""Which share of units each arm gets: fixed beforehand, or moved towards what works (Thompson sampling).

Thompson sampling gives every arm the probability that it is the best (Thompson 1933). That probability is worked out and not
drawn, so the share of an arm is known exactly at any time: it is the propensity that is logged with each assignment, and
whoever reads the log later can weigh by it. The control keeps a floor, so that there is always something to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from leadloop.errors import ExperimentError, Problem
from leadloop.experiments.chances import conversion_chances, mean_chances
from leadloop.experiments.moments import moments_of
from leadloop.experiments.tallies import AmountTally, ConversionTally, MeanTally

CONTROL_FLOOR = 0.1
"""The control's least share."""
OTHERS_FLOOR = 0.01
"""Every other arm's least share: what is never tried cannot be learned about, nor be evaluated from the log."""


def thompson_shares(
    tallies: Sequence[ConversionTally] | Sequence[MeanTally] | Sequence[AmountTally],
    *,
    control: int = 0,
    control_floor: float = CONTROL_FLOOR,
    others_floor: float = OTHERS_FLOOR,
    lower_is_better: bool = False,
) -> tuple[float, ...]:
    """The share of each arm: the probability that it is the best, with floors. They add up to 1.

    `tallies` holds matured units alone, the control's at place `control`. Arms of which a mean is known of fewer than two units
    share alike. The shares are for units that have no arm yet. Raises ExperimentError where the floors leave nothing to move.

    >>> tallies = [ConversionTally(units=500, conversions=50), ConversionTally(units=500, conversions=90)]
    >>> [round(share, 2) for share in thompson_shares(tallies)]
    [0.1, 0.9]
    """
    floors = [control_floor if place == control else others_floor for place in range(len(tallies))]
    problems = []
    if len(tallies) < 2 or not 0 <= control < len(tallies):
        problems.append(Problem("arms", "are not two or more with one control", "give a tally of every arm"))
    if not all(0 <= floor < 1 for floor in floors) or sum(floors) >= 1:
        problems.append(Problem("floors", f"take {sum(floors):g} of all units", "leave something to be moved"))
    if problems:
        raise ExperimentError("allocation", problems)
    return with_floors(_best(tallies, lower_is_better=lower_is_better), floors)


def with_floors(wanted: Sequence[float], floors: Sequence[float]) -> tuple[float, ...]:
    """Shares that are as wanted, in proportion, where no floor is in the way.

    >>> [round(share, 3) for share in with_floors([0.02, 0.9, 0.08], [0.1, 0.01, 0.01])]
    [0.1, 0.827, 0.073]
    """
    shares = list(wanted)
    held: set[int] = set()
    while True:
        below = {place for place, share in enumerate(shares) if share < floors[place] and place not in held}
        if not below:
            break
        held |= below
        free = 1.0 - sum(floors[place] for place in held)
        asked = sum(wanted[place] for place in range(len(wanted)) if place not in held)
        shares = [
            floors[place] if place in held else wanted[place] / asked * free if asked else 0.0
            for place in range(len(wanted))
        ]
    whole = sum(shares)
    return tuple(share / whole for share in shares) if isfinite(whole) and whole > 0 else tuple(floors)


def _best(
    tallies: Sequence[ConversionTally] | Sequence[MeanTally] | Sequence[AmountTally], *, lower_is_better: bool
) -> tuple[float, ...]:
    """The probability of each arm to be the best."""
    conversions = [tally for tally in tallies if isinstance(tally, ConversionTally)]
    if len(conversions) == len(tallies):
        if lower_is_better:
            conversions = [
                ConversionTally(units=one.units, conversions=one.units - one.conversions) for one in conversions
            ]
        return conversion_chances(conversions).best
    moments = [moments_of(tally) for tally in tallies]
    if any(one.units < 2 for one in moments) or all(one.variance == 0 for one in moments):
        return (1 / len(tallies),) * len(tallies)
    return mean_chances(moments, lower_is_better=lower_is_better).best
