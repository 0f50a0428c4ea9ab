"""Made-up leads in which two fields may tell something together that neither tells alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from leadloop.leads import Field, LeadFrame, LeadSchema
from leadloop.playbook import Order, Playbook, Target
from leadloop.scoring.calibrator import logistic

FIELDS = (
    Field("minutes", "number", "intake"),
    Field("pages", "number", "intake"),
    Field("size", "number", "intake"),
    Field("source", "category", "intake"),
    Field("form", "category", "intake"),
    Field("country", "category", "intake"),
    Field("member", "boolean", "intake"),
    Field("asked", "time", "intake"),
    Field("paid", "time", "outcome"),
    Field("won", "boolean", "outcome"),
)
PLAYBOOK = Playbook(
    "pairs",
    LeadSchema(FIELDS),
    "intake",
    Target("won", column="won", positive=("yes",)),
    order=Order("rows", newest="last"),
)


def make_leads(count: int, seed: int, *, ratio: float = 0.0, cross: float = 0.0) -> tuple[LeadFrame, np.ndarray]:
    """Leads with main effects, and with a ratio that matters above a threshold or a pair of values that matters, if wanted.

    `paid` lies two days after `asked` for won leads and ten for others: neither time alone tells anything.
    """
    draw = np.random.default_rng(seed)
    minutes, pages = draw.gamma(2, 6, count), 1.0 + draw.poisson(6, count)
    source = draw.choice(["google", "chat", "fair", "mail"], count)
    form = draw.choice(["demo", "price", "news"], count)
    margin = -1.2 + 0.8 * (source == "google") - 0.8 * (form == "news") + 0.025 * minutes
    share = minutes / pages
    margin = margin + ratio * ((share > np.quantile(share, 0.7)) - 0.3)
    good = ((source == "chat") & (form == "demo")) | ((source == "fair") & (form == "price"))
    positive = (draw.random(count) < logistic(margin + cross * np.where(good, 1.0, -0.3))).astype(float)
    asked = [datetime(2025, 1, 1) + timedelta(days=float(day)) for day in draw.uniform(0, 300, count)]
    paid = [at + timedelta(days=float(days)) for at, days in zip(asked, np.where(positive == 1, 2, 10), strict=True)]
    data = pl.DataFrame(
        {
            "minutes": minutes,
            "pages": pages,
            "size": draw.lognormal(3, 1, count),
            "source": source,
            "form": form,
            "country": np.array([f"c{place}" for place in range(20)])[np.minimum(draw.geometric(0.2, count) - 1, 19)],
            "member": draw.random(count) < 0.4,
            "asked": asked,
            "paid": paid,
            "won": positive == 1,
        }
    )
    return LeadFrame(PLAYBOOK.schema, data, np.arange(count)), positive
