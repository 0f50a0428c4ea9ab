"""Score stored leads here and now, as a job that whoever starts it again goes on with."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.jobs import SCORE_LEADS, Work, ask_for
from leadloop.flows.score import playbook_name
from leadloop.flows.score_stored import BATCH_SIZE, DAYS, StoredScoring, score_stored
from leadloop.flows.settings import read_settings
from leadloop.flows.stored_past import require_store
from leadloop.flows.workspace import Workspace


def run_stored(
    place: Workspace,
    playbook: str,
    *,
    everything: bool = False,
    segment: str = "",
    days: float | None = None,
    batch_size: int | None = None,
    version: str = "champion",
    tick: Callable[[str], None] = lambda note: None,
) -> StoredScoring:
    """Score stored leads in this process, on the record as a job.

    Stopped, the job is given back; killed, it is free when its lease has lapsed; asked for again with the same words, or taken up
    by a worker, it goes on where it was. Raises LeadLoopError where another process is at it now.
    """
    name = playbook_name(playbook)
    require_store(place, name)
    told = {
        "all": everything,
        "segment": segment,
        "days": DAYS if days is None else days,
        "batch_size": batch_size or BATCH_SIZE,
        "version": version,
    }
    jobs, seconds = place.store.jobs, read_settings(place.root).job_lease_seconds
    number = ask_for(place, SCORE_LEADS, name, told, who=place.who())
    holder = f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(4)}"
    job = jobs.claim(holder, seconds=seconds, number=number)
    if job is None:
        now = jobs.get(number)
        until = f"{now.held_until:%H:%M:%S} UTC" if now and now.held_until else "soon"
        what = f"job {number} does this already, in another process, and says so until {until}"
        raise LeadLoopError(name, Problem("leads", what, "wait for it; `leadloop store info` counts jobs"))
    work = Work(place, job, seconds)

    def keep(note: str, share: float) -> None:
        work.keep(note, share)
        tick(note)

    try:
        done = score_stored(
            place,
            playbook,
            run=f"job-{job.id}",
            everything=everything,
            segment=segment,
            days=told["days"],  # type: ignore[arg-type]
            batch_size=told["batch_size"],  # type: ignore[arg-type]
            version=version,
            keep=keep,
        )
    except KeyboardInterrupt:
        jobs.release(job)
        raise
    except LeadLoopError as error:
        jobs.park(job, str(error)[:2000])
        raise
    jobs.finish(job, {"version": done.version, "scored": done.scored, "rejected": done.rejected})
    return done
