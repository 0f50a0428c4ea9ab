"""Slopes that vary by a category: where they do, they are found; where they do not, nothing is made of it."""

import numpy as np
import pytest

from leadloop.features import FeatureColumn
from leadloop.learning.evaluation import area_under_curve
from leadloop.learning.learners import ByCategoryLearner, Examples, Fold, LogisticLearner
from leadloop.scoring.calibrator import logistic

LINES, TOWNS = 4, 3
COLUMNS = (
    FeatureColumn("visits", "visits"),
    FeatureColumn("evening", "evening", binary=True),
    *(FeatureColumn(f"line = {name}", "line", binary=True) for name in "abcd"),
    FeatureColumn("line, number of its level", "line", levels=LINES + 2),
    *(FeatureColumn(f"town = {name}", "town", binary=True) for name in "xyz"),
    FeatureColumn("town, number of its level", "town", levels=TOWNS + 2),
)
SETTINGS = {"strength": 0.1, "deviation": 0.3}


def make(count, seed, *, varying=True):
    """Leads of four lines; in every second one more visits are better and evenings worse, in the others it is the other way."""
    draw = np.random.default_rng(seed)
    line, town = draw.integers(0, LINES, count), draw.integers(0, TOWNS, count)
    visits, evening = draw.normal(size=count), draw.random(count) < 0.4
    turn = np.where(line % 2, 1.0, -1.0) if varying else 1.0
    truth = -0.5 + turn * visits - 1.2 * turn * evening
    flags = [line == one for one in range(LINES)], [town == one for one in range(TOWNS)]
    matrix = np.column_stack([visits, evening, *flags[0], line, *flags[1], town]).astype(np.float32)
    return Examples(matrix, (draw.random(count) < logistic(truth)).astype(float)), truth


def gain(model, seed=9, **kind):
    new, truth = make(4_000, seed, **kind)
    best = area_under_curve(new.positive, truth)
    return (area_under_curve(new.positive, model.margins(new.matrix)) - 0.5) / (best - 0.5)


def test_slopes_that_turn_from_category_to_category_are_found():
    examples, _ = make(3_000, 1)
    varying = ByCategoryLearner().fit(examples, COLUMNS, SETTINGS, seed=0)
    plain = LogisticLearner().fit(examples, COLUMNS, {"strength": 0.1}, seed=0)
    assert gain(varying) > 0.95
    assert gain(plain) < 0.5
    assert {COLUMNS[gate].name for gate in varying.gate if gate >= 0} == {f"line = {name}" for name in "abcd"}


def test_where_slopes_are_the_same_everywhere_it_is_a_plain_regression():
    examples, _ = make(3_000, 2, varying=False)
    model = ByCategoryLearner().fit(examples, COLUMNS, SETTINGS, seed=0)
    plain = LogisticLearner().fit(examples, COLUMNS, {"strength": 0.1}, seed=0)
    assert model.gate is None
    assert np.array_equal(model.weight, plain.weight)


def test_a_strict_penalty_leaves_nothing_of_the_deviations_and_a_mild_one_lets_them_be():
    examples, _ = make(3_000, 1)
    sizes = []
    for deviation in (1e-4, 0.03, 3.0):
        model = ByCategoryLearner().fit(examples, COLUMNS, {"strength": 0.1, "deviation": deviation}, seed=0)
        sizes.append(float(np.abs(model.weight[model.gate >= 0]).sum()))
    assert sizes[0] < 0.2 < sizes[1] < sizes[2]


def test_what_it_says_of_a_fold_is_what_it_says_when_fitted():
    train, held_out = make(2_000, 3)[0], make(500, 4)[0]
    judged = ByCategoryLearner().judge(Fold(train, held_out, COLUMNS), SETTINGS, seed=0).margins(0)
    model = ByCategoryLearner().fit(train, COLUMNS, SETTINGS, seed=0)
    assert model.margins(held_out.matrix) == pytest.approx(judged, abs=0.02)


def test_contributions_add_up_and_a_lead_alone_has_the_same_margin():
    examples, _ = make(2_000, 5)
    model = ByCategoryLearner().fit(examples, COLUMNS, SETTINGS, seed=0)
    new, _ = make(100, 6)
    margins = model.margins(new.matrix)
    assert model.contributions(new.matrix).sum(axis=1) + model.expected == pytest.approx(margins)
    assert [model.margins(new.matrix[row : row + 1])[0] for row in range(100)] == margins.tolist()


def test_a_column_with_a_direction_keeps_it_in_every_category():
    directed = (FeatureColumn("visits", "visits", direction=1), *COLUMNS[1:])
    examples, _ = make(3_000, 1)
    model = ByCategoryLearner().fit(examples, directed, SETTINGS, seed=0)
    assert not ((model.column == 0) & (model.gate >= 0)).any()
    for line in range(LINES):
        rows = np.zeros((50, len(COLUMNS)), dtype=np.float32)
        rows[:, 0], rows[:, 2 + line] = np.linspace(-4, 4, 50), 1
        assert (np.diff(model.margins(rows)) >= -1e-12).all()


def test_a_lead_of_a_category_that_is_new_is_scored_by_the_common_slopes():
    examples, _ = make(3_000, 1)
    model = ByCategoryLearner().fit(examples, COLUMNS, SETTINGS, seed=0)
    unknown = np.zeros((1, len(COLUMNS)), dtype=np.float32)
    assert model.contributions(unknown)[0, model.column[model.gate < 0]].any()
    assert not model.design(unknown)[0, model.gate >= 0].any()
