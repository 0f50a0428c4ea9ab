from dataclasses import replace

import polars as pl
import pytest
from tests.leads_for_tests import PLAYBOOK, make_leads

from leadloop.errors import PlaybookError
from leadloop.features.rules import rule
from leadloop.scoring import RuleScorer


@rule(points=30, reads=["source"])
def was_recommended():
    """Was recommended."""
    return pl.col("source") == "Reference"


@rule(points=-20, reads=["opted_out"])
def opted_out_of_mail():
    """Wants no mail."""
    return pl.col("opted_out")


SCORER = RuleScorer.of(PLAYBOOK, (was_recommended, opted_out_of_mail))


def cards(**columns):
    cells = {name: [None] * len(next(iter(columns.values()))) for name in ("id",)} | columns
    return SCORER.score(SCORER.schema.read(pl.DataFrame(cells)).leads)


@pytest.mark.parametrize(
    ("source", "opted_out", "score", "band"),
    [
        ("Reference", "no", 100.0, "hot"),  # everything that can speak for it
        ("Chat", "yes", 0.0, "cold"),  # everything that can speak against it
        ("Chat", "no", 40.0, "cool"),  # nothing either way: 20 of the 50 points between
        ("Reference", "yes", 60.0, "warm"),
        (None, None, 40.0, "cool"),  # a rule that cannot be judged adds nothing
    ],
)
def test_the_score_counts_points_from_all_against_to_all_for(source, opted_out, score, band):
    (card,) = cards(source=[source], opted_out=[opted_out])
    assert (card.score, card.band) == (score, band)
    assert card.starts_at + sum(reason.points for reason in card.reasons) == pytest.approx(card.score, abs=1e-9)


def test_it_promises_no_probability_and_says_that_rules_scored():
    (card,) = cards(source=["Reference"], opted_out=["yes"])
    assert (card.probability, card.probability_low, card.confidence) == (None, None, None)
    assert (card.method, card.degraded, card.model_version) == ("rules", True, "rules")
    assert {reason.field: round(reason.points) for reason in card.reasons} == {
        "was_recommended": 60,
        "opted_out_of_mail": -40,
    }
    assert str(card.reasons[0]) == "Was recommended: yes (+60.0)"


def test_a_table_holds_what_the_cards_hold():
    leads, _, _ = make_leads(50)
    table = SCORER.score_table(leads)
    cards_of = SCORER.score(leads)
    assert table["score"].to_list() == [card.score for card in cards_of]
    assert table["reasons_up"].to_list() == ["; ".join(map(str, card.reasons_up)) for card in cards_of]
    assert table["probability"].null_count() == 50


def test_rules_worth_nothing_are_refused():
    worthless = replace(PLAYBOOK)
    with pytest.raises(PlaybookError, match="no rule that is worth points"):
        RuleScorer.of(worthless, ())
