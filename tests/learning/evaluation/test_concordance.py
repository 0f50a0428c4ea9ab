from __future__ import annotations

import numpy as np
import pytest

from leadloop.learning.evaluation.concordance import concordance
from leadloop.learning.event_times import EventTimes


def make_times(count: int, seed: int, followed: float | None = None) -> tuple[EventTimes, np.ndarray]:
    draw = np.random.default_rng(seed)
    until = draw.uniform(5, 60, count) if followed is None else np.full(count, followed)
    days = draw.exponential(20, count)
    won = (draw.random(count) < 0.7) & (days <= until)
    risk = -days + draw.normal(0, 15, count)
    none = np.zeros(count, dtype=bool)
    return EventTimes(won, none, np.where(won, days, np.nan), until, np.ones(count, dtype=bool)), risk


def test_it_is_harrells_where_every_lead_is_followed_as_long():
    utils = pytest.importorskip("lifelines.utils")
    times, risk = make_times(300, 1, followed=60.0)
    oracle = utils.concordance_index(np.where(times.won, times.days, 60.0), -risk, times.won)
    assert concordance(times, risk, 60.0, seed=1)[0] == pytest.approx(oracle, abs=1e-12)


def test_it_counts_pairs_as_written_down():
    times, risk = make_times(60, 2)
    right = whole = 0.0
    for one in np.flatnonzero(times.won & (times.days <= 30)):
        weight = 1 / (times.followed >= times.days[one]).mean() ** 2
        for other in range(60):
            later = not times.won[other] or times.days[other] > times.days[one]
            if later and times.followed[other] >= times.days[one]:
                whole += weight
                right += weight * (risk[one] > risk[other])
    assert concordance(times, risk, 30.0, seed=1)[0] == pytest.approx(right / whole)


def test_the_order_of_days_is_chance_for_a_risk_that_knows_only_how_long_a_lead_was_followed():
    draw = np.random.default_rng(3)
    followed, days = draw.uniform(5, 60, 1_500), draw.exponential(20, 1_500)
    won = days <= followed
    times = EventTimes(won, ~won & False, np.where(won, days, np.nan), followed, np.ones(1_500, dtype=bool))
    value, low, high = concordance(times, -followed, np.inf, seed=1, won_only=True)
    assert low <= 0.5 <= high
    assert high - low < 0.1
    assert value == pytest.approx(0.5, abs=0.05)


def test_nothing_won_is_nothing_to_order():
    times, risk = make_times(50, 4)
    assert np.isnan(concordance(times, risk, 0.0, seed=1)[0])
