"""How probabilities follow one field."""

import numpy as np
import pytest
from tests.leads_for_tests import make_leads

from leadloop.flows.scoring.score import load
from leadloop.learning.dependence import follow_fields


@pytest.fixture(scope="module")
def followed(workspace):
    trained = load(workspace.playbook, workspace=workspace.root)
    leads, _, _ = make_leads(800, seed=21)
    names = ["visits", "source", "opted_out", "phone", "noise", "won"]
    return {each.field: each for each in follow_fields(trained, leads, names, seed=1)}, leads


def test_a_number_that_raises_the_odds_raises_the_line(followed):
    visits = followed[0]["visits"]
    means = [point.probability for point in visits.points]
    assert means[-1] > means[0] + 0.3
    assert np.corrcoef([point.at for point in visits.points], means)[0, 1] > 0.8
    assert all(point.low <= point.probability <= point.high for point in visits.points)
    assert visits.missing is not None
    assert sum(share for _, _, share in visits.bars) == pytest.approx(0.97, abs=0.02)


def test_a_field_that_says_nothing_has_a_flat_line(followed):
    means = [point.probability for point in followed[0]["noise"].points]
    assert max(means) - min(means) < 0.1


def test_levels_come_by_how_many_leads_have_them_and_the_best_is_the_best(followed):
    found, leads = followed
    points = {point.label: point for point in found["source"].points}
    assert set(points) == {"Google", "Reference", "Chat", "not given"}
    assert max(points.values(), key=lambda point: point.probability).label == "Reference"
    assert points["Chat"].share == pytest.approx((leads.data["source"] == "Chat").sum() / len(leads))
    yes, no = found["opted_out"].points
    assert (yes.label, no.label) == ("yes", "no")
    assert yes.probability < no.probability


def test_of_a_phone_it_is_asked_what_changes_when_it_is_given(followed):
    assert [point.label for point in followed[0]["phone"].points] == ["given", "not given"]


def test_fields_that_no_feature_reads_are_passed_over(followed):
    assert "won" not in followed[0]
