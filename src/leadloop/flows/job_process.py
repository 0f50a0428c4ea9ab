"""The process of one job: a child of the worker, of low priority, which ends with the worker whatever becomes of that.

It is told what to do in a line of JSON on its standard input, and lives no longer than that stays open. A job that is refused is
parked with the reason, since trying again would change nothing; one that met trouble is tried again later.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from leadloop.errors import LeadLoopError, StoreFull, StoreUnavailable
from leadloop.flows.jobs import Work, do_job, lost_to_another
from leadloop.flows.workspace import Workspace

LOST = 3
_LONGEST_ERROR = 2_000
_NICER = 10


def retry_seconds(attempts: int) -> float:
    """How long to wait before a job is tried again: twice as long each time.

    >>> [retry_seconds(attempts) for attempts in (1, 2, 3, 10)]
    [5.0, 10.0, 20.0, 600.0]
    """
    return min(600.0, 5.0 * 2.0 ** (attempts - 1))


def run_process(line: str) -> int:
    """Do the job that a line names, and answer the code to end with."""
    told = json.loads(line)
    place = Workspace(Path(told["workspace"]))
    jobs = place.store.jobs
    job = jobs.get(told["job"])
    if job is None or job.holder != told["holder"] or job.attempts != told["attempts"]:
        return LOST
    work = Work(place, job, told["seconds"])
    try:
        result = do_job(work)
        jobs.finish(job, _as_json(result))
    except Exception as error:  # whatever it is, the job says so and the worker goes on
        if lost_to_another(error):
            return LOST
        if isinstance(error, LeadLoopError) and not isinstance(error, StoreUnavailable | StoreFull):
            jobs.park(job, str(error)[:_LONGEST_ERROR])
            return 0
        # What an error of a library says may quote leads: its kind and its place are enough for the record.
        said = str(error) if isinstance(error, LeadLoopError) else _place_of(error)
        jobs.fail(job, said[:_LONGEST_ERROR], retry_seconds=retry_seconds(job.attempts))
    return 0


def _place_of(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"


def _as_json(result: Any) -> Any:
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
