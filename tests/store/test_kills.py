"""Whatever a process is doing when it is killed, what was acknowledged is there and nothing is half done.

TEST_KILLS says how often each test kills (6 by default, 200 with `make test-crash`);
0 failures in n kills bound the failure rate by about 3/n.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import inspect
from tests.store.stores_for_tests import Clock, fill
from tests.store.test_erasure import everything

from leadloop.store import open_store
from leadloop.store.erasure import SECRET, secret_of
from leadloop.store.identifiers import Marks
from leadloop.store.tables import METADATA

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and forks are POSIX's")
KILLS = int(os.environ.get("TEST_KILLS", "6"))


class Workers:
    def __init__(self, process):
        self.process = process

    def tell(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def kill_after(self, seconds, log, **order):
        """Start a worker, kill it after a while, and answer what it says was acknowledged to it."""
        worker = self.tell(log=str(log), **order)
        time.sleep(seconds)
        os.kill(worker, signal.SIGKILL)
        ended = self.tell(wait=worker)
        assert ended in (-signal.SIGKILL, 0), "the worker failed by itself"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture(scope="module")
def workers():
    script = Path(__file__).with_name("killed_work.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield Workers(process)
        process.stdin.close()


def is_sound(store):
    if store._connections.is_sqlite:
        with store._connections.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    return True


def test_what_was_acknowledged_is_there_once_and_promotions_are_whole(address, workers, tmp_path):
    rolls, acknowledged = random.Random(1), set()
    store = open_store(address, now=Clock())  # its tables take longer to make than a writer lives here
    for seed in range(KILLS + 30):
        if seed >= KILLS and acknowledged and store.promotions.page("b2b", limit=1).items:
            break
        log, later = tmp_path / f"log{seed}", 1 + max(0, seed - KILLS) / 4
        # On a busy machine a writer may be killed before it wrote anything: then others live longer.
        acknowledged |= set(
            workers.kill_after(later * rolls.uniform(0.03, 0.25), log, work="write", address=address, seed=seed)
        )
    assert is_sound(store)
    keys = [event.key for event in store.events.stream("b2b")]
    assert len(keys) == len(set(keys))
    assert acknowledged
    assert acknowledged.issubset(keys)
    promotions = store.promotions.page("b2b", limit=10_000).items
    assert store.audit.verify().number == len(promotions) > 0
    assert store.promotions.alias("b2b", "champion").model_version == promotions[-1].model_version
    lead = store.leads.get("b2b", "L-1")
    assert lead is not None
    assert lead.version == len(store.leads.versions("b2b", "L-1"))
    store.close()


def test_no_job_is_lost_or_done_twice(address, workers, tmp_path):
    store = open_store(address, now=Clock())
    numbers = [store.jobs.add("count", None, max_attempts=1_000) for _ in range(40 + 5 * KILLS)]
    rolls, acknowledged = random.Random(2), []
    for seed in range(KILLS):
        log = tmp_path / f"log{seed}"
        acknowledged += workers.kill_after(rolls.uniform(0.02, 0.15), log, work="work", address=address, seed=seed)
    assert len(acknowledged) == len(set(acknowledged))
    time.sleep(0.06)
    ended = workers.tell(wait=workers.tell(work="work", address=address, seed=KILLS, log=str(tmp_path / "last")))
    assert ended == 0
    assert {job.id for job in store.jobs.page(state="done", limit=10_000).items} == set(numbers)
    done = [event.key.partition("-")[0] for event in store.events.stream("b2b")]
    assert sorted(map(int, done)) == sorted(numbers)
    store.close()


def test_a_migration_that_is_killed_leaves_one_step_or_the_next(new_address, workers, tmp_path):
    address = new_address()
    rolls = random.Random(3)
    for seed in range(KILLS):
        log = tmp_path / f"log{seed}"
        workers.kill_after(rolls.uniform(0.0, 0.3), log, work="migrate", address=address, seed=seed)
        if seed % 2 == 0:  # else the next worker finds what this one left
            store = open_store(address, now=Clock())
            assert is_sound(store)
            with store._connections.read() as connection:
                there = set(inspect(connection).get_table_names()) - {"sqlite_sequence", "alembic_version"}
            assert there == set(METADATA.tables)
            store.close()
    store = open_store(address, now=Clock())
    fill(store)
    assert store.audit.verify().number == 5
    store.close()


def is_asked_for(store, email):
    marks = Marks(secret_of(store._connections, SECRET)).of_contact(email, "")
    return any(marks & set(entry["marks"]["person"]) for entry in store.erasures.entries())


def test_an_erasure_that_is_killed_is_finished_at_the_next_start(address, workers, tmp_path):
    rolls = random.Random(4)
    store = open_store(address, now=Clock())
    interrupted = 0
    for seed in range(KILLS):
        mark = f"marker{seed}"
        fill(store, f"L-{seed}-0", mark=mark)
        done = workers.kill_after(
            rolls.uniform(0.0, 0.12), tmp_path / f"log{seed}", work="erase", address=address, seed=seed
        )
        asked = len(store.erasures.entries())
        open_store(address, now=Clock()).close()
        if is_asked_for(store, f"{mark}@example.com"):
            left = everything(store)
            assert f"{mark}@" not in left, f"half erased in round {seed}"
            assert f"L-{seed}-" not in left
            assert store.leads.get("b2b", f"L-{seed}-0") is None
            interrupted += not done
        else:
            assert not done, "it was acknowledged and never asked for"
            assert store.leads.get("b2b", f"L-{seed}-0") is not None
        assert asked == len(store.erasures.entries())
    assert all(store.erasures.receipt(entry["id"]).finished_at for entry in store.erasures.entries())
    if KILLS >= 20:
        assert interrupted, "no kill met an erasure in its middle; the delays do not fit this machine"
    store.close()
