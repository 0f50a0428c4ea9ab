"""Intervals of shares against SciPy's, and drawn leads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.learning.evaluation import wilson_interval


@settings(deadline=None)
@given(hits=st.integers(0, 400), missed=st.integers(0, 400))
def test_wilson_intervals_agree_with_scipy_and_hold_the_share(hits, missed):
    count = hits + missed
    low, high = wilson_interval(hits, count)
    if count == 0:
        assert (low, high) == (0.0, 1.0)
        return
    assert 0.0 <= low <= hits / count + 1e-12
    assert hits / count - 1e-12 <= high <= 1.0
    theirs = pytest.importorskip("scipy.stats").binomtest(hits, count).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-6)
