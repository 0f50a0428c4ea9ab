"""Fields that tell when a lead came in, and whether they are used."""

import itertools

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.calendar import leave_out, weigh_calendar_fields
from leadloop.learning.learners import Examples, Fold, LightGBMLearner, LogisticLearner

COLUMNS = tuple(FeatureColumn(name, name) for name in ("visits", "interest rate"))
LEARNERS = (LogisticLearner(), LightGBMLearner())
SHARES = {"visits": 0.01, "interest rate": 0.99, "a field that no feature is made of": 1.0}


def make_folds(rate_matters: bool, count: int = 6_000) -> list[Fold]:
    """Leads over sixty weeks with a rate of the week, which either moved every week's wins or was an accident of the past."""
    draw = np.random.default_rng(4)
    week = np.arange(count) * 60 // count
    rate = np.where(week % 7 < 3, 1.0, -1.0) if rate_matters else np.linspace(3, -3, 60)[week]
    visits = draw.normal(size=count)
    won_then = 0.9 * rate if rate_matters else np.where(week < 25, 0.8 * rate, -0.8 * rate)
    positive = (draw.random(count) < 1 / (1 + np.exp(1 - 0.8 * visits - won_then))).astype(float)
    matrix = np.column_stack([visits, rate + draw.normal(0, 0.01, count)]).astype(np.float32)
    edges = np.linspace(0.4 * count, count, 4).astype(int)
    return [
        Fold(Examples(matrix[:a], positive[:a]), Examples(matrix[a:b], positive[a:b]), COLUMNS)
        for a, b in itertools.pairwise(edges)
    ]


def test_a_field_that_only_tells_the_time_is_left_out_where_later_leads_are_ranked_better_without():
    found = weigh_calendar_fields(make_folds(rate_matters=False), SHARES, LEARNERS, seed=1, tick=lambda said: None)
    assert list(found.shares) == ["interest rate"]
    assert not found.used
    assert found.auc_without > found.auc_with


def test_a_field_of_the_time_that_moves_the_outcome_again_and_again_earns_its_place():
    found = weigh_calendar_fields(make_folds(rate_matters=True), SHARES, LEARNERS, seed=1, tick=lambda said: None)
    assert found.used
    assert list(found.shares) == ["interest rate"]
    assert found.auc_with > found.auc_without


def test_leaving_out_takes_a_fields_columns_from_both_sides_of_a_fold():
    (fold, *_) = make_folds(rate_matters=True)
    left = leave_out(fold, ["visits"])
    assert [column.name for column in left.columns] == ["interest rate"]
    assert left.train.matrix[:, 0].tolist() == fold.train.matrix[:, 1].tolist()
    assert left.held_out.matrix.shape == (len(fold.held_out), 1)
