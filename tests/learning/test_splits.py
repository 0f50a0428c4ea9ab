import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadloop.learning.splits import rolling_origin, split_leads, stratified_folds


def test_with_an_order_the_newest_leads_are_kept_back():
    order = np.array([5.0, 1.0, 4.0, 2.0, 3.0, 9.0, 8.0, 7.0, 6.0, 0.0])
    split = split_leads(10, order, np.zeros(10), test_share=0.3, seed=0, groups=None)
    assert split.kind == "time"
    assert order[split.test].tolist() == [7.0, 8.0, 9.0]
    assert order[split.train].max() < order[split.test].min()


def test_a_group_that_reaches_into_the_test_part_leaves_the_training_part():
    order = np.arange(10.0)
    groups = np.array([1, 2, 3, 4, 5, 6, 7, 1, 8, 9])
    split = split_leads(10, order, np.zeros(10), test_share=0.3, seed=0, groups=groups)
    assert split.dropped == 1
    assert not set(groups[split.train]) & set(groups[split.test])


@given(st.integers(0, 10_000), st.integers(40, 300), st.integers(1, 40))
def test_without_an_order_no_group_is_torn_apart_and_nobody_is_lost(seed, count, group_count):
    draw = np.random.default_rng(seed)
    groups, positive = draw.integers(0, group_count, count), (draw.random(count) < 0.2).astype(float)
    split = split_leads(count, None, positive, test_share=0.3, seed=seed, groups=groups)
    assert not set(groups[split.train]) & set(groups[split.test])
    assert sorted([*split.train, *split.test]) == list(range(count))


def test_folds_share_won_leads_evenly():
    positive = (np.arange(1_000) % 10 == 0).astype(float)
    folds = stratified_folds(positive, 5, seed=3)
    assert [int(positive[folds == fold].sum()) for fold in range(5)] == [20] * 5
    assert np.bincount(folds).tolist() == [200] * 5


def test_the_same_seed_gives_the_same_folds_and_another_seed_others():
    positive = (np.arange(200) % 3 == 0).astype(float)
    first, again, other = (stratified_folds(positive, 4, seed=seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


def test_rolling_origin_predicts_every_block_from_what_came_before_it():
    folds = rolling_origin(100, 4, start=0.4)
    assert [len(held_out) for _, held_out in folds] == [15, 15, 15, 15]
    for train, held_out in folds:
        assert train.max() < held_out.min()
    assert folds[-1][1][-1] == 99


def test_rolling_origin_keeps_groups_on_one_side():
    groups = np.arange(100) % 7
    for train, held_out in rolling_origin(100, 4, groups=np.where(np.arange(100) < 90, np.arange(100), groups)):
        assert not set(train) & set(held_out)
