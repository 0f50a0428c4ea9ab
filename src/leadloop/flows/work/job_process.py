"""The process of one job: a child of the worker, of low priority, which ends with the worker whatever becomes of that.

It is told what to do in a line of JSON on its standard input, and lives no longer than that stays open. What came of the job it
writes into the store itself (`conclude`).
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadloop.errors import JobLost, StoreError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.jobs import conclude, do_job, retry_seconds
from leadloop.flows.work.kind import Postponed, Work

if TYPE_CHECKING:
    from leadloop.store import Job

LOST, UNTOLD = 3, 4
_NICER = 10


def run_process(line: str) -> int:
    """Do the job that a line names, and answer the code to end with."""
    told = json.loads(line)
    place = Workspace(Path(told["workspace"]))
    jobs = place.store.jobs
    job = jobs.get(told["job"])
    if job is None or job.holder != told["holder"] or job.attempts != told["attempts"]:
        return LOST
    return do_here(place, job, seconds=told["seconds"])


def do_here(place: Workspace, job: Job, *, seconds: float) -> int:
    """Do a job that was claimed for so many seconds, here, and write down what came of it; the code to end a process with."""
    jobs, work = place.store.jobs, Work(place, job, seconds)
    try:
        try:
            jobs.finish(job, as_json(do_job(work)))
        except Postponed:
            return 0
        except Exception as error:  # whatever it is, the job says so and the worker goes on
            conclude(jobs, job, error, retry_seconds=retry_seconds(job.attempts))
    except JobLost:
        return LOST
    except StoreError:  # the worker says that it ended, once the database is there again
        return UNTOLD
    return 0


def as_json(result: Any) -> Any:
    """A result in plain values, as the store keeps it."""
    return json.loads(json.dumps(result, default=lambda value: list(value) if isinstance(value, tuple) else str(value)))


def _end_with_parent() -> None:
    """Wait until standard input is closed, which happens when the worker is gone, and end at once."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(LOST)


def main() -> None:
    """Read what to do, do it, and end."""
    if hasattr(os, "nice"):
        os.nice(_NICER)
    line = b""
    while not line.endswith(b"\n"):  # read from the file itself: what is buffered would hide that it was closed
        if not (sign := os.read(sys.stdin.fileno(), 1)):
            sys.exit(LOST)
        line += sign
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(run_process(line.decode()))


if __name__ == "__main__":
    main()
