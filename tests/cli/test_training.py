import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import make_cells
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.registry import Registry


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADLOOP_WORKSPACE", raising=False)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_from_a_file_to_a_version_in_service_with_what_to_do_next(run, tmp_path):
    cells = make_cells(900)[0]
    cells.write_csv(tmp_path / "leads.csv")
    drafted = run("draft", "leads.csv", "--target", "won")
    assert drafted.exit_code == 0, drafted.stderr
    assert "leadloop train leads --data leads.csv" in drafted.stdout
    again = run("draft", "leads.csv", "--target", "won")
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr
    trained = run("train", "leads", "--data", "leads.csv", "--no-promote")
    assert trained.exit_code == 0, trained.stderr
    version = Registry(tmp_path / "registry").find("leads", "latest")
    assert f"Saved {version.id} ({version.release})" in trained.stdout
    assert f"leadloop models promote leads {version.id} --why ..." in trained.stdout
    assert "training: reading leads\n" in trained.stderr
    assert "\x1b" not in drafted.output + trained.output
    assert Registry(tmp_path / "registry").champion("leads") is None


def test_a_training_that_is_refused_says_everything_and_leaves_nothing(run, workspace, tmp_path):
    pl.read_csv(workspace.past, infer_schema=False).with_columns(won=pl.lit("no")).write_csv(tmp_path / "past.csv")
    done = run("train", workspace.playbook, "--data", "past.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "every one of 1,500 leads lost" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["past.csv"]


@pytest.mark.parametrize(
    ("words", "said"),
    [(("nowhere", "-d", "past.csv"), "leadloop draft"), (("tiny", "-d", "nowhere.csv"), "nowhere.csv")],
)
def test_files_that_are_not_there_are_named(run, workspace, tmp_path, words, said):
    write_playbook(tmp_path / "tiny", (workspace.playbook / "playbook.toml").read_text())
    done = run("train", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (tmp_path / "registry").exists()


def test_a_workspace_that_is_a_file_is_refused(run, workspace, tmp_path):
    (tmp_path / "work").write_text("")
    done = run("train", workspace.playbook, "-d", workspace.past, "-w", "work")
    assert done.exit_code == 2
    assert "name a folder" in done.stderr
