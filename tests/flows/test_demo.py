"""The demo: packaged playbooks on their synthetic worlds, held against the truth."""

import json

import polars as pl
import pytest

from leadloop.errors import LeadLoopError
from leadloop.flows.demo import run_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    told = []
    folder = tmp_path_factory.mktemp("made") / "demo"
    made = run_demo(folder, ["insurance"], past_leads=1_500, new_leads=300, budget=1.0, done=told.append)
    assert [one.playbook for one in told] == ["insurance"]
    return made


def test_scores_of_new_leads_stand_beside_the_truth_and_the_rules(demo):
    (played,) = demo.played
    assert [beside.target for beside in played.targets] == ["policy_bound"]
    near = played.targets[0].near
    assert 0.5 < near.auc < near.best_auc < 1.0
    assert 0.5 < played.targets[0].rules_auc < near.best_auc
    assert len(near.groups) == 5
    assert 0 < near.error < 0.15
    assert played.scored.scored == played.scores.height == 300


def test_past_leads_are_seen_as_of_the_day_on_which_the_first_new_one_comes(demo):
    folder = demo.played[0].folder
    past, new = (pl.read_csv(folder / name, infer_schema_length=None) for name in ("leads.csv", "new_leads.csv"))
    assert "converted" in past.columns
    assert "converted" not in new.columns
    assert past["converted_at"].drop_nulls().max() <= new["created_at"].min()
    assert past.tail(30)["converted"].null_count() > past.head(300)["converted"].null_count()


def test_everything_is_called_synthetic(demo):
    (played,) = demo.played
    assert played.trained.report.synthetic
    assert played.trained.version.synthetic
    assert played.scored.synthetic
    assert all(str(lead).startswith("SYN-") for lead in played.scores["lead_id"])
    assert json.loads((played.trained.folder / "report.json").read_text())["synthetic"] is True
    for folder in (demo.folder, played.folder):
        assert "synthetic" in (folder / "SYNTHETIC.txt").read_text()


def test_the_files_for_a_draft_of_ones_own_are_there(demo):
    past, new = (pl.read_csv(file, infer_schema_length=None) for file in (demo.past, demo.new))
    assert "Converted" in past.columns
    assert "Converted" not in new.columns


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path):
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(LeadLoopError, match="did not make"):
        run_demo(tmp_path, ["insurance"])
    assert (tmp_path / "thesis.doc").read_text() == "years of work"


def test_a_playbook_without_a_world_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(LeadLoopError, match="b2b_calls, marketplace, insurance"):
        run_demo(tmp_path / "demo", ["insurance", "solar"])
    assert not (tmp_path / "demo").exists()


def test_features_written_in_python_are_shown_by_what_they_are(demo):
    (played,) = demo.played
    page = (played.trained.folder / "report.html").read_text()
    labels = {line.field: line.label for line in played.trained.report.importance if line.label}
    assert labels["contact_completeness"] != "contact_completeness"
    assert labels["contact_completeness"] in page.split('id="importance"')[1].split("</section>")[0]
