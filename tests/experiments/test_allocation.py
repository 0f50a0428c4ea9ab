"""Thompson sampling moves units towards what works, never starves an arm, and its shares are the propensities."""

import numpy as np
import pytest

from leadloop.errors import ExperimentError
from leadloop.experiments import ConversionTally, MeanTally, Policy, PolicyLog, Split, compare_policies, thompson_shares
from leadloop.experiments.allocation import CONTROL_FLOOR, OTHERS_FLOOR


def conversions(*arms):
    return [ConversionTally(units=units, conversions=won) for won, units in arms]


def test_without_any_outcome_arms_share_alike():
    assert thompson_shares(conversions((0, 0), (0, 0), (0, 0))) == pytest.approx((1 / 3,) * 3)
    nothing = [MeanTally(units=0, total=0.0, squares=0.0)] * 2
    assert thompson_shares(nothing) == (0.5, 0.5)


def test_the_better_arm_gets_more_and_the_control_keeps_its_floor():
    shares = thompson_shares(conversions((50, 500), (90, 500), (40, 500)))
    assert shares[0] == pytest.approx(CONTROL_FLOOR)
    assert shares[2] == pytest.approx(OTHERS_FLOOR)
    assert sum(shares) == pytest.approx(1)


def test_less_is_better_where_it_was_said():
    assert thompson_shares(conversions((50, 500), (90, 500)), lower_is_better=True)[0] > 0.9


def test_floors_that_leave_nothing_to_move_are_refused():
    with pytest.raises(ExperimentError, match="floors"):
        thompson_shares(conversions((1, 2), (1, 2)), control_floor=0.6, others_floor=0.4)


def run(rng, rates, days=40, a_day=60):
    """An experiment whose shares follow yesterday's outcomes, by the function that assigns; gives its log."""
    split, won, seen = Split(f"{rng.integers(1 << 30)}", ("a", "b", "c"), (1 / 3,) * 3), np.zeros(3), np.zeros(3)
    taken, propensity, reward = [], [], []
    for day in range(days):
        for unit in range(a_day):
            found = split.assign(f"{day}-{unit}")
            arm = split.arms.index(found.arm)
            taken.append(arm), propensity.append(found.propensity), reward.append(float(rng.random() < rates[day][arm]))
        seen = np.bincount(taken, minlength=3)
        won = np.bincount(taken, weights=reward, minlength=3)
        split = split.dividing(thompson_shares(conversions(*zip(won.astype(int), seen, strict=True))))
    return PolicyLog(taken=np.array(taken), propensity=np.array(propensity), reward=np.array(reward))


def test_it_wins_more_on_the_way_than_an_even_split():
    rng = np.random.default_rng(1)
    logs = [run(rng, [(0.1, 0.2, 0.05)] * 25, days=25) for _ in range(3)]
    assert np.mean([log.reward.mean() for log in logs]) > 0.14  # an even split wins 0.117
    assert all(np.bincount(log.taken)[0] / log.units > 0.8 * CONTROL_FLOOR for log in logs)


def test_with_the_logged_propensities_arms_are_told_truthfully_though_shares_and_times_changed():
    """Two equal arms get better with time, and most of the later units get the second: its plain mean flatters it."""
    rng = np.random.default_rng(2)
    split = Split("salt", ("a", "b"), (0.5, 0.5))
    logged = [
        (found.arm == "b", found.propensity, float(rng.random() < rate))
        for half, rate in ((split, 0.1), (split.dividing((0.1, 0.9)), 0.4))
        for found in (half.assign(f"{rate} {unit}") for unit in range(4_000))
    ]
    taken, propensity, reward = (np.array(column) for column in zip(*logged, strict=True))
    log = PolicyLog(taken=taken.astype(int), propensity=propensity, reward=reward)
    assert reward[taken].mean() - reward[~taken].mean() > 0.1
    always = [Policy.always(name, arm, log.units, 2) for arm, name in enumerate(split.arms)]
    found = compare_policies(log, always[1], always[0])
    assert found.difference_absolute_low < 0 < found.difference_absolute_high
    assert abs(found.difference_absolute) < 0.03
