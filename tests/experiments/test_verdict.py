"""The verdict comes from one table: every state has one row, losses are treated as gains are, and it says what would change."""

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.experiments import (
    RULES_IN_LIFT,
    RULES_IN_POINTS,
    TABLE,
    ArmTally,
    ConversionTally,
    MeanTally,
    Metric,
    Rules,
    analyse,
)
from leadloop.experiments.verdict import Result, find_row

WON = Metric(name="won", kind="conversion", role="decision")
ONCE = replace(RULES_IN_LIFT, reading="at_end")


def arm(name, units, won, *, control=False, exposed=None, **more):
    tally = ConversionTally(units=units, conversions=won)
    return ArmTally(name=name, share=0.5, units=exposed or units, is_control=control, metrics={"won": tally, **more})


def verdict_of(control_won, arm_won, units=5_000, rules=ONCE, days_run=30.0, **exposed):
    arms = [arm("rules", units, control_won, control=True), arm("model", units, arm_won, **exposed)]
    return analyse(arms, [WON], rules, days_run=days_run).verdict


@pytest.mark.parametrize(
    ("split_right", "enough_units", "guardrail_broken", "result"),
    list(product([True, False], [True, False], [True, False], get_args(Result))),
)
def test_every_state_has_one_decision(split_right, enough_units, guardrail_broken, result):
    found = find_row(
        split_right=split_right, enough_units=enough_units, guardrail_broken=guardrail_broken, result=result
    ).decision
    if not split_right:
        expected = None
    elif not enough_units:
        expected = "iterate"
    elif guardrail_broken:
        expected = "rollback"
    else:
        expected = {"better_by_enough": "deploy", "worse_by_enough": "rollback"}.get(result, "iterate")
    assert found == expected


def test_no_row_of_the_table_is_dead():
    states = list(product([True, False], [True, False], [True, False], get_args(Result)))
    reached = {
        find_row(split_right=a, enough_units=b, guardrail_broken=c, result=result).name for a, b, c, result in states
    }
    assert reached == {row.name for row in TABLE}


@pytest.mark.parametrize(
    ("control", "model", "rules", "decision", "row"),
    [
        (500, 650, ONCE, "deploy", "better_by_enough"),
        (650, 500, ONCE, "rollback", "worse_by_enough"),
        (500, 510, ONCE, "iterate", "not_known_yet"),
        (2_500, 2_610, ONCE, "iterate", "better_by_little"),
        (2_610, 2_500, ONCE, "iterate", "worse_by_little"),
        (500, 650, replace(RULES_IN_POINTS, reading="at_end"), "deploy", "better_by_enough"),
        (500, 590, replace(RULES_IN_POINTS, reading="at_end"), "iterate", "better_by_little"),
        (500, 505, replace(RULES_IN_POINTS, reading="at_end"), "iterate", "no_difference_that_matters"),
    ],
)
def test_the_verdict_follows_size_and_significance(control, model, rules, decision, row):
    found = verdict_of(control, model, rules=rules)
    assert (found.decision, found.row) == (decision, row)


def test_exactly_two_points_are_two_points():
    # 12 % less 10 % is 0.01999... in binary numbers.
    found = verdict_of(1_000, 1_200, units=10_000, rules=replace(RULES_IN_POINTS, reading="at_end"))
    assert found.decision == "deploy"


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from(["at_end", "any_time"]))
def test_losses_are_judged_as_gains_are(control, model, reading):
    rules = Rules(reading=reading, min_effect_absolute=0.02, relative_lift=None)
    mirror = {"deploy": "rollback", "rollback": "deploy", "iterate": "iterate"}
    gain = verdict_of(control, model, units=400, rules=rules)
    # Swap wins for losses in both arms: the difference turns around, and everything else stays.
    loss = verdict_of(400 - control, 400 - model, units=400, rules=rules)
    assert loss.decision == mirror[gain.decision]
    assert loss.sure == gain.sure
    assert loss.row == gain.row.replace("better", "*").replace("worse", "better").replace("*", "worse")


def test_a_wrong_split_forbids_any_verdict_however_large_the_effect():
    found = verdict_of(500, 900, exposed=6_000)
    assert found.decision is None
    assert "not split as planned" in found.because
    assert "deploy" not in found.because


def test_fewer_units_than_asked_for_are_too_few_to_judge():
    found = verdict_of(5, 60, units=99)
    assert (found.decision, found.row) == ("iterate", "too_few_units")
    assert "1 more matured units" in found.would_change
    assert verdict_of(5, 60, units=100).decision == "deploy"


def test_a_run_of_thirteen_days_is_noted_and_judged():
    assert any("less than 14" in note for note in verdict_of(500, 650, days_run=13).notes)
    assert verdict_of(500, 650, days_run=13).decision == "deploy"
    assert not any("less than 14" in note for note in verdict_of(500, 650, days_run=14).notes)


LATENCY = Metric(name="latency", kind="mean", role="guardrail", better="lower", unit="ms", tolerance=0.02)


def with_latency(mean, better="lower", spread=100.0):
    units = 5_000
    tallies = [MeanTally(units=units, total=units * m, squares=units * (m**2 + spread)) for m in (50.0, mean)]
    arms = [
        arm("rules", units, 500, control=True, latency=tallies[0]),
        arm("model", units, 650, latency=tallies[1]),
    ]
    return analyse(arms, [WON, replace(LATENCY, better=better)], ONCE, days_run=30).verdict


def test_a_broken_guardrail_rolls_back_what_would_else_be_deployed():
    assert with_latency(53.0).decision == "rollback"
    assert "latency" in with_latency(53.0).because


def test_a_guardrail_may_get_worse_by_its_tolerance_and_better_by_anything():
    assert with_latency(50.9).decision == "deploy"  # significantly slower, and by less than 2 %
    assert with_latency(20.0).decision == "deploy"
    assert with_latency(20.0, better="higher").decision == "rollback"


def test_a_guardrail_of_which_little_is_known_is_noted():
    found = with_latency(50.5, spread=10_000.0)
    assert found.decision == "deploy"
    assert any("no harm is proven" in note for note in found.notes)


def test_numbers_of_losses_carry_a_minus():
    found = verdict_of(650, 500)
    assert "-3 points" in found.because
    assert "+" not in found.because.split("at 95%")[0]


@pytest.mark.parametrize(("control", "model"), [(500, 650), (650, 500), (500, 510), (500, 505), (2_500, 2_610)])
def test_every_verdict_says_why_what_would_change_it_and_what_to_do(control, model):
    found = verdict_of(control, model)
    assert found.because
    assert found.would_change
    assert [line.split(":")[0] for line in found.recommendations] == ["Significance", "Size", "Effect", "Running time"]


def test_more_units_are_asked_for_as_long_as_they_can_bring_something():
    found = verdict_of(500, 510, rules=replace(ONCE, relative_lift=0.1))
    assert "more matured units" in found.would_change
    assert "days at the pace so far" in found.would_change
