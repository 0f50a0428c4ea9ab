from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from leadloop.cli.app import app


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADLOOP_WORKSPACE", raising=False)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("words", [("playbooks",), ("playbooks", "list")])
def test_packaged_playbooks_are_listed_with_what_they_predict(run, words):
    done = run(*words)
    assert (done.exit_code, done.stderr) == (0, "")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("insurance")]
    assert "policy_bound" in line
    assert line.rstrip().endswith("insurance")


def test_a_copy_can_be_checked_and_is_not_made_twice(run, tmp_path):
    assert run("playbooks", "copy", "insurance", "mine").exit_code == 0
    assert (tmp_path / "mine" / "README.md").is_file()
    assert run("check", "mine").stdout == run("check", "insurance").stdout
    again = run("playbooks", "copy", "insurance", "mine")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


def test_features_are_listed_as_a_table_and_as_json(run):
    shown = run("features", "insurance")
    assert shown.exit_code == 0
    assert "contact_completeness" in shown.stdout
    assert "a lead of typical values" in shown.stdout or "sample.csv" in shown.stdout
    listed = json.loads(run("features", "insurance", "--json").stdout)
    assert {"name", "reads", "known_at", "meaning", "fitted", "example"} == set(listed[0])
    assert "source = VALUE" in {one["name"] for one in listed}


def test_a_name_that_is_no_playbook_is_refused_with_those_that_are(run):
    done = run("features", "insurence")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "insurance" in done.stderr


def test_rules_of_a_packaged_playbook_score_before_anything_is_trained(run, tmp_path):
    assert run("simulate", "insurance", "-n", 300, "-o", "made").exit_code == 0
    done = run("score", "insurance", "made/leads.csv", "-o", "scored.csv")
    assert done.exit_code == 0
    assert "rules" in (tmp_path / "scored.csv").read_text().splitlines()[1]
