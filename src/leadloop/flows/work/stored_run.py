"""Score stored leads here and now, as a job that whoever starts it again goes on with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from leadloop.errors import LeadLoopError, Problem, StoreError
from leadloop.flows.past.stored_past import require_store
from leadloop.flows.place.playbook_folder import playbook_name
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score_stored import BATCH_SIZE, DAYS, StoredScoring, score_stored
from leadloop.flows.work.jobs import SCORE_LEADS, ask_for, conclude, new_holder
from leadloop.flows.work.kind import Work

if TYPE_CHECKING:
    from leadloop.store import Job


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

    Stopped, or cut off from its database, the job is given back; killed, it is free when its lease has lapsed; asked for again
    with the same words, or taken up by a worker, it goes on where it was. Raises LeadLoopError where another process is at it
    now, and JobLost where it is cancelled meanwhile.
    """
    name = playbook_name(playbook)
    require_store(place, name)
    days = DAYS if days is None else days
    batch_size = batch_size or BATCH_SIZE
    told = {"all": everything, "segment": segment, "days": days, "batch_size": batch_size, "version": version}
    jobs, seconds = place.store.jobs, read_settings(place.root).job_lease_seconds
    number = ask_for(place, SCORE_LEADS, name, told, who=place.who())
    job = jobs.claim(new_holder(), seconds=seconds, number=number)
    if job is None:
        mend = "wait for it; `leadloop jobs list` says how far it is"
        raise LeadLoopError(name, Problem("leads", why_not(number, jobs.get(number)), mend))
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
            days=days,
            batch_size=batch_size,
            version=version,
            keep=keep,
            settle=lambda found: work.settle("version", found),
        )
        jobs.finish(job, {"version": done.version, "scored": done.scored, "rejected": done.rejected})
    except KeyboardInterrupt:
        with suppress(StoreError):  # of what cannot be told now, the lease lapses
            jobs.release(job)
        raise
    except Exception as error:
        with suppress(StoreError):
            conclude(jobs, job, error, retry_seconds=0)
        raise
    return done


def why_not(number: int, job: Job | None) -> str:
    """Why a job that was asked for cannot be had now."""
    if job is not None and job.state == "waiting":
        return f"job {number} does this, and waits to be tried again at {job.run_after:%H:%M:%S} UTC"
    until = f"{job.held_until:%H:%M:%S} UTC" if job and job.held_until else "soon"
    return f"job {number} does this already, in another process, and says so until {until}"
