import numpy as np
import pytest

from leadloop.simulate.actions.log import draw_log, work
from leadloop.simulate.actions.world import LOGGING, MAIL, State, best_fixed, best_value, value_of, win_chance


def test_what_a_log_brings_is_what_was_worked_out_backwards():
    log = draw_log(30_000, seed=1)
    assert log.true_value == pytest.approx(value_of(LOGGING), abs=0.003)
    assert np.isfinite(log.won_at).mean() == pytest.approx(log.true_value, abs=0.006)


def test_a_single_action_is_worth_what_it_brings_when_leads_are_really_worked_so():
    done = work(30_000, np.random.default_rng(2), lambda here, state, step, now: np.full(len(here), MAIL))
    assert done.true_value == pytest.approx(value_of(np.eye(4)[MAIL]), abs=0.003)


def test_the_optimum_is_above_the_log_and_that_above_any_single_action():
    assert best_value() > value_of(LOGGING) > best_fixed()[1]


def test_doing_the_same_again_annoys():
    fresh = State(np.array([0]), np.array([True]), np.array([False]), np.array([0]))
    again = State(np.array([0]), np.array([True]), np.array([False]), np.array([MAIL]))
    assert win_chance(again, np.array([MAIL])) < win_chance(fresh, np.array([MAIL]))


def test_the_same_seed_gives_the_same_log():
    one, other = draw_log(200, seed=5), draw_log(200, seed=5)
    assert (one.at == other.at).all()
    assert (one.action == other.action).all()
