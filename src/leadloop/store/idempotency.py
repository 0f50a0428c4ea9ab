"""Answers kept for retries: whoever sends a request again under its key gets the first answer, and nothing is done twice.

What the caller does with each finding: `Fresh`: do the work, then `finish` (in one transaction with the work); `InFlight`: say
409; `OtherBody`: say 422; `Replay`: send the answer that was kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update

from leadloop.errors import Problem, StoreConflict
from leadloop.store.connections import Connections
from leadloop.store.tables import IDEMPOTENCY

KEPT = timedelta(days=7)
"""How long an answer is kept; after that its key may be used anew."""
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nobody did this yet, or whoever began has not been heard of in time: do it."""

    id: int
    """The number of the row."""
    holder: str
    """Proves that it is still ours to finish."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """Somebody is doing this right now."""


@dataclass(frozen=True, slots=True)
class OtherBody:
    """The key was used for another request."""


@dataclass(frozen=True, slots=True)
class Replay:
    """This was done, and this was the answer."""

    status: int
    """The status of the answer."""
    answer: Any
    """Its body."""


class Idempotency:
    """The keys of requests, each with its owner and route."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def begin(
        self, key: str, route: str, body_hash: str, *, owner: str = "", hold_seconds: float = 60
    ) -> Fresh | InFlight | OtherBody | Replay:
        """Ask whether a request is to be carried out. `owner` is whose key it is, so that two callers never share one."""
        now = self._connections.now()
        holder = self._connections.random_bytes(16).hex()
        ours = {"holder": holder, "begun_at": now, "held_until": now + timedelta(seconds=hold_seconds)}
        table = IDEMPOTENCY.c
        insertion = (
            self._connections.insert(IDEMPOTENCY)
            .values(owner=owner, route=route, key=key, body_hash=body_hash, **ours)
            .on_conflict_do_nothing(index_elements=["owner", "route", "key"])
        )
        with self._connections.write() as connection:
            while True:
                added = connection.execute(insertion.returning(table.id)).scalar_one_or_none()
                if added is not None:
                    return Fresh(added, holder)
                query = select(IDEMPOTENCY).where(*_named(owner, route, key))
                row = connection.execute(query.with_for_update()).first()
                if row is not None:  # else it was abandoned or forgotten between the two questions
                    break
            if (known := _known(row, body_hash, now)) is not None:
                return known
            connection.execute(
                update(IDEMPOTENCY)
                .where(table.id == row.id)
                .values(body_hash=body_hash, status=None, answer=None, **ours)
            )
            return Fresh(row.id, holder)

    def look(self, key: str, route: str, body_hash: str, *, owner: str = "") -> InFlight | OtherBody | Replay | None:
        """What `begin` would find, without beginning anything; none where the request is to be carried out."""
        with self._connections.read() as connection:
            row = connection.execute(select(IDEMPOTENCY).where(*_named(owner, route, key))).first()
        return None if row is None else _known(row, body_hash, self._connections.now())

    def finish(self, fresh: Fresh, status: int, answer: Any) -> None:
        """Keep the answer. Raises StoreConflict where another took over meanwhile: then its answer counts, and ours is undone."""
        with self._connections.write() as connection:
            done = connection.execute(
                update(IDEMPOTENCY).where(_still_ours(fresh)).values(status=status, answer=answer)
            )
            if not done.rowcount:
                raise StoreConflict(
                    "idempotency", Problem("request", "took too long, and another attempt took over", "ask again")
                )

    def abandon(self, fresh: Fresh) -> None:
        """Forget that it was begun, so that a retry does it; nothing happens where it is no longer ours."""
        with self._connections.write() as connection:
            connection.execute(delete(IDEMPOTENCY).where(_still_ours(fresh)))

    def forget_old(self) -> int:
        """Remove what has been kept for long enough, and what was begun so long ago and never finished; says how many.

        At most a thousand go at once, so that nobody waits: ask again until there are none.
        """
        old = IDEMPOTENCY.c.begun_at <= self._connections.now() - KEPT
        some = select(IDEMPOTENCY.c.id).where(old).order_by(IDEMPOTENCY.c.id).limit(_AT_ONCE)
        with self._connections.read() as connection:  # where there is nothing to do, no writer is kept waiting
            if connection.execute(some.limit(1)).first() is None:
                return 0
        with self._connections.write() as connection:
            # What somebody is about to use anew is theirs.
            numbers = list(connection.execute(some.with_for_update(skip_locked=True)).scalars())
            connection.execute(delete(IDEMPOTENCY).where(IDEMPOTENCY.c.id.in_(numbers)))
        return len(numbers)


def _named(owner: str, route: str, key: str) -> tuple[ColumnElement[bool], ...]:
    table = IDEMPOTENCY.c
    return table.owner == owner, table.route == route, table.key == key


def _known(row: Any, body_hash: str, now: datetime) -> InFlight | OtherBody | Replay | None:
    """What a key that is there means for a request; none where it may be used anew."""
    if row.begun_at + KEPT <= now:
        return None
    if row.body_hash != body_hash:
        return OtherBody()
    if row.status is not None:
        return Replay(row.status, row.answer)
    return InFlight() if row.held_until > now else None


def _still_ours(fresh: Fresh) -> Any:
    table = IDEMPOTENCY.c
    return and_(table.id == fresh.id, table.holder == fresh.holder, table.status.is_(None))
