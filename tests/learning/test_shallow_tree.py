import numpy as np
import pytest

from leadloop.features import FeatureColumn
from leadloop.learning.shallow_tree import GIVEN_AWAY, rebuild_label

COLUMNS = tuple(FeatureColumn(name, name) for name in ("visits", "pages", "noise"))


def made(count=800):
    draw = np.random.default_rng(0)
    return draw.normal(size=(count, 3)).astype(np.float32), draw


def test_a_label_computed_from_two_fields_is_rebuilt_and_the_fields_are_named():
    matrix, _ = made()
    positive = ((matrix[:, 0] > 0.3) & (matrix[:, 1] < 1.0)).astype(float)
    rebuilt = rebuild_label(matrix, COLUMNS, positive, seed=7)
    assert rebuilt.auc > GIVEN_AWAY
    assert set(rebuilt.fields) == {"visits", "pages"}


def test_an_outcome_that_fields_only_make_likelier_is_not_rebuilt():
    matrix, draw = made()
    positive = (draw.random(len(matrix)) < 1 / (1 + np.exp(-3 * matrix[:, 0]))).astype(float)
    assert 0.7 < rebuild_label(matrix, COLUMNS, positive, seed=7).auc < GIVEN_AWAY


def test_missing_values_can_give_a_label_away():
    matrix, draw = made()
    positive = (draw.random(len(matrix)) < 0.3).astype(float)
    matrix[positive == 0, 2] = np.nan
    assert rebuild_label(matrix, COLUMNS, positive, seed=7).auc == pytest.approx(1.0)


def test_grades_are_rebuilt_by_whether_they_are_above_their_mean():
    matrix, _ = made()
    grades = np.where(matrix[:, 0] > 0, 0.8, 0.2)
    assert rebuild_label(matrix, COLUMNS, grades, seed=7).fields == ("visits",)


def test_without_columns_or_with_one_outcome_nothing_is_rebuilt():
    matrix, _ = made()
    assert rebuild_label(matrix[:, :0], (), np.ones(len(matrix)), seed=7).auc == 0.5
    assert rebuild_label(matrix, COLUMNS, np.zeros(len(matrix)), seed=7).auc == 0.5
