"""The playbook on the simulated marketplace, whose truth is known: trained on past leads, judged on later ones."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.leadloop_playbooks.marketplace.marketplace_for_tests import FOLDER, FOUND, PLAYBOOK

from leadloop.flows.scoring.score import load
from leadloop.flows.training.train import train
from leadloop.learning.aftermath import add_aftermath
from leadloop.learning.evaluation import area_under_curve
from leadloop.scoring import RuleScorer
from leadloop.simulate import WORLDS

START = datetime(2025, 1, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Judged:
    """Later leads: what the model and the rules say, the truth, and what came of them."""

    said: np.ndarray
    points: np.ndarray
    probability: np.ndarray
    expected_score: np.ndarray
    converted: np.ndarray
    target_score: np.ndarray

    def gain(self, outcome: np.ndarray, said: np.ndarray, truth: np.ndarray) -> float:
        """How much of the truth's AUC above one half is reached."""
        return (area_under_curve(outcome, said) - 0.5) / (area_under_curve(outcome, truth) - 0.5)

    @property
    def gains(self) -> tuple[float, float]:
        """On deals, and on postings of at least half the best score."""
        good = (self.target_score >= 0.5).astype(float)
        return self.gain(self.converted, self.said, self.probability), self.gain(good, self.said, self.expected_score)

    @property
    def gains_of_rules(self) -> tuple[float, float]:
        """The same for the rules."""
        good = (self.target_score >= 0.5).astype(float)
        of_deals = self.gain(self.converted, self.points, self.probability)
        return of_deals, self.gain(good, self.points, self.expected_score)

    @property
    def calibration_error(self) -> float:
        """How far the expected score lies from the true one, on average over ten equal parts from worst to best."""
        parts = np.array_split(np.argsort(self.said), 10)
        return float(np.mean([abs(self.said[part].mean() - self.expected_score[part].mean()) for part in parts]))


def judge(folder: Path, place: Path, past: int, later: int, leads_per_day: float) -> Judged:
    """Train on the past as it was known then, and score what came later."""
    world = WORLDS["marketplace"]
    first, after = world.stream(past + later, past, seed=3, start=START, leads_per_day=leads_per_day)
    today = datetime.fromisoformat(str(first.leads["scraped_at"].max())).replace(tzinfo=UTC)
    (known,) = world.stream(past, past, seed=3, start=START, leads_per_day=leads_per_day, today=today)
    known.leads.write_csv(place / "leads.csv")
    known.events.write_csv(place / "events.csv")
    train(folder, place / "leads.csv", events=place / "events.csv", workspace=place, promote=True)
    model, rules = load("marketplace", workspace=place), RuleScorer.of(PLAYBOOK, FOUND.rules)
    events = PLAYBOOK.events.schema.read(after.events).leads.data
    leads = PLAYBOOK.schema.read(after.leads).leads
    became = add_aftermath(PLAYBOOK, leads, events, FOUND.makes).leads.data["target_score"].to_numpy()
    decided = ~np.isnan(became)
    return Judged(
        model.score_table(model.schema.read(after.leads).leads, explain=False)["probability"].to_numpy()[decided],
        rules.score_table(rules.schema.read(after.leads).leads, explain=False)["score"].to_numpy()[decided],
        after.truth["probability"].to_numpy()[decided],
        after.truth["expected_target_score"].to_numpy()[decided],
        (after.outcomes["converted"] == "Yes").to_numpy().astype(float)[decided],
        became[decided],
    )


def test_a_few_thousand_postings_teach_more_than_the_rules_know(tmp_path):
    """With two quick learners only."""
    folder = tmp_path / "marketplace"
    shutil.copytree(FOLDER, folder)
    text = (folder / "playbook.toml").read_text()
    quick = '[training]\nlearners = ["logistic regression", "LightGBM"]\nfolds = 2\n'
    (folder / "playbook.toml").write_text(text.replace("[training]\n", quick))
    judged = judge(folder, tmp_path, 5_000, 3_000, 25)
    assert min(judged.gains) > 0.8
    assert all(ours > theirs + 0.05 for ours, theirs in zip(judged.gains, judged.gains_of_rules, strict=True))
    assert judged.calibration_error < 0.035


@pytest.mark.world
def test_a_year_of_postings_teaches_nine_tenths_of_what_there_is_to_know(tmp_path):
    judged = judge(FOLDER, tmp_path, 20_000, 8_000, 60)
    shares, by_rules = (", ".join(f"{gain:.3f}" for gain in gains) for gains in (judged.gains, judged.gains_of_rules))
    print(f"share of the truth's gain {shares}, rules {by_rules}, calibration error {judged.calibration_error:.4f}")
    assert min(judged.gains) >= 0.9
    assert all(ours > theirs + 0.15 for ours, theirs in zip(judged.gains, judged.gains_of_rules, strict=True))
    assert judged.calibration_error < 0.02
