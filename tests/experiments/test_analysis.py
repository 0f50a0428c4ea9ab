"""One function reads an experiment: it refuses what cannot be right, checks the split first, and tells effects in their unit."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from leadloop.errors import ExperimentError
from leadloop.experiments import (
    AmountTally,
    ArmTally,
    ConversionTally,
    CovariateSums,
    MeanTally,
    Metric,
    Rules,
    TimeTally,
    analyse,
    tell,
)

WON = Metric(name="won", kind="conversion", role="decision")
REVENUE = Metric(name="revenue", kind="amount", unit="EUR")
SCORE = Metric(name="score", kind="mean", unit="score points")
DAYS = Metric(name="days to win", kind="time", better="lower", horizon_days=30)
LATENCY = Metric(name="latency", kind="mean", role="guardrail", better="lower", unit="ms")
ALL = [SCORE, LATENCY, WON, REVENUE, DAYS]
RULES = Rules()


def arm(name, *, units=2_000, won=200, control=False, still_open=100, days=12.0, share=0.5, seed=1):
    rng = np.random.default_rng(seed)
    took = rng.exponential(days, units)
    scores, latency = rng.normal(50, 10, units), rng.normal(8, 2, units)
    return ArmTally(
        name=name,
        share=share,
        units=units + still_open,
        is_control=control,
        metrics={
            "won": ConversionTally(units=units, conversions=won, open_units=still_open),
            "revenue": AmountTally(units=units, amounts=rng.lognormal(6, 1, won), open_units=still_open),
            "score": MeanTally(units=units, total=scores.sum(), squares=scores @ scores, open_units=still_open),
            "days to win": TimeTally.of(np.ceil(np.minimum(took, 30)), took < 30),
            "latency": MeanTally(units=units, total=latency.sum(), squares=latency @ latency, open_units=still_open),
        },
    )


CONTROL = arm("rules", control=True)


def read(*arms, metrics=ALL, rules=RULES, **more):
    return analyse(arms, metrics, rules, days_run=30, **more)


def effect(analysis, metric, name="model"):
    return next(one for one in analysis.effects if (one.metric.name, one.arm) == (metric, name))


def test_the_same_tallies_and_seed_give_the_same_answer():
    arms = CONTROL, arm("model", won=260, seed=2)
    assert read(*arms, seed=3) == read(*arms, seed=3)


def test_every_metric_is_read_by_the_method_that_fits_it():
    analysis = read(CONTROL, arm("model", won=260, seed=2))
    assert {one.metric.name: one.at_end.method.split(",")[0] for one in analysis.effects} == {
        "won": "two-proportion z-test",
        "revenue": "symmetric bootstrap-t",
        "score": "Welch's test",
        "latency": "Welch's test",
        "days to win": "log-rank test",
    }


def test_the_decision_comes_first_and_guardrails_last_whatever_the_order_given():
    analysis = read(arm("model", seed=2), CONTROL)
    assert [one.metric.role for one in analysis.effects] == [
        "decision",
        "secondary",
        "secondary",
        "secondary",
        "guardrail",
    ]
    assert [one.arm for one in analysis.arms] == ["rules", "model"]


def test_open_units_are_shown_and_not_counted():
    analysis = read(
        CONTROL, arm("model", still_open=500, seed=2), metrics=[WON], rules=replace(RULES, ratio_threshold=0)
    )
    assert analysis.open_share == pytest.approx(600 / 4_600)
    assert [one.open_share for one in analysis.arms] == pytest.approx([100 / 2_100, 500 / 2_500])
    assert effect(analysis, "won").arm_value == 0.1
    assert any("13% of the exposed units are still open" in note for note in analysis.verdict.notes)


def test_a_failed_check_of_the_split_forbids_the_verdict_and_hides_no_number():
    analysis = read(CONTROL, arm("model", won=400, still_open=700, seed=2), metrics=[WON])
    assert not analysis.ratio.passed
    assert analysis.verdict.decision is None
    assert effect(analysis, "won").difference_absolute == pytest.approx(0.1)


def test_faster_conversions_are_seen_although_many_still_wait():
    analysis = read(CONTROL, arm("model", days=8.0, seed=2), metrics=[WON, DAYS])
    found = effect(analysis, "days to win")
    assert found.at_end.p_value < 0.001
    assert found.difference_absolute == pytest.approx(-3.3, abs=0.8)
    assert found.gain > 0
    assert "days" in tell(found)


def test_a_horizon_that_nobody_was_watched_to_is_cut_and_said():
    analysis = read(CONTROL, arm("model", seed=2), metrics=[WON, replace(DAYS, horizon_days=90)])
    assert "up to day 30" in effect(analysis, "days to win").notes[0]


def test_several_arms_are_corrected_by_holm_and_other_metrics_by_benjamini_and_hochberg():
    arms = [
        replace(one, share=1 / 3) for one in (CONTROL, arm("model", won=250, seed=2), arm("other", won=252, seed=3))
    ]
    analysis = read(*arms, rules=Rules(reading="at_end"))
    single = sorted(one.at_end.p_value for one in analysis.effects if one.metric is WON)
    assert sorted(one.p_value_corrected for one in analysis.effects if one.metric is WON) == pytest.approx(
        [2 * single[0], max(2 * single[0], single[1])]
    )
    assert {one.metric.role: one.correction for one in analysis.effects} == {
        "decision": "Holm",
        "secondary": "Benjamini-Hochberg",
        "guardrail": "none",
    }


def test_of_several_arms_the_one_to_deploy_with_the_largest_gain_is_spoken_of():
    arms = [
        replace(one, share=0.25)
        for one in (CONTROL, arm("better", won=300), arm("best", won=340), arm("worst", won=100))
    ]
    analysis = read(*arms, metrics=[WON])
    assert {one.arm: one.decision for one in analysis.verdicts} == {
        "better": "deploy",
        "best": "deploy",
        "worst": "rollback",
    }
    assert analysis.verdict.arm == "best"
    assert analysis.arms[2].arm == "best"
    assert analysis.arms[2].chance_best > 0.9
    assert sum(one.chance_best for one in analysis.arms) == pytest.approx(1)


def test_the_score_before_exposure_takes_variance_away():
    rng = np.random.default_rng(5)
    arms = []
    for name, lift in (("rules", 0.0), ("model", 0.06)):
        x = rng.beta(2, 5, 3_000)
        y = (rng.random(3_000) < x + lift).astype(float)
        covariate = CovariateSums(total=x.sum(), squares=x @ x, cross=x @ y)
        tally = ConversionTally(units=3_000, conversions=int(y.sum()), covariate=covariate)
        arms.append(ArmTally(name=name, share=0.5, units=3_000, is_control=name == "rules", metrics={"won": tally}))
    found = effect(read(*arms, metrics=[WON]), "won")
    assert found.variance_saved == pytest.approx(0.125, abs=0.03)
    assert "adjusted" in found.at_end.method
    assert found.difference_absolute == pytest.approx(0.06, abs=0.02)
    plain = effect(
        read(
            *(replace(one, metrics={"won": replace(one.metrics["won"], covariate=None)}) for one in arms), metrics=[WON]
        ),
        "won",
    )
    assert plain.variance_saved == 0
    width = [one.any_time.difference_absolute_high - one.any_time.difference_absolute_low for one in (found, plain)]
    assert width[0] < width[1]


def test_a_cap_keeps_one_deal_from_deciding():
    huge = arm("model", seed=2)
    amounts = huge.metrics["revenue"].amounts.copy()
    amounts[0] = 1e7
    huge = replace(huge, metrics={**huge.metrics, "revenue": AmountTally(units=2_000, amounts=amounts, open_units=100)})
    free = effect(read(CONTROL, huge), "revenue")
    held = effect(read(CONTROL, huge, metrics=[WON, replace(REVENUE, cap=5_000.0)]), "revenue")
    assert abs(held.difference_absolute) < 50 < free.difference_absolute


@pytest.mark.parametrize("won", [0, 2_000])
def test_arms_where_nobody_or_everybody_converted_are_no_surprise(won):
    analysis = read(
        *(
            replace(one, metrics={"won": one.metrics["won"]})
            for one in (arm("rules", won=won, control=True), arm("model", won=won))
        ),
        metrics=[WON],
    )
    found = effect(analysis, "won")
    assert found.at_end.p_value == found.any_time.p_value == 1
    assert found.any_time.difference_absolute_high == inf
    assert analysis.verdict.decision == "iterate"


def test_amounts_that_are_all_the_same_are_read_without_drawing():
    same = AmountTally(units=10, amounts=np.full(10, 5.0))
    arms = [ArmTally(name=name, share=1, units=10, is_control=name == "a", metrics={"m": same}) for name in "ab"]
    found = analyse(arms, [Metric(name="m", kind="amount", role="decision")], RULES, days_run=30).effects[0]
    assert (found.difference_absolute, found.at_end.p_value, found.any_time.p_value) == (0, 1, 1)


def test_an_arm_that_nobody_was_watched_in_has_no_limits_of_times():
    empty = TimeTally(days=np.array([]), conversions=np.array([], dtype=int), waiting=np.array([], dtype=int))
    arms = [replace(one, metrics={"days to win": one.metrics["days to win"]}) for one in (CONTROL, arm("model"))]
    arms[1] = replace(arms[1], metrics={"days to win": empty})
    found = read(*arms, metrics=[replace(DAYS, role="decision")]).effects[0]
    assert found.at_end.p_value == 1
    assert found.at_end.difference_absolute_high == inf


def test_an_experiment_of_which_nothing_has_matured_is_read_without_complaint():
    empty = {
        "won": ConversionTally(units=0, conversions=0, open_units=50),
        "revenue": AmountTally(units=0, amounts=np.array([]), open_units=50),
        "score": MeanTally(units=0, total=0.0, squares=0.0, open_units=50),
        "days to win": TimeTally(
            days=np.array([]), conversions=np.array([], dtype=int), waiting=np.array([], dtype=int)
        ),
        "latency": MeanTally(units=0, total=0.0, squares=0.0, open_units=50),
    }
    arms = [ArmTally(name=name, share=0.5, units=50, is_control=name == "a", metrics=empty) for name in "ab"]
    analysis = read(*arms)
    assert analysis.verdict.row == "too_few_units"
    assert analysis.open_share == 1
    assert analysis.arms[0].chance_best is None
    assert all(tell(one) for one in analysis.effects)


def test_everything_that_is_wrong_is_said_at_once():
    wrong = ArmTally(
        name="rules",
        share=0,
        units=10,
        metrics={"won": ConversionTally(units=20, conversions=30), "revenue": MeanTally(units=1, total=1, squares=1)},
    )
    with pytest.raises(ExperimentError) as refused:
        read(wrong, replace(wrong, share=-1), metrics=[WON, REVENUE, SCORE, replace(WON, name="other")])
    said = str(refused.value)
    for part in (
        "different names",
        "0 controls",
        "2 to decide by",
        "above 0",
        "counts 20 units of 10",
        "no tally of the kind amount",
        "is not counted",
    ):
        assert part in said


@pytest.mark.parametrize(
    "tally",
    [
        ConversionTally(units=5, conversions=6),
        MeanTally(units=5, total=100.0, squares=1.0),
        MeanTally(units=5, total=float("nan"), squares=1.0),
        AmountTally(units=1, amounts=np.array([1.0, 2.0])),
        AmountTally(units=3, amounts=np.array([1.0, inf])),
        TimeTally(days=np.array([2.0, 1.0]), conversions=np.array([1, 1]), waiting=np.array([0, 0])),
        TimeTally(days=np.array([1.0]), conversions=np.array([-1]), waiting=np.array([3])),
    ],
)
def test_a_tally_that_cannot_be_is_refused(tally):
    kind = {"C": "conversion", "M": "mean", "A": "amount", "T": "time"}[type(tally).__name__[0]]
    arms = [ArmTally(name=name, share=1, units=9, is_control=name == "a", metrics={"m": tally}) for name in "ab"]
    with pytest.raises(ExperimentError):
        analyse(arms, [Metric(name="m", kind=kind, role="decision")], RULES, days_run=1)


def test_rules_that_cannot_be_are_refused_together():
    with pytest.raises(ExperimentError) as refused:
        Rules(alpha=0, min_units=1, relative_lift=-1)
    assert [problem.where for problem in refused.value.problems] == ["alpha", "min_units", "relative_lift"]
