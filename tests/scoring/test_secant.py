"""What is shared out along a secant adds up to the whole way."""

import numpy as np

from leadloop.scoring.secant import secant_rates


def test_shares_times_their_rate_add_up_to_the_way_along_the_curve():
    shares = np.array([[0.5, -1.5, 0.2], [2.0, 0.0, 1.0]])
    rates = secant_rates(np.exp, np.array([0.3]), shares.sum(axis=1), step=1e-6)
    way = np.exp(0.3 + shares.sum(axis=1)) - np.exp(0.3)
    assert np.allclose((shares * rates[:, None]).sum(axis=1), way, rtol=1e-12)


def test_where_shares_cancel_out_the_slope_stands_in():
    (rate,) = secant_rates(np.exp, np.array([1.0]), np.array([0.0]), step=1e-6)
    assert np.isclose(rate, np.e, rtol=1e-5)


def test_each_lead_may_start_elsewhere():
    starts, moved = np.array([0.0, 2.0]), np.array([1.0, 1.0])
    assert secant_rates(np.square, starts, moved, step=1e-6).tolist() == [1.0, 5.0]
