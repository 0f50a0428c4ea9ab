"""B2B calls of a simulated world whose truth is known: how near do scores come to it, for progression and for Voice AI?"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tests.leadloop_playbooks.worlds_for_tests import calibration_error, share_of_gain, simulate

from leadloop.flows.playbook_folder import read_playbook
from leadloop.flows.score import load
from leadloop.flows.train import train
from leadloop.scoring import RuleScorer, TrainedPlaybook

TRUTHS = {"progression": "probability", "voice_ai_fit": "voice_ai_fit_probability"}
VOICE_AI = '[targets.voice_ai_fit]\nlabel = "labels:voice_ai_fits"\n'


@dataclass(frozen=True)
class Result:
    """A version trained on past calls, and what it and the rules say of later ones."""

    trained: TrainedPlaybook
    probabilities: np.ndarray
    by_rules: np.ndarray
    truth: np.ndarray


def playbook_for(target: str, folder: Path) -> Path:
    """The packaged playbook with this target alone."""
    place = folder / "b2b_calls"
    shutil.copytree(read_playbook("b2b_calls").folder, place, ignore=shutil.ignore_patterns("__pycache__"))
    if target != "progression":
        file = place / "playbook.toml"
        before, _, rest = file.read_text(encoding="utf-8").partition("[targets.progression]")
        file.write_text(f"{before}{VOICE_AI}\n[training]{rest.partition('[training]')[2]}", encoding="utf-8")
    assert read_playbook(place).playbook.target.name == target
    return place


def learn(target: str, folder: Path, *, past: int, later: int, budget: float, leads_per_day: float = 40.0) -> Result:
    made = simulate("b2b_calls", folder, past=past, later=later, leads_per_day=leads_per_day, truth=TRUTHS[target])
    place = playbook_for(target, folder)
    train(place, made.past, workspace=folder, promote=True, time_budget=budget)
    trained, found = load("b2b_calls", workspace=folder), read_playbook(place)
    rules = RuleScorer.of(found.playbook, found.rules)
    said = []
    for scorer, column in ((trained, "probability"), (rules, "score")):
        reading = scorer.schema.read(made.later)
        assert not reading.rejects
        said.append(scorer.score_table(reading.leads, explain=False)[column].to_numpy())
    return Result(trained, said[0], said[1], made.truth)


@pytest.mark.parametrize(("target", "least", "over_rules"), [("progression", 0.85, 0.05), ("voice_ai_fit", 0.9, 0.3)])
def test_a_few_thousand_calls_beat_the_rules_and_stay_near_the_true_probabilities(target, least, over_rules, tmp_path):
    result = learn(target, tmp_path, past=5_000, later=4_000, budget=1.0, leads_per_day=12.0)
    reached, by_rules = (share_of_gain(said, result.truth) for said in (result.probabilities, result.by_rules))
    error = calibration_error(result.probabilities, result.truth)
    print(f"{target}: share of the truth's gain {reached:.3f}, rules {by_rules:.3f}, calibration error {error:.4f}")
    assert reached > least
    assert reached > by_rules + over_rules
    assert error < 0.03


@pytest.mark.world
@pytest.mark.parametrize("target", TRUTHS)
def test_twenty_thousand_calls_reach_nine_tenths_of_what_can_be_known(target, tmp_path):
    result = learn(target, tmp_path, past=20_000, later=10_000, budget=100.0)
    reached, by_rules = (share_of_gain(said, result.truth) for said in (result.probabilities, result.by_rules))
    error = calibration_error(result.probabilities, result.truth)
    print(f"{target}: share of the truth's gain {reached:.3f}, rules {by_rules:.3f}, calibration error {error:.4f}")
    assert reached >= 0.90
    assert reached > by_rules + 0.05
    assert error < 0.02
