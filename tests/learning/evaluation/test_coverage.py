"""Whether intervals held, beside what chance allows."""

import numpy as np
from tests.learning.evaluation.simulated_scores import simulate

from leadloop.learning.evaluation import measure_coverage


def test_wide_intervals_hold_everywhere_and_intervals_beside_the_truth_nowhere():
    positive, truth = simulate(4_000, seed=1)
    wide = measure_coverage(positive, truth, np.zeros(4_000), np.ones(4_000), seed=1, draws=50)
    assert (wide.held, wide.groups, wide.high, wide.expected) == (20, 20, 1.0, 20.0)
    shifted = measure_coverage(positive, truth, truth + 0.3, truth + 0.4, seed=1, draws=50)
    assert (shifted.held, shifted.low) == (0, 0.0)


def test_what_chance_allows_is_what_right_probabilities_reach():
    held, expected, within = [], [], 0
    for seed in range(80):
        positive, truth = simulate(1_000, seed=seed)
        found = measure_coverage(positive, truth, truth - 0.03, truth + 0.03, seed=seed, draws=100)
        held.append(found.held)
        expected.append(found.expected)
        within += found.expected_low <= found.held <= found.expected_high
    assert abs(np.mean(held) - np.mean(expected)) < 4 * np.std(held) / np.sqrt(80)
    assert within >= 70


def test_intervals_around_wrong_probabilities_hold_less_often_than_chance_allows():
    positive, truth = simulate(6_000, seed=2)
    promised = np.clip(truth + 0.12, 0.0, 1.0)
    found = measure_coverage(positive, promised, promised - 0.03, promised + 0.03, seed=2, draws=100)
    assert found.held < found.expected_low


def test_few_leads_make_few_groups_and_leads_of_one_probability_one():
    positive, truth = simulate(120, seed=2)
    assert measure_coverage(positive, truth, truth, truth, seed=1, draws=5).groups == 2
    assert measure_coverage(positive[:3], truth[:3], truth[:3], truth[:3], seed=1, draws=5).groups == 1
    same = np.full(120, 0.2)
    assert measure_coverage(positive, same, same, same, seed=1, draws=5).groups == 1
