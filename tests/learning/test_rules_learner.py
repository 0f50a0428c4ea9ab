"""Rules as a learner: the points stay as they are, and what they promise is what came true."""

import numpy as np
import pytest

from leadloop.features.block import FeatureColumn
from leadloop.learning.learners import Examples
from leadloop.learning.learners.rules import RulesLearner
from leadloop.scoring.calibrator import logistic

COLUMNS = tuple(FeatureColumn(name, name) for name in ("asked", "visits", "urgent"))
POINTS = {"asked": 30.0, "urgent": 10.0}


@pytest.fixture(scope="module")
def examples():
    draw = np.random.default_rng(3)
    matrix = np.column_stack([draw.random(4_000) < 0.7, draw.normal(size=4_000), draw.random(4_000) < 0.4])
    matrix = matrix.astype(np.float32)
    matrix[:100, 2] = np.nan
    urgent = np.nan_to_num(matrix[:, 2])
    return Examples(matrix, draw.random(4_000) < logistic(-2 + 1.5 * matrix[:, 0] + 0.5 * urgent))


@pytest.fixture(scope="module")
def member(examples):
    return RulesLearner(POINTS).fit(examples, COLUMNS, {}, seed=1)


def test_as_many_are_promised_as_came_true_at_every_number_of_points(examples, member):
    promised = logistic(member.margins(examples.matrix))
    totals = np.nan_to_num(examples.matrix)[:, [0, 2]] @ [30.0, 10.0]
    for total in np.unique(totals):
        here = totals == total
        assert promised[here].mean() == pytest.approx(examples.positive[here].mean(), abs=0.03)
    assert promised.mean() == pytest.approx(examples.positive.mean(), abs=0.002)  # Platt draws towards one half


def test_the_points_weigh_as_they_were_written_and_an_unknown_rule_adds_none(member):
    none, asked, urgent, unknown = member.margins(
        np.array([[0, 5, 0], [1, -5, 0], [0, 0, 1], [0, 0, np.nan]], dtype=np.float32)
    )
    assert asked - none == pytest.approx(3 * (urgent - none), rel=1e-5)
    assert unknown == pytest.approx(none, abs=1e-6)
