"""How near scores come to a truth that is known."""

import numpy as np
import pytest

from leadloop.learning.evaluation import area_under_curve
from leadloop.simulate import compare_with_truth, expected_auc


@pytest.fixture
def truth():
    return np.random.default_rng(5).beta(1, 4, 4_000)


def test_the_expected_auc_is_the_mean_over_many_draws_of_outcomes(truth):
    rng = np.random.default_rng(6)
    scores = np.round(truth + rng.normal(0, 0.1, len(truth)), 2)
    drawn = [area_under_curve((rng.random(len(truth)) < truth).astype(float), scores) for _ in range(200)]
    assert expected_auc(scores, truth) == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / np.sqrt(200))


def test_the_truth_itself_reaches_all_and_a_constant_nothing(truth):
    assert compare_with_truth(truth, truth).share_of_gain == 1.0
    assert compare_with_truth(truth, truth).error == 0.0
    level = compare_with_truth(np.full(len(truth), 0.2), truth)
    assert level.share_of_gain == 0.0


def test_what_is_a_tenth_too_high_everywhere_is_off_by_a_tenth(truth):
    near = compare_with_truth(truth + 0.1, truth, groups=4)
    assert near.error == pytest.approx(0.1)
    assert near.share_of_gain == 1.0
    assert [said - true for said, true in near.groups] == pytest.approx([0.1] * 4)


def test_fewer_leads_than_groups_are_a_group_each():
    near = compare_with_truth(np.array([0.2, 0.6]), np.array([0.1, 0.9]), groups=5)
    assert near.groups == ((0.2, 0.1), (0.6, 0.9))
    assert near.error == pytest.approx(0.2)
