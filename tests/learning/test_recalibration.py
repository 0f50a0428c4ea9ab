"""Probabilities follow the newest outcomes where that surely helps, by no more than they may, and never look ahead."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.learning.evaluation import log_loss
from leadloop.learning.recalibration import MOST_SHIFT, SLOPES, follow_outcomes, judge_recalibration


def leads(seed, count=2_000, shift=0.0, slope=1.0):
    draw = np.random.default_rng(seed)
    said = draw.beta(1, 5, count)
    real = 1 / (1 + np.exp(-(shift + slope * np.log(said / (1 - said)))))
    return said, (draw.random(count) < real).astype(float), np.arange(count) // 100


def test_probabilities_that_are_right_are_left_alone():
    accepted = sum(judge_recalibration(*leads(seed)).accepted for seed in range(40))
    assert accepted <= 4


@pytest.mark.parametrize(("shift", "slope"), [(0.6, 1.0), (-0.6, 1.0), (0.3, 1.3)])
def test_probabilities_that_are_off_are_moved_to_where_they_should_be(shift, slope):
    found = judge_recalibration(*leads(3, 6_000, shift, slope))
    assert found.accepted, found.reason
    assert found.shift == pytest.approx(shift, abs=0.2)
    assert found.slope == pytest.approx(slope, abs=0.2)
    assert found.gain > found.gain_low > 0


def test_a_base_rate_that_climbs_is_followed():
    draw = np.random.default_rng(0)
    said = np.full(6_000, 0.1)
    real = np.linspace(0.05, 0.5, 6_000)
    won = (draw.random(6_000) < real).astype(float)
    followed = follow_outcomes(said, won, np.arange(6_000) // 100)
    assert np.abs(followed.probabilities[600:] - real[600:]).mean() < 0.06
    assert log_loss(won, followed.probabilities) < log_loss(won, said) - 0.1
    assert followed.pace > 0


def test_a_step_is_never_larger_than_it_may_be():
    found = judge_recalibration(*leads(1, shift=3.0, slope=0.4))
    assert found.accepted
    assert (found.shift, found.slope) == (MOST_SHIFT, SLOPES[0]) or found.shift == MOST_SHIFT
    assert "a training is due" in found.reason


def test_of_few_outcomes_nothing_is_moved():
    said, won, batches = leads(0, 150, shift=2.0)
    found = judge_recalibration(said, won, batches)
    assert not found.accepted
    assert "too few" in found.reason


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 9))
def test_nothing_is_learned_from_what_is_not_known_yet(seed, cut):
    said, won, batches = leads(seed % 50, 1_000)
    later = won.copy()
    later[cut * 100 :] = 1 - later[cut * 100 :]
    first, second = (follow_outcomes(said, each, batches).probabilities for each in (won, later))
    assert (first[: (cut + 1) * 100] == second[: (cut + 1) * 100]).all()
