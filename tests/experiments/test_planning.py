"""How many units, how long, and what can be seen by then: said before anything is begun."""

import pytest

from leadloop.errors import ExperimentError
from leadloop.experiments import detectable_conversion, plan_conversion, plan_mean, power_of_conversion


def test_the_plan_says_how_long_it_takes_and_what_four_weeks_would_show():
    plan = plan_conversion(0.03, 0.02, units_per_day=40, reading="at_end")
    assert plan.weeks == pytest.approx(10.8, abs=0.1)
    assert plan.said.startswith("With 40 leads a day you need 11 weeks for 2 points")
    assert detectable_conversion(0.03, days=28, units_per_day=40, reading="at_end").effect_absolute > 0.03


@pytest.mark.parametrize("reading", ["at_end", "any_time"])
def test_what_a_plan_asks_for_is_just_what_can_be_seen_by_then(reading):
    plan = plan_conversion(0.1, 0.02, units_per_day=100, reading=reading, matures_after_days=30)
    seen = detectable_conversion(0.1, days=plan.days, units_per_day=100, reading=reading, matures_after_days=30)
    assert seen.effect_absolute == pytest.approx(0.02, rel=1e-3)


def test_the_plan_of_one_look_has_the_power_asked_for():
    plan = plan_conversion(0.1, 0.02, power=0.9, reading="at_end")
    assert power_of_conversion(0.1, 0.02, plan.units // 2, plan.units // 2) == pytest.approx(0.9, abs=0.001)


def test_looking_at_any_time_uneven_shares_more_arms_and_slow_outcomes_cost():
    plain = plan_conversion(0.1, 0.02, units_per_day=100, reading="at_end")
    assert plan_conversion(0.1, 0.02, reading="any_time").units > 1.5 * plain.units
    assert plan_conversion(0.1, 0.02, shares=(0.8, 0.2), reading="at_end").units > plain.units
    assert plan_conversion(0.1, 0.02, shares=(0.4, 0.3, 0.3), reading="at_end").units > plain.units
    slow = plan_conversion(0.1, 0.02, units_per_day=100, reading="at_end", matures_after_days=30)
    assert slow.days == pytest.approx(plain.days + 30)


def test_a_score_that_explains_a_fifth_of_the_variance_saves_a_fifth_of_the_units():
    plain, saving = (plan_mean(10.0, 1.0, reading="at_end", variance_saved=saved).units for saved in (0.0, 0.2))
    assert saving == pytest.approx(0.8 * plain, rel=0.01)


def test_a_fall_is_planned_for_as_a_rise_of_its_mirror():
    assert plan_conversion(0.1, -0.02).units == plan_conversion(0.9, 0.02).units


def test_what_cannot_be_planned_is_refused_with_every_reason():
    with pytest.raises(ExperimentError) as refused:
        plan_conversion(0.0, 0.0, shares=(1.0,), power=0.2)
    assert [problem.where for problem in refused.value.problems] == ["base_rate", "effect", "shares", "power"]
    with pytest.raises(ExperimentError, match="no rise could be seen"):
        detectable_conversion(0.1, days=10, units_per_day=100, matures_after_days=30)
