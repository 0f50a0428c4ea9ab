"""Scoring while somebody waits: each lead read by itself, all good ones scored together, and every answer from one version."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import msgspec
from anyio import CapacityLimiter

from leadloop.api.measures.metrics import Metrics
from leadloop.api.scoring.cache import TimedCache
from leadloop.api.scoring.score_log import ScoreLog
from leadloop.api.scoring.score_rows import LoggedScore
from leadloop.api.scoring.trials import Trials
from leadloop.api.served import arms
from leadloop.api.served.arms import ServedArms
from leadloop.api.served.versions import Served
from leadloop.errors import Problem
from leadloop.flows.place.settings import Settings
from leadloop.flows.scoring.arms import Chosen
from leadloop.flows.scoring.explorers import Explorers
from leadloop.flows.scoring.file_batch import set_absent_times
from leadloop.flows.scoring.trial_arms import is_on_trial
from leadloop.scoring import ScoreCard

_log = logging.getLogger(__name__)
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Scored:
    """A lead with its score."""

    card: ScoreCard
    scored_at: str
    served: Served
    given_id: Any
    """The lead's identifier as it was given; None where it was not."""
    chosen: Chosen | None = None
    """The arm of the test that the lead took part in; None where it took part in none."""
    latency_ms: float | None = field(default=None, compare=False)
    """How long it took to score it and those that were scored with it; None where it was kept."""
    each_ms: float | None = field(default=None, compare=False)
    """Its part of that."""

    @property
    def degraded(self) -> bool:
        """Whether the method was not the first choice."""
        return self.card.degraded or self.served.degraded


