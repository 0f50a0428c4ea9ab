"""A challenger is promoted only where it is surely better by the declared rule."""

from dataclasses import replace

import numpy as np
import pytest

from leadloop.learning.evaluation import Champion, compare_versions
from leadloop.monitoring.promotion import MeasuredDifference, PromotionRule, judge_challenger

RULE = PromotionRule()
BETTER = MeasuredDifference("log-loss", 0.50, 0.60, -0.15, -0.05, False)
ALIKE = MeasuredDifference("AUC", 0.80, 0.79, -0.02, 0.04, True)


def judge(*differences, leads=800, won=200, objections=()):
    return judge_challenger(differences, leads=leads, won=won, rule=RULE, objections=objections)


def test_what_is_surely_better_and_in_nothing_worse_is_promoted():
    judged = judge(BETTER, ALIKE)
    assert (judged.promote, judged.verdict) == (True, "better")
    assert "log-loss 0.500 against 0.600 (-0.150 to -0.050)" in judged.reasons[0]


@pytest.mark.parametrize(("low", "high"), [(-0.15, 0.0), (-0.15, 0.01), (0.0, 0.0)])
def test_a_tie_of_noise_is_not_promoted(low, high):
    assert judge(replace(BETTER, low=low, high=high), ALIKE).verdict == "no better"


def test_what_is_surely_worse_in_another_measure_is_not_promoted():
    worse = replace(ALIKE, low=-0.09, high=-0.01)
    assert judge(BETTER, worse).verdict == "worse"


def test_few_leads_decide_nothing():
    assert judge(BETTER, leads=99).verdict == "too few leads"
    assert judge(BETTER, won=9).verdict == "too few leads"
    assert judge(BETTER, won=795).verdict == "too few leads"
    assert judge(ALIKE).verdict == "too few leads"


def test_an_objection_outweighs_any_figure():
    judged = judge(BETTER, objections=["“partner” contradicts all others"])
    assert (judged.promote, judged.verdict, judged.reasons) == (False, "held", ("“partner” contradicts all others",))


@pytest.mark.long
def test_of_a_hundred_challengers_that_are_as_good_as_what_serves_few_are_promoted():
    """Both are the truth with noise of their own; 2.5 in a hundred is what a 95% interval lets pass by chance."""
    draw = np.random.default_rng(4)
    promoted = 0
    for seed in range(100):
        margin = draw.normal(size=400)
        positive = (draw.random(400) < 1 / (1 + np.exp(-margin))).astype(float)
        ours, theirs = (1 / (1 + np.exp(-(margin + draw.normal(scale=0.4, size=400)))) for _ in range(2))
        compared = compare_versions(positive, ours, Champion("v1", theirs), capacity=0.2, seed=seed, draws=200)
        lines = [
            MeasuredDifference(one.name, one.value, one.champion, one.low, one.high, one.higher_is_better)
            for one in compared.lines
        ]
        judged = judge_challenger(lines, leads=compared.leads, won=compared.positives, rule=RULE)
        promoted += judged.promote
    assert promoted <= 8
