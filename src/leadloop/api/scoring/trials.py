"""Versions on trial: what they do is counted, and in their shadow they score what was answered already, seen by nobody.

Nothing of it is done while somebody waits: whoever answers only puts leads into a queue, and the thread that writes scores down
scores them again by the version in the shadow.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING

from leadloop.api.scoring.score_rows import NOBODY, LoggedScore
from leadloop.api.served.versions import Served
from leadloop.errors import LeadLoopError
from leadloop.flows.scoring.arms import Chosen
from leadloop.flows.scoring.file_batch import set_absent_times
from leadloop.flows.scoring.score_rows import score_row
from leadloop.flows.scoring.trial_arms import CANARY, SERVING

if TYPE_CHECKING:
    from leadloop.api.served.arms import ServedArms
    from leadloop.store import Score, Store

SHADOW = "shadow"
_MOST_WAITING = 2_000
_AT_ONCE = 100
Count = dict[tuple[int, str], list[float]]


class Trials:
    """The versions on trial of one process."""

    def __init__(self, arms: ServedArms, failed: Callable[[str], None] = lambda playbook: None) -> None:
        self._arms, self._failed = arms, failed
        self._queue: deque[LoggedScore] = deque()
        self._lock = Lock()
        self._counts: Count = defaultdict(lambda: [0, 0, 0.0])

    @property
    def waiting(self) -> int:
        """How many leads are to be scored in a shadow yet."""
        return len(self._queue)

    def fail(self, chosen: Chosen, playbook: str) -> None:
        """Count a lead that a version on trial could not score."""
        self._count(-chosen.arm.test_id, CANARY, 1, 1, 0.0)
        self._failed(playbook)

    def take(self, scores: Sequence[LoggedScore]) -> None:
        """Take scores that are about to be answered; what finds no room is scored in no shadow."""
        for one in scores:
            if one.cached:
                continue
            if one.chosen is not None and one.chosen.arm.test_id < 0:
                self._count(-one.chosen.arm.test_id, one.chosen.arm.name, 1, 0, _each(one))
            shadow = self._arms.shadow_of(one.served.playbook)
            if shadow is None or shadow.served.version == one.served.version:
                continue
            if one.chosen is None or one.chosen.arm.test_id > 0:
                self._count(shadow.rollout, SERVING, 1, 0, _each(one))
            if len(self._queue) < _MOST_WAITING:
                self._queue.append(one)

    def work(self, store: Callable[[], Store]) -> None:
        """Score some of what waits in the shadow, and store it with what was counted; raises LeadLoopError where that fails."""
        while self._queue or self._counts:
            some = [self._queue.popleft() for _ in range(min(_AT_ONCE, len(self._queue)))]
            rows: dict[str, list[Score]] = defaultdict(list)
            for playbook in dict.fromkeys(one.served.playbook for one in some):
                rows[playbook] = self._score(playbook, [one for one in some if one.served.playbook == playbook])
            with self._lock:
                counts, self._counts = dict(self._counts), defaultdict(lambda: [0, 0, 0.0])
            self._store(store(), rows, counts)

    def _store(
        self, store: Store, rows: Mapping[str, Sequence[Score]], counts: Mapping[tuple[int, str], list[float]]
    ) -> None:
        from leadloop.store import ArmCount

        with store.transaction():
            for playbook, scores in rows.items():
                store.scores.add(playbook, scores)
            for rollout in {rollout for rollout, _ in counts}:
                mine = [
                    ArmCount(arm, int(leads), int(failures), milliseconds)
                    for (number, arm), (leads, failures, milliseconds) in counts.items()
                    if number == rollout
                ]
                store.rollouts.count(rollout, mine)

    def _score(self, playbook: str, some: Sequence[LoggedScore]) -> list[Score]:
        """The scores of some leads by the version in the shadow, each lead by itself where they fail together."""
        shadow = self._arms.shadow_of(playbook)
        if shadow is None:  # it is over meanwhile
            return []
        found: list[Score] = []
        for one in some:
            started = perf_counter()
            try:
                found.append(_shadow_row(shadow.served, one))
            except Exception:  # whatever a version on trial does wrong, it is what the trial is there to find out
                self._count(shadow.rollout, SHADOW, 1, 1, 0.0)
                self._failed(playbook)
            else:
                self._count(shadow.rollout, SHADOW, 1, 0, (perf_counter() - started) * 1000)
        return found

    def _count(self, rollout: int, arm: str, leads: int, failures: int, milliseconds: float) -> None:
        with self._lock:
            count = self._counts[rollout, arm]
            count[0] += leads
            count[1] += failures
            count[2] += milliseconds


def _each(one: LoggedScore) -> float:
    """How long this lead took of the time of all that were scored with it."""
    return one.each_ms or 0.0


def _shadow_row(served: Served, one: LoggedScore) -> Score:
    """The score of a lead by a version in the shadow; raises where it cannot be scored."""
    reader = served.reader
    known = {name: value for name, value in one.lead.items() if served.field_of(name) is not None}
    values, rejects = reader.read(known, 1)
    if rejects:
        raise LeadLoopError("shadow", ())
    at = datetime.fromisoformat(one.scored_at)
    frame = set_absent_times(served.scorer, reader.frame([values], [1]), at)
    (card,) = served.scorer.score(frame, explain=False)
    playbook = served.scorer.playbook
    named = bool(playbook.lead_id) and one.lead.get(playbook.lead_id) is not None and card.lead_id is not None
    return score_row(
        f"{SHADOW}:{one.request_id}:{one.place:04}:{token_hex(6)}",
        playbook,
        card,
        {},  # the score that was answered has the lead's fields
        lead_id=str(card.lead_id) if named else NOBODY,
        at=at,
        arm=SHADOW,
    )
