"""`leadloop serve` as its own process: it answers, says why it does not, and stops when asked."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from tests.api.workspaces_for_tests import copy_workspace
from tests.cli.commands_for_tests import COMMAND, environment, leadloop

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.train import train
from leadloop.flows.upkeep.keys import new_key

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
LEAD = {"id": "L1", "visits": 7, "source": "Reference"}


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def fetch(port, path, body=None, method=None, key=""):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers, method=method)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.loads(answer.read())


def start(workspace, *words):
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), "--workspace", str(workspace), *words],
        # Nobody reads its log while it runs, and a pipe that is full would stop it.
        env=environment(LEADLOOP_LOG_LEVEL="warning"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    for _ in range(2_400):
        try:
            fetch(port, "/readyz")
            return process, port
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.05)
    raise AssertionError("never ready")


def stop(process):
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert process.returncode in (0, -signal.SIGTERM), told.decode()
    return told.decode()


@needs_posix
def test_it_answers_on_its_port_and_ends_when_asked(workspace):
    process, port = start(workspace.root)
    try:
        assert fetch(port, "/v1/tiny/score", LEAD)["model_version"] == workspace.result.version.id
    finally:
        told = stop(process)
    assert f"http://127.0.0.1:{port}/docs" in told
    assert "Traceback" not in told


@needs_posix
def test_several_processes_answer_and_all_are_measured_together(workspace):
    process, port = start(workspace.root, "--workers", "2")
    try:
        for number in range(20):
            fetch(port, "/v1/tiny/score", {**LEAD, "visits": number})
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            page = answer.read().decode()
        counted = [line for line in page.splitlines() if line.startswith("leadloop_predictions_total")]
        assert sum(float(line.rsplit(" ", 1)[1]) for line in counted) == 20
    finally:
        stop(process)


def test_it_is_not_opened_to_other_machines_without_a_key_and_is_with_one(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    done = leadloop("serve", "--host", "0.0.0.0", "--port", free_port(), "--workspace", tmp_path)
    assert done.returncode == 2
    assert b"there is no key" in done.stderr
    assert b"leadloop keys new" in done.stderr
    made = new_key("scorer", "form", workspace=place)
    process, port = start(tmp_path, "--host", "0.0.0.0")
    try:
        assert fetch(port, "/v1/tiny/score", LEAD, key=made.text)["score"] >= 0
        with pytest.raises(urllib.error.HTTPError, match="401"):
            fetch(port, "/v1/tiny/score", LEAD)
    finally:
        stop(process)


def test_it_is_not_opened_to_other_machines_while_nobody_can_tell_whether_there_is_a_key(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    (tmp_path / "leadloop.db").unlink()
    (tmp_path / "leadloop.db").mkdir()
    done = leadloop("serve", "--host", "0.0.0.0", "--port", free_port(), "--workspace", tmp_path)
    assert done.returncode == 2
    assert b"it cannot be told whether there is a key" in done.stderr


def test_a_port_that_is_taken_and_a_setting_that_is_none_are_refused(workspace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = leadloop("serve", "--port", taken.getsockname()[1], "--workspace", workspace.root)
    assert done.returncode == 2
    assert b"cannot listen there" in done.stderr
    assert b"LeadLoop serves" not in done.stderr, "it does not"
    done = leadloop("serve", "--port", "70000", "--workspace", workspace.root)
    assert done.returncode == 2
    assert b"--port" in done.stderr


def test_an_address_of_a_database_that_can_never_be_one_is_refused(workspace, tmp_path, monkeypatch):
    copy_workspace(workspace.root, tmp_path)
    monkeypatch.setenv("LEADLOOP_DATABASE", "mysql://ada:secret@127.0.0.1/leadloop")
    done = leadloop("serve", "--port", free_port(), "--workspace", tmp_path)
    assert done.returncode == 2
    assert b"names neither SQLite nor PostgreSQL" in done.stderr
    assert b"secret" not in done.stderr + done.stdout


def stored(root):
    return {int(row.lead_id[1:]) for row in Workspace(root).store.scores.stream("tiny")}


@needs_posix
@pytest.mark.parametrize("workers", ["1", "2"])
def test_every_score_that_was_answered_is_stored_when_it_is_asked_to_end(workspace, tmp_path, workers):
    copy_workspace(workspace.root, tmp_path)
    process, port = start(tmp_path, "--workers", workers)
    try:
        for number in range(120):
            fetch(port, "/v1/tiny/score", {**LEAD, "id": f"L{number}", "visits": number})
    finally:
        stop(process)
    assert stored(tmp_path) == set(range(120))


@contextmanager
def longest_write(path):
    """How long this machine took meanwhile, at worst, to write a line to its disk: while it does that, nobody keeps anything."""
    ended, longest = threading.Event(), [0.0]

    def write():
        with path.open("w") as file:
            while not ended.is_set():
                began = time.monotonic()
                file.write("a line\n")
                file.flush()
                os.fsync(file.fileno())
                longest[0] = max(longest[0], time.monotonic() - began)
                ended.wait(0.05)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield lambda: longest[0]
    finally:
        ended.set()
        thread.join()


@needs_posix
def test_a_kill_costs_at_most_the_scores_of_the_last_second(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    process, port = start(tmp_path)
    answered = {}
    until = time.monotonic() + 4
    with longest_write(tmp_path / "beside") as longest:
        while time.monotonic() < until:
            number = len(answered)
            fetch(port, "/v1/tiny/score", {**LEAD, "id": f"L{number}", "visits": number})
            answered[number] = time.monotonic()
        process.kill()
        killed = time.monotonic()
    process.communicate(timeout=30)
    kept = stored(tmp_path)
    lost = [killed - at for number, at in answered.items() if number not in kept]
    assert len(kept) > 20
    assert all(age < 1 + longest() for age in lost), (max(lost), longest())


@needs_posix
def test_all_processes_serve_what_was_put_in_service_and_know_every_key_within_five_seconds(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    first = workspace.result.version.id
    second = train(workspace.playbook, workspace.past, workspace=tmp_path, promote=False).version.id
    process, port = start(tmp_path, "--workers", "2")

    def versions(key=""):
        """The versions that answer many times, each over a connection of its own."""
        leads = ({**LEAD, "visits": number} for number in range(24))
        return {fetch(port, "/v1/tiny/score", lead, key=key)["model_version"] for lead in leads}

    try:
        assert versions() == {first}
        assert leadloop("models", "promote", "tiny", second, "--workspace", tmp_path).returncode == 0
        time.sleep(5)
        assert versions() == {second}
        made = new_key("scorer", "form", workspace=place)
        time.sleep(5)
        for _ in range(20):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                fetch(port, "/v1/tiny/score", LEAD)
        assert versions(made.text) == {second}
        assert leadloop("keys", "revoke", made.key.id, "--workspace", tmp_path).returncode == 0
        time.sleep(5)
        for _ in range(8):  # more of them would count as guessing
            with pytest.raises(urllib.error.HTTPError, match="401"):
                fetch(port, "/v1/tiny/score", LEAD, key=made.text)
    finally:
        stop(process)
