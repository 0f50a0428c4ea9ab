"""The kinds of jobs: what each is told, and what it does. A worker does them; the service and commands only ask for them."""

from __future__ import annotations

import os
import secrets
import socket
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadloop.errors import (
    JobLost,
    LeadLoopError,
    PlaybookError,
    Problem,
    SourceUnavailable,
    StoreFull,
    StoreUnavailable,
)
from leadloop.flows.loop.kinds import DIGEST_KIND, HEALTH_KIND, LOOP_KIND, RECALIBRATE_KIND, TELL_KIND
from leadloop.flows.place.known_playbooks import find_source
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.given_settings import (
    LARGEST_SPLIT,
    SMALLEST_SPLIT,
    TRAINING,
    explain_training,
)
from leadloop.flows.watch.jobs import CHECK, run_check
from leadloop.flows.work.kind import Argument, Kind, Work
from leadloop.flows.work.uploads import without_folder
from leadloop.ingest.tables import FORMATS

if TYPE_CHECKING:
    from leadloop.store import Job
    from leadloop.store.jobs import Jobs

TRAIN, SCORE, SCORE_LEADS = "train", "score", "score_leads"
SYNC, SYNC_HEALTH, SYNC_EVENT = "sync", "sync_health", "sync_event"
ENRICH = "enrich"
STATES = ("waiting", "running", "done", "parked", "cancelled")
"""What a job can be; `parked` is given up until somebody looks at it."""
_LONGEST_ERROR = 2_000


def ask_for(
    place: Workspace,
    kind: str,
    playbook: str,
    told: Mapping[str, Any],
    *,
    who: str,
    own: Mapping[str, Any] | None = None,
) -> int:
    """Ask for a job, and answer its number; `own` are further facts that nobody outside may give.

    Raises LeadLoopError where there is no such kind, or with everything that is wrong in what it is told.
    """
    if kind not in KINDS:
        raise LeadLoopError("job", Problem("kind", f"“{kind[:40]}” is none", f"take {', '.join(KINDS)}"))
    asked = KINDS[kind]
    payload = {**asked.read(told), **(own or {}), "playbook": playbook, "who": who}
    return place.store.jobs.add(
        kind,
        payload,
        max_attempts=asked.max_attempts,
        only_one=_only_one_of(kind, payload),
        turn=f"{asked.turn}:{playbook}" if asked.turn else None,
    )


def list_jobs(place: Workspace, *, playbook: str = "", state: str = "", most: int = 100) -> tuple[Job, ...]:
    """The newest jobs of a playbook or of all, in one state or in any; raises LeadLoopError where there is no such state."""
    if state and state not in STATES:
        raise LeadLoopError("jobs", Problem("state", f"“{state[:40]}” is none", f"take {', '.join(STATES)}"))
    from leadloop.flows.past.stored_past import require_store

    require_store(place, playbook or "PLAYBOOK")
    return place.store.jobs.page(state=state or None, playbook=playbook or None, limit=most).items


def retry_job(place: Workspace, number: int) -> Job:
    """Let a parked job be tried again from the start. It is the one of its name again: whoever asks for the same gets it.

    Raises LeadLoopError where there is none of this number, and StoreConflict where it is not parked, or where somebody asked
    for the same meanwhile.
    """
    from leadloop.flows.past.stored_past import require_store

    require_store(place, "PLAYBOOK")
    jobs = place.store.jobs
    job = jobs.get(number)
    if job is None:
        raise LeadLoopError(
            "jobs", Problem(f"job {number}", "is not known here", "`leadloop jobs list` shows them all")
        )
    return jobs.retry(number, only_one=_only_one_of(job.kind, job.payload))


def _only_one_of(kind: str, payload: Mapping[str, Any]) -> str | None:
    """The name under which no second job is taken while this one waits or runs: what is to be done, whoever asks for it."""
    if kind not in KINDS or not KINDS[kind].alone:
        return None
    if KINDS[kind].one_of_a_playbook:
        return f"{kind}:{payload['playbook']}"
    from leadloop.store.values import digest_of

    told = {name: value for name, value in payload.items() if name != "who"}
    return f"{kind}:{payload['playbook']}:{digest_of(told)[:32]}"


