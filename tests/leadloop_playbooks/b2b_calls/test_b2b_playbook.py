"""The playbook of B2B calls as a whole: where its scores lead, what its sample teaches, and how its rules explain themselves."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, fields

import numpy as np
import polars as pl
import pytest

from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.scoring.score import load
from leadloop.flows.training.train import TrainingResult, train
from leadloop.leads import LeadFrame
from leadloop.scoring import RuleScorer, TrainedPlaybook
from leadloop.scoring.policy_columns import choose_routes
from leadloop.scoring.score_card import Reason, ScoreCard

FOUND = read_playbook("b2b_calls")
SAMPLE = FOUND.folder / "sample.csv"
POLICY = FOUND.playbook.policy
LEARNERS = {"logistic regression", "random forest", "gradient boosting", "XGBoost"}
SENT = [
    (100.0, 100.0, "AE_HANDOFF", "HIGH_VOICE_AI"),
    (85.0, 70.0, "AE_HANDOFF", "HIGH_VOICE_AI"),
    (85.0, 69.99, "AE_HANDOFF", "HIGH"),
    (85.0, 0.0, "AE_HANDOFF", "HIGH"),
    (85.0, None, "AE_HANDOFF", "HIGH"),
    (100.0, None, "AE_HANDOFF", "HIGH"),
    (84.99, 100.0, "AE_HANDOFF", "MEDIUM"),
    (84.99, 0.0, "AE_HANDOFF", "MEDIUM"),
    (84.99, None, "AE_HANDOFF", "MEDIUM"),
    (70.0, 100.0, "AE_HANDOFF", "MEDIUM"),
    (70.0, None, "AE_HANDOFF", "MEDIUM"),
    (69.99, 100.0, "NURTURE_TRACK", "LOW"),
    (69.99, None, "NURTURE_TRACK", "LOW"),
    (50.0, 100.0, "NURTURE_TRACK", "LOW"),
    (50.0, None, "NURTURE_TRACK", "LOW"),
    (49.99, 100.0, "SELF_SERVICE", "VERY_LOW"),
    (49.99, None, "SELF_SERVICE", "VERY_LOW"),
    (0.0, 100.0, "SELF_SERVICE", "VERY_LOW"),
    (0.0, None, "SELF_SERVICE", "VERY_LOW"),
]


@pytest.mark.parametrize(("score", "fit", "route", "priority"), SENT)
def test_a_score_leads_where_the_team_agreed(score, fit, route, priority):
    taken = POLICY.route_of(score, {} if fit is None else {"voice_ai_fit": fit})
    assert (taken.name, taken.priority) == (route, priority)


def test_many_leads_go_where_each_would_go_alone():
    scores = np.array([score for score, *_ in SENT])
    fits = np.array([np.nan if fit is None else fit for _, fit, *_ in SENT])
    chosen = choose_routes(POLICY, scores, {"voice_ai_fit": fits})
    assert list(zip(chosen["route"], chosen["priority"], strict=True)) == [(route, urge) for *_, route, urge in SENT]


def test_where_nobody_predicts_voice_ai_fit_nobody_goes_its_route_and_the_rest_stay_as_they_are():
    without = FOUND.playbook.without_targets({"voice_ai_fit"})
    assert not without.is_composed
    for score, fit, route, priority in SENT:
        taken = without.policy.route_of(score, {} if fit is None else {"voice_ai_fit": fit})
        assert (taken.name, taken.priority) == (route, priority.removesuffix("_VOICE_AI"))


def test_it_predicts_progression_and_voice_ai_fit_and_composes_the_score_of_both():
    progression, fit = FOUND.playbook.targets
    assert (progression.name, progression.within_days, progression.optional) == ("progression", 60, False)
    assert (fit.name, fit.optional) == ("voice_ai_fit", True)
    assert FOUND.playbook.weights == {"progression": pytest.approx(0.7), "voice_ai_fit": pytest.approx(0.3)}
    assert set(FOUND.playbook.training.learners) == LEARNERS


@dataclass(frozen=True)
class FromSample:
    """What training on the sample beside the playbook gave, and the sample as it is scored."""

    result: TrainingResult
    trained: TrainedPlaybook
    rules: RuleScorer
    leads: LeadFrame
    cpu_seconds: float


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> FromSample:
    root = tmp_path_factory.mktemp("sample")
    began = time.process_time()
    result = train("b2b_calls", SAMPLE, workspace=root, promote=True, time_budget=1.0)
    took = time.process_time() - began
    trained = load("b2b_calls", workspace=root)
    rules = RuleScorer.of(FOUND.playbook, FOUND.rules)
    leads = FOUND.playbook.scoring_schema.read(pl.read_csv(SAMPLE, infer_schema=False)).leads
    return FromSample(result, trained, rules, leads, took)


def test_the_sample_trains_in_seconds_on_made_up_leads(sample):
    assert sample.cpu_seconds < 60
    kinds = set(pl.read_csv(SAMPLE, infer_schema=False)["record_type"])
    assert kinds == {"Synthetic"}
    assert not sample.result.imported.rejects


@pytest.mark.parametrize("target", ["progression", "voice_ai_fit"])
def test_the_report_compares_the_four_models_for_each_target(sample, target):
    report = next(one for one in (sample.result.report, *sample.result.report.others) if one.target == target)
    told = {line.name: line for line in report.members}
    assert set(told) >= LEARNERS
    assert sum(line.weight for line in report.members) == pytest.approx(1)
    for name in LEARNERS:
        assert 0.3 < told[name].auc < 1
        assert 0.2 < told[name].log_loss < 1
        assert told[name].cpu_seconds > 0
    text = (sample.result.folder / "report.md").read_text(encoding="utf-8")
    before, _, after = text.partition("# Also predicted: voice_ai_fit")
    chapter = before if target == "progression" else after
    for name in LEARNERS:
        assert re.search(rf"^\| {re.escape(name)} +\| .*{told[name].auc:.3f}", chapter, re.MULTILINE), name


def test_the_packaged_policy_routes_the_leads_of_a_trained_version(sample):
    table = sample.trained.score_table(sample.leads, explain=False)
    for row in table.select("score", "voice_ai_fit_score", "route", "priority").iter_rows():
        score, fit, *taken = row
        route = POLICY.route_of(score, {"voice_ai_fit": fit})
        assert taken == [route.name, route.priority]
    assert set(table["priority"]) == {"HIGH_VOICE_AI", "HIGH", "MEDIUM", "LOW", "VERY_LOW"}


def test_a_lead_alone_is_scored_as_in_a_batch_down_to_its_last_reason(sample):
    batch = sample.leads[:60]
    for scorer in (sample.trained, sample.rules):
        together = scorer.score(batch)
        for place, card in enumerate(together):
            (alone,) = scorer.score(batch[place : place + 1])
            assert alone == card


def test_features_of_a_lead_alone_are_those_of_the_batch_to_the_last_bit(sample):
    for model in sample.trained.models.values():
        every = model.features.matrix(sample.leads.data)
        for few in (1, 3, 7):
            parts = [model.features.matrix(part) for part in sample.leads.data[:42].iter_slices(few)]
            assert np.vstack(parts).tobytes() == every[:42].tobytes()


def test_rules_explain_themselves_as_models_do(sample):
    """Same card, same reasons, same columns: whoever shows a score need not know what gave it."""
    batch = sample.leads[:80]
    by_model, by_rules = sample.trained.score(batch), sample.rules.score(batch)
    for card in (*by_model, *by_rules):
        assert isinstance(card, ScoreCard)
        assert all(isinstance(reason, Reason) and reason.sentence and reason.field for reason in card.reasons)
        assert card.starts_at + sum(reason.points for reason in card.reasons) == pytest.approx(card.score, abs=1e-6)
        strengths = [abs(reason.points) for reason in card.reasons]
        assert strengths == sorted(strengths, reverse=True)
        assert card.route == POLICY.route_of(card.score).name
    assert all(card.reasons for card in by_model)
    silent = [card for card in by_rules if not card.reasons]  # no rule has anything to say of these
    assert len(silent) < 10
    assert len({(card.score, card.starts_at) for card in silent}) <= 1
    for card in by_rules:
        assert (card.method, card.degraded, card.model_version) == ("rules", True, "rules")
        assert (card.probability, card.confidence, card.targets) == (None, None, ())
    models, rules = (one.score_table(batch) for one in (sample.trained, sample.rules))
    shared = {field.name for field in fields(ScoreCard)} & set(models.columns)
    only_of_models = {"novel", "unusual"}
    assert shared - only_of_models <= set(rules.columns)
    assert {"reasons_up", "reasons_down"} <= set(rules.columns) & set(models.columns)


def test_a_rule_that_speaks_says_what_it_saw_and_counts_what_it_is_worth(sample):
    cells = {
        "lead_id": ["1", "2"],
        "call_notes": ["They want Voice AI. Next meeting booked for Friday.", "No next step."],
    }
    good, bad = sample.rules.score(sample.rules.schema.read(pl.DataFrame(cells)).leads)
    up = {reason.field: reason for reason in good.reasons if reason.points > 0}
    assert set(up) == {"wants_voice_ai", "meeting_is_set"}
    assert up["meeting_is_set"].sentence == "A next meeting is set: yes"
    assert up["meeting_is_set"].points == pytest.approx(up["wants_voice_ai"].points * 20 / 15)
    down = {reason.field for reason in bad.reasons if reason.points < 0}
    assert down == {"meeting_is_refused"}
    assert good.score > bad.score
