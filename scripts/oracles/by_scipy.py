"""Answers of SciPy: its own where it has the test, and else by its optimisers and integrals, the long way round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import integrate, optimize, stats
from scripts.oracles.cases import CASES, means, shares, waits


def welch() -> Iterator[Any]:
    """Two means from sums: p-value and limits."""
    rng = np.random.default_rng(21)
    for _ in range(CASES):
        case = means(rng)
        told = []
        for units, total, squares in (case[:3], case[3:]):
            told += [total / units, np.sqrt((squares - total**2 / units) / (units - 1)), units]
        result = stats.ttest_ind_from_stats(*told[3:], *told[:3], equal_var=False)
        limits = result_limits(told)
        yield {"arms": case, "answer": [result.pvalue, *limits]}


def result_limits(told: list[float]) -> tuple[float, float]:
    """Welch's limits by SciPy's own quantile of Student's t."""
    first, second = told[1] ** 2 / told[2], told[4] ** 2 / told[5]
    degrees = (first + second) ** 2 / (first**2 / (told[2] - 1) + second**2 / (told[5] - 1))
    reach = stats.t.ppf(0.975, degrees) * np.sqrt(first + second)
    return told[3] - told[0] - reach, told[3] - told[0] + reach


def difference_limits() -> Iterator[Any]:
    """Limits of the difference of two shares: where the likelihood, maximised under that difference, just lets it pass."""
    rng = np.random.default_rng(22)
    for _ in range(CASES):
        case = shares(rng)
        yield {"arms": case, "answer": [_limit(case, -1.0), _limit(case, 1.0)]}


def _limit(case: tuple[int, int, int, int], side: float) -> float:
    x0, n0, x1, n1 = case
    seen, reach = x1 / n1 - x0 / n0, stats.norm.ppf(0.975)

    def beyond(difference: float) -> float:
        def slope(base: float) -> float:
            """How the log-likelihood rises with the control's share, given the difference; it falls throughout."""
            other = base + difference
            return x0 / base - (n0 - x0) / (1 - base) + x1 / other - (n1 - x1) / (1 - other)

        low, high = max(0.0, -difference) + 1e-15, min(1.0, 1 - difference) - 1e-15
        if slope(low) <= 0:
            base = low
        elif slope(high) >= 0:
            base = high
        else:
            base = optimize.brentq(slope, low, high, xtol=1e-16, rtol=1e-15)
        other = base + difference
        error = np.sqrt(base * (1 - base) / n0 + other * (1 - other) / n1)
        return abs(seen - difference) / max(error, 1e-12) - reach

    edge = side * (1 - 1e-9)
    return side if beyond(edge) <= 0 else optimize.brentq(beyond, seen, edge, xtol=1e-14)


def log_rank() -> Iterator[Any]:
    """Times to conversion."""
    rng = np.random.default_rng(23)
    for _ in range(CASES):
        arms = waits(rng)
        samples = []
        for conversions, waiting in arms:
            won = np.repeat(np.arange(1, len(conversions) + 1), conversions)
            left = np.repeat(np.arange(1, len(waiting) + 1), waiting)
            samples.append(stats.CensoredData(uncensored=won, right=left))
        result = stats.logrank(x=samples[1], y=samples[0])
        yield {"arms": arms, "answer": [result.statistic, result.pvalue]}


def sample_ratio() -> Iterator[Any]:
    """The p-value of a split."""
    rng = np.random.default_rng(24)
    for _ in range(CASES):
        weights = rng.uniform(0.1, 1, int(rng.integers(2, 6))).round(6)
        shares_ = weights / weights.sum()
        units = rng.multinomial(int(10 ** rng.uniform(2, 5)), shares_)
        answer = stats.chisquare(units, units.sum() * shares_).pvalue
        yield {"units": units.tolist(), "shares": weights.tolist(), "answer": answer}


def chances_of_shares() -> Iterator[Any]:
    """The probability of each of two or three arms to be the best, by integrating beta distributions; and what it may lose."""
    rng = np.random.default_rng(25)
    for _ in range(CASES):
        count = int(rng.integers(2, 4))
        rate = rng.uniform(0.02, 0.4)
        arms = []
        for _ in range(count):
            units = int(10 ** rng.uniform(1.5, 3.5))
            arms.append([int(rng.binomial(units, min(0.95, rate * np.exp(rng.normal(0, 0.2))))), units])
        beliefs = [stats.beta(1 + won, 1 + units - won) for won, units in arms]
        points = sorted(
            {float(belief.ppf(q)) for belief in beliefs for q in (1e-14, 1e-6, 0.01, 0.5, 0.99, 1 - 1e-6, 1 - 1e-14)}
        )

        def over(what: Any, points: list[float] = points) -> float:
            pieces = zip([0.0, *points], [*points, 1.0], strict=True)
            return sum(
                integrate.quad(what, low, high, epsabs=1e-13, limit=200)[0] for low, high in pieces if high > low
            )

        def others(x: float, number: int, beliefs: list[Any] = beliefs) -> float:
            return float(np.prod([belief.cdf(x) for place, belief in enumerate(beliefs) if place != number]))

        best = [over(lambda x, i=i, own=beliefs[i]: own.pdf(x) * others(x, i)) for i in range(count)]
        highest = over(lambda x: 1 - others(x, -1))
        yield {"arms": arms, "best": best, "expected_loss": [highest - float(belief.mean()) for belief in beliefs]}


FAMILIES = {
    "welch": welch,
    "difference_limits": difference_limits,
    "log_rank": log_rank,
    "sample_ratio": sample_ratio,
    "chances_of_shares": chances_of_shares,
}
