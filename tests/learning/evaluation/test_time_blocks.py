"""The share won along time, and whether it changed by more than chance."""

import numpy as np
import pytest

from leadloop.learning.evaluation import rate_over_time


@pytest.mark.parametrize("strength", [0.0, 0.05, 0.15])
def test_chance_is_that_of_scipys_chi_square_test(strength):
    stats = pytest.importorskip("scipy.stats")
    rate = np.linspace(0.3 - strength, 0.3 + strength, 2_000)
    positive = (np.random.default_rng(3).random(2_000) < rate).astype(float)
    over = rate_over_time(positive)
    table = [[block.positives, block.leads - block.positives] for block in over.blocks]
    assert over.chance == pytest.approx(stats.chi2_contingency(table).pvalue, abs=0.003)


def test_blocks_are_equal_in_order_and_hold_every_lead():
    positive = np.arange(1_003) % 4 == 0
    over = rate_over_time(positive.astype(float), str)
    assert sum(block.leads for block in over.blocks) == 1_003
    assert {block.leads for block in over.blocks} == {100, 101}
    assert (over.blocks[0].first, over.blocks[-1].last) == ("0", "1002")
    assert all(block.low <= block.rate <= block.high for block in over.blocks)
    assert over.chance > 0.99


def test_one_outcome_or_few_leads_change_nothing():
    assert rate_over_time(np.zeros(100)).chance == 1.0
    assert len(rate_over_time(np.array([1.0, 0.0, 1.0])).blocks) == 3
