"""Experiments on leads of the simulated insurance world, with their delays: the same leads divided anew by another salt.

    pytest -m long -s tests/experiments/test_simulated_world.py

One A/A experiment for each of 2,000 salts, by the very function that assigns; outcomes count once 21 days are over; the truth's
own probability stands in for the score before exposure.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from leadloop.experiments import ConversionTally, CovariateSums, Split
from leadloop.experiments.distributions import two_sided
from leadloop.experiments.means import welch
from leadloop.experiments.moments import covariate_middle, covariate_slope, moments_of
from leadloop.experiments.proportions import z_value
from leadloop.experiments.sequential import any_time_reach
from leadloop.simulate import WORLDS

LEADS, RIPE_AFTER_DAYS = 6_000, 21
START = datetime(2025, 1, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def world():
    """Ids, days of arrival, whether won within 21 days, and the true probability of each lead."""
    kind = WORLDS["insurance"]
    (part,) = kind.stream(LEADS, LEADS, seed=11, start=START, leads_per_day=100)
    came = part.leads[kind.time_column].str.to_datetime()
    won_at = part.outcomes[kind.decided_column].str.to_datetime()
    won = (part.outcomes[kind.outcome_column] == "Yes") & ((won_at - came).dt.total_days() < RIPE_AFTER_DAYS)
    days = ((came - came.min()).dt.total_seconds() / 86_400).to_numpy()
    truth = next(
        part.truth[name] for name in part.truth.columns if name != "lead_id" and part.truth[name].dtype.is_float()
    )
    return part.leads["lead_id"].to_list(), days, won.fill_null(False).to_numpy().astype(float), truth.to_numpy()


def read_daily(second, days, won):
    """Each day's z of the ripe leads so far: for the any-time reading and for the z-test, from the first 100 in each arm on."""
    ends = np.searchsorted(days, np.arange(1, int(days[-1]) + 2))
    units = np.stack([np.cumsum(~second), np.cumsum(second)])[:, ends - 1].astype(float)
    wins = np.stack([np.cumsum(won * ~second), np.cumsum(won * second)])[:, ends - 1]
    keep = units.min(axis=0) >= 100
    units, wins = units[:, keep], wins[:, keep]
    share = wins / units
    difference = share[1] - share[0]
    plain = difference / np.sqrt((share * (1 - share) / (units - 1)).sum(axis=0))
    pooled = wins.sum(axis=0) / units.sum(axis=0)
    return plain, difference / np.sqrt(pooled * (1 - pooled) * (1 / units).sum(axis=0)), units.sum(axis=0)


def tally(won, x):
    return ConversionTally(
        units=len(won),
        conversions=int(won.sum()),
        covariate=CovariateSums(total=x.sum(), squares=x @ x, cross=x @ won),
    )


@pytest.mark.long
def test_the_same_leads_divided_2000_times_differ_no_more_often_than_promised(world):
    ids, days, won, truth = world
    once = always = peeked = adjusted = 0
    saved, reach = [], None
    for salt in range(2_000):
        split = Split(f"salt {salt}", ("a", "b"), (0.5, 0.5))
        second = np.array([split.assign(one).arm == "b" for one in ids])
        plain, pooled, units = read_daily(second, days, won)
        if reach is None or len(reach) != len(units):
            reach = np.array([any_time_reach(n, LEADS) for n in units])
        always += bool((np.abs(plain) > reach).any())
        peeked += bool((np.abs(pooled) > 1.959964).any())
        arms = [tally(won[chosen], truth[chosen]) for chosen in (~second, second)]
        once += two_sided(z_value(*arms)) < 0.05
        slope, middle = covariate_slope(arms), covariate_middle(arms)
        with_score = [moments_of(arm, slope, middle) for arm in arms]
        adjusted += welch(*with_score).p_value < 0.05
        saved.append(
            1 - sum(one.squared_error for one in with_score) / sum(moments_of(arm).squared_error for arm in arms)
        )
    print(
        f"\n2,000 A/A experiments of {LEADS:,} simulated leads, {won.mean():.1%} won: z-test once {once / 2_000:.1%}, "
        f"adjusted by the score {adjusted / 2_000:.1%} (variance saved {np.mean(saved):.0%}); "
        f"looked at on {len(units)} days: any-time {always / 2_000:.1%}, z-test {peeked / 2_000:.1%}"
    )
    assert once / 2_000 == pytest.approx(0.05, abs=0.01)
    assert adjusted / 2_000 == pytest.approx(0.05, abs=0.01)
    assert always / 2_000 <= 0.05
    assert peeked / 2_000 > 0.15
    assert np.mean(saved) > 0


def test_conversions_of_open_leads_would_favour_the_faster_arm(world):
    """Why open leads are not counted: two arms win the same leads, one ten days sooner, and look different until all are ripe."""
    _, days, won, _ = world
    rng = np.random.default_rng(1)
    second = rng.random(len(days)) < 0.5
    took = rng.uniform(0, RIPE_AFTER_DAYS - 10, len(days)) + np.where(second, 0.0, 10.0)
    today = 30.0
    come = days < today
    so_far = won.astype(bool) & (days + took <= today)
    ripe = days + RIPE_AFTER_DAYS <= today
    wrong = [
        ConversionTally(units=int((come & arm).sum()), conversions=int((so_far & arm).sum()))
        for arm in (~second, second)
    ]
    right = [
        ConversionTally(units=int((ripe & arm).sum()), conversions=int((won.astype(bool) & ripe & arm).sum()))
        for arm in (~second, second)
    ]
    assert two_sided(z_value(*wrong)) < 0.01
    assert two_sided(z_value(*right)) > 0.05
