from __future__ import annotations

import numpy as np
import pytest

from leadloop.scoring.members import LinearModel
from leadloop.scoring.worth import Worth, constant_worth

SIZE = LinearModel(
    np.log(100.0), np.array([0]), np.array([0]), np.zeros(1), np.array([-99.0]), np.array([99.0]), np.zeros(1), np.ones(1),
    np.array([1.0]),
)  # fmt: skip


def test_an_amount_is_the_factor_times_the_size_and_never_more_than_was_seen():
    worth = Worth("log-scale regression with smearing", SIZE, 1.5, 1_000.0)
    assert worth.amounts(np.array([[0.0], [1.0], [50.0]])) == pytest.approx([150.0, 150.0 * np.e, 1_000.0])


def test_a_worth_read_back_says_the_same():
    for worth in (Worth("gamma regression", SIZE, 1.5, 1_000.0), constant_worth(42.0)):
        back = Worth.from_arrays(worth.arrays(), worth.state())
        assert back.kind == worth.kind
        np.testing.assert_array_equal(back.amounts(np.array([[0.5]])), worth.amounts(np.array([[0.5]])))


def test_the_mean_is_the_same_for_every_lead():
    assert constant_worth(42.0).amounts(np.array([[0.0], [9.0]])).tolist() == [42.0, 42.0]
