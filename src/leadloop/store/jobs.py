"""Jobs: work that is done sooner or later, however often a worker dies over it, and that is given up after some tries.

A worker holds a job for a while and says from time to time that it is still at it. Once it has been silent for too long, the
job is anyone's again, so a job may be begun twice and must not mind. What a worker that lost its job still says is not heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, func, or_, select, type_coerce, update

from leadloop.errors import JobLost, Problem, StoreConflict, StoreError
from leadloop.store.connections import Connections
from leadloop.store.paging import Page, read_page
from leadloop.store.tables import JOBS
from leadloop.store.values import to_json

WAITING, RUNNING, DONE, PARKED, CANCELLED = "waiting", "running", "done", "parked", "cancelled"
_LOCK = 8


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work and how far it came."""

    id: int
    """Its number."""
    kind: str
    """What is to be done."""
    state: str
    """`waiting`, `running`, `done`, `cancelled`, or `parked`: given up until somebody looks at it."""
    payload: Any = field(repr=False)
    """What it is to be done with."""
    attempts: int
    """How often it was begun."""
    max_attempts: int
    """How often it may be begun before it is parked."""
    run_after: datetime
    """Not before this moment."""
    holder: str | None
    """Who is at it."""
    held_until: datetime | None
    """Until when, unless they say that they still are."""
    progress: float
    """0 to 1."""
    note: str
    """What was last said of its progress."""
    result: Any = field(repr=False)
    """What came of it."""
    error: str | None
    """Why it failed last."""
    created_at: datetime
    """When it was asked for."""
    finished_at: datetime | None
    """When it was done or parked."""


