"""Hillstrom's experiment says what is known of it, and a policy that does not beat the best single mail is said not to."""

from datetime import date

import pytest
from benchmarks.experiment import FILE, analyse_mails, evaluate_targeting, load, render, write
from tests.public_data import public_file


@pytest.fixture(scope="module")
def customers():
    return load(public_file(FILE))


@pytest.fixture(scope="module")
def analysis(customers):
    return analyse_mails(customers)


@pytest.mark.parametrize(
    ("arm", "metric", "difference", "half_width"),
    [
        ("Mens E-Mail", "visit", 0.0766, 0.0067),
        ("Womens E-Mail", "visit", 0.0452, 0.0064),
        ("Mens E-Mail", "conversion", 0.0068, 0.0018),
        ("Womens E-Mail", "conversion", 0.0031, 0.0016),
        ("Mens E-Mail", "spend", 0.770, 0.29),
        ("Womens E-Mail", "spend", 0.424, 0.27),
    ],
)
def test_the_mails_did_what_is_known_of_them(analysis, arm, metric, difference, half_width):
    effect = next(one for one in analysis.effects if (one.arm, one.metric.name) == (arm, metric))
    assert effect.difference_absolute == pytest.approx(difference, abs=0.0006 if metric == "spend" else 0.00006)
    reading = effect.at_end
    # The published differences lie inside, and the limits are as wide as the normal approximation says.
    assert reading.difference_absolute_low < difference < reading.difference_absolute_high
    width = reading.difference_absolute_high - reading.difference_absolute_low
    assert width / 2 == pytest.approx(half_width, rel=0.1)
    assert effect.p_value_corrected < 0.01


def test_the_split_is_right_and_both_mails_are_worth_sending(analysis):
    assert analysis.ratio.passed
    assert [(one.arm, one.decision) for one in analysis.verdicts] == [
        ("Mens E-Mail", "deploy"),
        ("Womens E-Mail", "deploy"),
    ]
    assert analysis.verdict.arm == "Mens E-Mail"


def test_a_policy_that_does_not_beat_the_mail_to_all_is_said_not_to(customers, analysis):
    pytest.importorskip("sklearn", reason="scikit-learn is in the training extra")
    targeting = evaluate_targeting(customers)
    values = {one.policy: one.value for one in targeting.values if one.estimator == "ips"}
    assert values["Mens E-Mail to all"] == pytest.approx(0.183, abs=0.005)
    learnt = [one for one in targeting.differences if one.policy.startswith("learnt")]
    assert len(learnt) == 2
    assert all(one.difference_absolute_low <= 0 for one in learnt)
    assert not any("brings more than" in one.said for one in learnt)
    told = render(analysis, targeting)
    assert "| Mens E-Mail | visit |" in told
    assert told.count("deploy") == 2


START, END = "<!-- experiment: start -->", "<!-- experiment: end -->"


def test_the_tables_go_between_their_comments(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{START}\nold\n{END}\nafter\n", encoding="utf-8")
    write(page, "new", date(2026, 11, 22))
    assert page.read_text(encoding="utf-8").splitlines() == [
        "before",
        START,
        "Measured on 2026-11-22 with `python -m benchmarks.experiment`.",
        "",
        "new",
        END,
        "after",
    ]
