"""Tails and quantiles, held against SciPy where it is installed (the training extra)."""

import numpy as np
import pytest

from leadloop.experiments.distributions import (
    beta_below,
    chi_square_tail,
    normal_quantile,
    normal_tail,
    student_quantile,
    student_two_sided,
    two_sided,
)

stats = pytest.importorskip("scipy.stats", reason="SciPy is in the training extra")

DEGREES = [1, 1.5, 2, 3.3, 10, 39, 41, 100, 1e3, 1e5, 9.9e5, 1.1e6, 1e9]


@pytest.mark.parametrize("degrees", DEGREES)
def test_students_t_agrees_with_scipy(degrees):
    for t in [1e-6, 0.1, 1, 1.7, 1.8, 2, 3, 8, 30]:
        assert student_two_sided(t, degrees) == pytest.approx(2 * stats.t.sf(t, degrees), rel=1e-9, abs=1e-16)
        assert student_two_sided(-t, degrees) == student_two_sided(t, degrees)
    for probability in [0.6, 0.9, 0.975, 0.995, 0.99999]:
        assert student_quantile(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-9)


def test_the_normal_distribution_agrees_with_scipy_far_out():
    for z in [-8.0, -1.0, 0.0, 1.96, 6.0, 20.0]:
        assert normal_tail(z) == pytest.approx(stats.norm.sf(z), rel=1e-12)
        assert two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)
    assert normal_quantile(0.8) == pytest.approx(stats.norm.ppf(0.8), rel=1e-12)


@pytest.mark.parametrize("degrees", range(1, 12))
def test_chi_square_agrees_with_scipy(degrees):
    for value in [0.01, 1.0, 5.0, 20.0, 200.0]:
        assert chi_square_tail(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), rel=1e-12)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (2, 3), (500, 4000), (0.5, 0.5), (1e5, 3e5), (1, 1e6)])
def test_the_beta_distribution_agrees_with_scipy(a, b):
    spread = stats.beta(a, b).std()
    x = np.clip(np.linspace(-8, 8, 101) * spread + a / (a + b), 0, 1)
    np.testing.assert_allclose(beta_below(a, b, x), stats.beta.cdf(x, a, b), atol=1e-9)


def test_what_is_not_known_surprises_nobody():
    assert two_sided(float("nan")) == 1
    assert student_two_sided(float("nan"), 7) == 1
    assert student_two_sided(float("inf"), 7) == 0
    assert chi_square_tail(0.0, 3) == 1
