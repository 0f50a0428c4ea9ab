"""Small synthetic leads with a known truth, shared by the tests of learning, scoring and flows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from leadloop.leads import Field, LeadFrame, LeadSchema
from leadloop.playbook import Order, Playbook, Target, Training

FIELDS = (
    Field("id", "id", "intake"),
    Field("number", "number", "intake"),
    Field("visits", "number", "intake"),
    Field("source", "category", "intake", missing=("Select",)),
    Field("phone", "phone", "intake"),
    Field("opted_out", "boolean", "intake"),
    Field("noise", "number", "intake"),
    Field("won", "boolean", "outcome"),
)

PLAYBOOK = Playbook(
    name="tiny",
    schema=LeadSchema(FIELDS),
    scores_at="intake",
    target=Target("won", column="won", positive=("yes",)),
    training=Training(min_leads=100, min_positives=20, learners=("logistic regression", "LightGBM"), trials=2),
    order=Order("field", "number"),
    lead_id="id",
    synthetic=True,
)

UNORDERED = replace(PLAYBOOK, order=None)


def make_cells(count: int, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Leads as text, as a CSV would hold them, and the true probability of each."""
    draw = np.random.default_rng(seed)
    visits = draw.gamma(2.0, 3.0, count)
    sources = np.array(["Google", "Reference", "Chat", "Select"])[draw.integers(0, 4, count)]
    opted_out = draw.random(count) < 0.2
    worth = {"Google": 0.0, "Reference": 1.5, "Chat": -0.7, "Select": -0.3}
    margin = -2.0 + 0.25 * visits + np.array([worth[source] for source in sources]) - 1.2 * opted_out
    truth = 1 / (1 + np.exp(-margin))
    won = draw.random(count) < truth
    cells = pl.DataFrame(
        {
            "id": [f"L{number}" for number in range(count)],
            "number": [str(number) for number in range(count)],
            "visits": [None if draw.random() < 0.1 else f"{value:.2f}" for value in visits],
            "source": sources,
            "phone": [None if draw.random() < 0.5 else "+44 20 7946 0000" for _ in range(count)],
            "opted_out": ["yes" if out else "no" for out in opted_out],
            "noise": [f"{value:.3f}" for value in draw.normal(size=count)],
            "won": ["yes" if outcome else "no" for outcome in won],
        }
    )
    return cells, truth


def make_leads(count: int, seed: int = 0, playbook: Playbook = PLAYBOOK) -> tuple[LeadFrame, np.ndarray, np.ndarray]:
    """Leads, their outcomes (0 or 1) and their true probabilities."""
    cells, truth = make_cells(count, seed)
    leads = playbook.schema.read(cells).leads
    return leads, leads.data["won"].cast(pl.Float64).to_numpy(), truth
