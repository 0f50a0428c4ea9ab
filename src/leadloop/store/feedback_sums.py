"""Sums of feedback over any stretch of time, made by the database: hours, kinds, sources, versions, users, and overrides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, case, cast, func, literal, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from leadloop.store.connections import Connections
from leadloop.store.tables import EVENTS, FEEDBACK

OVERRIDE = "override"
"""The event by which a person says that a lead is to be worked otherwise than its score says; its details may have a `reason`."""
LEVELS = (("low", 0.0), ("middle", 0.5), ("high", 0.8))
"""How sure feedback is, with the least confidence of each level."""


@dataclass(frozen=True, slots=True)
class KindSums:
    """What feedback of one kind, source, version and level there was."""

    action_type: str
    """The kind."""
    feedback_source: str
    """Whether somebody said so, or it was seen from what they did."""
    model_version: str
    """The version that had scored the leads; empty where none had."""
    level: str
    """How sure it is: `low`, `middle` or `high`."""
    count: int
    """How much."""
    confidence: float
    """The sum of confidences."""
    ratings: int
    """How many ratings are among it."""
    rating: float
    """The sum of ratings."""
    contacts: int
    """Of how many attempts to reach a lead it is known how they ended."""
    contacts_successful: int
    """How many of these reached it."""
    durations: int
    """Of how much of it is known how long it took."""
    duration: float
    """The sum of seconds."""
    conversion_value: float
    """What was brought altogether."""


@dataclass(frozen=True, slots=True)
class HourSums:
    """How much feedback came within one hour of one day."""

    hour: str
    """The hour in UTC, as in `2026-03-02 14`."""
    count: int
    """How much."""
    confidence: float
    """The sum of confidences."""


@dataclass(frozen=True, slots=True)
class UserSums:
    """What came from one user: one address with one program, or one session where neither is known."""

    user: str
    """The keyed hash of the user, as the store keeps it; nobody can be found by it."""
    count: int
    """How much."""
    confidence: float
    """The sum of confidences."""


@dataclass(frozen=True, slots=True)
class OverrideSums:
    """How often people overrode scores for one reason."""

    reason: str
    """The reason in their words; empty where none was told."""
    count: int
    """How often."""
    leads: int
    """For how many leads."""


class FeedbackSums:
    """The sums of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def kinds(self, playbook: str, start: datetime, end: datetime, *, version: str = "") -> list[KindSums]:
        """Feedback that was stored from one moment to before another, by kind, source, version and level."""
        column = FEEDBACK.c
        sure = column.feedback_confidence
        level = case((sure >= LEVELS[2][1], LEVELS[2][0]), (sure >= LEVELS[1][1], LEVELS[1][0]), else_=LEVELS[0][0])
        names = (column.action_type, column.feedback_source, func.coalesce(column.model_version, ""), level)
        by = [one.label(f"by_{place}") for place, one in enumerate(names)]
        query = (
            select(
                *by,
                func.count(),
                func.sum(sure),
                func.count(column.user_rating),
                func.coalesce(func.sum(column.user_rating), 0.0),
                func.count(column.contact_successful),
                func.coalesce(func.sum(cast(column.contact_successful, Integer)), 0),
                func.count(column.interaction_duration),
                func.coalesce(func.sum(column.interaction_duration), 0.0),
                func.coalesce(func.sum(column.conversion_value), 0.0),
            )
            .where(*_within(playbook, start, end, version))
            .group_by(*by)
            .order_by(*by)
        )
        with self._connections.read() as connection:
            rows: Sequence[Any] = connection.execute(query).all()
        return [KindSums(*row) for row in rows]

    def hours(self, playbook: str, start: datetime, end: datetime, *, version: str = "") -> list[HourSums]:
        """How much feedback was stored in each hour from one moment to before another; hours without any are left out."""
        # Moments are kept in UTC by both databases, and both write them down with date and hour first.
        hour = func.substr(cast(FEEDBACK.c.created_at, Text), 1, 13).label("hour")
        query = (
            select(hour, func.count(), func.sum(FEEDBACK.c.feedback_confidence))
            .where(*_within(playbook, start, end, version))
            .group_by(hour)
            .order_by(hour)
        )
        with self._connections.read() as connection:
            return [HourSums(*row) for row in connection.execute(query)]

    def distinct(self, playbook: str, start: datetime, end: datetime, *, version: str = "") -> tuple[int, int]:
        """How many leads it was of, and how many sessions it came from."""
        counts = (func.count(one.distinct()) for one in (FEEDBACK.c.lead_id, FEEDBACK.c.session_id))
        with self._connections.read() as connection:
            row = connection.execute(select(*counts).where(*_within(playbook, start, end, version))).one()
        return int(row[0]), int(row[1])

    def users(
        self, playbook: str, start: datetime, end: datetime, *, version: str = "", most: int = 10
    ) -> tuple[int, list[UserSums]]:
        """How many users it came from, and those that most came from, the busiest first."""
        column, user = FEEDBACK.c, _user().label("user_of_it")
        query = (
            select(user, func.count(), func.sum(column.feedback_confidence), func.count().over())
            .where(*_within(playbook, start, end, version), user.is_not(None))
            .group_by(user)
            .order_by(func.count().desc(), user)
            .limit(max(1, most))
        )
        with self._connections.read() as connection:
            rows = connection.execute(query).all()
        return (int(rows[0][3]) if rows else 0), [UserSums(*row[:3]) for row in rows[:most]]

    def overrides(self, playbook: str, start: datetime, end: datetime, *, most: int = 50) -> list[OverrideSums]:
        """Why people overrode scores, by events that happened from one moment to before another; the commonest reason first."""
        column = EVENTS.c
        told: ColumnElement[Any]
        if self._connections.is_sqlite:
            told = func.json_extract(type_coerce(column.details, Text), "$.reason")
        else:
            told = cast(type_coerce(column.details, Text), JSONB)["reason"].astext
        reason = func.substr(func.coalesce(cast(told, Text), literal("")), 1, 200).label("reason")
        query = (
            select(reason, func.count(), func.count(column.lead_id.distinct()))
            .where(column.playbook == playbook, column.name == OVERRIDE, column.at >= start, column.at < end)
            .group_by(reason)
            .order_by(func.count().desc(), reason)
            .limit(most)
        )
        with self._connections.read() as connection:
            return [OverrideSums(*row) for row in connection.execute(query)]


def _within(playbook: str, start: datetime, end: datetime, version: str) -> tuple[ColumnElement[bool], ...]:
    column = FEEDBACK.c
    mine = (column.playbook == playbook, column.created_at >= start, column.created_at < end)
    return (*mine, column.model_version == version) if version else mine


def _user() -> ColumnElement[Any]:
    """Who it came from: both hashes of a machine and its program where there are any, else the session."""
    column = FEEDBACK.c
    empty, machine = literal(""), func.coalesce(column.ip_address, "") + func.coalesce(column.user_agent, "")
    return func.coalesce(func.nullif(machine, empty), column.session_id)
