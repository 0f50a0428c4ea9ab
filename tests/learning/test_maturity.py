"""Outcomes that take time, on made-up leads whose true rate is known."""

import numpy as np
import pytest

from leadloop.learning.maturity import Maturity

WINDOW = 30.0


def growing(count=60_000, seed=0):
    """Leads over 100 days, more each day; three in ten are won, after 10 days on average; and the day of today."""
    draw = np.random.default_rng(seed)
    came = 100 * np.sqrt(draw.random(count))
    took = np.where(draw.random(count) < 0.3, draw.exponential(10.0, count), np.inf)
    took[took > WINDOW] = np.inf
    return came, took, float((took < np.inf).mean())


def test_weighed_outcomes_tell_the_true_rate_where_those_known_so_far_do_not():
    came, took, rate = growing()
    counts = Maturity(came, took, WINDOW, weigh=True).counts(60.0)
    here = came < 60.0
    known = here & (counts > 0)
    naive = (took[known] < np.inf).mean()
    weighed = np.average(took[known] < np.inf, weights=counts[known])
    assert abs(naive - rate) > 0.05
    assert weighed == pytest.approx(rate, abs=0.01)


def test_what_was_not_known_by_then_counts_for_nothing():
    maturity = Maturity(
        np.array([0.0, 50.0, 50.0, 58.0, 70.0]), np.array([np.inf, 5.0, np.inf, 5.0, 1.0]), WINDOW, True
    )
    counts = maturity.counts(60.0)
    assert (counts > 0).tolist() == [True, True, False, False, False]


def test_an_outcome_that_is_rarely_known_so_soon_counts_for_more():
    came, took, _ = growing(5_000)
    counts = Maturity(came, took, WINDOW, weigh=True).counts(60.0)
    known = (counts > 0) & (took < np.inf)
    quick, slow = known & (took < 3), known & (took > 20)
    assert counts[slow].mean() > counts[quick].mean()
    assert counts.max() <= 10 * counts[counts > 0].min()


def test_with_a_gap_all_leads_count_alike_once_they_are_old_enough():
    maturity = Maturity(np.array([0.0, 10.0, 29.0]), np.array([1.0, 1.0, np.inf]), gap=5.0)
    assert maturity.counts(30.0).tolist() == [1.0, 1.0, 0.0]
