"""Small synthetic leads with two outcomes whose true probabilities are known: whether a lead moved on, and whether it fits.

Visits and the source push both, budget only the first, and the texts' word "voice" only the second; so the two go together, and
yet neither is the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from leadloop.leads import Field, LeadSchema
from leadloop.playbook import Order, Playbook, Target, Training

FIELDS = (
    Field("id", "id", "intake"),
    Field("number", "number", "intake"),
    Field("visits", "number", "intake"),
    Field("source", "category", "intake"),
    Field("budget", "number", "intake"),
    Field("notes", "text", "intake"),
    Field("moved_on", "boolean", "outcome"),
    Field("fits", "category", "outcome"),
)

TWO = Playbook(
    name="two",
    schema=LeadSchema(FIELDS),
    scores_at="intake",
    target=Target("progression", column="moved_on", positive=("yes",)),
    more_targets=(Target("voice_fit", column="fits", positive=("fit",)),),
    score=(("progression", 0.7), ("voice_fit", 0.3)),
    training=Training(min_leads=100, min_positives=20, learners=("logistic regression", "LightGBM"), trials=2),
    order=Order("field", "number"),
    lead_id="id",
    synthetic=True,
)

ALONE = replace(TWO, more_targets=(), score=())
"""The same leads with the first outcome as the only target."""


@dataclass(frozen=True)
class BothTruths:
    """The true probability of each outcome, one a lead."""

    progression: np.ndarray
    voice_fit: np.ndarray


def make_two_cells(count: int, seed: int = 0) -> tuple[pl.DataFrame, BothTruths]:
    """Leads as text, as a CSV would hold them, and the truth. Of one lead in five nobody wrote down whether it fits."""
    draw = np.random.default_rng(seed)
    visits, budget = draw.gamma(2.0, 3.0, count), draw.normal(size=count)
    sources = np.array(["Google", "Reference", "Chat"])[draw.integers(0, 3, count)]
    voice = draw.random(count) < 0.4
    recommended = sources == "Reference"
    moved = _logistic(-2.3 + 0.2 * visits + 1.2 * recommended + 0.9 * budget)
    fits = _logistic(-2.0 + 0.1 * visits + 0.8 * recommended + 2.0 * voice)
    answered = ["fit" if yes else "no fit" for yes in draw.random(count) < fits]
    cells = pl.DataFrame(
        {
            "id": [f"L{number}" for number in range(count)],
            "number": [str(number) for number in range(count)],
            "visits": [f"{value:.2f}" for value in visits],
            "source": sources,
            "budget": [f"{value:.3f}" for value in budget],
            "notes": ["they asked about voice" if yes else "they asked about mail" for yes in voice],
            "moved_on": ["yes" if yes else "no" for yes in draw.random(count) < moved],
            "fits": [
                None if unknown else said for unknown, said in zip(draw.random(count) < 0.2, answered, strict=True)
            ],
        }
    )
    return cells, BothTruths(moved, fits)


def _logistic(margins: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-margins)))
