"""Curves run where they should, and enclose what the measures say."""

import numpy as np
import pytest
from hypothesis import given, settings
from tests.learning.evaluation.simulated_scores import outcomes_and_scores, simulate

from leadloop.learning.evaluation import area_under_curve, draw_curves, gain_at


@settings(deadline=None)
@given(rows=outcomes_and_scores)
def test_curves_run_from_corner_to_corner_and_enclose_the_area_they_should(rows):
    positive, scores = rows
    curves = draw_curves(positive, scores)
    for curve in (curves.roc, curves.gain):
        assert curve[0] == (0.0, 0.0)
        assert curve[-1] == pytest.approx((1.0, 1.0))
        assert list(curve) == sorted(curve)
    across, up = np.array(curves.roc).T
    assert np.trapezoid(up, across) == pytest.approx(area_under_curve(positive, scores))
    assert curves.lift[-1] == pytest.approx((1.0, 1.0))
    assert curves.precision_recall[-1] == pytest.approx((1.0, positive.mean()))
    assert sum(group[4] for group in curves.calibration) == len(scores)
    for mean, observed, low, high, _ in curves.calibration:
        assert low - 1e-12 <= observed <= high + 1e-12
        assert 0 <= mean <= 1


def test_curves_of_many_leads_are_thinned_without_moving_them():
    positive, truth = simulate(20_000, seed=8)
    curves = draw_curves(positive, truth)
    assert len(curves.roc) <= 201
    across, up = np.array(curves.roc).T
    assert np.trapezoid(up, across) == pytest.approx(area_under_curve(positive, truth), abs=0.001)
    at_half = np.interp(0.5, *np.array(curves.gain).T)
    assert at_half == pytest.approx(gain_at(positive, truth, 0.5), abs=0.005)