def do_job(work: Work) -> Any:
    """Do a job, and answer what came of it."""
    return KINDS[work.job.kind].run(work)


def new_holder() -> str:
    """A name for somebody who takes jobs that nobody else has."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(4)}"


def retry_seconds(attempts: int) -> float:
    """How long to wait before a job is tried again: twice as long each time.

    >>> [retry_seconds(attempts) for attempts in (1, 2, 3, 10)]
    [5.0, 10.0, 20.0, 600.0]
    """
    return min(600.0, 5.0 * 2.0 ** (attempts - 1))


def conclude(jobs: Jobs, job: Job, error: Exception, *, retry_seconds: float) -> None:
    """Write down why a job came to nothing, and so what becomes of it.

    One that is refused is parked with the reason, since trying again would change nothing. One that met trouble (a database or
    a source that is away, a mistake of ours) is tried again after so many seconds. Raises JobLost where it is not ours any
    more, and StoreUnavailable where the database is away: the job is anyone's again once its time is over.
    """
    if isinstance(error, JobLost):
        raise error
    # What an error of a library says may quote leads: its kind and its place are enough for the record.
    said = (without_folder(str(error)) if isinstance(error, LeadLoopError) else _place_of(error))[:_LONGEST_ERROR]
    if isinstance(error, LeadLoopError) and not isinstance(error, StoreUnavailable | StoreFull | SourceUnavailable):
        jobs.park(job, said)
    else:
        jobs.fail(job, said, retry_seconds=retry_seconds)


def _place_of(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"


def _train(work: Work) -> Any:
    from leadloop.flows.training.train import train

    told = work.told
    result = train(
        find_source(work.place, told["playbook"]),
        workspace=work.place,
        promote=told["promote"],
        trials=told["trials"],
        time_budget=told["time_budget"],
        validation_split=told["validation_split"],
        params=told["params"],
        tick=work.tick,
    )
    version = result.version
    return {
        "version": version.id,
        "release": version.release,
        "in_service": result.promotion is not None,
        "data": dict(version.data),
        "metrics": {name: measure["value"] for name, measure in version.metrics.items()},
    }


def _score(work: Work) -> Any:
    from leadloop.flows.scoring.score import score
    from leadloop.flows.work.uploads import find_upload, finish_file

    told = work.told
    upload = find_upload(work.place, told["file"])
    result = upload.result(told["output"])
    beside = result.with_name(f".{work.job.attempts}-{result.name}")
    done = score(
        _named(work.place, told["playbook"]),
        upload.data,
        beside,
        rejects_to=upload.rejects,
        version=told["version"],
        workspace=work.place,
        reasons=told["reasons"],
        keep_columns=told["keep_columns"],
        allow_missing_columns=told["allow_missing_columns"],
        format=told["format"],
        output_format=told["output"],
        far=work.tick,
    )
    finish_file(beside, result)
    said = asdict(done)
    del said["rejects_file"]
    return {**said, "notes": list(done.notes)}


def _score_leads(work: Work) -> Any:
    from leadloop.flows.scoring.score_stored import score_stored

    told = work.told
    done = score_stored(
        work.place,
        _named(work.place, told["playbook"]),
        run=f"job-{work.job.id}",
        everything=told["all"],
        segment=told["segment"],
        days=told["days"],
        batch_size=told["batch_size"],
        version=told["version"],
        keep=work.keep,
        settle=lambda found: work.settle("version", found),
        lead_ids=told.get("lead_ids"),
    )
    return asdict(done)


def _sync(work: Work) -> Any:
    from leadloop.flows.sync.work import do_sync

    return do_sync(work)


def _sync_health(work: Work) -> Any:
    from leadloop.flows.sync.health import look_at_sync

    return asdict(look_at_sync(work.place, ask=True))


def _sync_event(work: Work) -> Any:
    from leadloop.flows.sync.events import work_on_event

    return work_on_event(work.place, work.told["event"], keep=work.keep)


def _enrich(work: Work) -> Any:
    from leadloop.flows.enrich.work import do_enrich

    return do_enrich(work)


def _named(place: Workspace, name: str) -> str:
    """What to score a playbook by: its name where a version of it was saved, else its folder, whose rules may score."""
    return name if place.registry.champion(name) else _found_or(place, name)


def _found_or(place: Workspace, name: str) -> str:
    try:
        return find_source(place, name)
    except PlaybookError:
        return name


_VERSION = Argument("text", "A version's id or release, `champion` (in service) or `latest`.", "champion")
_FORMAT = partial(Argument, "text", choices=FORMATS)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        LOOP_KIND,
        HEALTH_KIND,
        TELL_KIND,
        DIGEST_KIND,
        RECALIBRATE_KIND,
        Kind(
            TRAIN,
            "Train on what the store holds, and save a version.",
            {
                "promote": Argument(
                    "flag", "Put it in service, or do not; by default only the first one, if it is good."
                ),
                "trials": Argument("whole", "Settings to try for each learner.", low=1, high=10_000),
                "time_budget": Argument("text", "About how much CPU time to spend on trying, as in `5m`."),
                "validation_split": Argument(
                    "number", "The newest share of leads to keep back.", low=SMALLEST_SPLIT, high=LARGEST_SPLIT
                ),
                "params": Argument("settings", "Settings of `[training]`, in place of the playbook's for this once."),
            },
            _train,
            max_attempts=3,
            turn=TRAINING,
            explain=explain_training,
        ),
        Kind(
            SCORE,
            "Score a file that was sent.",
            {
                "version": _VERSION,
                "output": _FORMAT("The format of the scores.", "csv"),
                "format": _FORMAT("The format of the file, where it does not tell itself."),
                "reasons": Argument("flag", "Say why; leaving it out is faster.", True),
                "keep_columns": Argument("flag", "Write the lead's own columns beside the score.", False),
                "allow_missing_columns": Argument(
                    "flag", "Score although the file lacks columns; they count as not given.", False
                ),
            },
            _score,
            alone=False,
        ),
        Kind(
            SCORE_LEADS,
            "Score leads that the store holds.",
            {
                "all": Argument("flag", "Also those that have a score.", False),
                "segment": Argument("text", "Only leads of this segment.", ""),
                "days": Argument(
                    "number", "Only leads that came or changed in the last so many days; 0: all.", 7, 0, 36_500
                ),
                "batch_size": Argument("whole", "How many are scored and stored at once.", 500, 1, 10_000),
                "version": _VERSION,
            },
            _score_leads,
        ),
        Kind(
            SYNC,
            "Fetch calls from where they were recorded, and keep the leads that they make.",
            {
                "source": Argument("text", "Where calls are recorded.", "fellow", choices=("fellow",)),
                "since": Argument(
                    "text", "Only what changed since then, as in `2026-11-01`; empty: since the last time.", ""
                ),
                "full": Argument("flag", "Everything, whenever it changed.", False),
            },
            _sync,
        ),
        Kind(
            SYNC_HEALTH, "See whether calls can be fetched, and whether that is late.", {}, _sync_health, max_attempts=1
        ),
        Kind(
            SYNC_EVENT,
            "Work on what a source sent by itself.",
            {"event": Argument("whole", "The number of the event.", low=1, high=2**53)},
            _sync_event,
            max_attempts=12,
        ),
        Kind(
            ENRICH,
            "Find out more about the companies of leads, those first for whom it is worth most.",
            {
                "most": Argument("whole", "End after so many leads; 0: when none is left.", 0, 0, 10_000_000),
                "budget": Argument("number", "What may be paid to providers.", low=0, high=1_000_000_000),
                "fill": Argument("flag", "First bring into the queue whatever lead lacks something.", True),
            },
            _enrich,
        ),
        Kind(
            CHECK,
            "Measure matured quality, estimate today's, and look for drift; all of it is kept as history.",
            {"keep": Argument("flag", "Keep what was found as a point of history.", True)},
            run_check,
            max_attempts=3,
        ),
    )
}
"""Every kind of job, by name."""

ASKED_OVER_HTTP = (TRAIN, SCORE_LEADS, ENRICH, CHECK)
"""The kinds that may be asked for by name; files to score are sent."""
