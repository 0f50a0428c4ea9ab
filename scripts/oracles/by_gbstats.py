"""Answers of gbstats, the statistics engine of GrowthBook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig
from gbstats.frequentist.tests import FrequentistConfig, SequentialConfig, SequentialTwoSidedTTest, TwoSidedTTest
from gbstats.models.statistics import (
    ProportionStatistic,
    RegressionAdjustedStatistic,
    SampleMeanStatistic,
)
from gbstats.utils import check_srm
from scripts.oracles.cases import CASES, means, paired, shares


def welch_of_means() -> Iterator[Any]:
    """Two means: p-value and limits of the difference."""
    rng = np.random.default_rng(1)
    for _ in range(CASES):
        case = means(rng)
        arms = [SampleMeanStatistic(n=int(case[i]), sum=case[i + 1], sum_squares=case[i + 2]) for i in (0, 3)]
        yield {"arms": case, "answer": _fixed(*arms)}


def any_time_of_means() -> Iterator[Any]:
    """Two means, read at any time."""
    rng = np.random.default_rng(2)
    for _ in range(CASES):
        case, planned = means(rng), int(10 ** rng.uniform(2, 5))
        arms = [SampleMeanStatistic(n=int(case[i]), sum=case[i + 1], sum_squares=case[i + 2]) for i in (0, 3)]
        yield {"arms": case, "planned": planned, "answer": _any_time(*arms, planned)}


def any_time_of_shares() -> Iterator[Any]:
    """Two shares of units, read at any time (gbstats divides a share's variance by n, not by n - 1)."""
    rng = np.random.default_rng(3)
    done = 0
    while done < CASES:
        case, planned = shares(rng), int(10 ** rng.uniform(2, 5))
        if case[0] and case[2]:
            done += 1
            arms = [ProportionStatistic(n=case[i + 1], sum=case[i]) for i in (0, 2)]
            yield {"arms": case, "planned": planned, "answer": _any_time(*arms, planned)}


def with_covariate() -> Iterator[Any]:
    """Two means adjusted by a covariate; gbstats takes one slope over both arms together."""
    rng = np.random.default_rng(4)
    for _ in range(CASES):
        arms = paired(rng, converting=False)
        adjusted = []
        for arm in arms:
            units, y, yy, x, xx, xy = arm["sums"]
            adjusted.append(
                RegressionAdjustedStatistic(
                    n=units,
                    post_statistic=SampleMeanStatistic(n=units, sum=y, sum_squares=yy),
                    pre_statistic=SampleMeanStatistic(n=units, sum=x, sum_squares=xx),
                    post_pre_sum_of_products=xy,
                    theta=0.0,
                )
            )
        test = TwoSidedTTest(*adjusted, FrequentistConfig(difference_type="absolute"))
        result = test.compute_result()
        yield {
            "arms": [arm["sums"] for arm in arms],
            "slope": test.stat_a.theta,
            "answer": [result.p_value, result.expected, *result.ci],
        }


def chances_of_means() -> Iterator[Any]:
    """The probability that the arm is better, and what each choice risks, from flat priors."""
    rng = np.random.default_rng(5)
    for _ in range(CASES):
        case = means(rng)
        arms = [SampleMeanStatistic(n=int(case[i]), sum=case[i + 1], sum_squares=case[i + 2]) for i in (0, 3)]
        result = EffectBayesianABTest(*arms, EffectBayesianConfig(difference_type="absolute")).compute_result()
        yield {"arms": case, "answer": [result.chance_to_win, *result.risk]}


def sample_ratio() -> Iterator[Any]:
    """The p-value of a split."""
    rng = np.random.default_rng(6)
    for _ in range(CASES):
        arms = int(rng.integers(2, 6))
        weights = rng.uniform(0.1, 1, arms).round(6)
        units = rng.multinomial(int(10 ** rng.uniform(2, 5)), weights / weights.sum()).tolist()
        yield {"units": units, "shares": weights.tolist(), "answer": check_srm(units, weights.tolist())}


def _fixed(control: Any, arm: Any) -> list[float]:
    result = TwoSidedTTest(control, arm, FrequentistConfig(difference_type="absolute")).compute_result()
    return [result.p_value, *result.ci]


def _any_time(control: Any, arm: Any, planned: int) -> list[float]:
    config = SequentialConfig(difference_type="absolute", sequential_tuning_parameter=planned)
    result = SequentialTwoSidedTTest(control, arm, config).compute_result()
    return [result.p_value, *result.ci]


FAMILIES = {
    "welch_of_means": welch_of_means,
    "any_time_of_means": any_time_of_means,
    "any_time_of_shares": any_time_of_shares,
    "with_covariate": with_covariate,
    "chances_of_means": chances_of_means,
    "sample_ratio": sample_ratio,
}
