"""Measures against scikit-learn's, intervals against simulations whose truth is known."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.learning.evaluation import (
    accuracy_at,
    area_under_curve,
    average_precision,
    brier_score,
    calibration_error,
    difference_interval,
    draw_curves,
    equal_groups,
    evaluate,
    gain_at,
    lift_at,
    log_loss,
    share_count,
    wilson_interval,
)

# Few levels, so that ties are common; both outcomes always occur.
outcomes_and_scores = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 0.95])), min_size=1, max_size=60
).map(lambda rows: np.array([(1, 0.5), (0, 0.5), *rows], dtype=float).T)


def simulate(leads, seed=0, skill=1.0, base=-1.5):
    """Outcomes and their true probabilities."""
    dice = np.random.default_rng(seed)
    truth = 1 / (1 + np.exp(-(base + skill * dice.normal(size=leads))))
    return (dice.random(leads) < truth).astype(float), truth


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


def test_without_both_outcomes_a_measure_is_unknown_and_nothing_is_invented():
    nobody, probabilities = np.zeros(40), np.linspace(0.1, 0.9, 40)
    by_name = {measure.name: measure for measure in evaluate(nobody, probabilities, {}, capacity=0.2, seed=1, draws=20)}
    for name in ("AUC", "lift at 20%", "gain at 20%"):
        assert math.isnan(by_name[name].value)
        assert math.isnan(by_name[name].low)
        assert math.isnan(by_name[name].high)
    assert math.isfinite(by_name["Brier score"].value)
    curves = draw_curves(nobody, probabilities)
    assert all(math.isfinite(value) for point in (*curves.roc, *curves.lift) for value in point)


def test_a_single_lead_can_be_measured():
    assert calibration_error(np.array([1.0]), np.array([0.4])) == pytest.approx(0.6)
    assert evaluate(np.array([1.0]), np.array([0.4]), {}, capacity=0.2, seed=1, draws=5)


def test_log_loss_of_a_certain_mistake_is_large_but_finite():
    assert 30 < log_loss(np.array([1.0, 0.0]), np.array([0.0, 1.0])) < 40


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others():
    positive, truth = simulate(300)
    first, again, other = (evaluate(positive, truth, {}, capacity=0.2, seed=seed, draws=50) for seed in (4, 4, 5))
    assert first == again
    assert first != other


def test_baselines_are_measured_on_the_same_leads():
    positive, truth = simulate(400)
    prior = np.full(400, positive.mean())
    auc, *_, accuracy = evaluate(positive, truth, {"prior": prior}, capacity=0.2, seed=1, draws=20)
    assert auc.baselines == {"prior": 0.5}
    assert accuracy.baselines["prior"] == pytest.approx(1 - positive.mean())
    shuffled = np.random.default_rng(2).permutation(400)
    # A baseline that varies must stay with its leads while those are sorted inside.
    (auc, *_) = evaluate(positive[shuffled], truth[shuffled], {"same": truth[shuffled]}, capacity=0.2, seed=1, draws=5)
    assert auc.baselines["same"] == auc.value


def test_the_interval_of_the_auc_holds_the_truth_about_as_often_as_it_says():
    positive, truth = simulate(200_000, seed=1)
    real = area_under_curve(positive, truth)
    held = 0
    for seed in range(60):
        positive, truth = simulate(300, seed=100 + seed)
        auc = evaluate(positive, truth, {}, capacity=0.2, seed=seed, draws=80)[0]
        held += auc.low <= real <= auc.high
    # 57 of 60 are promised; fewer than 52 would happen once in 100 times if that were true.
    assert held >= 52


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_interval_of_the_calibration_error_holds_the_truth_and_reaches_zero_for_perfect_probabilities(shift):
    def promise(truth):
        return 1 / (1 + np.exp(-(np.log(truth / (1 - truth)) + shift)))

    _, truth = simulate(200_000, seed=1)
    real = float(np.abs(promise(truth) - truth).mean())
    held = 0
    for seed in range(40):
        positive, truth = simulate(500, seed=500 + seed)
        measured = evaluate(positive, promise(truth), {}, capacity=0.2, seed=seed, draws=80)
        error = next(measure for measure in measured if measure.name == "calibration error")
        assert error.low <= error.value <= error.high
        held += error.low <= real <= error.high
    assert held >= 34


def test_leads_that_belong_together_are_drawn_together_and_widen_the_interval():
    positive, truth = simulate(120, seed=3)
    accounts = np.repeat(np.arange(120), 10)
    positive, truth = np.repeat(positive, 10), np.repeat(truth, 10)
    alone = evaluate(positive, truth, {}, capacity=0.2, seed=1, draws=200)[0]
    together = evaluate(positive, truth, {}, capacity=0.2, seed=1, draws=200, groups=accounts)[0]
    # Ten copies of a lead say no more than one: the honest interval is about sqrt(10) times as wide.
    assert 2.2 < (together.high - together.low) / (alone.high - alone.low) < 4.5
    single = evaluate(positive[::10], truth[::10], {}, capacity=0.2, seed=1, draws=200)[0]
    assert together.high - together.low == pytest.approx(single.high - single.low, rel=0.25)


def test_groups_may_be_named_and_stay_with_their_leads_in_any_order():
    positive, truth = simulate(200, seed=5)
    names = np.array([f"account {place // 4}" for place in range(200)])
    mixed = np.random.default_rng(0).permutation(200)
    straight = evaluate(positive, truth, {}, capacity=0.2, seed=1, draws=50, groups=names)
    turned = evaluate(positive[mixed], truth[mixed], {}, capacity=0.2, seed=1, draws=50, groups=names[mixed])
    for one, other in zip(straight, turned, strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_a_difference_on_the_same_leads_is_surer_than_two_intervals_side_by_side():
    positive, truth = simulate(600, seed=2)
    worse = np.clip(truth + 0.05, 0.01, 0.99)
    difference, low, high = difference_interval(positive, truth, worse, seed=1, draws=200)
    assert difference == pytest.approx(log_loss(positive, truth) - log_loss(positive, worse))
    assert low < difference < high < 0
    loss = next(m for m in evaluate(positive, truth, {}, capacity=0.2, seed=1, draws=200) if m.name == "log-loss")
    assert high - low < 0.5 * (loss.high - loss.low)
    assert difference_interval(positive, truth, truth, seed=1, draws=20) == (0.0, 0.0, 0.0)


@settings(deadline=None)
@given(hits=st.integers(0, 400), missed=st.integers(0, 400))
def test_wilson_intervals_agree_with_scipy_and_hold_the_share(hits, missed):
    count = hits + missed
    low, high = wilson_interval(hits, count)
    if count == 0:
        assert (low, high) == (0.0, 1.0)
        return
    assert 0.0 <= low <= hits / count + 1e-12
    assert hits / count - 1e-12 <= high <= 1.0
    theirs = pytest.importorskip("scipy.stats").binomtest(hits, count).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


@settings(deadline=None)
@given(rows=outcomes_and_scores)
def test_curves_run_from_corner_to_corner_and_enclose_the_area_they_should(rows):
    positive, scores = rows
    curves = draw_curves(positive, scores)
    for curve in (curves.roc, curves.gain):
        assert curve[0] == (0.0, 0.0)
        assert curve[-1] == pytest.approx((1.0, 1.0))
        assert list(curve) == sorted(curve)
    across, up = np.array(curves.roc).T
    assert np.trapezoid(up, across) == pytest.approx(area_under_curve(positive, scores))
    assert curves.lift[-1] == pytest.approx((1.0, 1.0))
    assert curves.precision_recall[-1] == pytest.approx((1.0, positive.mean()))
    assert sum(group[4] for group in curves.calibration) == len(scores)
    for mean, observed, low, high, _ in curves.calibration:
        assert low - 1e-12 <= observed <= high + 1e-12
        assert 0 <= mean <= 1


def test_curves_of_many_leads_are_thinned_without_moving_them():
    positive, truth = simulate(20_000, seed=8)
    curves = draw_curves(positive, truth)
    assert len(curves.roc) <= 201
    across, up = np.array(curves.roc).T
    assert np.trapezoid(up, across) == pytest.approx(area_under_curve(positive, truth), abs=0.001)
    at_half = np.interp(0.5, *np.array(curves.gain).T)
    assert at_half == pytest.approx(gain_at(positive, truth, 0.5), abs=0.005)
