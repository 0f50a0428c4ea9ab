"""Venn-Abers against a plain isotonic regression that is fitted twice for every new lead."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from leadloop.scoring.venn_abers import VennAbers


def by_the_book(past: np.ndarray, positive: np.ndarray, margin: float) -> tuple[float, float]:
    """Add the new lead with each outcome in turn, fit, and read off its value (Vovk et al. 2015, section 2)."""
    answers = []
    for outcome in (0.0, 1.0):
        fitted = IsotonicRegression().fit(np.append(past, margin), np.append(positive, outcome))
        answers.append(float(fitted.predict([margin])[0]))
    return answers[0], answers[1]


@pytest.mark.parametrize("seed", range(6))
def test_the_table_gives_what_the_definition_gives(seed):
    draw = np.random.default_rng(seed)
    past = np.round(draw.normal(size=80), 1)
    positive = (draw.random(80) < 1 / (1 + np.exp(-past))).astype(float)
    table = VennAbers.fit(past, positive, steps=10_000)
    for margin in np.unique(past):
        low, high = table.interval(np.array([margin]))
        assert (float(low[0]), float(high[0])) == pytest.approx(by_the_book(past, positive, margin), abs=1e-12)


def test_the_interval_is_narrow_where_many_leads_speak_and_wide_where_few_do():
    draw = np.random.default_rng(3)
    widths = []
    for count in (100, 1_000, 10_000):
        past = draw.normal(size=count)
        positive = (draw.random(count) < 1 / (1 + np.exp(-past))).astype(float)
        low, high = VennAbers.fit(past, positive).interval(np.linspace(-2, 2, 50))
        assert np.all(low <= high)
        widths.append(np.mean(high - low))
    assert widths[0] > widths[1] > widths[2]


def test_the_interval_holds_what_happens():
    """Among leads that fall into one step, what happens lies between the mean lower and mean upper probability."""
    draw = np.random.default_rng(5)
    inside = []
    for _ in range(60):
        past, new = draw.normal(size=500), draw.normal(size=4_000)
        chance = lambda margins: 1 / (1 + np.exp(-(0.6 * margins - 1)))  # noqa: E731
        table = VennAbers.fit(past, (draw.random(500) < chance(past)).astype(float), steps=100)
        won = draw.random(4_000) < chance(new)
        low, high = table.interval(new)
        inside.append(low.mean() - 0.02 <= won.mean() <= high.mean() + 0.02)
    assert np.mean(inside) > 0.85


def test_arrays_that_do_not_fit_each_other_are_refused():
    arrays = VennAbers.fit(np.arange(20.0), np.arange(20) % 2.0).arrays()
    assert VennAbers.from_arrays(arrays).interval(np.array([3.0])) == VennAbers.fit(
        np.arange(20.0), np.arange(20) % 2.0
    ).interval(np.array([3.0]))
    with pytest.raises(ValueError, match="do not fit"):
        VennAbers.from_arrays({**arrays, "low": arrays["low"][:-1]})
    with pytest.raises(ValueError, match="out of order"):
        VennAbers.from_arrays({**arrays, "low": arrays["high"] + 0.1})


def test_counts_that_are_no_whole_numbers_leave_probabilities_between_0_and_1_and_in_order():
    for seed in range(30):
        draw = np.random.default_rng(seed)
        margins, positive = draw.normal(size=60), (draw.random(60) < 0.9).astype(float)
        found = VennAbers.fit(margins, positive, 1 / draw.uniform(0.01, 1.0, 60))
        assert VennAbers.from_arrays(found.arrays()).high.max() <= 1
