import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.commands_for_tests import COMMAND, environment
from tests.conftest import copy_workspace
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.registry import Registry


@pytest.fixture
def run(monkeypatch, workspace, tmp_path):
    """Commands in a workspace of their own, with the trained version and a copy of it under another name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADLOOP_WORKSPACE", raising=False)
    copy_workspace(workspace.root, tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def second(run, workspace, tmp_path):
    version = workspace.result.version
    registry = Registry(tmp_path / "registry")
    other = replace(version, id="v20990101_000000_00000002", release="tiny-v1.1.0")
    return registry.save(other, version.read_files(workspace.result.folder)).id


def test_versions_are_listed_with_their_quality_and_which_one_serves(run, workspace, second):
    done = run("models", "list")
    assert done.exit_code == 0
    header, first, other = done.stdout.splitlines()
    assert header.split()[:3] == ["playbook", "version", "release"]
    version = workspace.result.version
    assert version.id in first
    assert f"{version.metrics['AUC']['value']:.3f}" in first
    assert "in service, synthetic" in first
    assert second in other
    assert "in service" not in other
    assert run("models", "list", "tiny").stdout == done.stdout


def test_a_workspace_without_versions_says_how_to_get_one(run, tmp_path):
    done = run("models", "list", "-w", tmp_path / "elsewhere")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "leadloop train" in done.stdout


def test_a_version_is_put_in_service_shown_and_taken_back(run, workspace, second):
    first = workspace.result.version.id
    done = run("models", "promote", "tiny", "latest", "--why", "better [by far] :on: the top")
    assert (done.exit_code, done.stdout) == (0, f"{second} is in service; before it was {first}.\n")
    shown = run("models", "show", "tiny").stdout
    assert f"{second} (tiny-v1.1.0)" in shown
    assert "better [by far] :on: the top" in shown
    assert "Trained on synthetic data." in shown
    done = run("models", "rollback", "tiny", "--why", "too hot")
    assert (done.exit_code, done.stdout) == (0, f"{first} is in service again; {second} is out.\n")
    done = run("models", "rollback", "tiny")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "no version was in service before this one" in done.stderr


def test_a_reason_that_a_terminal_would_obey_is_shown_and_not_obeyed(run, second):
    assert run("models", "promote", "tiny", second, "--why", "red \x1b[31m and \udcff").exit_code == 0
    shown = run("models", "show", "tiny").stdout
    assert "red \\x1b[31m and \\udcff" in shown
    assert "\x1b" not in shown


def test_a_damaged_version_is_named_with_every_file_that_differs(run, workspace, second, tmp_path):
    folder = tmp_path / "registry" / "tiny" / second
    (folder / "model.json").write_text("{}")
    (folder / "features.json").unlink()
    done = run("models", "promote", "tiny", second)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{second}: 2 problems" in done.stderr
    assert "model.json" in done.stderr
    assert "features.json" in done.stderr
    assert "in service  yes" in run("models", "show", "tiny", workspace.result.version.id).stdout


def test_a_playbook_whose_name_is_no_name_is_refused(run):
    for words in (("list", "../x"), ("show", "../x"), ("promote", "../x", "latest"), ("rollback", "../x")):
        done = run("models", *words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "is no name of a playbook" in done.stderr


def test_what_was_in_service_when_is_told_with_who_and_why(run, workspace, second):
    first = workspace.result.version.id
    run("models", "promote", "tiny", "latest", "--why", "better")
    done = run("models", "history", "tiny")
    assert done.exit_code == 0
    header, *lines = done.stdout.splitlines()
    assert header.split()[:4] == ["since", "version", "action", "by"]
    assert [line.split()[1:3] for line in lines] == [[first, "promote"], [second, "promote"]]
    auc = workspace.result.version.metrics["AUC"]["value"]
    assert all(f"AUC {auc:.3f}" in line for line in lines)
    assert "better" in lines[1]
    assert run("models", "history", "tiny", "--on", "2020-05-03").stdout == "No version was in service then.\n"
    refused = run("models", "history", "tiny", "--on", "yesterday")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "write 2026-05-03" in refused.stderr


def test_a_version_gets_another_name_is_shown_by_it_and_loses_it(run, workspace, second):
    done = run("models", "promote", "tiny", "latest", "--as", "challenger")
    assert (done.exit_code, done.stdout) == (0, f"{second} is challenger.\n")
    assert f"{second} (tiny-v1.1.0)" in run("models", "show", "tiny", "challenger").stdout
    listed = run("models", "aliases", "tiny").stdout.splitlines()[1:]
    assert [line.split()[:2] for line in listed] == [["challenger", second], ["champion", workspace.result.version.id]]
    assert run("models", "aliases", "tiny", "--clear", "challenger").stdout == f"{second} is not challenger any more.\n"
    assert "stands for no version" in run("models", "aliases", "tiny", "--clear", "challenger").stderr


def test_a_clean_up_says_what_goes_and_why_the_rest_stays(run, workspace, second):
    first = workspace.result.version.id
    done = run("models", "prune", "tiny", "--keep", "1", "--dry-run")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[1:-1]] == [first, second]
    assert done.stdout.endswith("0 versions would be deleted; nothing was.\n")
    assert run("models", "prune", "tiny", "--keep", "0").exit_code == 2
    run("models", "promote", "tiny", second)
    third = replace(workspace.result.version, id="v20990103_000000_00000003", release="tiny-v1.2.0")
    Registry(Path("registry")).save(third, third.read_files(workspace.result.folder))
    run("models", "promote", "tiny", third.id)
    done = run("models", "prune", "tiny", "--keep", "1", "--retention-days", "0")
    assert f"{first}  deleted" in done.stdout
    assert done.stdout.endswith("1 version deleted.\n")


def test_scoring_goes_on_with_what_was_last_known_and_says_so(run, workspace, tmp_path):
    (tmp_path / "leadloop.db").unlink()
    words = [
        *COMMAND,
        "score",
        "tiny",
        workspace.new,
        "-o",
        "scored.csv",
    ]  # what it logs goes where a terminal shows it
    done = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0
    version = workspace.result.version.id
    assert f"{version} is the version last known to be in service" in done.stderr
    assert f"leads scored by {version}" in done.stderr
    assert "last known" in run("models", "list").stderr
    refused = run("models", "promote", "tiny", version)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "database" in refused.stderr
    assert not (tmp_path / "leadloop.db").exists()
