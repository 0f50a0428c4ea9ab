"""Leads with two fields of many categories, for the tests of libraries that split categories into sets."""

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.columns import Seen
from leadloop.learning.tree_models import SetList
from leadloop.scoring.trees.ensemble import TreeEnsemble

COLUMNS = (
    FeatureColumn("pages", "pages"),
    FeatureColumn("source", "source", levels=14),
    FeatureColumn("visits", "visits"),
    FeatureColumn("city", "city", levels=90),
)
SEEN = Seen.of(COLUMNS, native=True)
CODES = list(SEEN.levels)


def category_leads(n: int = 2_500, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows and outcomes: each of 12 sources has its own chance, and so has each of up to 70 cities, most of them rare."""
    draw, fixed = np.random.default_rng(seed), np.random.default_rng(42)
    of_source, of_city = fixed.normal(size=12), fixed.normal(size=70)
    pages, visits = draw.normal(size=(2, n))
    source, city = draw.integers(0, 12, n), np.minimum(draw.zipf(1.5, n), 69)
    chance = 1 / (1 + np.exp(-(pages + of_source[source] * (visits > 0) + of_city[city] - 0.5)))
    rows = np.column_stack([pages, source, visits, city]).astype(np.float32)
    rows[:, [0, 2]][draw.random((n, 2)) < 0.1] = np.nan
    return rows, (draw.random(n) < chance).astype(float)


def any_leads(n: int = 2_000, seed: int = 8) -> np.ndarray:
    """Rows with every category there is, also those that training never saw, and with missing numbers."""
    draw = np.random.default_rng(seed)
    rows = category_leads(n, seed)[0]
    rows[:, 1], rows[:, 3] = draw.integers(0, 14, n), draw.integers(0, 90, n)
    return rows


def check_served(ensemble: TreeEnsemble, sets: SetList, said: np.ndarray, close: float) -> None:
    """That a member serves the margins that the library said of `any_leads`, and explains them to the last digit."""
    member = SEEN.member(ensemble, sets)
    rows = any_leads()
    assert len(member.sets) > 5
    assert np.abs(member.ensemble.margins(member.sets.widen(rows)) - said).max() <= close
    assert np.abs(member.margins(rows) - said).max() < 1e-5
    reasons = member.contributions(rows)
    assert reasons.shape == rows.shape
    exact = member.ensemble.margins(member.sets.widen(rows))
    assert np.abs(reasons.sum(axis=1) + member.expected - exact).max() < 1e-9
    for row in range(0, 200, 23):
        assert member.margins(rows[row : row + 1])[0] == member.margins(rows)[row]
        assert (member.contributions(rows[row : row + 1])[0] == reasons[row]).all()
    again = type(member).from_arrays(member.arrays())
    assert (again.margins(rows) == member.margins(rows)).all()
