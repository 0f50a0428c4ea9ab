"""Intervals of shares against SciPy's, and drawn leads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.learning.evaluation import wilson_interval
from leadloop.learning.evaluation.intervals import draw_times


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


@pytest.mark.parametrize("groups", [None, np.array(["a", "b", "b", "c"])])
def test_every_lead_is_drawn_as_often_as_any_other(groups):
    drawn = np.array(list(draw_times(4, 4_000, seed=2, groups=groups)))
    assert drawn.mean(axis=0) == pytest.approx([1.0] * 4, abs=0.06)
    # A lead is missing from a draw of n with the chance (1 - 1/n)^n, and so is a group.
    each = 3 if groups is not None else 4
    assert (drawn == 0).mean(axis=0) == pytest.approx([(1 - 1 / each) ** each] * 4, abs=0.03)


def test_leads_of_one_group_are_drawn_together():
    for drawn in draw_times(4, 50, seed=2, groups=np.array(["a", "b", "b", "c"])):
        assert drawn[1] == drawn[2]
