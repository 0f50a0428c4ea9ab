"""What the statistics promise, held against experiments whose truth is known: `pytest -m long -s` prints what was seen.

The short ones run in every gate with fewer repetitions and wider limits; `make test-experiments` runs all.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from leadloop.experiments import (
    AmountTally,
    ArmTally,
    ConversionTally,
    check_ratio,
    plan_conversion,
)
from leadloop.experiments.amounts import bootstrap
from leadloop.experiments.distributions import two_sided
from leadloop.experiments.means import welch
from leadloop.experiments.moments import moments_of
from leadloop.experiments.proportions import z_test, z_value
from leadloop.experiments.sequential import any_time, any_time_reach

ALPHA = 0.05
TESTS = 2_000


def counted(won, units):
    return ConversionTally(units=int(units), conversions=int(won))


def random_walks(rng, tests, days, a_day, rates):
    """Conversions so far of each arm in many experiments, after each day: shape (arms, tests, days)."""
    return np.stack([rng.binomial(a_day, rate, size=(tests, days)).cumsum(axis=1) for rate in rates])


def daily_looks(rng, *, tests, days, a_day, rates, first_look):
    """Whether each experiment was ever found to differ: by the any-time reading, and by peeking with the z-test."""
    won = random_walks(rng, tests, days, a_day, rates)
    units = a_day * np.arange(1, days + 1)
    share = won / units
    pooled = share.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        z_pooled = (share[1] - share[0]) / np.sqrt(pooled * (1 - pooled) * 2 / units)
        variance = (share * (1 - share) / np.maximum(units - 1, 1)).sum(axis=0)
        z_plain = np.where(variance > 0, (share[1] - share[0]) / np.sqrt(variance), 0.0)
    reach = np.array([any_time_reach(2 * n, 2 * units[-1], alpha=ALPHA) for n in units])
    looked = units >= first_look
    always = (np.abs(z_plain) > reach) & looked
    peeking = (np.abs(np.nan_to_num(z_pooled)) > 1.959964) & looked
    return always.any(axis=1), peeking.any(axis=1), peeking[:, -1]


def test_the_fast_way_of_the_proofs_is_the_way_of_the_package():
    rng = np.random.default_rng(0)
    won = random_walks(rng, 20, 3, 400, (0.1, 0.14))
    always, _, last = daily_looks(
        np.random.default_rng(0), tests=20, days=3, a_day=400, rates=(0.1, 0.14), first_look=1_200
    )
    for test in range(20):
        control, arm = (counted(won[number, test, -1], 1_200) for number in (0, 1))
        assert (z_test(control, arm).p_value < ALPHA) == last[test]
        reading = any_time(moments_of(control), moments_of(arm), planned_units=2_400)
        assert (reading.p_value < ALPHA) == always[test]


@pytest.mark.parametrize("rate", [0.03, 0.1, 0.3])
def test_without_a_difference_the_z_test_finds_one_in_five_percent(rate):
    """Over 2,000 tests; the limit is what the issue of chance allows beside 5 % +- 1."""
    rng = np.random.default_rng(1)
    won = rng.binomial(3_000, rate, size=(2, TESTS))
    found = [two_sided(z_value(counted(a, 3_000), counted(b, 3_000))) < ALPHA for a, b in won.T]
    print(
        f"\nA/A at {rate:.0%}, 3,000 units an arm: the z-test found a difference in {np.mean(found):.1%} of {TESTS:,} tests"
    )
    assert np.mean(found) == pytest.approx(ALPHA, abs=0.01)


@pytest.mark.parametrize("rate", [0.03, 0.1, 0.3])
def test_looked_at_daily_the_any_time_reading_finds_no_more_than_five_percent(rate):
    rng = np.random.default_rng(2)
    always, peeking, last = daily_looks(rng, tests=TESTS, days=56, a_day=100, rates=(rate, rate), first_look=100)
    print(
        f"\nA/A at {rate:.0%}, 56 daily looks: any-time {always.mean():.1%}, the z-test peeked at daily {peeking.mean():.1%}, "
        f"the z-test at the end {last.mean():.1%}"
    )
    assert always.mean() <= ALPHA
    assert peeking.mean() > 0.2  # what the any-time reading is for


@pytest.mark.long
@pytest.mark.parametrize("rate", [0.01, 0.03, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("a_day", [20, 100, 1_000])
def test_looked_at_daily_for_half_a_year_it_still_finds_no_more(rate, a_day):
    rng = np.random.default_rng(3)
    always, peeking, _ = daily_looks(rng, tests=20_000, days=182, a_day=a_day, rates=(rate, rate), first_look=100)
    print(
        f"\nA/A at {rate:.0%}, {a_day:,} a day and arm, 182 looks: any-time {always.mean():.2%}, peeking {peeking.mean():.1%}"
    )
    assert always.mean() <= ALPHA + 2 * sqrt(ALPHA * (1 - ALPHA) / 20_000)


@pytest.mark.parametrize("reading", ["at_end", "any_time"])
@pytest.mark.parametrize(("rate", "effect"), [(0.05, 0.02), (0.1, 0.02), (0.1, -0.02), (0.3, 0.05)])
def test_the_power_is_the_one_that_was_planned(rate, effect, reading):
    plan = plan_conversion(rate, effect, reading=reading)
    units = plan.units // 2
    rng = np.random.default_rng(4)
    won = rng.binomial(units, [[rate], [rate + effect]], size=(2, TESTS))
    found = []
    for a, b in won.T:
        control, arm = counted(a, units), counted(b, units)
        if reading == "at_end":
            found.append(two_sided(z_value(control, arm)) < ALPHA)
        else:
            found.append(any_time(moments_of(control), moments_of(arm), planned_units=2 * units).p_value < ALPHA)
    print(
        f"\npower at {rate:.0%} {effect:+.0%} with {2 * units:,} units, {reading}: {np.mean(found):.1%} of {TESTS:,} tests"
    )
    assert np.mean(found) == pytest.approx(plan.power, abs=0.03)


def test_a_split_of_48_to_52_at_50000_leads_is_caught():
    rng = np.random.default_rng(5)
    caught = missed = 0
    for _ in range(500):
        first = int(rng.binomial(50_000, 0.48))
        caught += not check_ratio(two_arms(first, 50_000 - first)).passed
        first = int(rng.binomial(50_000, 0.5))
        missed += not check_ratio(two_arms(first, 50_000 - first)).passed
    print(f"\n48:52 at 50,000 leads: caught {caught} of 500; a right split was suspected {missed} times of 500")
    assert caught == 500
    assert missed <= 4


def two_arms(first, second):
    return [ArmTally(name="a", share=0.5, units=first, is_control=True), ArmTally(name="b", share=0.5, units=second)]


@pytest.mark.long
def test_the_sample_ratio_looked_at_daily_seldom_suspects_a_right_split():
    rng = np.random.default_rng(6)
    first = rng.binomial(200, 0.5, size=(5_000, 56)).cumsum(axis=1)
    units = 200 * np.arange(1, 57)
    z = (first - units / 2) / np.sqrt(units / 4)
    suspected = (np.abs(z) > 3.290527).any(axis=1).mean()  # p < 0.001
    print(f"\na right split, looked at on 56 days: suspected in {suspected:.2%} of 5,000 experiments")
    assert suspected < 0.02


@pytest.mark.long
@pytest.mark.parametrize("brought", [60, 300])
def test_limits_of_heavy_amounts_hold_them_about_as_often_as_promised(brought):
    """One unit in twenty brings something, the amounts are lognormal, and those of one arm are half as large again."""
    rng = np.random.default_rng(7)
    tests, units = 1_000, 20 * brought
    held = {"bootstrap": 0, "welch": 0}
    true = [brought / units * np.exp(5 + 1.3**2 / 2) * factor for factor in (1.0, 1.5)]
    for _ in range(tests):
        arms = [
            AmountTally(units=units, amounts=rng.lognormal(5, 1.3, rng.binomial(units, brought / units)) * factor)
            for factor in (1.0, 1.5)
        ]
        for name, reading in (
            ("bootstrap", bootstrap(*arms, rng=np.random.default_rng(8))),
            ("welch", welch(*map(moments_of, arms))),
        ):
            held[name] += reading.difference_absolute_low <= true[1] - true[0] <= reading.difference_absolute_high
    told = ", ".join(f"{name} {count / tests:.1%}" for name, count in held.items())
    print(f"\nlimits of heavy amounts ({brought} of {units:,} brought something), held the truth: {told}")
    assert held["bootstrap"] / tests >= 0.935
    assert held["bootstrap"] >= held["welch"]


@pytest.mark.parametrize(("units", "rate"), [(100, 0.05), (400, 0.02), (1_000, 0.1)])
def test_limits_of_the_difference_hold_it_as_often_as_promised(units, rate):
    rng = np.random.default_rng(9)
    other = rate * 1.4
    won = rng.binomial(units, [[rate], [other]], size=(2, 600))
    held = ratio_held = 0
    for a, b in won.T:
        reading = z_test(counted(a, units), counted(b, units))
        held += reading.difference_absolute_low <= other - rate <= reading.difference_absolute_high
        known = reading.relative_lift_low is not None
        ratio_held += not known or reading.relative_lift_low <= 0.4 <= reading.relative_lift_high
    print(
        f"\nlimits at {rate:.0%}, {units:,} units an arm: held the difference in {held / 600:.1%}, "
        f"the lift in {ratio_held / 600:.1%}"
    )
    assert held / 600 >= 0.925
    assert ratio_held / 600 >= 0.925
