"""Training on leads that were worked, where some were explored: they speak for all, and sources for no more than their share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.conftest import write_playbook
from tests.flows.training.explored_worlds import BEGAN, play
from tests.leads_for_tests import PLAYBOOK, make_cells

from leadloop.errors import DataError
from leadloop.flows.loop import gate
from leadloop.flows.loop.rules import read_rules
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.train import train
from leadloop.playbook import parse_playbook, render_playbook
from leadloop.store import LeadOutcome, LeadRecord


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    return play(
        tmp_path_factory.mktemp("explored"), share=0.2, weighed=True, count=2_500, learners=("logistic regression",)
    )


def test_the_report_says_who_was_worked_and_what_holds_over_all_leads(played):
    report = played.result.report
    notes = " ".join(report.notes)
    assert "no_action 0% (explored 0%)" in notes
    assert "call_today 100% (explored 100%)" in notes
    assert "effective sample size" in notes
    everyone = report.everyone
    assert everyone is not None
    assert everyone.effective < everyone.leads
    assert everyone.won.low <= played.won <= everyone.won.high
    assert report.as_json()["everyone"]["leads"] == everyone.leads


def test_leads_of_a_file_cannot_be_weighed(tmp_path):
    training = replace(PLAYBOOK.training, unworked="weighed")
    folder = write_playbook(tmp_path / "tiny", render_playbook(replace(PLAYBOOK, training=training)))
    make_cells(300)[0].write_csv(tmp_path / "past.csv")
    with pytest.raises(DataError, match="leads of a file do not say how probable it was to work them"):
        train(folder, tmp_path / "past.csv", workspace=tmp_path)


def test_leads_that_were_scored_without_exploring_cannot_be_weighed(tmp_path):
    training = replace(PLAYBOOK.training, unworked="weighed")
    folder = write_playbook(tmp_path / "tiny", render_playbook(replace(PLAYBOOK, training=training)))
    _fill(Workspace(tmp_path), 300, {"crm": 1.0})
    with pytest.raises(DataError, match="no lead was scored while any was explored"):
        train(folder, workspace=tmp_path)


def test_a_source_that_tells_too_much_counts_for_its_share(tmp_path):
    training = replace(PLAYBOOK.training, source_share=0.5, learners=("logistic regression",))
    folder = write_playbook(tmp_path / "tiny", render_playbook(replace(PLAYBOOK, training=training)))
    _fill(Workspace(tmp_path), 900, {"crm": 0.8, "web": 0.1, "fair": 0.1})
    notes = " ".join(train(folder, workspace=tmp_path).report.notes)
    assert "“crm” told 79%" in notes
    assert "and counts for 50%" in notes


def test_settings_of_weights_are_written_and_read_alike():
    training = replace(PLAYBOOK.training, unworked="weighed", most_weight=30.0, source_share=0.4)
    text = render_playbook(replace(PLAYBOOK, training=training))
    assert parse_playbook(text).training == training
    assert "unworked" not in render_playbook(PLAYBOOK)


def _fill(place, count, sources):
    cells = make_cells(count)[0]
    draw = np.random.default_rng(1)
    told = draw.choice(list(sources), count, p=list(sources.values()))
    rows = cells.drop("won").to_dicts()
    place.store.leads.record("tiny", [LeadRecord(row["id"], row, BEGAN) for row in rows])
    later = datetime(2026, 1, 2, tzinfo=UTC)
    place.store.outcomes.add(
        "tiny",
        [
            LeadOutcome(
                f"o{row['id']}",
                row["id"],
                "won",
                float(won == "yes"),
                later + timedelta(seconds=number),
                source=str(who),
            )
            for number, (row, won, who) in enumerate(zip(rows, cells["won"], told, strict=True))
        ],
    )


@pytest.mark.long
def test_what_scores_hold_back_is_learned_only_where_some_leads_are_explored(tmp_path):
    """Some leads that used to be bad have become good: prints how the new version does over all leads, with and without."""
    found = {}
    for name, share, weighed in (("none", 0.0, False), ("explored", 0.1, False), ("weighed", 0.1, True)):
        one = found[name] = play(_folder(tmp_path, name), share=share, weighed=weighed, count=12_000)
        measured = one.result.report.measure("AUC")
        print(
            f"{name}: {one.worked:,} worked; over all leads AUC {one.auc:.3f} (before {one.auc_before:.3f}), promised "
            f"{one.promised:.3f}, won {one.won:.3f}; on worked test leads AUC {measured.value:.3f} "
            f"({measured.low:.3f} to {measured.high:.3f})"
        )
    none, weighed = found["none"], found["weighed"]
    assert weighed.auc > none.auc + 0.05
    assert none.result.report.measure("AUC").low > none.auc  # what is measured looks better than it is
    assert abs(weighed.promised - weighed.won) < abs(found["explored"].promised - weighed.won)


@pytest.mark.long
def test_what_is_estimated_over_all_leads_lies_in_its_interval(tmp_path):
    """Eight worlds, three figures each: prints how many of the 24 intervals hold what is true of all leads."""
    held = 0
    for seed in range(10, 18):
        one = play(_folder(tmp_path, str(seed)), share=0.1, weighed=True, count=6_000, seed=seed)
        everyone = one.result.report.everyone
        assert everyone is not None
        truths = (one.auc, one.won, one.promised - one.won)
        figures = (everyone.auc, everyone.won, everyone.bias)
        inside = [figure.low <= truth <= figure.high for figure, truth in zip(figures, truths, strict=True)]
        said = ", ".join(
            f"{name} {figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f}) for {truth:.3f}"
            for name, figure, truth in zip(("AUC", "won", "bias"), figures, truths, strict=True)
        )
        print(f"world {seed}: {said}; {everyone.leads} leads tell as much as {everyone.effective:.0f}")
        held += sum(inside)
    print(f"{held} of 24 intervals hold the truth")
    assert held >= 20


def _folder(root, name):
    (root / name).mkdir()
    return root / name


def test_a_version_that_is_surely_wrong_over_all_leads_is_held(played, monkeypatch):
    place = played.place
    rules = read_rules(place.root, "tiny")
    said = {"bias": {"value": 0.3, "low": 0.2, "high": 0.4}}
    monkeypatch.setattr(gate, "_of_report", lambda place, version, part: said if part == "everyone" else {})
    judged, _ = gate.judge_version(place, played.result.version, rules)
    assert not judged.promote
    assert any("over all leads it promises +0.300 more than is won" in reason for reason in judged.reasons)
