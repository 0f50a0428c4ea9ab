"""Intervals against simulations whose truth is known."""

import math

import numpy as np
import pytest
from tests.learning.evaluation.simulated_scores import simulate

from leadloop.learning.evaluation import (
    area_under_curve,
    calibration_error,
    difference_interval,
    draw_curves,
    evaluate,
    log_loss,
    surely_less,
)


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


@pytest.mark.parametrize(
    ("difference", "less"),
    [
        ((-0.02, -0.03, -0.01), True),
        ((-0.01, -0.03, 0.01), False),
        ((-0.01, -0.02, 0.0), False),
        ((0.02, 0.01, 0.03), False),
    ],
)
def test_a_loss_is_surely_less_only_where_its_whole_interval_lies_below_zero(difference, less):
    assert surely_less(difference) is less


def test_a_baseline_that_is_certain_of_every_lead_has_no_log_loss():
    positive, truth = simulate(300)
    beside = {"majority": np.zeros(300), "prior": np.full(300, 0.3)}
    by_name = {measure.name: measure for measure in evaluate(positive, truth, beside, capacity=0.2, seed=1, draws=5)}
    assert set(by_name["log-loss"].baselines) == {"prior"}
    assert set(by_name["AUC"].baselines) == {"majority", "prior"}
