"""Waiting: the closed form of what it costs is what happens on average, and the desk has its limits."""

import numpy as np
import pytest

from leadloop.simulate.desk import Desk
from leadloop.simulate.pace import draw_pace
from leadloop.simulate.seasons import Seasons, draw_times

EVEN = Seasons((1.0,) * 24, (1.0,) * 7, (1.0,) * 12)
HOURS = np.datetime64("2025-01-06", "us") + np.arange(168) * np.timedelta64(1, "h")  # From a Monday on.


@pytest.mark.parametrize(("mean", "worked", "cooling"), [(3.0, 1.0, 5.0), (60.0, 0.8, 10.0), (0.5, 0.3, 100.0)])
def test_what_is_left_on_average_is_what_the_formula_says(mean, worked, cooling):
    many = np.ones(400_000)
    pace = draw_pace(np.random.default_rng(1), mean * many, worked * many, cooling * many, without=0.2)
    assert pace.happened.mean() == pytest.approx(pace.kept[0], abs=4 * pace.happened.std() / np.sqrt(len(many)))
    met = np.isfinite(pace.wait)
    assert met.mean() == pytest.approx(worked, abs=0.005)
    assert pace.wait[met].mean() == pytest.approx(mean, rel=0.01)
    assert (pace.happened[~met] == 0.2).all()


def test_a_lead_of_friday_night_waits_longer_than_one_of_tuesday_morning():
    wait, worked = Desk(utilisation=0.7, holds_weeks=1.0).wait(EVEN, HOURS)
    friday_night, tuesday_morning = 4 * 24 + 22, 24 + 10
    assert wait[friday_night] > 55
    assert wait[tuesday_morning] < wait[friday_night] / 2
    np.testing.assert_allclose(worked, 1.0)


def test_a_desk_that_gets_more_than_it_can_do_leaves_leads_unworked():
    calm, swamped = (Desk(utilisation=load, holds_weeks=0.5).wait(EVEN, HOURS) for load in (0.6, 1.4))
    assert swamped[0].mean() > calm[0].mean()
    assert calm[1].min() == 1.0
    # In the long run it can do as much as it can do: 1 / 1.4 of the leads.
    assert swamped[1].mean() == pytest.approx(1 / 1.4, abs=0.03)


def test_as_many_leads_come_as_are_asked_for_a_day():
    numbers = np.arange(36_525)
    times = draw_times(np.random.default_rng(2), numbers, EVEN, np.datetime64("2025-01-01T05:00", "us"), 100.0)
    assert times[0] >= np.datetime64("2025-01-01T05:00")
    days = (times[-1] - times[0]).astype(float) / 86_400e6
    assert days == pytest.approx(365.25, abs=0.1)
    assert np.all(np.diff(times) >= np.timedelta64(0))
