"""No source of outcomes counts for more than its share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.learning.source_cap import cap_sources


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    cap=st.floats(0.05, 1.0),
    seed=st.integers(0, 100),
)
def test_none_has_more_than_its_share_where_that_can_be(counts, cap, seed):
    sources = [f"s{place}" for place, count in enumerate(counts) for _ in range(count)]
    weights = np.random.default_rng(seed).uniform(0.5, 2.0, len(sources))
    capped = cap_sources(sources, weights, cap)
    assert capped.factors.max() <= 1 + 1e-9
    totals = [float((weights * capped.factors)[np.array(sources) == name].sum()) for name in sorted(set(sources))]
    shares = np.array(totals) / sum(totals)
    assert shares.max() <= max(cap, 1 / len(counts)) + 1e-6
    assert capped.largest == pytest.approx(shares.max())


def test_leads_of_no_source_and_small_sources_stay_as_they_are():
    sources = ["crm"] * 90 + ["web"] * 5 + ["fair"] * 5 + [None] * 50
    capped = cap_sources(sources, np.ones(150), 0.5)
    assert capped.factors[90:].tolist() == [1.0] * 60
    assert capped.factors[:90] == pytest.approx(10 / 90)
    assert capped.lowered == (("crm", pytest.approx(0.9), pytest.approx(0.5)),)


def test_too_few_sources_share_alike():
    capped = cap_sources(["crm"] * 9 + ["web"], np.ones(10), 0.3)
    assert capped.largest == pytest.approx(0.5)
