"""The sentences of a report: right figures, and no claim that the figures do not bear."""

import re
from dataclasses import replace

import pytest
from tests.learning.report.simulated_report import simulate_report

from leadloop.learning.report.report import FindingLine, Part
from leadloop.learning.report.text import render_markdown
from leadloop.learning.report.words import answer, change_of_base_rate, judge, of_a_hundred, trust_in_probabilities


@pytest.fixture(scope="module")
def good():
    return simulate_report()


def test_the_answer_says_how_many_of_a_hundred_convert_compared_with_rules_and_chance(good):
    lift, base = good.measure("lift at 20%"), good.split.test.base_rate
    best, rules, chance = (round(100 * base * times) for times in (lift.value, lift.baselines["rules"], 1))
    assert answer(good)[0] == (
        f"Of 100 leads that your team works, about {best} convert when you take the best-scored 20%; {rules} when you go by "
        f"rules, {chance} when you pick at random."
    )
    assert best > rules > chance


def test_the_answer_says_how_sure_it_is_on_how_many_leads_and_what_to_do(good):
    text = " ".join(answer(good))
    low, high = (
        round(100 * good.split.test.base_rate * end)
        for end in (good.measure("lift at 20%").low, good.measure("lift at 20%").high)
    )
    assert f"expect between {low} and {high} of 100 (95% interval)" in text
    assert "2,772 leads the model had never seen, 341 of them won" in text
    assert text.endswith("Let the team work leads from the top of the list.")


@pytest.mark.parametrize(
    ("world", "tone", "words"),
    [
        ({}, "good", "Worth using"),
        ({"skill": 0.0}, "stop", "No better than chance, as far as these leads can tell"),
        ({"skill": 9.0, "base": -3.0}, "care", "Too good to be true?"),
        ({"promise": -2.2, "base": -0.3}, "care", "Worth using for the order; mind the probabilities"),
        ({"skill": 0.4, "base": 0.0, "rules": False}, "care", "Helps a little"),
        ({"base": -30.0, "leads": 60}, "stop", "Cannot be judged"),
        ({"base": -4.0, "leads": 200}, "stop", "Too few outcomes to judge"),
    ],
)
def test_the_verdict_names_the_gravest_doubt(world, tone, words):
    verdict = judge(simulate_report(**world))
    assert (verdict.tone, verdict.words) == (tone, words)


@pytest.mark.parametrize(
    ("rules", "tone", "words"),
    [
        (0.0, "stop", "No better than rules"),
        (0.01, "care", "Not clearly better than rules"),
        (0.2, "good", "Worth using"),
    ],
)
def test_rules_that_do_as_well_are_preferred(good, rules, tone, words):
    auc, *others = good.measures
    beside = {"prior": 0.5, "rules": auc.value - rules}
    verdict = judge(replace(good, measures=(replace(auc, baselines=beside), *others)))
    assert (verdict.tone, verdict.words) == (tone, words)


def test_few_outcomes_get_no_figures_at_all():
    report = simulate_report(base=-4.0, leads=200)
    assert report.split.test.positives < 10
    assert of_a_hundred(report) == ()
    text = " ".join(answer(report))
    assert "Of 100" not in text
    assert "probabilities" not in text
    assert "200 leads the model had never seen" in text


def test_no_sentence_promises_more_than_a_hundred_of_a_hundred():
    text = " ".join(answer(simulate_report(skill=9.0, base=-3.0)))
    assert all(int(number) <= 100 for number in re.findall(r"between (\d+) and (\d+) of", text)[0])


def test_a_changed_base_rate_is_told_and_chance_is_not(good):
    changed = change_of_base_rate(simulate_report(train_rate=0.46))
    assert "won less often" in changed
    assert "12% instead of 46%" in changed
    assert "won more often" in change_of_base_rate(simulate_report(train_rate=0.04))
    assert change_of_base_rate(good) == ""
    assert change_of_base_rate(simulate_report(train_rate=0.115)) == ""


def test_a_fall_is_not_put_down_to_the_market_where_the_newest_leads_may_be_open(good):
    fell = replace(simulate_report(train_rate=0.46), maybe_open=(("Working", 0.02, 0.2),))
    said = change_of_base_rate(fell)
    assert "won less often" in said
    assert "“Working” in 20% of them (2.0% before)" in said
    assert "under `open` of the target" in said
    assert "the market" not in said
    assert "“Working”" in render_markdown(replace(good, maybe_open=fell.maybe_open))


def test_a_base_rate_that_differs_on_a_handful_of_leads_is_no_change(good):
    few = replace(good.split, train=Part(20, 5), test=Part(10, 1))
    assert change_of_base_rate(replace(good, split=few)) == ""


@pytest.mark.parametrize(
    ("severity", "treatment", "because", "told"),
    [
        ("blocks", "used", "known at intake", True),
        ("warns", "used", "known at intake", True),
        ("warns", "used", "", False),
        ("blocks", "left out", "", False),
    ],
)
def test_the_answer_tells_of_suspected_fields_in_use_on_somebodys_word(good, severity, treatment, because, told):
    finding = FindingLine("Tags", "too_good_alone", severity, "alone it separates with AUC 0.93", treatment, because)
    assert (
        "One field that may give the outcome away is in use" in " ".join(answer(replace(good, findings=(finding,))))
    ) is told


def test_few_outcomes_are_not_said_to_bear_probabilities_out_and_say_how_many_would(good):
    """Not refuted by 15 outcomes is not "can be taken at their word"."""
    auc, error = good.measure("AUC"), good.measure("calibration error")
    vague = replace(auc, value=0.533, low=0.397, high=0.675)
    measures = tuple(vague if one is auc else replace(one, low=0.0) if one is error else one for one in good.measures)
    few = replace(good, measures=measures, split=replace(good.split, test=Part(91, 15)))
    said = trust_in_probabilities(few)
    assert "15 outcomes are too few to say" in said
    assert "at their word" not in said
    verdict = judge(few)
    assert verdict.tone == "stop"
    assert "about 300 won test leads would show it, and there were 15" in verdict.advice
