"""What working the best-scored leads comes to, counted by hand, against scikit-learn, and over many simulated files."""

import numpy as np
import pytest
from tests.learning.evaluation.simulated_scores import simulate

from leadloop.learning.evaluation import decide_at_capacity, draw_decision_curve


def decide(positive, probabilities, capacity=0.2, **options):
    return decide_at_capacity(positive, probabilities, capacity=capacity, seed=1, **({"draws": 50} | options))


def test_counts_and_shares_are_scikit_learns_at_the_threshold():
    metrics = pytest.importorskip("sklearn.metrics")
    positive, truth = simulate(1_000, seed=4)
    decision = decide(positive, truth)
    worked = truth >= decision.threshold
    assert worked.sum() == 200
    (lost_passed, lost_worked), (won_passed, won_worked) = metrics.confusion_matrix(positive, worked)
    assert (decision.won_worked, decision.lost_worked) == (won_worked, lost_worked)
    assert (decision.won_passed, decision.lost_passed) == (won_passed, lost_passed)
    assert decision.precision.value == pytest.approx(metrics.precision_score(positive, worked))
    assert decision.recall.value == pytest.approx(metrics.recall_score(positive, worked))
    assert decision.f1.value == pytest.approx(metrics.f1_score(positive, worked))
    assert decision.tied == 0


def test_net_benefit_is_counted_as_vickers_and_elkin_count_it():
    # Ten leads, four worked down to 0.25: three won, one call in vain at a price of a third of a won lead.
    probabilities = np.array([0.9, 0.8, 0.5, 0.25, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1])
    positive = np.array([1, 1, 0, 1, 0, 1, 0, 0, 0, 0], dtype=float)
    decision = decide(positive, probabilities, capacity=0.4)
    assert decision.threshold == 0.25
    assert decision.net_benefit.value == pytest.approx((3 - 1 / 3) / 10)
    assert decision.work_all.value == pytest.approx((4 - 6 / 3) / 10)
    assert decision.over_all.value == pytest.approx(decision.net_benefit.value - decision.work_all.value)


def test_leads_that_tie_at_the_threshold_share_the_last_places():
    # Two places for four leads of 0.5, two of them won: one each of won and lost, in whatever order the file stands.
    probabilities = np.array([0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    positive = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 0], dtype=float)
    for order in (np.arange(10), np.arange(10)[::-1]):
        decision = decide(positive[order], probabilities[order])
        assert (decision.won_worked, decision.lost_worked, decision.tied) == (1.0, 1.0, 4)
        assert decision.won_worked + decision.won_passed == 3
        assert decision.lost_worked + decision.lost_passed == 7


def test_scores_that_know_nothing_are_worth_no_more_than_chance_and_good_ones_more_than_both_ways():
    positive, truth = simulate(4_000, seed=3, skill=1.5)
    good = decide(positive, truth, draws=200)
    assert good.net_benefit.low > 0
    assert good.over_all.low > 0
    blind = decide(positive, np.random.default_rng(0).permutation(truth), draws=200)
    assert blind.precision.low < positive.mean() < blind.precision.high
    assert blind.net_benefit.low <= 0


def test_the_interval_of_net_benefit_holds_the_truth_about_as_often_as_it_says():
    _, many = simulate(200_000, seed=1)
    price = np.quantile(many, 0.8)
    best = many >= price
    real = float(np.mean(best * (many - (1 - many) * price / (1 - price))))
    held = 0
    for seed in range(60):
        positive, truth = simulate(500, seed=900 + seed)
        benefit = decide(positive, truth, draws=100).net_benefit
        held += benefit.low <= real <= benefit.high
    assert held >= 52


def test_leads_that_belong_together_widen_the_interval():
    positive, truth = (np.repeat(each, 8) for each in simulate(150, seed=3))
    alone, together = (decide(positive, truth, draws=200, groups=each) for each in (None, np.arange(1_200) // 8))
    assert together.precision.high - together.precision.low > 1.8 * (alone.precision.high - alone.precision.low)


def test_the_decision_curve_starts_at_the_base_rate_and_meets_the_decision_at_its_threshold():
    positive, truth = simulate(3_000, seed=6)
    curve = draw_decision_curve(positive, truth)
    assert curve[0] == pytest.approx((0.0, positive.mean(), positive.mean()))
    decision = decide(positive, truth)
    thresholds, ours, everyone = np.array(curve).T
    assert np.interp(decision.threshold, thresholds, ours) == pytest.approx(decision.net_benefit.value, abs=0.003)
    assert np.interp(decision.threshold, thresholds, everyone) == pytest.approx(decision.work_all.value, abs=0.003)
    # Up to the smallest probability the scores leave nobody out, so both ways are one.
    assert all(a == pytest.approx(b) for t, a, b in curve if t <= truth.min())


def test_without_both_outcomes_there_is_no_curve_and_no_recall():
    nobody = np.zeros(50)
    assert draw_decision_curve(nobody, np.linspace(0.1, 0.9, 50)) == ()
    assert np.isnan(decide(nobody, np.linspace(0.1, 0.9, 50)).recall.value)
