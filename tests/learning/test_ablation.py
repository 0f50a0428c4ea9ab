"""What a family of features is worth."""

import time
from dataclasses import replace

import numpy as np
import pytest
from tests.leads_for_tests import PLAYBOOK, UNORDERED, make_leads

from leadloop.features.feature_set import usable_fields
from leadloop.learning.ablation import ALL_CATEGORIES, ablate, judge
from leadloop.learning.evaluation import Estimate
from leadloop.learning.labelled import Labelled
from leadloop.playbook import Derived


def leave_out(playbook, count=2_500, **options):
    leads, positive, _ = make_leads(count, playbook=playbook)
    return ablate(
        playbook,
        Labelled(leads, positive, np.arange(count) if playbook.order else None),
        fields=usable_fields(playbook),
        cpu=time.process_time,
        **options,
    )


@pytest.fixture(scope="module")
def by_field():
    return leave_out(PLAYBOOK, by_field=True)


def test_what_matters_keeps_its_place_and_noise_can_go(by_field):
    verdicts = {line.name: line.verdict for line in by_field.lines}
    assert verdicts["visits"] == verdicts["source"] == "keeps its place"
    assert verdicts["noise"] in ("can go: nothing is lost", "hurts: leave it out")
    assert [line.name for line in by_field.lines[:2]] == ["visits", "source"]


def test_without_a_field_that_matters_auc_falls_and_log_loss_rises(by_field):
    line = next(line for line in by_field.lines if line.name == "visits")
    assert line.auc.low < line.auc.value < line.auc.high < -0.02
    assert 0.005 < line.log_loss.low < line.log_loss.value < line.log_loss.high
    assert line.features_ms >= 0


def test_families_hold_every_column_once_and_categories_are_taken_together_too():
    found = leave_out(UNORDERED, count=900)
    names = [line.name for line in found.lines]
    assert sorted(names) == ["category: source", "contact", "numbers", "yes or no"]
    assert sum(line.columns for line in found.lines) == found.columns
    assert ALL_CATEGORIES not in names


def test_a_field_takes_with_it_what_is_made_of_it():
    playbook = replace(PLAYBOOK, derived=(Derived("deviation", ("visits", "source"), "beside the usual"),))
    columns = {line.name: line.columns for line in leave_out(playbook, count=900, by_field=True).lines}
    plain = {line.name: line.columns for line in leave_out(PLAYBOOK, count=900, by_field=True).lines}
    assert columns["visits"] == plain["visits"] + 1
    assert columns["source"] == plain["source"] + 1
    assert columns["noise"] == plain["noise"]


@pytest.mark.parametrize(
    ("auc", "loss", "looks", "verdict"),
    [
        ((-0.01, -0.02, -0.001), (0.002, -0.001, 0.005), 1, "keeps its place"),
        ((-0.01, -0.02, -0.001), (0.002, -0.001, 0.005), 50, "cannot be told: too few leads"),
        ((0.01, -0.01, 0.02), (-0.01, -0.02, -0.005), 1, "hurts: leave it out"),
        ((-0.01, -0.02, -0.005), (-0.01, -0.02, -0.005), 1, "mixed: one measure needs it, the other suffers from it"),
        ((0.0, -0.01, 0.01), (0.0, -0.002, 0.001), 1, "can go: nothing is lost"),
    ],
)
def test_a_verdict_follows_from_the_intervals_and_pays_for_every_look(auc, loss, looks, verdict):
    assert judge(Estimate(*auc), Estimate(*loss), 0.4, looks) == verdict
