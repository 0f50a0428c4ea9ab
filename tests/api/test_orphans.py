"""The first process of a server is killed: the others end too, so that another server can start where it was."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from tests.api.service_process_for_tests import ServiceProcess, free_port

from leadloop.api.orphans import NAME

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at in /proc")


def is_there(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_when_the_first_process_is_killed_the_others_end_and_free_the_port(tmp_path, monkeypatch):
    measures = tmp_path / "temporary"
    measures.mkdir()
    monkeypatch.setenv("TMPDIR", str(measures))
    port = free_port()
    service = ServiceProcess(tmp_path, port, "--workers", "2")
    children = []
    try:
        service.wait("not ready")
        until = time.monotonic() + 120
        while [Path(f"/proc/{one}/comm").read_text().strip() for one in service.children()] != [NAME] * 2:
            assert time.monotonic() < until, "both say what they are"
            time.sleep(0.1)
        children = service.children()
        os.kill(service.pid, signal.SIGKILL)
        service.end()
        until = time.monotonic() + 60
        while any(is_there(one) for one in children):
            assert time.monotonic() < until, "they go on without it"
            time.sleep(0.1)
        assert not list(measures.glob("leadloop-measures-*"))
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
    finally:
        service.clean_up()
        for one in children:
            if is_there(one):
                os.kill(one, signal.SIGKILL)
