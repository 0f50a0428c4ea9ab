"""Insurance leads of a simulated world whose truth is known: how near do scores come to it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from tests.leadloop_playbooks.worlds_for_tests import calibration_error, share_of_gain, simulate

from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.scoring.score import load
from leadloop.flows.training.train import train
from leadloop.scoring import RuleScorer, TrainedPlaybook


@dataclass(frozen=True)
class Result:
    """A version trained on past leads, and what it and the rules say of later ones."""

    trained: TrainedPlaybook
    probabilities: np.ndarray
    by_rules: np.ndarray
    truth: np.ndarray


def learn(folder, *, past, later, leads_per_day, budget) -> Result:
    made = simulate("insurance", folder, past=past, later=later, leads_per_day=leads_per_day)
    train("insurance", made.past, workspace=folder, promote=True, time_budget=budget)
    trained, found = load("insurance", workspace=folder), read_playbook("insurance")
    rules = RuleScorer.of(found.playbook, found.rules)
    said = []
    for scorer, column in ((trained, "probability"), (rules, "score")):
        reading = scorer.schema.read(made.later)
        assert not reading.rejects
        said.append(scorer.score_table(reading.leads, explain=False)[column].to_numpy())
    return Result(trained, said[0], said[1], made.truth)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return learn(tmp_path_factory.mktemp("small"), past=5_000, later=5_000, leads_per_day=14.0, budget=1.0)


def test_a_few_thousand_leads_beat_the_rules_and_stay_near_the_true_probabilities(small):
    assert share_of_gain(small.probabilities, small.truth) > share_of_gain(small.by_rules, small.truth) + 0.1
    assert share_of_gain(small.probabilities, small.truth) > 0.80
    assert calibration_error(small.probabilities, small.truth) < 0.025


def test_fields_become_more_than_a_hundred_columns(small):
    assert len(small.trained.features.columns) > 100


@pytest.mark.world
def test_twenty_thousand_leads_reach_nine_tenths_of_what_can_be_known(tmp_path):
    result = learn(tmp_path, past=20_000, later=10_000, leads_per_day=27.0, budget=100.0)
    reached, by_rules = (share_of_gain(said, result.truth) for said in (result.probabilities, result.by_rules))
    error = calibration_error(result.probabilities, result.truth)
    print(f"share of the truth's gain {reached:.3f}, rules {by_rules:.3f}, calibration error {error:.4f}")
    assert reached >= 0.90
    assert by_rules < reached - 0.15
    assert error < 0.02
    gates = {
        result.trained.features.columns[gate].field
        for member in result.trained.blend.members
        for gate in (getattr(member, "gate", None) if getattr(member, "gate", None) is not None else ())
        if gate >= 0
    }
    assert gates == {"insurance_type"}, "the type whose leads follow rules of their own was not found"
