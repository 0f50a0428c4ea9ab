"""What the report of a real training holds beyond its measures."""

from dataclasses import fields

import numpy as np

from leadloop.learning.report.outline import outline
from leadloop.learning.report.report import Drift


def test_the_decision_counts_the_test_leads_at_the_playbooks_capacity(workspace):
    report = workspace.result.report
    decision = report.decision
    worked = decision.won_worked + decision.lost_worked
    assert worked == round(report.capacity * report.split.test.leads)
    assert decision.won_worked + decision.won_passed == report.split.test.positives
    assert decision.precision.value == report.measure("precision at 20%").value
    assert decision.recall.value == report.measure("gain at 20%").value
    assert 0 < decision.threshold < 1


def test_slices_are_made_of_fields_that_the_model_may_read_and_of_time(workspace):
    slices = workspace.result.report.slices
    assert {"level", "time"} <= {line.kind for line in slices.lines}
    # The outcome itself, and what only orders or names leads, make no slices.
    assert not any(line.name.startswith("won") for line in slices.lines)
    stretches = [line for line in slices.lines if line.kind == "time"]
    assert sum(line.leads for line in stretches) == 450
    assert any(line.name == "number: 1,050 to 1,139" for line in stretches)
    assert np.isclose(slices.auc, workspace.result.report.measure("AUC").value)


def test_drift_covers_all_leads_with_an_outcome_and_marks_where_the_test_begins(workspace):
    report = workspace.result.report
    assert isinstance(report.drift, Drift)
    assert sum(block.leads for block in report.drift.over_time.blocks) == report.data.used
    assert sum(block.positives for block in report.drift.over_time.blocks) == report.data.positives
    assert report.drift.tested_from == 0.7


def test_learning_curves_are_those_of_the_search_and_hold_the_rounds_that_were_kept(workspace):
    report = workspace.result.report
    assert report.learning_curves
    for curve in report.learning_curves:
        assert len(curve.rounds) == len(curve.losses) <= 101
        assert curve.chosen in curve.rounds
        assert curve.losses[curve.rounds.index(curve.chosen)] == min(curve.losses)


def test_coverage_is_measured_and_no_champion_is_made_up(workspace):
    report = workspace.result.report
    assert report.coverage.groups == 9
    assert 0 <= report.coverage.held <= 9
    assert report.comparison is None
    assert "champion" not in {section.key for section in outline(report)}


def test_everything_is_kept_as_plain_json(workspace):
    report = workspace.result.report
    plain = report.as_json()
    assert set(plain) == {field.name for field in fields(report)}
    assert plain["decision"]["precision"]["value"] == report.decision.precision.value
    assert len(plain["slices"]["lines"]) == len(report.slices.lines)
    assert np.isclose(plain["drift"]["over_time"]["blocks"][0]["rate"], report.drift.over_time.blocks[0].rate)
