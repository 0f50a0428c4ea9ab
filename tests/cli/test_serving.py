"""`leadloop serve` as its own process: it answers, says why it does not, and stops when asked."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from tests.cli.commands_for_tests import COMMAND, environment, leadloop

from leadloop.flows.keys import make_key

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
LEAD = {"id": "L1", "visits": 7, "source": "Reference"}


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def fetch(port, path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.loads(answer.read())


def start(workspace, *words):
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), "--workspace", str(workspace), *words],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    for _ in range(600):
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


def test_it_is_not_opened_to_other_machines_without_a_key(workspace):
    done = leadloop("serve", "--host", "0.0.0.0", "--workspace", workspace.root)
    assert done.returncode == 2
    assert b"there is no key" in done.stderr
    assert b"--new-key" in done.stderr


def test_a_port_that_is_taken_and_a_setting_that_is_none_are_refused(workspace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = leadloop("serve", "--port", taken.getsockname()[1], "--workspace", workspace.root)
    assert done.returncode == 2
    assert b"cannot listen there" in done.stderr
    done = leadloop("serve", "--port", "70000", "--workspace", workspace.root)
    assert done.returncode == 2
    assert b"--port" in done.stderr


def test_a_new_key_is_printed_with_the_line_that_lets_it_in():
    done = leadloop("serve", "--new-key", "scorer")
    assert done.returncode == 0
    key, line = (text.split(maxsplit=4)[-1] for text in done.stdout.decode().splitlines())
    assert key.startswith("ll_")
    assert "scorer:" in line
    assert make_key("scorer")[0] != key
    assert leadloop("serve", "--new-key", "owner").returncode == 2
