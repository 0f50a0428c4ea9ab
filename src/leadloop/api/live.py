"""Scoring while somebody waits: each lead read by itself, all good ones scored together, and every answer from one version."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import msgspec
from anyio import CapacityLimiter

from leadloop.api.cache import TimedCache
from leadloop.api.metrics import Metrics
from leadloop.api.score_log import ScoreLog
from leadloop.api.score_rows import LoggedScore
from leadloop.api.versions import Served
from leadloop.errors import Problem
from leadloop.flows.score import set_absent_times
from leadloop.flows.settings import Settings
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

    @property
    def degraded(self) -> bool:
        """Whether the method was not the first choice."""
        return self.card.degraded or self.served.degraded


@dataclass(frozen=True, slots=True)
class Unscored:
    """A lead that could not be read, with every reason."""

    problems: tuple[Problem, ...]
    given_id: Any


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
        self.limiter = CapacityLimiter(_AT_ONCE)
        """How many requests are scored at a time; the others wait in the order in which they came."""
        seconds = settings.cache_ttl_minutes * 60
        self.cache: TimedCache[tuple[ScoreCard, str]] = TimedCache(seconds=seconds, most=settings.cache_leads)

    def score(
        self, served: Served, leads: Sequence[Any], *, explain: bool = True, request_id: str = ""
    ) -> list[Scored | Unscored]:
        """What is said of each lead, in order; a lead that cannot be read spoils no other."""
        started = perf_counter()
        now = self.clock()
        said_at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        answers: list[Scored | Unscored | None] = []
        rows: list[Mapping[str, Any]] = []
        places: list[int] = []
        keys: list[bytes] = []
        named: list[Mapping[str, Any]] = []
        kept: set[int] = set()
        for place, lead in enumerate(leads):
            lead, problems = self._name_fields(served, lead)
            given_id = lead.get(served.scorer.playbook.lead_id)
            named.append(lead)
            if problems:
                answers.append(Unscored(tuple(problems), given_id))
                continue
            key = self._key(served, lead, explain) if self.cache.is_on else b""
            held = self.cache.get(key) if key else None
            if key:
                self.metrics.cache.labels("hit" if held else "miss").inc()
            if held:
                answers.append(Scored(*held, served, given_id))
                kept.add(place)
                continue
            values, rejects = served.reader.read(lead, place + 1)
            if rejects:
                answers.append(Unscored(tuple(Problem(one.field, one.reason) for one in rejects), given_id))
                continue
            answers.append(None)
            rows.append(values)
            places.append(place)
            keys.append(key)
        if rows:
            frame = set_absent_times(served.scorer, served.reader.frame(rows, [place + 1 for place in places]), now)
            cards = served.scorer.score(frame, explain=explain)
            for place, key, card in zip(places, keys, cards, strict=True):
                given_id = named[place].get(served.scorer.playbook.lead_id)
                answers[place] = Scored(card, said_at, served, given_id)
                if key:
                    self.cache.put(key, (card, said_at))
        whole = [answer for answer in answers if answer is not None]
        assert len(whole) == len(leads)
        self._count(served, whole, perf_counter() - started)
        self._record(served, named, whole, kept, request_id)
        return whole

    def _name_fields(self, served: Served, lead: Any) -> tuple[dict[str, Any], list[Problem]]:
        """The lead by the fields' own names, and what is wrong with its names and sizes."""
        if not isinstance(lead, dict):
            return {}, [Problem("lead", "is not an object", "send an object with a field each")]
        named: dict[str, Any] = {}
        problems: list[Problem] = []
        empty = True
        for name, value in lead.items():
            field = served.field_of(name)
            if field is None:
                problems.append(served.explain_unknown(name))
                continue
            if field in named:
                problems.append(Problem(name, f"is {field}, which is given already", "give it once"))
                continue
            named[field] = value
            empty = empty and (value is None or value == "")
            if isinstance(value, str) and len(value) > self.settings.max_text_bytes // 4:
                length = len(value.encode())
                if length > self.settings.max_text_bytes:
                    most = f"{self.settings.max_text_bytes:,}"
                    problems.append(Problem(name, f"has {length:,} bytes", f"send at most {most}, the latest part"))
        if empty and not problems:
            problems.append(Problem("lead", "is empty", "give at least one field"))
        return named, problems

    def _key(self, served: Served, lead: Mapping[str, Any], explain: bool) -> bytes:
        """What makes a lead the very same: who scores it, and everything that is given of it."""
        content = msgspec.json.encode(lead, order="deterministic")
        return b"\0".join((served.playbook.encode(), served.version.encode(), b"why" if explain else b"", content))

    def _count(self, served: Served, answers: Sequence[Scored | Unscored], seconds: float) -> None:
        self.metrics.latency.labels(served.playbook).observe(seconds)
        spread = self.metrics.distribution.labels(served.playbook)
        for answer in answers:
            if isinstance(answer, Scored):
                card = answer.card
                self.metrics.predictions.labels(served.playbook, card.method, card.band, card.route).inc()
                spread.observe(card.score)
            else:
                self.metrics.rejected.labels(served.playbook).inc()

    def _record(
        self,
        served: Served,
        leads: Sequence[Mapping[str, Any]],
        answers: Sequence[Scored | Unscored],
        kept: set[int],
        request_id: str,
    ) -> None:
        scores = [
            LoggedScore(served, lead, answer.card, answer.scored_at, request_id, place, place in kept)
            for place, (lead, answer) in enumerate(zip(leads, answers, strict=True))
            if isinstance(answer, Scored)
        ]
        try:
            self.log.record(scores)
        except Exception as error:  # whatever a log may raise: the score is right without it
            self.metrics.log_failures.inc()
            _log.error("score log failed: %s", type(error).__name__)
