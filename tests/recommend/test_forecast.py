import numpy as np
import pytest

from leadloop.recommend.forecast import WEEK, Pipeline, fit_delays, forecast, past_errors


def draw(seed, *, days=420.0, per_day=12.0, slope=0.0):
    """Leads that come by chance, are won with their own probability, and after days that are gamma distributed."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(per_day * days)
    came = np.sort(days * rng.random(count) ** (1 / (1 + slope)))
    probability = rng.beta(2, 12, count)
    won = rng.random(count) < probability
    ends = np.where(won, came + rng.gamma(1.5, 12, count), np.nan)
    lost = np.where(won, np.nan, came + rng.exponential(40, count))
    return Pipeline(came, probability, ends, lost, rng.lognormal(7, 0.5, count))


def test_the_days_to_winning_are_learned_from_leads_that_are_still_open_too():
    pipeline = draw(1, days=300)
    now = 120.0
    delays = fit_delays(pipeline.at(now), now)
    assert delays.by(np.array([10.0, 20.0, 40.0])) == pytest.approx([0.36, 0.66, 0.92], abs=0.06)
    assert delays.scale == pytest.approx(1, abs=0.15)


def test_a_forecast_expects_as_many_as_come():
    gaps = []
    for seed in range(8):
        pipeline = draw(seed)
        errors = past_errors(pipeline, 400.0, 20, 4)
        gaps.append((errors.expected.sum() - errors.came.sum()) / errors.came.sum())
    assert np.mean(gaps) == pytest.approx(0, abs=0.06)


def test_what_was_not_known_at_a_moment_is_not_used():
    pipeline = draw(3)
    later = Pipeline(
        pipeline.came, pipeline.probability, np.where(pipeline.won > 300, pipeline.won + 50, pipeline.won), pipeline.lost,
        pipeline.value,
    )  # fmt: skip
    one, other = (forecast(each.at(300.0), 300.0, 6)[0] for each in (pipeline, later))
    assert [week.won for week in one] == [week.won for week in other]


def test_limits_hold_as_many_weeks_as_they_promise():
    covered = [forecast(draw(seed), 400.0, 1, past=40)[1].covered for seed in range(12)]
    assert 0.75 <= np.mean(covered) <= 0.85


def test_a_far_week_is_made_of_leads_to_come_and_a_near_one_of_those_that_are_there():
    weeks, tested = forecast(draw(5), 400.0, 20)
    assert weeks[0].from_pipeline > 0.6 * weeks[0].won
    assert weeks[-1].from_pipeline < 0.3 * weeks[-1].won
    assert all(week.low <= week.won <= week.high for week in weeks)
    assert all(week.value > 0 for week in weeks)
    assert weeks[1].start - weeks[0].start == WEEK
    assert tested.weeks > 50


def test_too_few_wins_are_refused():
    with pytest.raises(ValueError, match="dated wins"):
        forecast(draw(1, days=20, per_day=1), 20.0, 4)
