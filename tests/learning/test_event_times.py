from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from tests.timed_leads_for_tests import TIMED

from leadloop.leads import LeadFrame, LeadSchema
from leadloop.learning.event_times import EventTimes, cumulative_incidence, read_event_times

JANUARY = datetime(2024, 1, 1)


def read(came: list[int | None], ended: list[int | None], outcomes: list[float], playbook=TIMED) -> EventTimes:
    """The fate of leads that came and ended on these days of January."""
    days = [[None if day is None else datetime(2024, 1, day) for day in column] for column in (came, ended)]
    data = pl.DataFrame({"came": days[0], "ended": days[1]}, schema=dict.fromkeys(("came", "ended"), pl.Datetime("us")))
    schema = LeadSchema(tuple(playbook.schema[name] for name in ("came", "ended")), playbook.schema.moments)
    return read_event_times(playbook, LeadFrame(schema, data, np.arange(len(came))), np.array(outcomes))


def test_leads_are_followed_to_the_newest_time_in_the_file():
    times = read([1, 3, 5], [4, 21, None], [1.0, 0.0, np.nan])
    assert times.followed.tolist() == [20, 18, 16]
    assert times.days[:2].tolist() == [3, 18]
    assert times.won.tolist() == [True, False, False]
    assert times.lost.tolist() == [False, True, False]


def test_where_nothing_tells_open_from_lost_a_lead_that_was_not_won_may_be_won_yet():
    times = read([1, 3, 5], [4, None, None], [1.0, 0.0, 0.0])
    assert not times.lost.any()
    named = read([1, 3, 5], [4, None, None], [1.0, 0.0, np.nan])
    assert named.lost.tolist() == [False, True, False]


def test_where_outcomes_count_for_some_days_a_lead_not_won_by_then_is_lost_then():
    within = replace(TIMED, target=replace(TIMED.target, within_days=10.0, horizons=(7,)))
    times = read([1, 1, 15], [4, 14, None], [1.0, 0.0, np.nan], within)
    assert times.lost.tolist() == [False, True, False]
    assert times.days[:2].tolist() == [3, 10]


def test_a_win_dated_before_its_lead_is_known_only_where_a_date_without_hours_explains_it():
    times = read([5, 5, 5, None], [4, 2, 8, 9], [1.0, 1.0, 1.0, 1.0])
    assert times.known.tolist() == [True, False, True, False]
    assert times.days[0] == pytest.approx(0.001)


def test_only_leads_followed_for_so_long_say_whether_they_were_won_by_then():
    times = read([1, 3, 15], [4, 21, 16], [1.0, 0.0, 1.0])
    won, seen = times.won_by(np.array([2.0, 10.0]))
    assert won.tolist() == [[False, True], [False, False], [True, True]]
    assert seen.tolist() == [[True, True], [True, True], [True, False]]  # the third is six days old


def test_the_share_won_by_each_day_is_that_of_kaplan_and_meier_with_lost_leads_kept():
    lifelines = pytest.importorskip("lifelines")
    draw = np.random.default_rng(3)
    followed, days = draw.uniform(5, 60, 300), draw.exponential(20, 300)
    ever = draw.random(300) < 0.5
    won = ever & (days <= followed)
    lost = ~ever & (draw.random(300) < 0.5)
    times = EventTimes(won, lost, np.where(won, days, np.nan), followed, np.ones(300, dtype=bool))
    oracle = lifelines.KaplanMeierFitter().fit(np.where(won, days, followed), won)
    grid = np.linspace(1, 50, 20)
    np.testing.assert_allclose(cumulative_incidence(times, grid), 1 - oracle.predict(grid).to_numpy(), atol=1e-12)
