"""Do the loop's job of a workspace in this process, which kills itself when it passes a point for the so-manieth time.

    python dying_loop.py WORKSPACE JOB POINT TIMES

Without a point it does the job to its end. It says on standard output which points it passed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.job_process import run_process
from leadloop.registry import Registry
from leadloop.store import Store
from leadloop.store.job_steps import JobSteps
from leadloop.store.jobs import Jobs
from leadloop.store.rollouts import Rollouts

POINTS: dict[str, tuple[type, str]] = {
    "step": (JobSteps, "add"),
    "save": (Registry, "save"),
    "promote": (Registry, "promote"),
    "rollout": (Rollouts, "start"),
    "change": (Rollouts, "change"),
    "beat": (Jobs, "heartbeat"),
    "finish": (Jobs, "finish"),
}


def arm_commit() -> None:
    """Let the process die once a step has been committed."""
    added = False
    add: Any = JobSteps.add
    transaction: Any = Store.transaction

    def noting(*args: Any, **kwargs: Any) -> None:
        nonlocal added
        add(*args, **kwargs)
        added = True

    @contextmanager
    def dying(store: Store) -> Iterator[None]:
        with transaction(store):
            yield
        if added:
            os.kill(os.getpid(), signal.SIGKILL)

    JobSteps.add = noting  # type: ignore[method-assign]
    Store.transaction = dying  # type: ignore[method-assign]


def arm(point: str, when: str, times: int) -> None:
    """Let the process die `before` or `after` its so-manieth call of a point."""
    owner, name = POINTS[point]
    passed = 0
    original: Any = getattr(owner, name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal passed
        passed += 1
        if when == "before" and passed == times:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if when == "after" and passed == times:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


def main() -> None:
    root, number, point, times = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    if point == "commit":
        arm_commit()
    elif point:
        arm(*point.split("-")[:2], times)
    jobs = Workspace(Path(root)).store.jobs
    job = jobs.claim("dying", seconds=600, number=number)
    assert job is not None
    told = {"workspace": root, "job": number, "holder": job.holder, "attempts": job.attempts, "seconds": 600}
    sys.exit(run_process(json.dumps(told)))


if __name__ == "__main__":
    main()
