"""The share of won leads along time."""

from __future__ import annotations

import numpy as np
import pytest

from leadloop.learning.leakage import trace_base_rate
from leadloop.learning.leakage.base_rate import _chi_square_tail


def drawn(rates: list[float], leads: int = 2_000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(leads) < np.repeat(rates, leads // len(rates))


def test_ten_stretches_hold_all_leads_and_their_rates_lie_in_their_intervals():
    won = drawn([0.2, 0.4], leads=2_003 // 2 * 2)
    trend = trace_base_rate(won)
    assert trend is not None
    assert len(trend.blocks) == 10
    assert sum(block.leads for block in trend.blocks) == len(won)
    assert sum(block.won for block in trend.blocks) == won.sum()
    assert all(won[block.first : block.last + 1].sum() == block.won for block in trend.blocks)
    assert all(block.low < block.rate < block.high for block in trend.blocks)


@pytest.mark.parametrize(("rates", "way"), [([0.1, 0.2, 0.3, 0.4], "rose"), ([0.4, 0.3, 0.2, 0.1], "fell")])
def test_a_rate_that_climbs_or_falls_is_said_with_its_size(rates: list[float], way: str):
    trend = trace_base_rate(drawn(rates))
    assert trend is not None
    assert trend.drifts
    assert f"on the whole it {way} by" in trend.sentence
    # A straight line through four equal steps of 0.1 rises by 0.375 from end to end.
    slopes = [trace_base_rate(drawn(rates, seed=seed)) for seed in range(60)]
    truth = 0.375 if way == "rose" else -0.375
    assert np.mean([it.change for it in slopes if it]) == pytest.approx(truth, abs=0.015)
    assert np.mean([it.low < truth < it.high for it in slopes if it]) > 0.85


def test_a_rate_that_goes_up_and_comes_back_is_uneven_and_has_no_direction():
    trend = trace_base_rate(drawn([0.1, 0.4, 0.4, 0.1]))
    assert trend is not None
    assert not trend.drifts
    assert trend.p_uneven < 0.001
    assert "up and down" in trend.sentence


def test_leads_of_one_rate_are_rarely_called_drifting_and_their_intervals_hold_nought():
    trends = [trace_base_rate(drawn([0.3], seed=seed)) for seed in range(400)]
    assert all(trend is not None for trend in trends)
    said = [trend for trend in trends if trend is not None]
    assert sum(trend.drifts for trend in said) <= 2
    assert 0.92 <= np.mean([trend.low < 0 < trend.high for trend in said]) <= 0.98
    assert 0.02 <= np.mean([trend.p_trend < 0.05 for trend in said]) <= 0.08
    assert 0.02 <= np.mean([trend.p_uneven < 0.05 for trend in said]) <= 0.08


def test_too_few_leads_or_one_outcome_have_no_trend():
    assert trace_base_rate(np.ones(500)) is None
    assert trace_base_rate(np.arange(39) % 2) is None
    few = trace_base_rate(np.arange(60) % 2)
    assert few is not None
    assert len(few.blocks) == 3


def test_the_tail_of_chi_square_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    for freedom in (1, 4, 9):
        for p in (0.5, 0.05, 0.001):
            ours = _chi_square_tail(float(stats.chi2.isf(p, freedom)), freedom)
            assert ours == pytest.approx(p, rel=1e-9)
