"""How earlier leads of the same kind did, worked out lead by lead beside what the block counts all at once."""

from datetime import datetime, timedelta
from math import isnan, log1p

import numpy as np
import polars as pl
import pytest

from leadloop.features.categories import SMOOTHING
from leadloop.features.history import HistoryBlock
from leadloop.playbook import History

START = datetime(2026, 1, 1)
TYPES = {"category": "category", "urgent": "boolean"}


def fit(category, days, outcomes, *, known_after=2.0, until=float("inf"), reach=0.0, of=("category",), urgent=None):
    data = pl.DataFrame(
        {"category": category, "urgent": urgent or [None] * len(category)}, schema_overrides={"urgent": pl.Boolean}
    )
    came = pl.Series([None if day is None else START + timedelta(days=day) for day in days], dtype=pl.Datetime("us"))
    outcomes = np.array(outcomes, dtype=float)
    first = (START - datetime(1970, 1, 1)).days
    block, values = HistoryBlock.fit(
        History(of, days=reach), TYPES, data, outcomes, came, known_after=known_after, until=first + until
    )
    return block, values


def drawn_towards(total, count, overall):
    return pytest.approx((total + SMOOTHING * overall) / (count + SMOOTHING), rel=1e-6)


def test_a_lead_is_told_of_earlier_leads_whose_outcome_was_known_by_then():
    _, values = fit(["jobs", "gigs", "jobs", "Jobs "], [0, 1, 2.5, 10], [1, 0, 0.5, 1])
    assert np.isnan(values[:2, 0]).all()  # nothing was known yet of any lead
    assert values[2].tolist() == [drawn_towards(1, 1, 1.0), pytest.approx(log1p(1))]
    assert values[3].tolist() == [drawn_towards(1.5, 2, 0.5), pytest.approx(log1p(2))]


def test_an_outcome_counts_only_once_it_must_be_known():
    at_once = fit(["jobs", "jobs"], [0, 2], [1, 0])[1]
    later = fit(["jobs", "jobs"], [0, 2.001], [1, 0])[1]
    assert at_once[1, 1] == 0
    assert later[1, 1] == pytest.approx(log1p(1))


def test_new_leads_are_told_what_was_known_when_training_began():
    block, _ = fit(["jobs", "gigs", "jobs"], [0, 1, 5], [1, 0, 1], until=6.0)
    told = block.values(pl.DataFrame({"category": ["JOBS", "gigs", "art"]}))
    assert told[0].tolist() == [drawn_towards(1, 1, 0.5), pytest.approx(log1p(1))]
    assert told[1].tolist() == [drawn_towards(0, 1, 0.5), pytest.approx(log1p(1))]
    assert told[2].tolist() == [0.5, 0.0]


def test_where_nothing_is_known_nobody_is_told_anything():
    block, _ = fit(["jobs", "gigs"], [0, 1], [1, 0], until=1.0)
    assert np.isnan(block.values(pl.DataFrame({"category": ["jobs"]}))[0, 0])
    assert HistoryBlock.from_state(block.state()).state() == block.state()


def test_it_looks_back_only_as_far_as_asked():
    _, values = fit(["jobs"] * 4, [0, 50, 100, 110], [1, 0, 0, 1], reach=30.0)
    assert values[3].tolist() == [drawn_towards(0, 1, 0.0), pytest.approx(log1p(1))]


def test_a_value_that_is_not_given_is_a_value_of_its_own():
    block, values = fit([None, "jobs", None], [0, 1, 9], [1, 0, 0])
    assert values[2].tolist() == [drawn_towards(1, 1, 0.5), pytest.approx(log1p(1))]
    assert block.values(pl.DataFrame({"category": [None]}, schema={"category": pl.String}))[0, 1] == pytest.approx(
        log1p(2)
    )


