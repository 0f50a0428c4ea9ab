import os
import re
import signal
import subprocess
import sys
import time

import pytest
from tests.fellow_for_tests import local_fellow, workspace_of
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.flows.place.workspace import Workspace


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_sync_says_what_it_did_and_a_second_one_that_there_was_nothing(tmp_path):
    with local_fellow(30).serve() as local:
        place = workspace_of(local, tmp_path / "workspace")
        told = run("sync", "fellow", "--workspace", place.root)
        assert told.exit_code == 0, told.output
        assert re.search(r"recordings: 30 new, 0 changed, 0 as they were\.", told.output)
        assert re.search(r"[1-9][0-9]* new leads and 0 changed ones from 3 pages\.", told.output)
        assert "leadloop worker" in told.output
        told = run("sync", "fellow", "--workspace", place.root)
        assert "0 new leads and 0 changed ones" in told.output
        told = run("sync", "status", "--workspace", place.root)
        assert (told.exit_code, "Problem" in told.output) == (0, False), told.output
        assert "Fellow was asked" in told.output


def test_a_sync_that_cannot_be_says_all_that_is_missing_and_status_says_what_is_wrong(tmp_path):
    told = run("sync", "fellow", "--workspace", tmp_path)
    assert told.exit_code == 2
    assert "LEADLOOP_FELLOW_SUBDOMAIN" in told.output
    assert "LEADLOOP_FELLOW_API_KEY" in told.output
    assert run("sync", "fellow", "--since", "2026-11-01", "--full", "--workspace", tmp_path).exit_code == 2
    with local_fellow(30).serve() as local:
        place = workspace_of(local, tmp_path / "workspace")
        assert run("sync", "fellow", "--since", "soon", "--workspace", place.root).exit_code == 2
        local.key = "another"
        told = run("sync", "status", "--workspace", place.root)
        assert told.exit_code == 1
        assert "is not accepted" in told.output
        assert "no sync has come to its end yet" in told.output


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_sync_that_is_stopped_ends_quietly_and_the_next_goes_on(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with local_fellow(60, slow_seconds=0.3).serve() as local:
        place = workspace_of(local, tmp_path / "workspace")
        command = [sys.executable, "-m", "leadloop", "sync", "fellow", "--workspace", str(place.root)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not any(path.endswith("/recordings") for _, path, _ in local.asked):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 130, told
        assert "Stopped." in told
        assert "Traceback" not in told
        assert [job.state for job in Workspace(place.root).store.jobs.page().items if job.kind == "sync"] == [
            "cancelled"
        ]
        local.quirks.slow_seconds = 0
        told = run("sync", "fellow", "--workspace", place.root)
        assert told.exit_code == 0, told.output


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_local_fellow_runs_from_the_command_line_until_it_is_stopped():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "leadloop", "dev", "fellow", "--calls", "20", "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = [process.stdout.readline() for _ in range(6)]
    assert "synthetic" in said[0].lower()
    assert re.search(r"LEADLOOP_FELLOW_URL=http://127\.0\.0\.1:[0-9]+", said[2])
    import httpx2

    url = said[2].partition("=")[2].strip()
    assert httpx2.get(f"{url}/api/v1/recordings", trust_env=False).status_code == 405
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert "refused 0" in told
