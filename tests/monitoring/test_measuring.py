"""Measures by formula are those of the training report, and their intervals hold what they promise."""

import numpy as np
import pytest

from leadloop.learning.evaluation import (
    accuracy_at,
    area_under_curve,
    brier_score,
    f1_at,
    gain_at,
    log_loss,
    precision_at,
)
from leadloop.monitoring.measuring import area_with_error, measure_scores

DRAW = np.random.default_rng(3)
PROBABILITIES = DRAW.beta(1, 5, 4_000).round(3)
OUTCOMES = (DRAW.random(4_000) < PROBABILITIES).astype(float)


def test_measures_are_those_of_the_training_report():
    found = measure_scores(OUTCOMES, PROBABILITIES, capacity=0.2)
    theirs = {
        "accuracy": accuracy_at(OUTCOMES, PROBABILITIES),
        "precision": precision_at(OUTCOMES, PROBABILITIES, 0.2),
        "recall": gain_at(OUTCOMES, PROBABILITIES, 0.2),
        "F1": f1_at(OUTCOMES, PROBABILITIES, 0.2),
        "AUC": area_under_curve(OUTCOMES, PROBABILITIES),
        "Brier score": brier_score(OUTCOMES, PROBABILITIES),
        "log-loss": log_loss(OUTCOMES, PROBABILITIES),
    }
    assert {name: found[name].value for name in theirs} == pytest.approx(theirs)


def test_intervals_of_the_area_hold_the_truth_nineteen_times_in_twenty():
    draw = np.random.default_rng(1)
    population = draw.beta(1, 4, 200_000)
    truth, _ = area_with_error(population, population)  # every lead as won as it is probable
    held = 0
    for _ in range(200):
        some = draw.choice(population, 400)
        area, error = area_with_error((draw.random(400) < some).astype(float), some)
        held += abs(area - truth) <= 1.96 * error
    assert 0.90 < held / 200 < 0.98


@pytest.mark.parametrize("name", ["F1", "Brier score", "log-loss", "precision"])
def test_other_intervals_hold_it_too(name):
    draw = np.random.default_rng(2)
    population = draw.beta(1, 4, 200_000)
    truth = measure_scores(population, population, capacity=0.2, draws=0)[name].value
    held = 0
    for _ in range(100):
        some = draw.choice(population, 500)
        figure = measure_scores((draw.random(500) < some).astype(float), some, capacity=0.2, draws=300)[name]
        held += figure.low <= truth <= figure.high
    assert held / 100 > 0.88


def test_perfect_probabilities_have_a_calibration_error_that_may_be_nothing():
    found = measure_scores(OUTCOMES, PROBABILITIES, capacity=0.2)["calibration error"]
    assert found.low == 0.0 < found.value <= found.high
    off = measure_scores(OUTCOMES, np.clip(PROBABILITIES + 0.2, 0, 1), capacity=0.2)["calibration error"]
    assert off.low > 0.15


def test_grades_count_as_parts_of_a_won_lead():
    graded = measure_scores(np.array([0.0, 0.4, 1.0]), np.array([0.1, 0.4, 0.9]), capacity=0.34)
    assert graded["precision"].value == 1.0
    assert graded["Brier score"].value == pytest.approx((0.01 + 0.4 * 0.36 + 0.6 * 0.16 + 0.01) / 3)
