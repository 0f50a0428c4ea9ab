"""Measures against scikit-learn's, and counted from a ranking against counted lead by lead."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.learning.evaluation.simulated_scores import outcomes_and_scores, simulate

from leadloop.learning.evaluation import (
    Ranking,
    accuracy_at,
    area_under_curve,
    average_precision,
    brier_score,
    calibration_error,
    equal_groups,
    f1_at,
    gain_at,
    lift_at,
    log_loss,
    measures_for,
    precision_at,
    share_count,
)
from leadloop.learning.evaluation.intervals import draw_times


@pytest.mark.parametrize(
    ("ours", "name"),
    [
        (area_under_curve, "roc_auc_score"),
        (average_precision, "average_precision_score"),
        (log_loss, "log_loss"),
        (brier_score, "brier_score_loss"),
    ],
)
@settings(deadline=None)
@given(rows=outcomes_and_scores)
def test_measures_agree_with_scikit_learn_ties_included(ours, name, rows):
    theirs = getattr(pytest.importorskip("sklearn.metrics"), name)
    positive, scores = rows
    assert ours(positive, scores) == pytest.approx(theirs(positive, scores), abs=1e-12)


@settings(deadline=None)
@given(rows=outcomes_and_scores, share=st.floats(0.01, 1.0))
def test_lift_and_gain_are_what_drawing_lots_among_ties_gives_on_average(rows, share):
    positive, scores = rows
    count = share_count(len(scores), share)
    dice = np.random.default_rng(0)
    found = []
    for _ in range(300):
        lots = dice.random(len(scores))
        found.append(positive[np.lexsort((lots, -scores))[:count]].sum())
    spread = 5 * (np.std(found) + 0.01) / math.sqrt(len(found))
    assert gain_at(positive, scores, share) * positive.sum() == pytest.approx(np.mean(found), abs=spread)
    assert lift_at(positive, scores, share) == pytest.approx(
        gain_at(positive, scores, share) / (count / len(scores)), rel=1e-9
    )


@settings(deadline=None)
@given(rows=outcomes_and_scores)
def test_no_measure_depends_on_the_order_of_the_file(rows):
    positive, scores = rows
    mixed = np.random.default_rng(1).permutation(len(scores))
    for measure in (area_under_curve, average_precision, log_loss, brier_score, calibration_error, accuracy_at):
        assert measure(positive[mixed], scores[mixed]) == pytest.approx(measure(positive, scores), abs=1e-12)
    for measure in (lift_at, gain_at):
        assert measure(positive[mixed], scores[mixed], 0.2) == pytest.approx(measure(positive, scores, 0.2), abs=1e-12)


def test_one_probability_for_everybody_is_calibrated_however_the_file_is_sorted():
    sorted_by_outcome = np.repeat([0.0, 1.0], [700, 300])
    assert calibration_error(sorted_by_outcome, np.full(1000, 0.3)) == pytest.approx(0.0)
    assert calibration_error(sorted_by_outcome, np.full(1000, 0.5)) == pytest.approx(0.2)


@settings(deadline=None)
@given(scores=st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.7]), min_size=1, max_size=80), groups=st.integers(1, 12))
def test_groups_hold_every_lead_once_in_order_and_keep_ties_together(scores, groups):
    scores = np.array(scores)
    parts = equal_groups(scores, groups)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(scores)))
    assert len(parts) <= groups
    for lower, upper in itertools.pairwise(parts):
        assert scores[lower].max() < scores[upper].min()


def test_log_loss_of_a_certain_mistake_is_large_but_finite():
    assert 30 < log_loss(np.array([1.0, 0.0]), np.array([0.0, 1.0])) < 40


@settings(deadline=None)
@given(rows=outcomes_and_scores, seed=st.integers(0, 1_000))
def test_a_tally_of_drawn_leads_measures_what_those_leads_measure_written_out(rows, seed):
    positive, scores = rows
    times = next(draw_times(len(scores), 1, seed))
    written_out = np.repeat(positive, times), np.repeat(scores, times)
    drawn, plain = Ranking.of(scores).tally(positive, times), Ranking.of(written_out[1]).tally(written_out[0])
    for name, (measure, _, _) in measures_for(0.3).items():
        assert measure(drawn) == pytest.approx(measure(plain), abs=1e-12, nan_ok=True), name


@settings(deadline=None)
@given(rows=outcomes_and_scores, bins=st.integers(1, 12))
def test_the_calibration_error_is_that_of_equal_groups_written_out(rows, bins):
    positive, scores = rows
    groups = equal_groups(scores, bins)
    gaps = [abs(scores[group].mean() - positive[group].mean()) * len(group) for group in groups]
    assert calibration_error(positive, scores, bins) == pytest.approx(sum(gaps) / len(scores), abs=1e-12)


def test_precision_and_f1_at_capacity_agree_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    positive, truth = simulate(500, seed=3)
    worked = truth >= np.sort(truth)[-100]
    assert precision_at(positive, truth, 0.2) == pytest.approx(metrics.precision_score(positive, worked))
    assert f1_at(positive, truth, 0.2) == pytest.approx(metrics.f1_score(positive, worked))
