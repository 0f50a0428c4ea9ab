"""Where served scores are written down, so that later outcomes can be held against them.

Whoever answers only puts scores into a queue. A thread of its own stores what waits there, four times a second. While the
database is away the scores wait, up to a bound; what finds no room is counted, and no answer is ever kept back.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from leadloop.api.measures.logs import EventLog
from leadloop.api.measures.metrics import Metrics
from leadloop.api.measures.traces import Traces, step
from leadloop.api.scoring.score_rows import LoggedScore, exposure_of, row_of, store_rows
from leadloop.errors import LeadLoopError, Problem, StoreFull, StoreUnavailable, tell_briefly

if TYPE_CHECKING:
    from leadloop.api.scoring.trials import Trials
    from leadloop.store import Exposure, Score, Store

_EVERY_SECONDS = 0.25
_AT_ONCE = 500
_AGAIN_SECONDS = 1.0
_SILENT_SECONDS = 5.0


_Row = tuple[str, "Score", "Exposure | None"]
"""A playbook, a score of one of its leads, and the arm that the lead was put into, if any."""


class ScoreLog(Protocol):
    """Takes served scores. It must come back at once: what is slow it puts into a queue of its own."""

    @property
    def waiting(self) -> int:
        """How many scores are not stored yet."""

    @property
    def oldest_seconds(self) -> float:
        """How long the score has waited that waits longest; 0 where none waits."""

    @property
    def problem(self) -> str:
        """Why scores cannot be stored now; empty where they can."""

    def record(self, scores: Sequence[LoggedScore]) -> None:
        """Take scores that are about to be answered. An error is counted and logged, and never keeps an answer back."""

    def start(self) -> None:
        """Begin to store."""

    def close(self, seconds: float) -> None:
        """Store what waits, for at most so long, and end."""


class NoScoreLog:
    """A log that is off: nothing is written down, and nothing pretends to be."""

    waiting = 0
    oldest_seconds = 0.0
    problem = ""

    def record(self, scores: Sequence[LoggedScore]) -> None:
        """Write nothing."""

    def start(self) -> None:
        """Nothing to begin."""

    def close(self, seconds: float) -> None:
        """Nothing to end."""


class StoredScoreLog:
    """A log in the store, written by a thread of its own.

    `store` gives the store, or raises at once where it cannot be reached; `most` scores may wait at a time.
    """

    def __init__(
        self, store: Callable[[], Store], most: int, metrics: Metrics, log: EventLog, traces: Traces | None = None
    ) -> None:
        self._store, self._most, self._metrics, self._log, self._traces = store, most, metrics, log, traces
        self.trials: Trials | None = None
        """The versions on trial; None where nobody looks for any."""
        self._queue: deque[LoggedScore] = deque()
        self._rows: deque[_Row] = deque()
        self._room = Lock()
        self._wake, self._closing, self._given_up = Event(), Event(), Event()
        self._thread: Thread | None = None
        self._dropped = 0
        self._trouble = ""
        self._storing_since: float | None = None

    @property
    def waiting(self) -> int:
        """How many scores are not stored yet."""
        return len(self._queue) + len(self._rows)

    @property
    def oldest_seconds(self) -> float:
        """How long the score has waited that waits longest; 0 where none waits."""
        try:
            at = self._rows[0][1].at if self._rows else datetime.fromisoformat(self._queue[0].scored_at)
        except IndexError:  # none waits, or not any more
            return 0.0
        return max(0.0, (datetime.now(UTC) - at).total_seconds())

    @property
    def problem(self) -> str:
        """Why scores cannot be stored now; empty where they can. It never waits for the database."""
        began = self._storing_since
        silent = 0.0 if began is None else monotonic() - began
        if silent > _SILENT_SECONDS:
            return f"scores have waited {silent:.0f} seconds for the database to store them"
        return f"scores cannot be written down: {self._trouble}" if self._trouble else ""

    def record(self, scores: Sequence[LoggedScore]) -> None:
        """Queue scores. One that is given again from memory was noted when it was first given, and is not noted twice."""
        new = [one for one in scores if not one.cached]
        if not new:
            return
        if self.trials is not None:
            self.trials.take(new)
        with self._room:
            kept = new[: max(0, self._most - self.waiting)]
            self._queue.extend(kept)
        if len(kept) < len(new):
            self._drop(len(new) - len(kept), "no room")
        if len(self._queue) >= _AT_ONCE:
            self._wake.set()

    def start(self) -> None:
        """Begin to store."""
        self._thread = Thread(target=self._run, name="score log", daemon=True)
        self._thread.start()

    def write_now(self) -> None:
        """Store what waits, and let versions on trial do their part, here and now: for whoever has started no thread for it.

        Raises StoreUnavailable where the database does not take it; it waits on then.
        """
        self._store_waiting()
        if self._trouble:
            raise StoreUnavailable("score log", Problem("scores", self._trouble, "see to the database"))
        self._try_shadows()
        self._tell_dropped()

    def close(self, seconds: float) -> None:
        """Store what waits, for at most so long, and end; what could not be stored by then is counted and told."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)
        self._given_up.set()
        if self.waiting:
            self._drop(self.waiting, "not stored before the end")
            self._tell_dropped()

    def _run(self) -> None:
        while not self._given_up.is_set():
            if self._closing.is_set() and not self.waiting:
                return
            self._wake.wait(_AGAIN_SECONDS if self._trouble else _EVERY_SECONDS)
            self._wake.clear()
            try:
                self._store_waiting()
                if self.trials is not None and not self._trouble:
                    self._try_shadows()
            except Exception as error:  # a mistake of ours may cost a score, but not the log
                self._log.mistake(error, during="writing scores down")
                self._drop(len(self._rows), "refused")
                self._rows.clear()
            self._tell_dropped()

    def _store_waiting(self) -> None:
        """Store what waits, a batch at a time, until nothing does or the database is in trouble."""
        while self.waiting:
            # The rows of a batch are made once: if a commit went through and only its answer was lost, the same rows sent
            # again are recognised by their keys.
            while self._queue and len(self._rows) < _AT_ONCE:
                self._make_row()
            self._storing_since = monotonic()
            try:
                with step(self._traces, "write scores down", scores=len(self._rows)):
                    self._add(list(self._rows))
            except LeadLoopError as error:
                self._note_trouble(error)
                return
            finally:
                self._storing_since = None
            self._rows.clear()
            if self._trouble:
                self._log.info("scores are written down again", waiting=self.waiting)
                self._trouble = ""

    def _try_shadows(self) -> None:
        """Let versions on trial do their part; what cannot be stored of that is let go: the trial has more leads to come."""
        try:
            assert self.trials is not None
            self.trials.work(self._store)
        except LeadLoopError as error:
            self._log.warning("a trial was not written down", why=tell_briefly(error.problems))

    def _make_row(self) -> None:
        logged = self._queue[0]
        try:
            score = row_of(logged, token_hex(6))
            row = logged.served.playbook, score, exposure_of(logged, score)
        except Exception as error:  # this one is lost, and no other with it
            self._queue.popleft()
            self._log.mistake(error, during="making a row of a score")
            self._drop(1, "refused")
            return
        self._rows.append(row)
        self._queue.popleft()

    def _add(self, rows: Sequence[_Row]) -> None:
        store, added = self._store(), 0
        for playbook in dict.fromkeys(name for name, *_ in rows):
            own = [row for row in rows if row[0] == playbook]
            try:
                store_rows(store, playbook, [row[1:] for row in own])
                added += len(own)
            except (StoreUnavailable, StoreFull):
                raise
            except LeadLoopError:
                added += self._add_one_by_one(store, playbook, own)
        self._metrics.logged.inc(added)

    def _add_one_by_one(self, store: Store, playbook: str, rows: Sequence[_Row]) -> int:
        """Store what can be: of a batch that was refused, one row is to blame."""
        refused: Counter[str] = Counter()
        for row in rows:
            try:
                store_rows(store, playbook, [row[1:]])
            except (StoreUnavailable, StoreFull):
                raise
            except LeadLoopError as error:
                refused[tell_briefly(error.problems)] += 1
        for why, count in refused.items():
            self._log.warning("scores were refused by the store", count=count, why=why)
            self._drop(count, "refused")
        return len(rows) - refused.total()

    def _drop(self, count: int, why: str) -> None:
        self._metrics.log_dropped.labels(why).inc(count)
        with self._room:
            self._dropped += count

    def _tell_dropped(self) -> None:
        with self._room:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self._log.warning("scores were not written down", count=dropped, waiting=self.waiting)

    def _note_trouble(self, error: LeadLoopError) -> None:
        why = tell_briefly(error.problems)
        if why != self._trouble:
            self._trouble = why
            self._metrics.log_failures.inc()
            self._log.warning("scores cannot be written down now and wait", why=why, waiting=self.waiting)
