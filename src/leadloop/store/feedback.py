"""Feedback: what people did with leads and said of them, only ever added to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text, cast, func, select

from leadloop.store.appending import Stored, append
from leadloop.store.connections import Connections
from leadloop.store.erasure import secret_of
from leadloop.store.identifiers import Marks
from leadloop.store.paging import LARGEST_PAGE, Page, all_pages, read_page
from leadloop.store.tables import FEEDBACK


@dataclass(frozen=True, slots=True)
class Feedback:
    """One thing that somebody did with a lead or said of it."""

    key: str
    """The sender's own name for it: sent again under this key, it is the same feedback."""
    lead_id: str
    """The lead."""
    action_type: str
    """What was done: `view`, `contact`, `archive`, `rate`, `convert`."""
    user_rating: float | None = None
    """0 to 100."""
    interaction_duration: float | None = None
    """Seconds."""
    feedback_source: str = "manual"
    """Whether somebody said so, or it was seen from what they did."""
    feedback_confidence: float = 1.0
    """0 to 1: how much it weighs in training."""
    contact_successful: bool | None = None
    """Whether the lead was reached."""
    contact_response_time: float | None = None
    """Hours until they answered."""
    conversion_value: float | None = None
    """What the lead brought."""
    session_id: str | None = field(default=None, repr=False)
    """The session in which it was seen."""
    user_agent: str | None = field(default=None, repr=False)
    """The program that it came from; a keyed hash of it is kept."""
    ip_address: str | None = field(default=None, repr=False)
    """The address that it came from; a keyed hash of it is kept."""
    model_version: str | None = None
    """The version that had scored the lead."""
    prediction_score: float | None = None
    """The score that the lead had."""


@dataclass(frozen=True, slots=True)
class StoredFeedback:
    """Feedback with its number and the moment at which it was stored."""

    id: int
    """Its number in the store."""
    created_at: datetime
    """When it was stored."""
    feedback: Feedback
    """The feedback itself."""


@dataclass(frozen=True, slots=True)
class FeedbackCount:
    """How much feedback of one kind came from one source on one day."""

    day: str
    """The day in UTC, as in 2026-03-02."""
    action_type: str
    """The kind."""
    feedback_source: str
    """Whether somebody said so, or it was seen from what they did."""
    count: int
    """How much."""
    confidence: float
    """The sum of the confidences."""
    ratings: int
    """How many ratings are among it."""
    rating: float
    """The sum of the ratings."""
    contacts: int
    """Of how many attempts to reach the lead it is known how they ended."""
    contacts_successful: int
    """How many of these reached the lead."""
    conversion_value: float
    """What was brought altogether."""


_COLUMNS = tuple(one.name for one in fields(Feedback))
_HASHED = ("user_agent", "ip_address")
SECRET_OF_USERS = "users of feedback"
"""The secret of the store that addresses and programs are hashed with."""


class FeedbackLog:
    """The feedback of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, playbook: str, feedback: Sequence[Feedback]) -> list[Stored]:
        """Store feedback, all or nothing; what was stored before is recognised by its key.

        Of addresses and programs only keyed hashes are stored: users are told apart by them, and nobody is found.

        Raises StoreConflict where a key was used for other feedback.
        """
        now = self._connections.now()
        rows = [
            {**{name: getattr(one, name) for name in _COLUMNS}, "_created_at": now, "_updated_at": now}
            for one in feedback
        ]
        if any(row[name] for row in rows for name in _HASHED):
            marks = Marks(secret_of(self._connections, SECRET_OF_USERS))
            for row in rows:
                row |= {name: marks.hash(name, row[name]) for name in _HASHED if row[name]}
        return append(self._connections, FEEDBACK, playbook, rows)

    def known(self, playbook: str, keys: Sequence[str]) -> dict[str, StoredFeedback]:
        """The feedback that is stored under some of these keys, by its key."""
        query = select(FEEDBACK).where(FEEDBACK.c.playbook == playbook, FEEDBACK.c.key.in_(list(keys)))
        with self._connections.read() as connection:
            return {row.key: _stored(row) for row in connection.execute(query)}

    def page(
        self,
        playbook: str,
        *,
        lead_id: str | None = None,
        since: datetime | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Page[StoredFeedback]:
        """Feedback in the order in which it was stored; of one lead, or stored at or after a moment, on request."""
        query = select(FEEDBACK).where(FEEDBACK.c.playbook == playbook)
        if lead_id is not None:
            query = query.where(FEEDBACK.c.lead_id == lead_id)
        if since is not None:
            query = query.where(FEEDBACK.c.created_at >= since)
        return read_page(self._connections, "feedback", query, FEEDBACK.c.id, _stored, after=after, limit=limit)

    def newest(self, playbook: str, *, most: int = 50) -> tuple[StoredFeedback, ...]:
        """The newest feedback, the newest first."""
        query = select(FEEDBACK).where(FEEDBACK.c.playbook == playbook).order_by(FEEDBACK.c.id.desc()).limit(most)
        with self._connections.read() as connection:
            return tuple(_stored(row) for row in connection.execute(query))

    def stream(self, playbook: str, *, since: datetime | None = None) -> Iterator[StoredFeedback]:
        """All feedback, a page in memory at a time."""
        return all_pages(lambda after: self.page(playbook, since=since, after=after, limit=LARGEST_PAGE // 10))

    def counts(self, playbook: str, *, since: datetime) -> tuple[FeedbackCount, ...]:
        """How much feedback was stored at or after a moment, by day, kind and source."""
        column = FEEDBACK.c
        # Moments are kept in UTC by both databases, and both write them down with the date first.
        day = func.substr(cast(column.created_at, Text), 1, 10)
        by = (day, column.action_type, column.feedback_source)
        query = (
            select(
                *by,
                func.count(),
                func.sum(column.feedback_confidence),
                func.count(column.user_rating),
                func.coalesce(func.sum(column.user_rating), 0.0),
                func.count(column.contact_successful),
                func.coalesce(func.sum(cast(column.contact_successful, Integer)), 0),
                func.coalesce(func.sum(column.conversion_value), 0.0),
            )
            .where(column.playbook == playbook, column.created_at >= since)
            .group_by(*by)
            .order_by(*by)
        )
        with self._connections.read() as connection:
            return tuple(FeedbackCount(*row) for row in connection.execute(query))

    def leads(self, playbook: str, *, since: datetime) -> int:
        """How many leads had feedback stored at or after a moment."""
        column = FEEDBACK.c
        query = select(func.count(column.lead_id.distinct())).where(
            column.playbook == playbook, column.created_at >= since
        )
        with self._connections.read() as connection:
            return int(connection.execute(query).scalar_one())


def _stored(row: Any) -> StoredFeedback:
    return StoredFeedback(row.id, row.created_at, Feedback(**{name: getattr(row, name) for name in _COLUMNS}))
