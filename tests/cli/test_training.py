import os
import re
import signal
import subprocess

import optuna
import polars as pl
import pytest
from tests.cli.commands_for_tests import COMMAND, environment
from tests.conftest import write_playbook
from tests.leads_for_tests import make_cells
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.train import train
from leadloop.flows.training.trial_keeper import TrialKeeper
from leadloop.registry import Registry

posix = pytest.mark.skipif(os.name != "posix", reason="needs signals as POSIX has them")


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


def test_a_time_budget_that_is_none_is_refused(run, workspace, tmp_path):
    done = run("train", workspace.playbook, "-d", workspace.past, "--time-budget", "soon")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "time budget  “soon” is no time from 1 second up; write seconds, as in 90, or 90s, 5m, 1h" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_reached_is_refused_without_its_password(run, workspace, tmp_path):
    nowhere = "postgresql+psycopg://me:s3cret@127.0.0.1:1/tuning"
    done = run("train", workspace.playbook, "-d", workspace.past, "--storage", nowhere)
    assert done.exit_code == 2
    assert "database  cannot be used: OperationalError" in done.stderr
    assert "s3cret" not in done.output
    assert not (tmp_path / "registry").exists()


TRIALS = ("--trials", "6", "--time-budget", "5m")


def start_training(workspace, place, *words):
    command = [*COMMAND, "train", workspace.playbook, "-d", workspace.past, "-w", place, *TRIALS, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())


def model_of(place):
    """The files of a version that say how it scores, and the settings that were found."""
    version = Registry(place / "registry").find("tiny", "latest")
    files = {name: facts["sha256"] for name, facts in version.files.items()}
    model = {name: digest for name, digest in files.items() if name.startswith("member_") or name == "model.json"}
    assert len(model) > 2
    return model, [(member["name"], member["settings"]) for member in version.members]


@posix
@pytest.mark.long
def test_a_training_killed_by_kill_9_goes_on_where_it_was_and_ends_where_it_would_have_ended(workspace, tmp_path):
    killed = start_training(workspace, tmp_path / "killed")
    for line in killed.stderr:
        if found := re.search(r"LightGBM, (\d) of 6, log-loss 0\.\d{4}, about \d+ s left$", line):
            killed.send_signal(signal.SIGKILL)
            break
    assert killed.wait() == -signal.SIGKILL
    assert found[1] == "1"
    assert not (tmp_path / "killed" / "registry").exists()
    resumed = start_training(workspace, tmp_path / "killed")
    _, told = resumed.communicate(timeout=240)
    assert resumed.returncode == 0, told
    assert not re.search(r"regression, \d of 6", told)  # all six were made before
    assert int(re.search(r"LightGBM, (\d) of 6", told)[1]) > 1
    train(workspace.playbook, workspace.past, workspace=tmp_path / "whole", trials=6, time_budget="5m")
    assert model_of(tmp_path / "killed") == model_of(tmp_path / "whole")
    assert not (tmp_path / "killed" / "tuning").exists()


@posix
@pytest.mark.long
def test_two_trainings_begun_at_once_share_their_trials_on_postgresql(workspace, tmp_path, new_postgres):
    address = new_postgres()
    places = [tmp_path / "one", tmp_path / "two"]
    both = [start_training(workspace, place, "--storage", address) for place in places]
    for training in both:
        _, told = training.communicate(timeout=240)
        assert training.returncode == 0, told
    assert model_of(places[0]) == model_of(places[1])
    for summary in optuna.get_all_study_summaries(address):
        trials = optuna.load_study(study_name=summary.study_name, storage=address).get_trials()
        done = [trial for trial in trials if trial.state.name in ("COMPLETE", "PRUNED")]
        assert len(done) == 6
    assert len(optuna.study.get_all_study_names(address)) == 2  # one a learner, shared by both


def test_two_trainings_in_one_workspace_do_not_disturb_each_other(workspace, tmp_path):
    """The second finds the file of trials in use, and tries for itself."""
    with TrialKeeper(Workspace(tmp_path), "tiny", "a", "b") as first:
        assert first.storage.address.endswith(".db")
        with TrialKeeper(Workspace(tmp_path), "tiny", "a", "b") as second:
            assert second.storage is None
        with TrialKeeper(Workspace(tmp_path), "tiny", "a", "c") as other:
            assert other.storage.study != first.storage.study
    with TrialKeeper(Workspace(tmp_path), "tiny", "a", "b") as again:
        assert again.storage == first.storage
