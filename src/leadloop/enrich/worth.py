"""What knowing more of a lead would be worth: the order of the queue.

A team works the best leads, as many as it can. Learning more of a lead pays where it may change on which side of that line the
lead stands: the closer its probability is to the line, and the wider its interval, the more. This is the expected value of
information of a choice between two actions under a normal error (Raiffa and Schlaifer, 1961, "unit normal linear loss").

Besides, whoever works a lead is glad of what is known about its company, so likely winners come before unlikely ones where the
choice itself is clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, pi, sqrt

_WIDTHS = 2 * 1.6449
"""The width of an interval of nine in ten, in standard deviations."""
USE = 0.05
"""What it is worth to know the company of a lead that will be won, as a share of winning it."""
UNKNOWN_WIDTH = 0.6
"""The width that stands for a lead that was never scored, or has no interval: wide, since nothing is known."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a lead stands before anything more is known of it."""

    probability: float
    """Of winning it, 0 to 1."""
    width: float
    """Of its interval."""


def information_worth(standing: Standing, *, line: float, missing: float) -> float:
    """The worth of finding out more, in wins a lead: 0 where nothing is missing.

    `line` is the probability from which leads are worked; `missing` is the share, 0 to 1, of what could be found that is not
    known yet. That much of the doubt may be lifted.

    >>> at_the_line = information_worth(Standing(0.30, 0.4), line=0.3, missing=1.0)
    >>> sure_winner = information_worth(Standing(0.90, 0.1), line=0.3, missing=1.0)
    >>> hopeless = information_worth(Standing(0.01, 0.05), line=0.3, missing=1.0)
    >>> at_the_line > sure_winner > hopeless > 0
    True
    """
    if missing <= 0:
        return 0.0
    doubt = max(standing.width, 0.0) / _WIDTHS * sqrt(min(missing, 1.0))
    return _loss(abs(standing.probability - line), doubt) + USE * min(missing, 1.0) * standing.probability


def _loss(distance: float, deviation: float) -> float:
    """How much choosing right is worth on average, where the truth lies about `distance` beyond the line."""
    if deviation <= 0:
        return 0.0
    far = distance / deviation
    return deviation * (exp(-far * far / 2) / sqrt(2 * pi) - far * 0.5 * (1 - erf(far / sqrt(2))))


def line_of(probabilities: list[float], capacity: float) -> float:
    """The probability from which leads are worked, where the best `capacity` share of them is; the middle where none is known.

    >>> line_of([0.1, 0.2, 0.3, 0.4, 0.5], 0.2), line_of([], 0.2)
    (0.5, 0.5)
    """
    if not probabilities:
        return 0.5
    best = sorted(probabilities, reverse=True)
    return best[min(len(best) - 1, max(0, round(capacity * len(best)) - 1))]
