"""What if: the very scores that scoring gives, and what makes their difference."""

import pytest

from leadloop.errors import DataError
from leadloop.flows.scoring.score import load, score_leads
from leadloop.flows.scoring.what_if import explain_fields, what_if

LEAD = {"id": "A-1", "number": "900", "visits": "4", "source": "Chat", "opted_out": "yes", "noise": "0.1"}


@pytest.fixture(scope="module")
def trained(workspace):
    return load("tiny", workspace=workspace.root)


def test_both_scores_are_those_that_scoring_gives(trained):
    found = what_if(trained, LEAD, {"source": "Reference", "visits": "12"})
    was, would_be = score_leads(trained, [LEAD, {**LEAD, "source": "Reference", "visits": "12"}])
    assert (found.before.score, found.after.score) == (was.score, would_be.score)
    assert found.after.score > found.before.score


def test_the_moves_add_up_to_the_difference(trained):
    found = what_if(trained, LEAD, {"visits": "15", "opted_out": "no"})
    assert sum(one.points for one in found.moves) == pytest.approx(found.after.score - found.before.score, abs=0.5)
    assert found.moves[0].field in ("visits", "opted_out")


def test_a_change_to_nothing_takes_the_value_away_and_no_change_moves_nothing(trained):
    (without,) = score_leads(trained, [{**LEAD, "visits": None}])
    assert what_if(trained, LEAD, {"visits": ""}).after.score == without.score
    assert what_if(trained, LEAD, {}).moves == ()


def test_a_value_that_cannot_be_read_is_refused_with_its_field(trained):
    with pytest.raises(DataError, match="visits"):
        what_if(trained, LEAD, {"visits": "many"})


def test_a_lead_of_the_store_is_explained_from_its_fields(trained):
    found = explain_fields(trained, LEAD)
    assert found.card.score == score_leads(trained, [LEAD])[0].score
