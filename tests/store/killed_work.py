"""A process that forks workers, each of which works on a store until it is killed; it loads everything only once.

Orders come as lines of JSON: `{"work": name, "address": ..., "log": path, "seed": number}` is answered with the worker's process
id, `{"wait": id}` with its exit code, once it has ended. What a worker was told is done it adds to its log, a line each.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime

import alembic.autogenerate
import alembic.script  # noqa: F401
import psycopg  # noqa: F401

from leadloop.store import Event, LeadRecord, Store, open_store


def opened(address: str) -> Store:
    return open_store(address, now=lambda: datetime.now(UTC))


def write(address: str, log: int, seed: int) -> None:
    """Store events, each twice as a client that retries would; let a version serve and note it; say what was acknowledged."""
    store = opened(address)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    number = 0
    while True:
        event = Event(f"{seed}-{number}", "L-1", "opened", at, {"n": number})
        store.events.add("b2b", [event])
        store.events.add("b2b", [event])
        os.write(log, f"{event.key}\n".encode())
        if number % 3 == 0:
            store.promotions.promote("b2b", "champion", f"v{seed}-{number}", who="test", why="test")
            store.leads.record("b2b", [LeadRecord("L-1", {"n": number})])
        number += 1


def work(address: str, log: int, seed: int) -> None:
    """Do jobs: what a job stores and that it is done are one transaction."""
    store = opened(address)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while job := store.jobs.claim(f"w{seed}", seconds=0.05):
        with store.transaction():
            store.events.add("b2b", [Event(f"{job.id}-{job.attempts}", "L-1", "done", at)])
            store.jobs.finish(job, seed)
        os.write(log, f"{job.id}\n".encode())


def migrate(address: str, log: int, seed: int) -> None:
    """Bring the tables up and down without end."""
    store = opened(address)
    while True:
        store.downgrade("base")
        store.migrate()
        os.write(log, b"up\n")


def erase(address: str, log: int, seed: int) -> None:
    """Erase the person that this round is about."""
    receipt = opened(address).erasures.erase_person(who="test", email=f"marker{seed}@example.com")
    os.write(log, f"{receipt.id}\n".encode())


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        elif not (answer := os.fork()):
            log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            globals()[order["work"]](order["address"], log, order["seed"])
            os._exit(0)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
