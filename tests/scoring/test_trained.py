"""What every score promises: one row as in a batch, contributions that add up, and words that quote the lead."""

import itertools
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.leads_for_tests import PLAYBOOK, make_cells, make_leads
from tests.learning.learners_for_tests import QUICK

from leadloop.features import FeatureSet
from leadloop.features.feature_set import usable_fields
from leadloop.learning.labelled import Labelled
from leadloop.learning.training import learn
from leadloop.scoring import TrainedPlaybook

VERSION = "v20240101_000000_00000000"


@pytest.fixture(scope="module")
def trained():
    leads, positive, _ = make_leads(1_500)
    learned = learn(
        PLAYBOOK,
        Labelled(leads, positive, np.arange(len(leads))),
        fields=usable_fields(PLAYBOOK),
        effort=QUICK,
    )
    return TrainedPlaybook(PLAYBOOK, learned.features, learned.blend, VERSION)


@pytest.fixture(scope="module")
def leads():
    return make_leads(400, seed=5)[0]


def test_a_row_scores_alone_as_it_does_in_a_batch(trained, leads):
    together = trained.score(leads)
    for place in range(0, 400, 7):
        assert trained.score(leads[place : place + 1])[0] == together[place]


@pytest.mark.parametrize("size", [2, 20, 40, 64, 65])
def test_a_few_leads_score_as_they_do_among_many(trained, leads, size):
    together = trained.score(leads)
    for place in range(0, 400 - size, size):
        assert trained.score(leads[place : place + size]) == together[place : place + size]


def test_the_order_of_columns_and_columns_that_nobody_knows_change_nothing(trained):
    cells, _ = make_cells(50, seed=6)
    turned = cells.select(reversed(cells.columns)).with_columns(extra=pl.lit("x"))
    first, second = (trained.score(trained.schema.read(table).leads) for table in (cells, turned))
    assert first == second


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {
            "visits": st.none() | st.floats(-1e300, 1e300, allow_nan=False).map(str),
            "source": st.none() | st.text(max_size=20),
            "phone": st.none() | st.text(max_size=30),
            "opted_out": st.none() | st.sampled_from(["yes", "no"]),
            "noise": st.none() | st.integers(-(10**30), 10**30).map(str),
        }
    )
)
def test_any_lead_that_can_be_read_gets_a_score_that_adds_up(trained, lead):
    cells = pl.DataFrame({name: pl.Series([value], dtype=pl.String) for name, value in lead.items()})
    (card,) = trained.score(trained.schema.read(cells).leads)
    assert 0 <= card.probability_low <= card.probability <= card.probability_high <= 1
    assert 0 <= card.score <= 100
    assert card.starts_at + sum(reason.points for reason in card.reasons) == pytest.approx(card.score, abs=1e-6)
    assert card.band == PLAYBOOK.policy.band(card.score)
    assert card.route == PLAYBOOK.policy.route(card.score)
    assert card.confidence == pytest.approx(1 - (card.probability_high - card.probability_low))


def test_contributions_add_up_to_the_score_shown(trained, leads):
    for card in trained.score(leads):
        assert card.starts_at + sum(reason.points for reason in card.reasons) == pytest.approx(card.score, abs=1e-9)
        assert card.starts_at == pytest.approx(trained.blend.base_score, abs=0.06)  # but for the rounding of the score


def test_scores_rank_as_probabilities_do(trained, leads):
    cards = sorted(trained.score(leads), key=lambda card: card.probability)
    assert all(earlier.score <= later.score for earlier, later in itertools.pairwise(cards))


def test_reasons_quote_the_lead_and_say_what_is_not_given(trained):
    cells = pl.DataFrame({"visits": ["1234.5"], "source": ["Reference"], "phone": [None], "opted_out": ["yes"]})
    (card,) = trained.score(trained.schema.read(cells).leads)
    sentences = {reason.field: reason.sentence for reason in card.reasons}
    assert sentences["visits"] == "visits is 1,234" or sentences["visits"] == "visits is 1,235"
    assert sentences["source"] == "source is “Reference”"
    assert sentences["opted_out"] == "opted_out is yes"
    assert sentences.get("phone", "phone is not given") == "phone is not given"
    assert card.reasons_up[0].points >= card.reasons_up[-1].points > 0 > card.reasons_down[-1].points


def test_a_better_source_is_a_reason_up_and_opting_out_a_reason_down(trained):
    cells = pl.DataFrame({"visits": ["6"], "source": ["Reference"], "opted_out": ["yes"]})
    (card,) = trained.score(trained.schema.read(cells).leads)
    points = {reason.field: reason.points for reason in card.reasons}
    assert points["source"] > 0 > points["opted_out"]


def test_a_table_of_scores_says_what_the_cards_say(trained, leads):
    table, cards = trained.score_table(leads), trained.score(leads)
    assert table["score"].to_list() == [card.score for card in cards]
    assert table["lead_id"].to_list() == [card.lead_id for card in cards]
    assert table["model_version"].unique().to_list() == [VERSION]
    strongest = max(cards[0].reasons_up, key=lambda reason: reason.points)
    assert table["reasons_up"][0].startswith(str(strongest))


def test_no_leads_give_no_scores(trained, leads):
    assert trained.score(leads[:0]) == []
    assert trained.score_table(leads[:0]).height == 0


def test_scoring_reads_only_what_features_read_and_never_the_outcome(trained):
    assert "won" not in trained.schema
    assert "number" not in trained.features.reads  # it only tells the order


def test_features_survive_being_written_down(trained, leads):
    again = FeatureSet.from_state(json.loads(json.dumps(trained.features.state())))
    assert np.array_equal(again.matrix(leads.data), trained.features.matrix(leads.data), equal_nan=True)
    assert again.columns == trained.features.columns
