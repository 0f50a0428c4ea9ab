"""Answers of statsmodels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scripts.oracles.cases import CASES, cut, paired, shares, waits
from statsmodels.api import OLS
from statsmodels.duration.survfunc import SurvfuncRight, survdiff
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, power_proportions_2indep, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW


def z_test() -> Iterator[Any]:
    """Two shares: the pooled z-test, and the score limits of their ratio.

    Not its score limits of the difference: where the appendix of Miettinen and Nurminen (1985) has units times the difference,
    statsmodels 0.14 and 0.15 have conversions times the difference. SciPy answers for these, by the likelihood itself.
    """
    rng = np.random.default_rng(11)
    done = 0
    while done < CASES:
        x0, n0, x1, n1 = shares(rng)
        if not x0 or not x1:
            continue
        done += 1
        _, p_value = proportions_ztest([x1, x0], [n1, n0])
        low, high = confint_proportions_2indep(x1, n1, x0, n0, method="score", compare="ratio", correction=False)
        yield {"arms": [x0, n0, x1, n1], "answer": [p_value, low - 1, high - 1]}


def welch() -> Iterator[Any]:
    """Two means from raw values: p-value and limits."""
    rng = np.random.default_rng(12)
    for _ in range(CASES):
        arms = [rng.normal(rng.normal(), rng.uniform(0.5, 3), int(rng.integers(20, 600))).round(3) for _ in range(2)]
        compare = CompareMeans(DescrStatsW(arms[1]), DescrStatsW(arms[0]))
        p_value = compare.ttest_ind(usevar="unequal")[1]
        sums = [number for arm in arms for number in (len(arm), cut(arm.sum()), cut(arm @ arm))]
        yield {"arms": sums, "answer": [p_value, *compare.tconfint_diff(usevar="unequal")]}


def regression() -> Iterator[Any]:
    """The arm's effect and the covariate's slope in the regression on both: the adjusted difference."""
    rng = np.random.default_rng(13)
    for number in range(CASES):
        arms = paired(rng, converting=number % 2 == 1)
        y = np.concatenate([arm["y"] for arm in arms])
        x = np.concatenate([arm["x"] for arm in arms])
        second = np.repeat([0.0, 1.0], [len(arm["y"]) for arm in arms])
        fitted = OLS(y, np.column_stack([np.ones_like(x), second, x])).fit()
        yield {"arms": [arm["sums"] for arm in arms], "answer": [fitted.params[1], fitted.params[2]]}


def log_rank() -> Iterator[Any]:
    """Times to conversion: the log-rank test, and the share that has converted at the end."""
    rng = np.random.default_rng(14)
    for _ in range(CASES):
        arms = waits(rng)
        days, won, group = [], [], []
        for number, (conversions, waiting) in enumerate(arms):
            for status, counts in ((1, conversions), (0, waiting)):
                times = np.repeat(np.arange(1, len(counts) + 1), counts)
                days.append(times), won.append(np.full(len(times), status)), group.append(np.full(len(times), number))
        days, won, group = (np.concatenate(part) for part in (days, won, group))
        square, p_value = survdiff(days, won, group)
        curve = SurvfuncRight(days[group == 1], won[group == 1])
        yield {"arms": arms, "answer": [square, p_value, 1 - float(curve.surv_prob[-1])]}


def corrections() -> Iterator[Any]:
    """Several p-values, corrected in both ways."""
    rng = np.random.default_rng(15)
    for _ in range(CASES):
        p_values = rng.uniform(0, 1, int(rng.integers(2, 9))) ** rng.uniform(1, 6)
        p_values = p_values.round(9)
        yield {
            "p_values": p_values.tolist(),
            "holm": multipletests(p_values, method="holm")[1].tolist(),
            "benjamini_hochberg": multipletests(p_values, method="fdr_bh")[1].tolist(),
        }


def power() -> Iterator[Any]:
    """The power of the z-test."""
    rng = np.random.default_rng(16)
    for _ in range(CASES):
        base, units = cut(rng.uniform(0.01, 0.5)), int(10 ** rng.uniform(2, 4.5))
        effect = cut(rng.choice([-1, 1]) * base * rng.uniform(0.05, 0.6))
        ratio = rng.uniform(0.3, 3)
        other = int(units * ratio)
        # Its group 1 is the arm, and `ratio` says how many units the second, the control, has to each of the first.
        answer = power_proportions_2indep(effect, base, other, ratio=units / other, alpha=0.05, return_results=False)
        yield {"base": base, "effect": effect, "units": [units, other], "answer": answer}


FAMILIES = {
    "z_test": z_test,
    "welch": welch,
    "regression": regression,
    "log_rank": log_rank,
    "corrections": corrections,
    "power": power,
}