class Jobs:
    """The jobs of one store."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self,
        kind: str,
        payload: Any,
        *,
        run_after: datetime | None = None,
        max_attempts: int = 5,
        only_one: str | None = None,
        turn: str | None = None,
    ) -> int:
        """Ask for a piece of work and answer its number. Where one of the name `only_one` waits or runs, that one's number.

        Of jobs with the same `turn` one runs at a time, however many workers there are; the others wait for it.
        """
        if max_attempts < 1:
            raise StoreError("job", Problem("max_attempts", f"is {max_attempts}", "allow at least one"))
        now = self._connections.now()
        row = {
            "kind": kind,
            "state": WAITING,
            "only_one": only_one,
            "turn": turn,
            "payload": payload,
            "attempts": 0,
            "max_attempts": max_attempts,
            "run_after": run_after or now,
            "progress": 0.0,
            "note": "",
            "created_at": now,
        }
        insertion = self._connections.insert(JOBS).values(row).on_conflict_do_nothing(index_elements=["only_one"])
        with self._connections.write() as connection:
            while True:
                added = connection.execute(insertion.returning(JOBS.c.id)).scalar_one_or_none()
                if added is not None:
                    return int(added)
                there = connection.execute(select(JOBS.c.id).where(JOBS.c.only_one == only_one)).scalar_one_or_none()
                if there is not None:  # else it was finished between the two questions
                    return int(there)

    def claim(
        self, holder: str, *, seconds: float, kinds: Sequence[str] | None = None, number: int | None = None
    ) -> Job | None:
        """Take the job that has waited longest and hold it for so long; none where there is nothing to do.

        Only jobs of some `kinds` are taken, or the one of this `number`, on request.
        A job whose worker fell silent is taken like any other, or parked where it was begun too often.
        A job waits while another one with its turn is being done.
        """
        now = self._connections.now()
        silent = and_(JOBS.c.state == RUNNING, JOBS.c.held_until <= now)
        other = JOBS.alias("other")
        being_done = select(other.c.turn).where(
            other.c.state == RUNNING, other.c.held_until > now, other.c.turn.is_not(None)
        )
        its_turn = or_(JOBS.c.turn.is_(None), JOBS.c.turn.not_in(being_done))
        ready: ColumnElement[bool] = and_(or_(and_(JOBS.c.state == WAITING, JOBS.c.run_after <= now), silent), its_turn)
        if kinds is not None:
            ready = and_(ready, JOBS.c.kind.in_(kinds))
        if number is not None:
            ready = and_(ready, JOBS.c.id == number)
        with self._connections.read() as connection:  # a worker with nothing to do keeps no writer waiting
            if connection.execute(select(JOBS.c.id).where(ready).limit(1)).first() is None:
                return None
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)  # else two of the same turn could be taken at the same time
            connection.execute(
                update(JOBS)
                .where(silent, JOBS.c.attempts >= JOBS.c.max_attempts)
                .values(
                    state=PARKED,
                    error="its worker fell silent",
                    finished_at=now,
                    holder=None,
                    held_until=None,
                    only_one=None,
                )
            )
            oldest = select(JOBS.c.id).where(ready).order_by(JOBS.c.run_after, JOBS.c.id).limit(1)
            chosen = connection.execute(oldest.with_for_update(skip_locked=True)).scalar_one_or_none()
            if chosen is None:
                return None
            row = connection.execute(
                update(JOBS)
                .where(JOBS.c.id == chosen)
                .values(
                    state=RUNNING,
                    holder=holder,
                    held_until=now + timedelta(seconds=seconds),
                    attempts=JOBS.c.attempts + 1,
                )
                .returning(JOBS)
            ).one()
        return _job(row)

    def heartbeat(self, job: Job, *, seconds: float, progress: float | None = None, note: str | None = None) -> bool:
        """Say that we are still at it, and hold it for so long from now; false where it is no longer ours, and we must stop."""
        said: dict[str, Any] = {"held_until": self._connections.now() + timedelta(seconds=seconds)}
        if progress is not None:
            said["progress"] = min(max(progress, 0.0), 1.0)
        if note is not None:
            said["note"] = note
        return self._say(job, **said)

    def allow(self, job: Job, tries: int) -> bool:
        """Let it be begun so many times more from here: what gets on earns new tries. False where it is no longer ours."""
        return self._say(job, max_attempts=job.attempts + tries)

    def postpone(self, job: Job, until: datetime, note: str) -> bool:
        """Give it back to be gone on with at a moment: it waits for something, and this attempt does not count."""
        freed = {"state": WAITING, "holder": None, "held_until": None, "run_after": until, "note": note[:1000]}
        return self._say(job, attempts=job.attempts - 1, **freed)

    def hurry(self, number: int) -> bool:
        """Let a job that waits for its time be taken now; false where it does not wait."""
        with self._connections.write() as connection:
            waits = update(JOBS).where(JOBS.c.id == number, JOBS.c.state == WAITING)
            return bool(connection.execute(waits.values(run_after=self._connections.now())).rowcount)

    def finish(self, job: Job, result: Any = None) -> None:
        """Say that it is done; in one `transaction` with what it stored, both or neither count.

        Raises JobLost where it is no longer ours.
        """
        self._end(job, state=DONE, result=result, progress=1.0, error=None)

    def fail(self, job: Job, error: str, *, retry_seconds: float) -> str:
        """Say that it failed, to be tried again after so long, or parked where it was begun often enough; says which.

        Raises JobLost where it is no longer ours.
        """
        if job.attempts >= job.max_attempts:
            self.park(job, error)
            return PARKED
        again = self._connections.now() + timedelta(seconds=retry_seconds)
        if not self._say(job, state=WAITING, holder=None, held_until=None, run_after=again, error=error):
            raise lost(job)
        return WAITING

    def park(self, job: Job, error: str) -> None:
        """Give it up until somebody looks at it; raises JobLost where it is no longer ours."""
        self._end(job, state=PARKED, error=error)

    def release(self, job: Job) -> bool:
        """Give it back unfinished, as a worker does that is told to stop: this attempt does not count."""
        freed = {"state": WAITING, "holder": None, "held_until": None, "run_after": self._connections.now()}
        return self._say(job, attempts=job.attempts - 1, **freed)

    def cancel(self, number: int) -> bool:
        """Let a job not be done: it is over at once, and a worker that is at it hears so when it next says that it still is.

        False where it was over already, or there is none.
        """
        over = {"state": CANCELLED, "finished_at": self._connections.now()}
        freed = {"holder": None, "held_until": None, "only_one": None}
        with self._connections.write() as connection:
            asked = update(JOBS).where(JOBS.c.id == number, JOBS.c.state.in_((WAITING, RUNNING)))
            return bool(connection.execute(asked.values(**over, **freed)).rowcount)

    def retry(self, number: int, *, only_one: str | None = None) -> Job:
        """Let a parked job be tried again from the start, under its old name `only_one` where it had one.

        Raises StoreConflict where it is not parked, or where another of this name waits or runs.
        """
        now = self._connections.now()
        again = {"state": WAITING, "attempts": 0, "run_after": now, "finished_at": None, "progress": 0.0, "note": ""}
        with self._connections.write() as connection:
            if only_one is not None:
                query = select(JOBS.c.id).where(JOBS.c.only_one == only_one)
                other = connection.execute(query).scalar_one_or_none()
                if other is not None and other != number:
                    what = f"was asked for anew meanwhile, as job {other}"
                    raise StoreConflict("jobs", Problem(f"job {number}", what, "wait for that one"))
            row = connection.execute(
                update(JOBS)
                .where(JOBS.c.id == number, JOBS.c.state == PARKED)
                .values(**again, only_one=only_one)
                .returning(JOBS)
            ).first()
            if row is None:
                raise StoreConflict("jobs", Problem(f"job {number}", "is not parked", "see what state it is in"))
        return _job(row)

    def get(self, number: int) -> Job | None:
        """A job by its number."""
        with self._connections.read() as connection:
            row = connection.execute(select(JOBS).where(JOBS.c.id == number)).first()
        return None if row is None else _job(row)

    def states(self) -> dict[str, int]:
        """How many jobs are in each state."""
        query = select(JOBS.c.state, func.count()).group_by(JOBS.c.state).order_by(JOBS.c.state)
        with self._connections.read() as connection:
            return {state: int(count) for state, count in connection.execute(query)}

    def page(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        playbook: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Page[Job]:
        """Jobs, the newest first; of one state, kind or playbook (as their payload names it) on request."""
        query = select(JOBS)
        if state is not None:
            query = query.where(JOBS.c.state == state)
        if kind is not None:
            query = query.where(JOBS.c.kind == kind)
        if playbook is not None:
            said = to_json({"playbook": playbook})[1:-1]
            query = query.where(type_coerce(JOBS.c.payload, Text).contains(said, autoescape=True))
        return read_page(self._connections, "jobs", query, JOBS.c.id, _job, after=after, limit=limit, newest_first=True)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many jobs of each kind wait, run and are parked; those that are over are not counted, however many there are."""
        query = select(JOBS.c.kind, JOBS.c.state, func.count()).where(JOBS.c.state.in_((WAITING, RUNNING, PARKED)))
        with self._connections.read() as connection:
            found = {
                (row[0], row[1]): int(row[2]) for row in connection.execute(query.group_by(JOBS.c.kind, JOBS.c.state))
            }
        kinds = {kind for kind, _ in found}
        return {(kind, state): found.get((kind, state), 0) for kind in kinds for state in (WAITING, RUNNING, PARKED)}

    def _end(self, job: Job, **said: Any) -> None:
        ended = {"finished_at": self._connections.now(), "holder": None, "held_until": None, "only_one": None}
        if not self._say(job, **ended, **said):
            raise lost(job)

    def _say(self, job: Job, **said: Any) -> bool:
        ours = (
            JOBS.c.id == job.id,
            JOBS.c.state == RUNNING,
            JOBS.c.holder == job.holder,
            JOBS.c.attempts == job.attempts,
        )
        with self._connections.write() as connection:
            return bool(connection.execute(update(JOBS).where(*ours).values(**said)).rowcount)


def lost(job: Job) -> JobLost:
    """What to raise where a job is no longer ours."""
    what = "was cancelled, or given to another worker"
    return JobLost("jobs", Problem(f"job {job.id}", what, "stop working on it; its state says what becomes of it"))


def _job(row: Any) -> Job:
    return Job(
        row.id,
        row.kind,
        row.state,
        row.payload,
        row.attempts,
        row.max_attempts,
        row.run_after,
        row.holder,
        row.held_until,
        row.progress,
        row.note,
        row.result,
        row.error,
        row.created_at,
        row.finished_at,
    )
