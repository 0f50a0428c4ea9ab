"""Scores: every score that was given, with all it takes to give it again, only ever added to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Column, Select, Text, case, func, select, type_coerce

from leadloop.store.appending import Stored, append
from leadloop.store.connections import Connections
from leadloop.store.paging import LARGEST_PAGE, Page, all_pages, read_page
from leadloop.store.standings import note_scores
from leadloop.store.tables import SCORES, SHADOW
from leadloop.store.values import pack_features, unpack_features
from leadloop.store.webhooks import Webhooks


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """One score that was given to one lead."""

    key: str
    """The name of this score: stored again under it, it is the same score."""
    lead_id: str
    """The lead."""
    at: datetime
    """When it was scored."""
    model_version: str
    """The version that scored it; `rules` where rules did."""
    policy: str
    """The fingerprint of the policy."""
    method: str
    """How the score came about."""
    score: float
    """0 to 100."""
    band: str
    """The band that the score falls into."""
    route: str
    """What the policy does with it."""
    degraded: bool = False
    """Whether the method was not the first choice."""
    arm: str = ""
    """The arm of an experiment; empty where there was none."""
    segment: str = ""
    """The lead's segment; empty where there is none."""
    probability: float | None = None
    """0 to 1; none where rules scored."""
    probability_low: float | None = None
    """The lower end of the probability's interval."""
    probability_high: float | None = None
    """The upper end of the probability's interval."""
    features: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32), repr=False)
    """The feature values, float32 in the order of the version's features."""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The lead's fields as they were read for this score."""
    card: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Whatever else was answered: reasons, further targets."""
    explored: bool = False
    """Whether band and route were drawn at random instead of following the score."""
    propensity: float | None = None
    """How probable it was for this lead to go the way that it went; none where nothing is explored."""
    exploration: Mapping[str, Any] | None = field(default=None, repr=False)
    """The share of leads that was explored, the band and the route by the score, the route taken, and the chance of each."""


_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class GivenScore:
    """A score in short."""

    lead_id: str
    """The lead."""
    score: float
    """0 to 100."""
    probability: float | None
    """0 to 1; none where rules scored."""
    at: datetime
    """When it was scored."""


@dataclass(frozen=True, slots=True)
class BandCount:
    """How many leads are in one band, by the newest score of each."""

    band: str
    """The band."""
    leads: int
    """How many leads."""
    total: float
    """The sum of their scores."""
    between: tuple[int, ...]
    """How many of them have a score from each edge that was asked about to the next."""


_COLUMNS = tuple(one.name for one in fields(Score))
# These are drawn from a lead's identifier, and are no part of what makes a score the same as one that was stored before.
_DRAWN = frozenset({"explored", "propensity", "exploration"})


class Scores:
    """The scores of every playbook."""

    def __init__(self, connections: Connections, webhooks: Webhooks) -> None:
        self._connections = connections
        self._webhooks = webhooks

    def add_first(self, playbook: str, scores: Sequence[Score]) -> int:
        """Store the scores of those leads that have none yet, whoever else does the same now; says how many these were."""
        with self._connections.write() as connection:
            self._connections.lock(connection, 5)
            scored = self.of_leads(playbook, [score.lead_id for score in scores])
            return len(self.add(playbook, [score for score in scores if score.lead_id not in scored]))

    def of_leads(self, playbook: str, lead_ids: Sequence[str]) -> set[str]:
        """Which of some leads have a score."""
        return self._those(playbook, SCORES.c.lead_id, lead_ids)

    def known(self, playbook: str, keys: Sequence[str]) -> set[str]:
        """Which of some keys were used."""
        return self._those(playbook, SCORES.c.key, keys)

    def _those(self, playbook: str, column: Column[str], values: Sequence[str]) -> set[str]:
        found: set[str] = set()
        with self._connections.read() as connection:
            for start in range(0, len(values), _AT_ONCE):
                some = values[start : start + _AT_ONCE]
                query = select(column).where(SCORES.c.playbook == playbook, column.in_(some)).distinct()
                if column is SCORES.c.lead_id:
                    query = query.where(SCORES.c.arm != SHADOW)
                found.update(connection.execute(query).scalars())
        return found

    def add(self, playbook: str, scores: Sequence[Score]) -> list[Stored]:
        """Store scores, all or nothing; those that were stored before are recognised by their keys.

        Whoever listens is to be told of the new ones: that is noted in the same transaction. Raises StoreConflict where a key was
        used for another score.
        """
        now = self._connections.now()
        rows = [
            {
                **{f"_{name}" if name in _DRAWN else name: getattr(score, name) for name in _COLUMNS},
                "features": pack_features(score.features),
                "fields": dict(score.fields),
                "card": dict(score.card),
                "_recorded_at": now,
            }
            for score in scores
        ]
        with self._connections.write() as connection:
            listening = self._webhooks.listening(playbook)
            before = self._webhooks.routes_of(playbook, [one.lead_id for one in scores]) if listening else {}
            stored = append(self._connections, SCORES, playbook, rows)
            note_scores(self._connections, connection, playbook, zip(scores, stored, strict=True))
            if listening:
                self._webhooks.tell_scores(playbook, scores, stored, before, listening)
        return stored

    def latest(self, playbook: str, lead_id: str, *, by: datetime | None = None) -> Score | None:
        """The newest score of a lead, or the newest that it had by a moment; none where it was never scored."""
        query = _of(playbook).where(SCORES.c.lead_id == lead_id, SCORES.c.arm != SHADOW)
        if by is not None:
            query = query.where(SCORES.c.at <= by)
        with self._connections.read() as connection:
            row = connection.execute(query.order_by(SCORES.c.at.desc(), SCORES.c.id.desc()).limit(1)).first()
        return None if row is None else _score(row)

    def newest_of(self, playbook: str, lead_id: str, *, most: int) -> list[tuple[int, Score]]:
        """The newest scores of a lead with their numbers, the newest first, without those that nobody saw."""
        query = _of(playbook).where(SCORES.c.lead_id == lead_id, SCORES.c.arm != SHADOW)
        with self._connections.read() as connection:
            rows = connection.execute(query.order_by(SCORES.c.at.desc(), SCORES.c.id.desc()).limit(most)).all()
        return [(row.id, _score(row)) for row in rows]

    def page(
        self,
        playbook: str,
        *,
        lead_id: str | None = None,
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page[Score]:
        """Scores in the order in which they were stored, or the other way round; of one lead on request."""
        query = _of(playbook)
        if lead_id is not None:
            query = query.where(SCORES.c.lead_id == lead_id)
        listing = "scores, newest first" if newest_first else "scores"
        by = SCORES.c.id
        return read_page(
            self._connections, listing, query, by, _score, after=after, limit=limit, newest_first=newest_first
        )

    def spread(self, playbook: str, edges: Sequence[float]) -> tuple[BandCount, ...]:
        """How the newest scores of all leads are spread: for each band how many there are, their sum, and how many lie from each
        edge (rising) to the next.
        """
        column = SCORES.c
        newest = (
            select(
                column.band,
                column.score,
                func.row_number()
                .over(partition_by=column.lead_id, order_by=(column.at.desc(), column.id.desc()))
                .label("place"),
            )
            .where(column.playbook == playbook, column.lead_id != "", column.arm != SHADOW)
            .subquery()
        )
        ends = [*edges[1:], float("1e300")]
        between = [
            func.sum(case(((newest.c.score >= low) & (newest.c.score < high), 1), else_=0))
            for low, high in zip(edges, ends, strict=True)
        ]
        query = select(newest.c.band, func.count(), func.sum(newest.c.score), *between).where(newest.c.place == 1)
        with self._connections.read() as connection:
            rows = connection.execute(query.group_by(newest.c.band).order_by(newest.c.band)).all()
        return tuple(BandCount(row[0], row[1], float(row[2]), tuple(map(int, row[3:]))) for row in rows)

    def of_arm(
        self, playbook: str, arms: Sequence[str], *, model_version: str, since: datetime, limit: int = 20_000
    ) -> tuple[GivenScore, ...]:
        """The newest scores that one version gave in some arms since a moment; without what they were made of."""
        column = SCORES.c
        columns = (column.lead_id, column.score, column.probability, column.at)
        mine = (
            *(column.playbook == playbook, column.recorded_at >= since),
            *(column.arm.in_(arms), column.model_version == model_version),
        )
        query = select(*columns).where(*mine).order_by(column.id.desc()).limit(limit)
        with self._connections.read() as connection:
            return tuple(GivenScore(*row) for row in connection.execute(query))

    def is_asked_live(self, playbook: str, *, since: datetime) -> bool:
        """Whether anybody asked for a score of this playbook over the interface since a moment."""
        column = SCORES.c
        asked = type_coerce(column.card, Text).contains('"request_id":')
        query = select(column.id).where(column.playbook == playbook, column.recorded_at >= since, asked).limit(1)
        with self._connections.read() as connection:
            return connection.execute(query).first() is not None

    def between(self, playbook: str, since: datetime, until: datetime) -> Iterator[Score]:
        """Every score that was given from one moment up to another, the newest stored first, a page in memory at a time."""
        column = SCORES.c
        # What was given since then was stored since then, give or take a clock: that is what there is an index for.
        stored = column.recorded_at >= since - timedelta(days=1)
        seen = column.arm != SHADOW
        query = _of(playbook).where(stored, seen, column.at >= since, column.at < until)

        def page(after: str | None) -> Page[Score]:
            limit, listing = LARGEST_PAGE // 10, "scores of a time"
            return read_page(
                self._connections, listing, query, column.id, _score, after=after, limit=limit, newest_first=True
            )

        return all_pages(page)

    def leads_since(self, playbook: str, moment: datetime) -> tuple[int, datetime | None]:
        """How many leads were scored since a moment, each counted once, and when the first of these scores was given."""
        query = select(func.count(SCORES.c.lead_id.distinct()), func.min(SCORES.c.at)).where(
            SCORES.c.playbook == playbook, SCORES.c.lead_id != "", SCORES.c.at >= moment, SCORES.c.arm != SHADOW
        )
        with self._connections.read() as connection:
            count, first = connection.execute(query).one()
        return int(count), first

    def since(self, playbook: str, moment: datetime) -> Iterator[Score]:
        """The scores that were stored since a moment, in the order in which they were, a page in memory at a time."""
        first = select(func.min(SCORES.c.id)).where(SCORES.c.playbook == playbook, SCORES.c.recorded_at >= moment)
        with self._connections.read() as connection:
            number = connection.execute(first).scalar_one_or_none()
        while number is not None:
            query = (
                _of(playbook)
                .where(SCORES.c.id >= number, SCORES.c.arm != SHADOW)
                .order_by(SCORES.c.id)
                .limit(LARGEST_PAGE // 10)
            )
            with self._connections.read() as connection:
                rows = connection.execute(query).all()
            yield from (_score(row) for row in rows)
            number = rows[-1].id + 1 if len(rows) == LARGEST_PAGE // 10 else None

    def stream(self, playbook: str) -> Iterator[Score]:
        """Every score, a page in memory at a time."""
        return all_pages(lambda after: self.page(playbook, after=after, limit=LARGEST_PAGE // 10))


def _of(playbook: str) -> Select[Any]:
    return select(SCORES).where(SCORES.c.playbook == playbook)


def _score(row: Any) -> Score:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Score(**{**values, "features": unpack_features(row.features)})
