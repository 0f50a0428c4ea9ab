"""A sync as a job: done by a worker, or here and now by hand, and never by two at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from leadloop.errors import JobLost, LeadLoopError, Problem, SourceUnavailable, StoreError
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import find_account
from leadloop.flows.sync.fetch import Synced, require_listening, sync_fellow
from leadloop.flows.work.jobs import SYNC, ask_for, conclude, new_holder
from leadloop.flows.work.kind import Work
from leadloop.flows.work.stored_run import why_not


def do_sync(work: Work) -> dict[str, Any]:
    """Fetch what changed, as a job is told to."""
    done = sync_fellow(
        work.place, since=read_since(work.told.get("since") or ""), full=bool(work.told.get("full")), keep=work.keep
    )
    return describe(done)


def describe(done: Synced) -> dict[str, Any]:
    """What a sync did, as a job keeps it: counts alone."""
    counted = {
        kind: {name: value for name, value in asdict(merged).items() if isinstance(value, int)}
        for kind, merged in done.records.items()
    }
    leads = {"leads_new": done.leads_new, "leads_changed": done.leads_changed, "left_out": done.left_out}
    return {"began_at": done.began_at.isoformat(), "pages": done.pages, **leads, "records": counted}


def sync_by_hand(
    place: Workspace,
    *,
    since: str = "",
    full: bool = False,
    tick: Callable[[str], None] = lambda note: None,
) -> Synced:
    """Fetch what changed in this process, on the record as a job.

    Stopped, it is given back, and the next sync goes on where it was. Raises LeadLoopError where another process is at it now.
    """
    read_since(since)
    find_account(place)
    require_listening(place)
    settings = read_settings(place.root)
    told = {"source": "fellow", "since": since, "full": full}
    jobs, seconds = place.store.jobs, settings.job_lease_seconds
    job = None
    for _ in range(2):  # one that was killed too often is given up when it is looked at; then a new one may begin
        number = ask_for(place, SYNC, settings.calls_playbook, told, who=place.who())
        job = jobs.claim(new_holder(), seconds=seconds, number=number)
        left = jobs.get(number)
        if job is not None or left is None or left.state != "parked":
            break
    if job is None:
        mend = "wait for it; `leadloop jobs list` says how far it is"
        raise LeadLoopError("sync", Problem("fellow", why_not(number, jobs.get(number)), mend))
    work = Work(place, job, seconds)

    def keep(note: str, share: float) -> None:
        work.keep(note, share)
        tick(note)

    try:
        with _saying(place, work, seconds):
            done = sync_fellow(place, since=read_since(since), full=full, keep=keep, tell=tick)
        jobs.finish(job, describe(done))
    except KeyboardInterrupt:
        with suppress(StoreError):  # of what cannot be told now, the lease lapses
            jobs.release(job)
            jobs.cancel(job.id)  # whoever stopped it does not want a worker to go on with it
        raise
    except Exception as error:
        with suppress(StoreError):
            # It is told of here and now, and stands in `leadloop sync status`; only what nobody watches is tried again by itself,
            # or parked until somebody looks.
            conclude(jobs, job, _as_trouble(error), retry_seconds=60)
            jobs.cancel(job.id)
        raise
    return done


def _as_trouble(error: Exception) -> Exception:
    """What went wrong, as something that may be tried again, so that it is not parked."""
    refused = isinstance(error, LeadLoopError) and not isinstance(error, StoreError)
    return SourceUnavailable(error.subject, error.problems) if refused else error  # type: ignore[attr-defined]


def read_since(text: str) -> datetime | None:
    """The moment from which on changes are asked for; none where nothing is said. Raises LeadLoopError where it is none, or lies
    ahead.

    >>> read_since("2026-11-01")
    datetime.datetime(2026, 11, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if not text:
        return None
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise LeadLoopError("sync", Problem("since", "is no day or time", "give one as in 2026-11-01")) from None
    moment = said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
    if moment > datetime.now(UTC):
        what = "lies ahead, so that nothing has changed since"
        raise LeadLoopError("sync", Problem("since", what, "give a day that is over, as in 2026-11-01"))
    return moment


@contextmanager
def _saying(place: Workspace, work: Work, seconds: float) -> Iterator[None]:
    """Say from time to time that we are still at it, while Fellow keeps us waiting."""
    over = threading.Event()

    def say() -> None:
        while not over.wait(seconds / 3):
            with suppress(StoreError, JobLost):  # what is lost is noticed by whoever stores the next page
                place.store.jobs.heartbeat(work.job, seconds=seconds)

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5.0)
