"""Weeks of leads that go up and down as real ones do, and change where they are told to."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadloop.monitoring.reference import Reference, refer_to

KINDS = {
    **{f"amount_{place}": "number" for place in range(8)},
    **{f"source_{place}": "category" for place in range(8)},
    "visits": "number",
    "phone": "phone",
    "notes": "text",
}
_WORDS = np.array([f"word{chr(97 + place // 26)}{chr(97 + place % 26)}" for place in range(60)])


def week(draw: np.random.Generator, leads: int, uneven: float = 0.15) -> pl.DataFrame:
    """Leads of a week, which has a mood of its own: shares and means differ from week to week by so much."""
    data: dict[str, object] = {}
    for place in range(8):
        data[f"amount_{place}"] = draw.lognormal(1 + uneven * draw.normal() / 2, 1, leads)
        shares = np.exp(np.linspace(0, -2, 12) + uneven * draw.normal(size=12))
        data[f"source_{place}"] = np.array([f"s{each}" for each in range(12)])[
            draw.choice(12, leads, p=shares / shares.sum())
        ]
    data["visits"] = draw.poisson(3, leads).astype(float)
    given = draw.random(leads) < 0.6
    data["phone"] = [("+44" if each else None) for each in given]
    data["notes"] = [" ".join(draw.choice(_WORDS, 8)) for _ in range(leads)]
    return pl.DataFrame(data)


def score(draw: np.random.Generator, data: pl.DataFrame) -> pl.DataFrame:
    margin = -2 + 0.3 * np.log1p(data["amount_0"].to_numpy()) + 0.2 * (data["visits"].to_numpy() - 3)
    return pl.DataFrame({"probability": 1 / (1 + np.exp(-margin)), "confidence": draw.beta(9, 1, data.height)})


def reference_of(draw: np.random.Generator, weeks: int = 20, leads: int = 150) -> Reference:
    parts = [week(draw, leads) for _ in range(weeks)]
    data = pl.concat(parts)
    stretches = np.repeat(np.arange(weeks), leads)
    return refer_to(data, KINDS, stretches, scores=score(draw, data), score_stretches=stretches, rate=0.2)