@dataclass(frozen=True, slots=True)
class Unscored:
    """A lead that could not be read, with every reason."""

    problems: tuple[Problem, ...]
    given_id: Any


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks: its leads, its id, and what becomes of the scores."""

    leads: Sequence[Any]
    request_id: str = ""
    noted: bool = True
    """Whether the scores go to the log; where not, whoever asks stores them."""
    of: arms.Asked = arms.ANY
    """Which test its leads take part in, where the request says so."""


@dataclass(slots=True)
class _Row:
    """A lead that is to be scored, and what scores it."""

    by: Served
    values: Mapping[str, Any]
    place: int
    key: bytes
    chosen: Chosen | None


@dataclass(slots=True)
class _Reading:
    """The leads of one request while they are scored: `rows` are those that are to be scored."""

    answers: list[Scored | Unscored | None] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)
    named: list[Mapping[str, Any]] = field(default_factory=list)
    kept: set[int] = field(default_factory=set)


class LiveScoring:
    """Scores the leads of requests."""

    def __init__(
        self,
        settings: Settings,
        log: ScoreLog,
        metrics: Metrics,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings, self.log, self.metrics, self.clock = settings, log, metrics, clock
        self.arms: ServedArms | None = None
        """The tests that run; None where nobody looks for any."""
        self.trials: Trials | None = None
        """The versions on trial; None where nobody looks for any."""
        self.explorers: Explorers | None = None
        """Which leads are worked by a score drawn at random; None where none are."""
        self.limiter = CapacityLimiter(_AT_ONCE)
        """How many requests of many leads are scored at a time; the others wait in the order in which they came."""
        seconds = settings.cache_ttl_minutes * 60
        self.cache: TimedCache[tuple[ScoreCard, str]] = TimedCache(seconds=seconds, most=settings.cache_leads)

    def score(
        self,
        served: Served,
        leads: Sequence[Any],
        *,
        explain: bool = True,
        request_id: str = "",
        noted: bool = True,
        of: arms.Asked = arms.ANY,
    ) -> list[Scored | Unscored]:
        """What is said of each lead, in order; a lead that cannot be read spoils no other.

        Without `noted` the scores do not go to the log: whoever asks stores them. `of` says which test they take part in.
        """
        (answers,) = self.score_together(served, [Asked(leads, request_id, noted, of)], explain=explain)
        return answers

    def score_together(
        self, served: Served, requests: Sequence[Asked], *, explain: bool = True
    ) -> list[list[Scored | Unscored]]:
        """The same for several requests at once: what is said of each lead of each."""
        started = perf_counter()
        now = self.clock()
        said_at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        tests = self.arms.of(served.playbook) if self.arms is not None else ()
        readings = [self._read(served, one, explain, tests) for one in requests]
        others = {row.by for reading in readings for row in reading.rows if row.by is not served} if tests else set()
        for by in others:
            try:
                self._score_rows(by, readings, explain, now, said_at)
            except Exception:
                if not self._give_back(by, served, readings):
                    raise
        self._score_rows(served, readings, explain, now, said_at)
        seconds = perf_counter() - started
        return [self._note(served, one, reading, seconds) for one, reading in zip(requests, readings, strict=True)]

    def _give_back(self, by: Served, served: Served, readings: Sequence[_Reading]) -> bool:
        """Let what is in service score the leads that a version on trial failed to; false where it is on no trial."""
        mine = [row for reading in readings for row in reading.rows if row.by is by]
        if self.trials is None or not all(is_on_trial(row.chosen) for row in mine):
            return False
        for reading in readings:
            for row in reading.rows:
                if row.by is by and row.chosen is not None:
                    self.trials.fail(row.chosen, served.playbook)
                    row.values, _ = served.reader.read(reading.named[row.place], row.place + 1)
                    row.by, row.key, row.chosen = served, b"", None
        return True

    def _score_rows(self, by: Served, readings: Sequence[_Reading], explain: bool, now: datetime, said_at: str) -> None:
        """Score the leads of one version, those of all requests together."""
        mine = [(reading, row) for reading in readings for row in reading.rows if row.by is by]
        if not mine:
            return
        started = perf_counter()
        lines = [row.place + 1 for _, row in mine]
        frame = set_absent_times(by.scorer, by.reader.frame([row.values for _, row in mine], lines), now)
        cards = by.scorer.score(frame, explain=explain)
        took_ms = (perf_counter() - started) * 1000
        for (reading, row), card in zip(mine, cards, strict=True):
            given_id = reading.named[row.place].get(by.scorer.playbook.lead_id)
            reading.answers[row.place] = Scored(card, said_at, by, given_id, row.chosen, took_ms, took_ms / len(mine))
            if row.key:
                self.cache.put(row.key, (card, said_at))

    def _note(self, served: Served, asked: Asked, reading: _Reading, seconds: float) -> list[Scored | Unscored]:
        """The answers to one request, counted and written down."""
        whole = [self._explored(answer) for answer in reading.answers if answer is not None]
        assert len(whole) == len(asked.leads)
        self._count(served, whole, seconds)
        if asked.noted:
            self._record(reading.named, whole, reading.kept, asked.request_id)
        return whole

    def _explored(self, answer: Scored | Unscored) -> Scored | Unscored:
        """The answer, its lead worked by a score that was drawn where it is one of those; leads without a name are none."""
        if self.explorers is None or isinstance(answer, Unscored) or answer.given_id is None:
            return answer
        policy = answer.served.scorer.playbook.policy
        return replace(answer, card=self.explorers.work(answer.served.playbook, policy, answer.card))

    def _read(self, served: Served, asked: Asked, explain: bool, tests: tuple[arms.Test, ...] = ()) -> _Reading:
        """The leads of one request, each read by itself; those that were kept or cannot be read are answered already."""
        reading = _Reading()
        answers = reading.answers
        for place, given in enumerate(asked.leads):
            by, chosen = served, None
            lead, problems = self._name_fields(served, given)
            if tests and lead:
                by, chosen = self.arms.choose(tests, served, lead, asked.of)  # type: ignore[union-attr]
                if is_on_trial(chosen) and self._fails(by, served, lead, given, problems):
                    self.trials.fail(chosen, served.playbook)  # type: ignore[union-attr,arg-type]
                    by, chosen = served, None
                if by is not served:  # another version may have other fields
                    lead, problems = self._name_fields(by, given)
            given_id = lead.get(by.scorer.playbook.lead_id)
            reading.named.append(lead)
            if problems:
                wrong = by.reader.read(lead, place + 1)[1] if lead else []
                problems += [Problem(one.field, one.reason) for one in wrong]
                answers.append(Unscored(tuple(problems), given_id))
                continue
            key = self._key(by, lead, explain, chosen) if self.cache.is_on else b""
            held = self.cache.get(key) if key else None
            if key:
                self.metrics.cache.labels("hit" if held else "miss").inc()
            if held:
                answers.append(Scored(*held, by, given_id, chosen))
                reading.kept.add(place)
                continue
            values, rejects = by.reader.read(lead, place + 1)
            if rejects:
                answers.append(Unscored(tuple(Problem(one.field, one.reason) for one in rejects), given_id))
                continue
            answers.append(None)
            reading.rows.append(_Row(by, values, place, key, chosen))
        return reading

    def _fails(
        self, by: Served, served: Served, lead: Mapping[str, Any], given: Any, problems: Sequence[Problem]
    ) -> bool:
        """Whether a version on trial cannot read a lead that what is in service can."""
        if self.trials is None or by is served or problems or served.reader.read(lead, 1)[1]:
            return False
        named, wrong = self._name_fields(by, given)
        return bool(wrong or by.reader.read(named, 1)[1])

    def _name_fields(self, served: Served, lead: Any) -> tuple[dict[str, Any], list[Problem]]:
        """The lead by the fields' own names, and what is wrong with its names and sizes."""
        if not isinstance(lead, dict):
            return {}, [Problem("lead", "is not an object", "send an object with a field each")]
        named: dict[str, Any] = {}
        problems: list[Problem] = []
        empty = True
        for name, value in lead.items():
            known = served.field_of(name)
            if known is None:
                problems.append(served.explain_unknown(name, told=len(problems)))
                continue
            if known in named:
                problems.append(Problem(name, f"is {known}, which is given already", "give it once"))
                continue
            named[known] = value
            empty = empty and (value is None or value == "")
            if isinstance(value, str) and len(value) > self.settings.max_text_bytes // 4:
                length = len(value.encode())
                if length > self.settings.max_text_bytes:
                    most = f"{self.settings.max_text_bytes:,}"
                    problems.append(Problem(name, f"has {length:,} bytes", f"send at most {most}, the latest part"))
        given_id = named.get(served.scorer.playbook.lead_id)
        if isinstance(given_id, str) and "\0" in given_id:
            # No database keeps it: the score would be given and its note be lost.
            problems.append(Problem(served.scorer.playbook.lead_id, "holds a NUL character", "send it without"))
        if empty and not problems:
            problems.append(Problem("lead", "is empty", "give at least one field"))
        return named, problems

    def _key(self, served: Served, lead: Mapping[str, Any], explain: bool, chosen: Chosen | None = None) -> bytes:
        """What makes a lead the very same: who scores it, in which arm, and everything that is given of it."""
        content = msgspec.json.encode(lead, order="deterministic")
        arm = f"{chosen.arm.test_id}:{chosen.arm.name}:{chosen.unit}" if chosen else ""
        parts = served.playbook, served.version, served.policy if served.has_other_policy else "", arm
        return b"\0".join((*(part.encode() for part in parts), b"why" if explain else b"", content))

    def _count(self, served: Served, answers: Sequence[Scored | Unscored], seconds: float) -> None:
        self.metrics.latency.labels(served.playbook).observe(seconds)
        spread = self.metrics.distribution.labels(served.playbook)
        for answer in answers:
            if isinstance(answer, Scored):
                card = answer.card
                self.metrics.count_score(served.playbook, card.method, card.band, card.route)
                spread.observe(card.score)
            else:
                self.metrics.rejected.labels(served.playbook).inc()

    def _record(
        self,
        leads: Sequence[Mapping[str, Any]],
        answers: Sequence[Scored | Unscored],
        kept: set[int],
        request_id: str,
    ) -> None:
        scores = [
            LoggedScore.of(answer, lead, request_id, place, cached=place in kept)
            for place, (lead, answer) in enumerate(zip(leads, answers, strict=True))
            if isinstance(answer, Scored)
        ]
        try:
            self.log.record(scores)
        except Exception as error:  # whatever a log may raise: the score is right without it
            self.metrics.log_failures.inc()
            _log.error("score log failed: %s", type(error).__name__)
