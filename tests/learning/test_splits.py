from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadloop.leads import LeadFrame, LeadSchema
from leadloop.learning.labelled import Labelled
from leadloop.learning.labels import DAY
from leadloop.learning.maturity import Maturity
from leadloop.learning.splits import (
    divide_leads,
    find_moment,
    rolling_origin,
    split_alike,
    split_leads,
    stratified_folds,
)
from leadloop.playbook import Training


def some(positive, order=None, groups=None, maturity=None):
    """Leads of which only the outcomes and what keeps them apart matter."""
    leads = LeadFrame(LeadSchema(()), pl.DataFrame({"x": positive}), np.arange(len(positive)) + 2)
    return Labelled(leads, positive, order, groups, maturity)


@st.composite
def tied(draw):
    """Times of leads as a file with days alone has them: several leads a day, in any order."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=2, max_size=25))
    days = np.repeat(np.cumsum(draw(st.lists(st.integers(1, 5), min_size=len(sizes), max_size=len(sizes)))), sizes)
    return np.random.default_rng(draw(st.integers(0, 99))).permutation(days.astype(float))


def test_with_an_order_the_newest_leads_are_kept_back():
    order = np.array([5.0, 1.0, 4.0, 2.0, 3.0, 9.0, 8.0, 7.0, 6.0, 0.0])
    split = split_leads(some(np.zeros(10), order), test_share=0.3, seed=0)
    assert split.kind == "time"
    assert order[split.test].tolist() == [7.0, 8.0, 9.0]
    assert order[split.train].max() < order[split.test].min()


def test_a_group_that_reaches_into_the_test_part_leaves_the_training_part():
    order = np.arange(10.0)
    groups = np.array([1, 2, 3, 4, 5, 6, 7, 1, 8, 9])
    split = split_leads(some(np.zeros(10), order, groups), test_share=0.3, seed=0)
    assert split.dropped == 1
    assert not set(groups[split.train]) & set(groups[split.test])


@given(st.integers(0, 10_000), st.integers(40, 300), st.integers(1, 40))
def test_without_an_order_no_group_is_torn_apart_and_nobody_is_lost(seed, count, group_count):
    draw = np.random.default_rng(seed)
    groups, positive = draw.integers(0, group_count, count), (draw.random(count) < 0.2).astype(float)
    split = split_leads(some(positive, None, groups), test_share=0.3, seed=seed)
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


@pytest.mark.parametrize("validation", ["rolling origin", "k-fold", "hold-out"])
@pytest.mark.parametrize("ordered", [False, True])
def test_no_fold_tears_a_group_apart(validation, ordered):
    if validation == "rolling origin" and not ordered:
        pytest.skip("needs an order")
    draw = np.random.default_rng(0)
    groups = draw.integers(0, 60, 200)
    labelled = some((draw.random(200) < 0.4).astype(float), np.arange(200.0) if ordered else None, groups)
    divisions = divide_leads(labelled, Training(validation=validation), in_time_order=ordered)
    assert divisions
    for one in divisions:
        assert not set(groups[one.train]) & set(groups[one.held_out])


def daily(gap, took=np.inf, weigh=False, count=100):
    """A lead a day, of which every second is won after `took` days."""
    positive = np.arange(count) % 2.0
    days = np.where(positive == 1, took, np.inf)
    return some(positive, np.arange(count), maturity=Maturity(np.arange(float(count)), days, gap, weigh))


def test_leads_whose_outcome_was_not_known_when_the_test_began_are_not_learned_from():
    split = split_leads(daily(gap=10.0), test_share=0.3, seed=0)
    assert split.starts == 70.0
    assert split.train.max() == 59  # the lead of day 60 was ten days old on day 70, and not a moment older
    assert split.unripe == 10


@pytest.mark.parametrize("weigh", [False, True])
def test_every_fold_learns_only_from_what_was_known_when_its_leads_came(weigh):
    labelled = daily(gap=8.0, took=2.0, weigh=weigh)
    for division in divide_leads(labelled, Training(), in_time_order=True):
        begins = division.held_out[0]
        assert division.moment == begins
        youngest = begins - np.max(division.train)
        assert youngest in ((3, 4) if weigh else (9,))  # every second lead is won
        lost = division.train[division.train % 2 == 0]
        assert begins - lost.max() > 8


@pytest.mark.parametrize(
    ("validation", "ordered", "folds", "later"),
    [
        ("auto", True, 4, True),
        ("auto", False, 4, False),
        ("rolling origin", True, 4, True),
        ("k-fold", True, 4, False),
        ("hold-out", True, 1, True),
        ("hold-out", False, 1, False),
    ],
)
def test_a_playbook_may_say_how_settings_are_judged(validation, ordered, folds, later):
    labelled = some(np.arange(100) % 2.0, np.arange(100.0) if ordered else None)
    divisions = divide_leads(labelled, Training(validation=validation), in_time_order=ordered)
    assert len(divisions) == folds
    assert all((one.train.max() < one.held_out.min()) == later for one in divisions)
    assert not any(set(one.train) & set(one.held_out) for one in divisions)
    if validation == "hold-out":
        assert len(divisions[0].held_out) in (25, 26)


def test_a_fold_with_one_outcome_alone_to_learn_from_is_left_out():
    positive = np.concatenate([np.zeros(60), np.arange(40) % 2.0])
    assert len(divide_leads(some(positive, np.arange(100.0)), Training(), in_time_order=True)) == 2


def test_another_target_is_tested_from_the_same_moment_on():
    order = np.arange(300.0)
    first = some(np.arange(300) % 2.0, order)
    split = split_leads(first, test_share=0.3, seed=1)
    known = np.setdiff1d(np.arange(300), np.arange(200, 230))
    other = first.take(known)
    alike = split_alike(other, first, split, seed=1)
    begins = order[split.test].min()
    assert other.order[alike.test].min() >= begins > other.order[alike.train].max()
    assert len(alike.train) + len(alike.test) == len(known)
    assert len(alike.test) == 70


def test_an_outcome_that_takes_time_leaves_a_gap_before_the_same_moment():
    first = some(np.arange(300) % 2.0, np.arange(300.0) * DAY)
    split = split_leads(first, test_share=0.3, seed=1)
    slow = replace(first, maturity=Maturity(np.arange(300.0), np.full(300, np.inf), gap=20.0))
    alike = split_alike(slow, first, split, seed=1)
    assert alike.starts == 210.0
    assert alike.train.max() == 189
    assert alike.unripe == 20


def test_without_an_order_a_lead_stays_on_the_side_where_the_first_target_has_it():
    everyone = some(np.arange(300) % 2.0)
    first = everyone.take(np.arange(200))
    split = split_leads(first, test_share=0.3, seed=1)
    alike = split_alike(everyone, first, split, seed=1)
    assert set(split.test) == set(alike.test[alike.test < 200])
    assert set(split.train) == set(alike.train[alike.train < 200])
    assert 20 < (alike.test >= 200).sum() < 45  # leads that the first target knows nothing of are shared out


@given(tied(), st.floats(0.05, 0.6))
def test_leads_of_one_day_are_all_tested_on_or_all_learned_from(order, share):
    split = split_leads(some(np.zeros(len(order)), order), test_share=share, seed=0)
    assert sorted([*split.train, *split.test]) == list(range(len(order)))
    wanted = max(1, round(share * len(order)))
    newer = [int((order >= day).sum()) for day in np.unique(order)[1:]]
    fair = [count for count in newer if 2 * count >= wanted and 2 * (len(order) - count) >= len(order) - wanted]
    if fair:
        assert order[split.train].max() < order[split.test].min()
        assert abs(len(split.test) - wanted) == min(abs(count - wanted) for count in fair)
    else:  # no day leaves half of each part
        assert len(split.test) == wanted


@pytest.mark.parametrize("older", [3, 590])
def test_where_nearly_all_leads_came_on_one_day_that_day_is_parted_for_every_target_alike(older):
    first = some(np.arange(600) % 2.0, np.repeat([1.0, 2.0], [older, 600 - older]))
    split = split_leads(first, test_share=0.3, seed=1)
    assert (len(split.train), len(split.test)) == (420, 180)
    alike = split_alike(first.take(np.arange(100, 600)), first, split, seed=1)
    assert (alike.train + 100).tolist() == list(range(100, 420))
    assert (alike.test + 100).tolist() == list(range(420, 600))


@given(tied(), st.floats(0.05, 0.6), st.integers(0, 99))
def test_no_lead_that_is_tested_on_for_one_target_has_taught_another(order, share, seed):
    draw = np.random.default_rng(seed)
    everyone = some(np.zeros(len(order)), order)
    of_first, of_other = (np.flatnonzero(draw.random(len(order)) < 0.8) for _ in range(2))
    assume(len(of_first) and len(of_other))
    first, other = everyone.take(of_first), everyone.take(of_other)
    split = split_leads(first, test_share=share, seed=1)
    alike = split_alike(other, first, split, seed=1)
    assert not set(of_first[split.train]) & set(of_other[alike.test])
    assert not set(of_first[split.test]) & set(of_other[alike.train])
    assert len(alike.train) + len(alike.test) == len(of_other)


def test_where_all_leads_came_at_one_moment_they_are_parted_as_they_stand_and_for_every_target_alike():
    first = some(np.arange(40) % 2.0, np.full(40, 5.0))
    split = split_leads(first, test_share=0.25, seed=1)
    assert split.test.tolist() == list(range(30, 40))
    alike = split_alike(first.take(np.arange(5, 40)), first, split, seed=1)
    assert alike.kind == "time"
    assert (alike.train + 5).tolist() == list(range(5, 30))
    assert (alike.test + 5).tolist() == list(range(30, 40))


@given(tied(), st.sampled_from(["rolling origin", "hold-out"]))
def test_no_block_of_leads_begins_in_the_middle_of_a_day(order, validation):
    order = np.sort(order)
    positive = np.random.default_rng(len(order)).integers(0, 2, len(order)).astype(float)
    divisions = divide_leads(some(positive, order), Training(validation=validation), in_time_order=True)
    for one in divisions:
        assert order[one.train].max() < order[one.held_out].min()
    held_out = np.concatenate([one.held_out for one in divisions]) if divisions else np.empty(0)
    assert len(set(held_out)) == len(held_out)


def test_blocks_of_days_begin_at_the_nearest_day_and_reach_to_the_last_lead():
    order = np.repeat(np.arange(10.0), 10)
    blocks = [held_out for _, held_out in rolling_origin(100, 4, order=order)]
    assert [(block[0], block[-1]) for block in blocks] == [(40, 49), (50, 69), (70, 79), (80, 99)]
    two_days = np.repeat([0.0, 1.0], [90, 10])
    assert [len(held_out) for _, held_out in rolling_origin(100, 4, order=two_days)] == [0, 0, 0, 10]


@given(tied())
def test_where_every_lead_has_a_moment_of_its_own_no_place_is_moved(order):
    order = np.unique(order)
    assert [find_moment(order, place) for place in range(1, len(order))] == list(range(1, len(order)))
