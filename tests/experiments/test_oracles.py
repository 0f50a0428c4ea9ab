"""Same inputs, same answers as gbstats, statsmodels and SciPy, where they compute the same; `make oracles` asks them anew.

Where definitions differ:

- gbstats divides the variance of a share of units by n, and ours by n - 1: its shares are held against the same arithmetic here;
- gbstats fits one slope of the covariate over both arms together, so a difference between the arms gets into it; ours is the
  slope within arms, which is that of the regression on arm and covariate (statsmodels agrees). Given its slope, we agree;
- gbstats' limits of a relative difference are by the delta method, and can disagree with those of the plain difference;
  ours (Fieller's) cannot;
- statsmodels' score limits of a difference have a slip (scripts/oracles/by_statsmodels.py tells where); SciPy answers.
"""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from leadloop.experiments import ArmTally, ConversionTally, CovariateSums, MeanTally, TimeTally, check_ratio
from leadloop.experiments import power_of_conversion as power
from leadloop.experiments.chances import conversion_chances, mean_chances
from leadloop.experiments.corrections import benjamini_hochberg, holm
from leadloop.experiments.means import welch
from leadloop.experiments.moments import Moments, covariate_middle, covariate_slope, moments_of
from leadloop.experiments.proportions import difference_limits, z_test
from leadloop.experiments.sequential import any_time
from leadloop.experiments.times import log_rank, mean_time

FOLDER = Path(__file__).parent / "oracles"
ANSWERS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
FEWEST = 200


def cases(oracle, family):
    """The kept cases of one family: 200 and more."""
    found = ANSWERS[oracle][family]
    assert len(found) >= FEWEST
    return found


def agree(ours, theirs):
    """Equal to a millionth, and tails to a millionth of what matters of them."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


def of_sums(units, total, squares):
    return moments_of(MeanTally(units=int(units), total=total, squares=squares))


def limits(reading):
    return [reading.p_value, reading.difference_absolute_low, reading.difference_absolute_high]


@pytest.mark.parametrize(
    ("oracle", "family"), [("gbstats", "welch_of_means"), ("statsmodels", "welch"), ("scipy", "welch")]
)
def test_welch_says_what_they_say(oracle, family):
    for case in cases(oracle, family):
        arms = case["arms"]
        agree(limits(welch(of_sums(*arms[:3]), of_sums(*arms[3:]))), case["answer"])


def test_any_time_readings_of_means_are_those_of_gbstats():
    for case in cases("gbstats", "any_time_of_means"):
        arms = case["arms"]
        reading = any_time(of_sums(*arms[:3]), of_sums(*arms[3:]), planned_units=case["planned"])
        agree(limits(reading), case["answer"])


def test_any_time_readings_of_shares_are_those_of_gbstats():
    for case in cases("gbstats", "any_time_of_shares"):
        x0, n0, x1, n1 = case["arms"]
        arms = [Moments(n, x / n, x / n * (1 - x / n), x / n) for x, n in ((x0, n0), (x1, n1))]
        agree(limits(any_time(arms[0], arms[1], planned_units=case["planned"])), case["answer"])


def adjusted(case):
    """The two arms of a case with a covariate."""
    return [
        MeanTally(units=units, total=y, squares=yy, covariate=CovariateSums(total=x, squares=xx, cross=xy))
        for units, y, yy, x, xx, xy in case["arms"]
    ]


def test_with_their_slope_the_adjusted_difference_is_that_of_gbstats():
    for case in cases("gbstats", "with_covariate"):
        arms = adjusted(case)
        middle = covariate_middle(arms)
        control, arm = (moments_of(one, case["slope"], middle) for one in arms)
        reading = welch(control, arm)
        agree([reading.p_value, arm.mean - control.mean, *limits(reading)[1:]], case["answer"])
        # Their slope and ours differ by how far the arms lie apart, which shrinks with the units.
        assert covariate_slope(arms) == pytest.approx(case["slope"], abs=0.1)


def test_with_our_slope_the_adjusted_difference_is_that_of_the_regression():
    for case in cases("statsmodels", "regression"):
        arms = adjusted(case)
        slope, middle = covariate_slope(arms), covariate_middle(arms)
        control, arm = (moments_of(one, slope, middle) for one in arms)
        agree([arm.mean - control.mean, slope], case["answer"])


def test_the_z_test_and_the_limits_of_the_ratio_are_those_of_statsmodels():
    for case in cases("statsmodels", "z_test"):
        x0, n0, x1, n1 = case["arms"]
        reading = z_test(ConversionTally(units=n0, conversions=x0), ConversionTally(units=n1, conversions=x1))
        agree([reading.p_value, reading.relative_lift_low, reading.relative_lift_high], case["answer"])


def test_the_limits_of_the_difference_are_those_of_the_likelihood():
    for case in cases("scipy", "difference_limits"):
        x0, n0, x1, n1 = case["arms"]
        ours = difference_limits(ConversionTally(units=n0, conversions=x0), ConversionTally(units=n1, conversions=x1))
        agree(ours, case["answer"])


def times(case):
    return [
        TimeTally(days=np.arange(1.0, len(won) + 1), conversions=np.array(won), waiting=np.array(waiting))
        for won, waiting in case["arms"]
    ]


def test_log_rank_is_that_of_statsmodels_and_so_is_the_share_converted():
    for case in cases("statsmodels", "log_rank"):
        control, arm = times(case)
        test = log_rank(control, arm)
        agree([test.z**2, test.p_value, mean_time(arm, float(arm.days[-1])).converted_share], case["answer"])


def test_log_rank_is_that_of_scipy():
    for case in cases("scipy", "log_rank"):
        control, arm = times(case)
        test = log_rank(control, arm)
        agree([test.z, test.p_value], case["answer"])


@pytest.mark.parametrize("oracle", ["gbstats", "scipy"])
def test_the_sample_ratio_is_checked_as_they_check_it(oracle):
    for case in cases(oracle, "sample_ratio"):
        told = zip(case["units"], case["shares"], strict=True)
        check = check_ratio([ArmTally(name=str(n), units=units, share=share) for n, (units, share) in enumerate(told)])
        agree(check.p_value, case["answer"])


def test_p_values_are_corrected_as_statsmodels_corrects_them():
    for case in cases("statsmodels", "corrections"):
        agree(holm(case["p_values"]), case["holm"])
        agree(benjamini_hochberg(case["p_values"]), case["benjamini_hochberg"])


def test_the_power_is_that_of_statsmodels():
    for case in cases("statsmodels", "power"):
        agree(power(case["base"], case["effect"], *case["units"]), case["answer"])


def test_the_chances_of_means_are_those_of_gbstats():
    for case in cases("gbstats", "chances_of_means"):
        arms = case["arms"]
        chances = mean_chances([of_sums(*arms[:3]), of_sums(*arms[3:])])
        best, risk_of_control, risk_of_arm = case["answer"]
        scale = sqrt(sum(of_sums(*part).squared_error for part in (arms[:3], arms[3:])))
        agree(chances.best[1], best)
        np.testing.assert_allclose(chances.expected_loss, [risk_of_control, risk_of_arm], rtol=1e-6, atol=1e-6 * scale)


def test_the_chances_of_shares_are_those_of_integrated_beta_distributions():
    for case in cases("scipy", "chances_of_shares"):
        chances = conversion_chances([ConversionTally(units=units, conversions=won) for won, units in case["arms"]])
        agree(chances.best, case["best"])
        agree(chances.expected_loss, case["expected_loss"])
