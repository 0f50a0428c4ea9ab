"""Amounts recover a known truth, and fall back to the mean where fields say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from tests.timed_leads_for_tests import MEAN_AMOUNT

from leadloop.features import FeatureColumn
from leadloop.learning.evaluation.worth import judge_worth
from leadloop.learning.worth import amount_errors, fit_worth

COLUMNS = tuple(FeatureColumn(name, name) for name in ("plus", "max", "noise"))
ONE_OF_EACH = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.float32)


def make_won(count: int, seed: int, *, telling: bool = True, spread: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """Features and amounts of won leads."""
    draw = np.random.default_rng(seed)
    plan = draw.integers(0, 3, count)
    mean = np.array(list(MEAN_AMOUNT.values()))[plan] if telling else np.full(count, 1_000.0)
    amounts = mean * np.exp(spread * draw.normal(size=count) - spread**2 / 2)
    return np.stack([plan == 1, plan == 2, draw.normal(size=count)], axis=1).astype(np.float32), amounts


def test_the_mean_amount_of_each_plan_comes_out_not_its_median():
    worth = fit_worth(*make_won(2_000, 1), COLUMNS)
    assert worth is not None
    assert worth.amounts(ONE_OF_EACH) == pytest.approx(list(MEAN_AMOUNT.values()), rel=0.12)


def test_amounts_of_nothing_are_allowed():
    matrix, amounts = make_won(3_000, 2)
    paid = np.random.default_rng(3).random(3_000) < 0.4
    worth = fit_worth(matrix, np.where(paid, amounts, 0.0), COLUMNS)
    assert worth is not None
    assert worth.kind == "Tweedie regression"
    assert worth.amounts(ONE_OF_EACH) == pytest.approx([0.4 * mean for mean in MEAN_AMOUNT.values()], rel=0.2)


def test_one_deal_a_thousand_times_the_usual_does_not_bend_the_others():
    matrix, amounts = make_won(2_000, 1)
    amounts[1_000] = 1_000 * amounts.mean()
    worth = fit_worth(matrix, amounts, COLUMNS)
    assert worth is not None
    if len(worth.size.weight):
        basic, _, best = worth.amounts(ONE_OF_EACH)
        assert best / basic == pytest.approx(MEAN_AMOUNT["max"] / MEAN_AMOUNT["basic"], rel=0.2)


def test_where_no_field_tells_the_mean_of_won_leads_is_taken():
    matrix, amounts = make_won(1_000, 4, telling=False)
    worth = fit_worth(matrix, amounts, COLUMNS)
    assert worth is not None
    assert worth.kind == "the mean of won leads"
    assert worth.amounts(ONE_OF_EACH) == pytest.approx([amounts.mean()] * 3)


def test_too_few_amounts_or_none_above_nothing_give_no_worth():
    matrix, amounts = make_won(39, 5)
    assert fit_worth(matrix, amounts, COLUMNS) is None
    assert fit_worth(np.tile(matrix, (3, 1)), np.zeros(117), COLUMNS) is None


def test_the_error_that_amounts_are_chosen_by_is_smallest_for_the_true_mean():
    amounts = np.random.default_rng(6).lognormal(0, 1, 50_000)
    truth = float(np.exp(0.5))
    errors = [
        amount_errors(amounts, np.full(len(amounts), told), 1.0).mean() for told in (0.8 * truth, truth, 1.2 * truth)
    ]
    assert errors[1] == min(errors)


def make_test_leads(count: int, seed: int, *, telling: bool = True):
    matrix, amounts = make_won(count, seed, telling=telling)
    draw = np.random.default_rng(seed + 100)
    chance = draw.beta(2, 4, count)
    positive = (draw.random(count) < chance).astype(float)
    return matrix, chance, positive, np.where(positive == 1, amounts, np.nan)


def test_expected_values_add_up_and_reach_more_value_than_scores():
    matrix, amounts = make_won(2_000, 1)
    worth, quality = judge_worth(
        fit_worth(matrix, amounts, COLUMNS), amounts.mean(), *make_test_leads(3_000, 8), capacity=0.2, seed=7
    )
    assert worth is not None
    assert quality.brought is not None
    assert quality.brought.low <= quality.promised <= quality.brought.high
    assert sum(group.leads for group in quality.groups) == 3_000
    assert sum(group.promised for group in quality.groups) == pytest.approx(quality.promised)
    held = sum(group.low <= group.promised <= group.high for group in quality.groups)
    assert held >= len(quality.groups) - 2
    assert quality.more is not None
    assert quality.more.low > 0
    assert all(measure.high < measure.baselines["the mean"] for measure in quality.measures)


def test_amounts_that_only_looked_telling_give_way_to_the_mean():
    matrix, amounts = make_won(2_000, 1)
    worth, quality = judge_worth(
        fit_worth(matrix, amounts, COLUMNS),
        amounts.mean(),
        *make_test_leads(3_000, 8, telling=False),
        capacity=0.2,
        seed=7,
    )
    assert worth is not None
    assert worth.kind == "the mean of won leads"
    assert "not clearly closer" in quality.why


def test_won_leads_without_an_amount_are_counted_and_left_out():
    matrix, chance, positive, amounts = make_test_leads(1_000, 8)
    forgotten = np.flatnonzero(positive == 1)[:10]
    amounts[forgotten] = np.nan
    _, quality = judge_worth(
        fit_worth(*make_won(2_000, 1), COLUMNS), 2_000.0, matrix, chance, positive, amounts, capacity=0.2, seed=7
    )
    assert quality.unknown == 10
    assert quality.won == positive.sum() - 10


def test_two_few_won_leads_give_no_expected_value():
    matrix, chance, positive, amounts = make_test_leads(40, 8)
    worth, quality = judge_worth(
        fit_worth(*make_won(2_000, 1), COLUMNS), 2_000.0, matrix, chance, positive, amounts, capacity=0.2, seed=7
    )
    assert worth is None
    assert quality.kind == ""
