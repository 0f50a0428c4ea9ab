"""Scores that begin to rank worse are noticed, even where as many leads are won as ever."""

import numpy as np
import pytest

from leadloop.flows.watch.look import lag_behind
from leadloop.monitoring.streams import find_break


def outcomes(draw, count, slope):
    """Probabilities, and outcomes whose real log-odds follow them with this slope around the mean; about as many are won."""
    margins = draw.normal(-2.2, 1.1, count)
    said = 1 / (1 + np.exp(-margins))
    real = 1 / (1 + np.exp(-(slope * (margins + 1.4) - 1.4)))
    return said, (draw.random(count) < real).astype(float)


@pytest.mark.parametrize("seed", range(6))
def test_scores_that_rank_worse_are_seen_after_some_hundred_leads(seed):
    draw = np.random.default_rng(seed)
    before, after = outcomes(draw, 5_000, 1.0), outcomes(draw, 900, 0.3)
    said, outcome = (np.append(*pair) for pair in zip(before, after, strict=True))
    found = find_break(lag_behind(said, outcome))
    assert found is not None
    assert 4_600 < found.at < 5_300


def test_more_or_fewer_won_leads_alone_are_no_worse_order():
    draw = np.random.default_rng(3)
    said, _ = outcomes(draw, 6_000, 1.0)
    margins = np.log(said / (1 - said)) + np.repeat([0.0, 0.4], 3_000)
    outcome = (draw.random(6_000) < 1 / (1 + np.exp(-margins))).astype(float)
    assert find_break(lag_behind(said, outcome)) is None


def test_scores_that_rank_as_promised_raise_no_alarm():
    found = []
    for seed in range(150):
        said, outcome = outcomes(np.random.default_rng(seed), 6_000, 1.0)
        found.append(find_break(lag_behind(said, outcome)))
    assert sum(one is not None for one in found) <= 3
