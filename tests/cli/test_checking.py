from dataclasses import replace

import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import FIELDS, PLAYBOOK
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.leads import LeadSchema
from leadloop.playbook import render_playbook


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_a_sound_playbook_says_so(run, workspace):
    done = run("check", workspace.playbook, "--data", workspace.past)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "tiny is sound: 8 fields, 5 of them usable for scoring.\n"


def test_guesses_wait_with_their_place(run, tmp_path):
    guessed = (replace(FIELDS[0], guess=("id: :key: every value [is] different",)), *FIELDS[1:])
    write_playbook(tmp_path / "tiny", render_playbook(replace(PLAYBOOK, schema=LeadSchema(guessed))))
    done = run("check", "tiny")
    assert done.exit_code == 0
    assert "1 guess waits for your word" in done.stdout
    assert "  fields.id: id: :key: every value [is] different\n" in done.stdout


def test_every_mistake_is_shown_and_ends_with_2(run, tmp_path):
    text = render_playbook(PLAYBOOK).replace("scores_at", "score_at").replace('"boolean"', '"bool"')
    write_playbook(tmp_path / "tiny", text)
    done = run("check", "tiny")
    assert (done.exit_code, done.stdout) == (2, "")
    title, *lines = done.stderr.splitlines()
    assert title == "tiny: 3 problems"
    assert [line.split()[0] for line in lines] == ["fields.opted_out.type", "fields.won.type", "score_at"]
    assert all("did you mean" in line for line in lines)


def test_columns_that_a_file_lacks_are_all_named(run, workspace, tmp_path):
    pl.read_csv(workspace.past).drop("visits", "won").write_csv(tmp_path / "past.csv")
    done = run("check", workspace.playbook, "--data", "past.csv")
    assert done.exit_code == 2
    assert "visits" in done.stderr
    assert "won" in done.stderr


def test_values_of_the_outcome_that_nobody_named_and_ids_that_repeat_are_told(run, workspace, tmp_path):
    leads = pl.read_csv(workspace.past, infer_schema=False)
    stages = pl.Series("won", ["yes", "no", "working"] * leads.height)[: leads.height]
    pl.concat([leads.with_columns(stages), leads.with_columns(stages)[:2]]).write_csv(tmp_path / "past.csv")
    fields = tuple(replace(field, type="category") if field.name == "won" else field for field in FIELDS)
    target = replace(PLAYBOOK.target, negative=("no",))
    playbook = replace(PLAYBOOK, schema=LeadSchema(fields), target=target)
    write_playbook(tmp_path / "tiny", render_playbook(playbook))
    done = run("check", "tiny", "--data", "past.csv")
    assert done.exit_code == 0
    assert "targets.won: nothing says how to read “working”" in done.stdout
    assert "lead_id: 2 rows repeat the id of another row" in done.stdout
    write_playbook(tmp_path / "tiny", render_playbook(replace(playbook, target=replace(target, open=("working",)))))
    assert "nothing says how to read" not in run("check", "tiny", "--data", "past.csv").stdout


def test_a_playbook_that_is_not_there_says_how_to_make_one(run):
    done = run("check", "nowhere")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "leadloop draft" in done.stderr
