"""What makes a version on trial be taken back, and what does not."""

from dataclasses import replace

import numpy as np
import pytest

from leadloop.monitoring.guardrails import ArmRecord, Guardrails, check_guardrails, compare_on_ended
from leadloop.monitoring.promotion import MeasuredDifference

RAILS = Guardrails()
SCORES = np.random.default_rng(1).uniform(0, 100, 400)


def fine(seed=2, **more):
    return ArmRecord(400, 0, 800.0, np.random.default_rng(seed).uniform(0, 100, 400), **more)


def rails(trial, serving=None, quality=()):
    return [one.rail for one in check_guardrails(trial, serving or fine(), RAILS, quality)]


def test_a_version_that_does_as_the_other_runs_into_nothing():
    assert [rails(fine(seed), fine(seed + 100)) for seed in range(50)] == [[]] * 50


@pytest.mark.parametrize(("failures", "broken"), [(0, False), (1, False), (5, False), (20, True), (400, True)])
def test_errors_count_once_they_are_surely_too_many(failures, broken):
    assert rails(replace(fine(), failures=failures)) == (["errors"] if broken else [])


def test_the_first_few_failures_are_enough_where_nothing_else_comes():
    assert rails(ArmRecord(3, 3, 0.0)) == ["errors"]
    assert rails(ArmRecord(1, 1, 0.0)) == ["errors"]


@pytest.mark.parametrize(("mean_ms", "broken"), [(2.0, False), (6.5, False), (7.5, True), (200.0, True)])
def test_taking_many_times_as_long_counts_where_it_can_be_felt(mean_ms, broken):
    assert rails(replace(fine(), milliseconds=mean_ms * 400)) == (["latency"] if broken else [])


def test_scores_that_lie_elsewhere_are_the_same_for_all_or_are_no_numbers_count():
    assert rails(replace(fine(), scores=np.clip(SCORES + 45, 0, 100))) == ["scores"]
    assert rails(replace(fine(), scores=np.full(400, 50.0))) == ["scores"]
    assert rails(replace(fine(), scores=np.array([np.nan, 1.0]))) == ["scores"]
    assert rails(replace(fine(), scores=SCORES + 5)) == []


def test_being_surely_worse_on_leads_that_ended_counts_and_being_unlucky_does_not():
    worse = MeasuredDifference("log-loss", 0.7, 0.5, 0.1, 0.3, False)
    assert rails(fine(), quality=[worse]) == ["quality"]
    assert rails(fine(), quality=[replace(worse, low=-0.01)]) == []


def test_both_versions_are_held_against_the_same_outcomes():
    draw = np.random.default_rng(3)
    truth = draw.random(500)
    positive = (draw.random(500) < truth).astype(float)
    assert compare_on_ended(positive, 1 - truth, truth, seed=1).surely == "worse"
    assert compare_on_ended(positive, truth, 1 - truth, seed=1).surely == "better"
    assert compare_on_ended(positive, truth, truth, seed=1).surely == ""
