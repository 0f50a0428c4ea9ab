"""The lines of insurance, and what makes a lead of each a good one: every line follows rules of its own.

Numbers are effects in log-odds. Where one line's effect is positive and another's negative, a model of that line can win
over one for all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SOURCES = ("google_ads", "facebook", "organic", "referral", "comparison_site", "direct", "email", "partner")


@dataclass(frozen=True)
class Line:
    """One insurance type: how common it is, what pays, how its leads cool, and the effects of what can be seen."""

    name: str
    weight: float
    other_weight: float
    """Its weight in the other mix of leads, which a covariate drift brings."""
    average: float
    cooling_hours: float
    decides_days: float
    premium: float
    by_source: tuple[float, ...]
    browsing: float
    many_pages: float
    """What it means to look at very many pages: comparing for ever, or reading with care."""
    quote: float
    form: float
    returns: float
    mobile: float
    phone: float
    address: float
    business_mail: float
    evening: float
    weekend: float
    spring: float
    enrolment: float
    """November to mid-January, when health cover is chosen."""


LINES = (
    Line(
        *("auto", 36, 18, -1.85, 5, 4, 1_400, (0.3, -0.5, 0.1, 0.5, -0.9, 0.3, 0.0, 0.4)),
        *(0.5, -0.7, 0.9, 0.35, 0.2, 0.55, 0.6, 0.0, -0.1, 0.35, 0.2, 0.25, 0.0),
    ),
    Line(
        *("home", 20, 14, -2.05, 16, 10, 1_900, (0.1, -0.7, 0.4, 0.7, -0.2, 0.2, 0.1, 0.8)),
        *(0.8, 0.5, 0.5, 0.3, 0.5, -0.35, 0.4, 0.75, 0.0, 0.1, 0.35, 0.7, -0.1),
    ),
    Line(
        *("health", 18, 34, -1.85, 10, 9, 4_800, (-0.2, 0.4, 0.3, 0.4, 0.3, 0.1, 0.5, -0.2)),
        *(0.4, 0.6, 0.4, 0.6, 0.3, 0.1, 0.7, 0.1, 0.0, 0.4, -0.45, -0.2, 1.1),
    ),
    Line(
        *("commercial", 9, 12, -2.3, 30, 18, 6_500, (0.2, -1.1, 0.2, 1.1, -0.5, 0.3, 0.0, 0.9)),
        *(0.5, 0.3, 0.9, 0.3, 0.3, -0.9, 0.9, 0.3, 1.3, -0.6, -0.9, 0.0, 0.0),
    ),
    Line(
        *("life", 10, 14, -2.5, 48, 20, 1_100, (-0.3, 0.3, 0.4, 0.8, -0.7, 0.1, 0.4, 0.2)),
        *(1.0, 0.8, 0.3, 0.4, 0.9, -0.5, 0.5, 0.3, 0.1, 0.3, 0.3, 0.0, 0.1),
    ),
    Line(
        *("renters", 7, 8, -1.7, 4, 3, 240, (0.4, 0.2, 0.0, 0.2, 0.0, 0.1, -0.1, 0.3)),
        *(0.3, -0.6, 1.0, 0.5, 0.0, 0.65, 0.1, 0.3, -0.2, 0.5, 0.3, 0.1, 0.0),
    ),
)
LINE_NAMES = tuple(line.name for line in LINES)
_OWN = np.array([line.by_source for line in LINES])
# What a source is worth is half its own and half the line's way with it.
BY_SOURCE = 0.6 * (_OWN + _OWN.mean(axis=0))


def of_line(attribute: str, codes: np.ndarray) -> np.ndarray:
    """A number that each line has its own of, for the line of each lead."""
    values: np.ndarray = np.array([getattr(line, attribute) for line in LINES], dtype=float)[codes]
    return values
