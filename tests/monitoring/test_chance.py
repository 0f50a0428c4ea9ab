"""Tails that are written out here are SciPy's, to many digits, also far out."""

import numpy as np
import pytest
from scipy import stats

from leadloop.monitoring.chance import chi_square_tail, f_tail, holm, normal_tail, poisson_tail

NEAR = 1e-9


@pytest.mark.parametrize("degrees", [1, 2, 9, 40, 300])
@pytest.mark.parametrize("times", [0.1, 0.9, 1.0, 1.5, 4.0])
def test_the_tail_of_chi_square_is_scipys(times, degrees):
    assert chi_square_tail(times * degrees, degrees) == pytest.approx(stats.chi2.sf(times * degrees, degrees), rel=NEAR)


@pytest.mark.parametrize("degrees", [(1, 5), (9, 99), (3, 1000), (40, 40), (2, 2)])
@pytest.mark.parametrize("statistic", [0.1, 0.8, 1.0, 2.5, 9.0])
def test_the_tail_of_f_is_scipys(statistic, degrees):
    assert f_tail(statistic, *degrees) == pytest.approx(stats.f.sf(statistic, *degrees), rel=1e-7)


@pytest.mark.parametrize(("count", "expected"), [(1, 0.1), (3, 1.0), (20, 12.0), (400, 380.0)])
def test_the_tail_of_poisson_is_scipys(count, expected):
    assert poisson_tail(count, expected) == pytest.approx(stats.poisson.sf(count - 1, expected), rel=1e-7)


def test_nothing_at_all_is_never_surprising():
    assert chi_square_tail(0, 3) == f_tail(0, 2, 9) == poisson_tail(0, 4.0) == normal_tail(0) == 1.0


def test_holm_keeps_the_chance_of_even_one_false_alarm():
    draw = np.random.default_rng(0)
    alarms = [holm(draw.random(40)).min() < 0.05 for _ in range(4_000)]
    assert 0.035 < np.mean(alarms) < 0.062