def test_several_fields_must_all_be_shared():
    block, values = fit(
        ["jobs"] * 4, [0, 1, 9, 9], [1, 0, 0, 0], of=("category", "urgent"), urgent=[True, False, True, None]
    )
    assert values[2].tolist() == [drawn_towards(1, 1, 0.5), pytest.approx(log1p(1))]
    assert values[3, 1] == 0
    assert block.reads == ("category", "urgent")


def many(count=600, seed=3):
    draw = np.random.default_rng(seed)
    return draw.choice(["a", "b", "c", "d"], count).tolist(), np.sort(draw.uniform(0, 90, count)), draw.random(count)


def test_counting_all_at_once_gives_what_counting_lead_by_lead_does():
    category, days, outcomes = many(200)
    for reach in (0.0, 20.0):
        _, values = fit(category, days.tolist(), outcomes, known_after=10.0, reach=reach)
        for place in range(200):
            known = days < days[place] - 10
            if reach:
                known &= days >= days[place] - 10 - reach
            alike = known & (np.array(category) == category[place])
            if not known.any():
                assert isnan(values[place, 0])
                continue
            assert values[place, 0] == drawn_towards(outcomes[alike].sum(), alike.sum(), outcomes[known].mean())
            assert values[place, 1] == pytest.approx(log1p(alike.sum()))


@pytest.mark.parametrize("cut", [20.0, 45.0, 70.0])
def test_what_happens_later_changes_nothing_that_a_lead_is_told(cut):
    category, days, outcomes = many()
    _, told = fit(category, days.tolist(), outcomes, known_after=10.0)
    unknown = days >= cut - 10
    shuffled = outcomes.copy()
    shuffled[unknown] = np.random.default_rng(1).permutation(outcomes[unknown])
    _, after = fit(category, days.tolist(), shuffled, known_after=10.0)
    before = days <= cut
    assert before.sum() > 100
    assert not np.array_equal(outcomes, shuffled)
    np.testing.assert_array_equal(told[before], after[before])
    assert not np.array_equal(told[days > cut + 10], after[days > cut + 10])


def test_a_lead_never_hears_of_its_own_outcome():
    category, days, outcomes = many(100)
    _, told = fit(category, days.tolist(), outcomes)
    for place in (10, 50, 99):
        other = outcomes.copy()
        other[place] = 1 - other[place]
        np.testing.assert_array_equal(fit(category, days.tolist(), other)[1][place], told[place])


def test_the_order_of_rows_changes_nothing():
    category, days, outcomes = many(300)
    mixed = np.random.default_rng(2).permutation(300)
    block, values = fit(category, days.tolist(), outcomes)
    again, turned = fit([category[place] for place in mixed], days[mixed].tolist(), outcomes[mixed])
    assert again.state() == block.state()
    np.testing.assert_array_equal(turned, values[mixed])


def test_a_lead_alone_is_told_what_it_is_told_in_a_batch():
    category, days, outcomes = many(300)
    block, _ = fit(category, days.tolist(), outcomes)
    data = pl.DataFrame({"category": [*category, None, "never seen"]})
    every = block.values(data)
    for place in (0, 17, 300, 301):
        np.testing.assert_array_equal(block.values(data[place : place + 1])[0], every[place])


def test_a_lead_without_a_time_counts_as_the_oldest():
    _, values = fit(["jobs", "jobs"], [None, 0], [1, 0])
    assert isnan(values[0, 0])
    assert values[1].tolist() == [drawn_towards(1, 1, 1.0), pytest.approx(log1p(1))]


@pytest.mark.parametrize(
    "wrong", [{"types": ["text"]}, {"of": []}, {"counts": [0, 1]}, {"rates": [0.5]}, {"rates": [float("nan"), 0.1]}]
)
def test_a_state_that_is_no_history_is_refused(wrong):
    block, _ = fit(["jobs", "gigs"], [0, 1], [1, 0])
    with pytest.raises(ValueError, match=r"histor|match"):
        HistoryBlock.from_state({**block.state(), **wrong})
