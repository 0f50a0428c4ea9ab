"""Who is behind a synthetic lead, which shows in what they fill in and write, and is not itself in the export."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.simulate.draws import draw_codes

BUYER, EXPLORER, STUDENT, JOB_SEEKER, VENDOR, CUSTOMER = range(6)
_WEIGHTS = (0.50, 0.29, 0.06, 0.05, 0.05, 0.05)
_INTEREST = np.array([0.45, -0.35, -0.5, -0.4, -0.9, 0.1])


@dataclass(frozen=True)
class Personas:
    """For each lead its kind (buyer, explorer ...) and how interested it is: about 0, give or take 1."""

    kind: np.ndarray
    interest: np.ndarray


def draw_personas(rng: np.random.Generator, count: int) -> Personas:
    """Who comes: half of them want to buy, the rest look around, study, look for work, sell, or need help."""
    kind = draw_codes(rng, _WEIGHTS, count)
    return Personas(kind, _INTEREST[kind] + 0.85 * rng.standard_normal(count))
