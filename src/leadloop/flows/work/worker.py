"""The worker: takes jobs one after the other, lets a child process do each, and says meanwhile that it is still at it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from leadloop.errors import LeadLoopError, Problem, StoreConflict, StoreError, StoreUnavailable
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.job_process import UNTOLD
from leadloop.flows.work.jobs import new_holder, retry_seconds
from leadloop.flows.work.schedules import add_defaults, ask_for_due
from leadloop.flows.work.uploads import remove_old_uploads

if TYPE_CHECKING:
    from leadloop.store import Job

_LOOK_SECONDS = 1.0
_SWEEP_SECONDS = 600.0
_TICK_SECONDS = 1.0
_GRACE_SECONDS = 5.0
"""How long a job may still take when the worker is told to stop; what is left of it then is given back."""

_QUOTED = re.compile(r"“[^”]*”")
_LONGEST_REASON = 300

Tell = Callable[[str], None]


class Worker:
    """Does the jobs of one workspace until it is told to stop."""

    def __init__(self, place: Workspace, *, kinds: Sequence[str] | None = None, tell: Tell = lambda text: None) -> None:
        self.place, self.kinds, self.tell = place, kinds, tell
        self.settings = read_settings(place.root)
        self.holder = new_holder()
        self.stopping = threading.Event()

    def run(self, *, until_idle: bool = False) -> int:
        """Do jobs until `stopping` is set, or until there are none; says how many were begun.

        A database that is away is waited for.
        """
        with self._delivering():
            begun = self._do_jobs(until_idle=until_idle)
        if until_idle and self.kinds is None and not self.stopping.is_set():
            from leadloop.flows.notify.courier import deliver_now

            deliver_now(self.place, f"{self.holder}:last")
        return begun

    @contextmanager
    def _delivering(self) -> Iterator[None]:
        """Let a courier deliver messages beside the jobs; a worker that does only some kinds of jobs leaves that to others."""
        if self.kinds is not None:
            yield
            return
        from leadloop.flows.notify.courier import start_courier

        courier, thread = start_courier(self.place, self.holder, self.tell)
        try:
            yield
        finally:
            courier.stopping.set()
            thread.join(2 * _GRACE_SECONDS)

    def _do_jobs(self, *, until_idle: bool) -> int:
        begun, swept, away, ticked = 0, float("-inf"), "", float("-inf")
        self.begin_schedules()
        while not self.stopping.is_set():
            if time.monotonic() - swept > _SWEEP_SECONDS:
                swept = time.monotonic()
                self.sweep()
            try:
                due = time.monotonic() - ticked > _TICK_SECONDS and not (until_idle and begun)
                if self.settings.schedules and due:
                    ticked = time.monotonic()
                    self.tick()
                job = self.place.store.jobs.claim(
                    self.holder, seconds=self.settings.job_lease_seconds, kinds=self.kinds
                )
            except StoreUnavailable as error:
                if away != (away := error.problems[0].what):
                    self.tell(f"The database is away: {away}.")
                self.stopping.wait(5 * _LOOK_SECONDS)
                continue
            away = ""
            if job is None:
                if until_idle:
                    return begun
                self.stopping.wait(_LOOK_SECONDS)
                continue
            begun += 1
            self.tell(f"Job {job.id} ({job.kind}) begins, attempt {job.attempts} of {job.max_attempts}.")
            self.tell(f"Job {job.id} {self.do(job)}.")
        return begun

    def run_one(self, number: int) -> Job:
        """Do one job here and now, and answer what became of it. Raises LeadLoopError where somebody else is at it."""
        jobs = self.place.store.jobs
        job = jobs.claim(self.holder, seconds=self.settings.job_lease_seconds, number=number)
        if job is None:
            raise LeadLoopError("jobs", Problem(f"job {number}", "is done by somebody else, or waits", "wait for it"))
        self.do(job)
        ended = jobs.get(number)
        assert ended is not None
        return ended

    def begin_schedules(self) -> None:
        """Keep the schedules that every workspace has, unless somebody changed them."""
        if self.settings.schedules:
            with suppress(StoreError):  # what is away now is told of in a moment, and they are kept at the next start
                add_defaults(self.place)

    def tick(self) -> None:
        """Ask for the jobs whose time has come; of several workers one does."""
        for name, playbook, number in ask_for_due(self.place):
            self.tell(f"Job {number} was asked for by “{name}”{f' for {playbook}' if playbook else ''}.")

    def sweep(self) -> None:
        """Remove what was kept for long enough: files that were sent, and answers for those who send a request again."""
        with suppress(OSError):
            remove_old_uploads(self.place, days=self.settings.keep_files_days)
        with suppress(StoreError):
            while self.place.store.idempotency.forget_old():
                pass

    def do(self, job: Job) -> str:
        """Let a child process do a job, and say what came of it."""
        told = {
            "workspace": str(self.place.root.resolve()),
            "job": job.id,
            "holder": job.holder,
            "attempts": job.attempts,
            "seconds": self.settings.job_lease_seconds,
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "leadloop.flows.work.job_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            bufsize=0,  # nothing is left to be flushed to a child that is dead
            env=_environment(),
            start_new_session=True,
        )
        assert child.stdin is not None
        with child, child.stdin:
            with suppress(BrokenPipeError):
                child.stdin.write(json.dumps(told).encode() + b"\n")
            stopped_at: float | None = None
            heard = time.monotonic()
            while child.poll() is None:
                if self._wait(child, 0.2):
                    break
                if self.stopping.is_set():
                    stopped_at = stopped_at or time.monotonic()
                    if time.monotonic() - stopped_at > _GRACE_SECONDS:
                        _end(child)
                        with suppress(StoreError):
                            self.place.store.jobs.release(job)
                        return "was given back unfinished"
                if time.monotonic() - heard > self.settings.job_lease_seconds / 4:
                    heard = time.monotonic()
                    with suppress(StoreUnavailable):  # the child goes on; a lease that lapses is noticed by both
                        if not self.place.store.jobs.heartbeat(job, seconds=self.settings.job_lease_seconds):
                            _end(child)
                            return self._lost(job)
        return self._conclude(job, child.returncode)

    def _lost(self, job: Job) -> str:
        """What became of a job that is not ours any more: its process may just have ended it."""
        now = self.place.store.jobs.get(job.id)
        if now is not None and now.state in ("done", "parked"):
            return f"is {now.state}{_reason(now)}"
        return "was cancelled, or given to another worker"

    def _wait(self, child: subprocess.Popen[bytes], seconds: float) -> bool:
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _conclude(self, job: Job, code: int) -> str:
        """What came of a job whose process has ended; one that ended without a word is tried again later, or parked."""
        try:
            now = self.place.store.jobs.get(job.id)
            mine = (
                now is not None and now.state == "running" and (now.holder, now.attempts) == (job.holder, job.attempts)
            )
            if now is None or not mine:
                return f"is {now.state}{_reason(now)}" if now else "is gone"
            how = f"by signal {-code}" if code < 0 else f"by code {code}"
            if code == UNTOLD:
                how = "while the database was away"
            why = f"its process ended {how}"
            state = self.place.store.jobs.fail(job, why, retry_seconds=retry_seconds(job.attempts))
            return f"failed, and is {state}: {why}"
        except StoreConflict:
            return "was given to another worker"
        except StoreUnavailable:
            return "ended, and the database is away"


def _reason(job: Job) -> str:
    """Why a job is parked or waits again, in one line; what is quoted may stand in a lead, and is left to the record."""
    if not job.error or job.state not in ("parked", "waiting"):
        return ""
    line = _QUOTED.sub("“…”", " ".join(job.error.split()))
    return f": {line[:_LONGEST_REASON]}"


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def _environment() -> Mapping[str, str]:
    """The environment of a job: the same code as ours, wherever it was found."""
    paths = [path for path in sys.path if path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def start_worker(place: Workspace) -> subprocess.Popen[bytes]:
    """Start a worker as a process of its own, which ends when we do."""
    return subprocess.Popen(
        [sys.executable, "-m", "leadloop", "worker", "--workspace", str(place.root), "--with-parent"],
        stdin=subprocess.PIPE,
        env=_environment(),
        start_new_session=True,
    )


class WorkersBeside:
    """Workers that run beside the service: started with it, started again where one dies, and stopped with it."""

    def __init__(self, place: Workspace, count: int) -> None:
        self.place, self.count = place, count
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> WorkersBeside:
        if self.count:
            self._children = [start_worker(self.place) for _ in range(self.count)]
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        if self.count:
            self._thread.join()
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(2 * _GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                _end(child)

    def _watch(self) -> None:
        while not self._stopping.wait(2.0):
            for number, child in enumerate(self._children):
                if child.poll() is not None and not self._stopping.is_set():
                    self._children[number] = start_worker(self.place)
