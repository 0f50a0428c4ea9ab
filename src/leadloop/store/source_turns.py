"""Turns to ask a source, shared by every process that uses one account: so many a second, so many a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select, update

from leadloop.store.connections import Connections
from leadloop.store.source_tables import SOURCE_TURNS


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a source may be asked now."""

    slot: int | None
    """The token that was taken; None where none is free."""
    wait_seconds: float = 0.0
    """How long until one is free, as far as is known."""
    used_up: bool = False
    """Whether today's are used up."""


class SourceTurns:
    """The turns of every source."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def take(self, source: str, account: str, *, per_second: int, per_day: int, hold_seconds: float) -> Turn:
        """Take one of `per_second` tokens, if one is free; it is, too, where whoever took it was not heard of for so long."""
        now = self._connections.now()
        day = now.date().isoformat()
        table = SOURCE_TURNS.c
        mine = _of(source, account)
        rows = [
            {"source": source, "account": account, "slot": slot, "free_at": now, "day": day, "used": 0}
            for slot in range(per_second)
        ]
        with self._connections.write() as connection:
            connection.execute(self._connections.insert(SOURCE_TURNS).on_conflict_do_nothing(), rows)
            first = select(table.slot, table.free_at, table.day).where(mine, table.slot < per_second)
            found = connection.execute(first.order_by(table.free_at).limit(1).with_for_update()).one()
            used = connection.execute(select(func.sum(table.used)).where(mine, table.day == day)).scalar_one() or 0
            if used >= per_day:
                return Turn(None, used_up=True)
            if found.free_at > now:
                return Turn(None, (found.free_at - now).total_seconds())
            connection.execute(
                update(SOURCE_TURNS)
                .where(mine, table.slot == found.slot)
                .values(
                    free_at=now + timedelta(seconds=hold_seconds),
                    day=day,
                    used=table.used + 1 if found.day == day else 1,
                )
            )
        return Turn(found.slot)

    def give_back(self, source: str, account: str, slot: int, *, after_seconds: float) -> datetime:
        """Let a token be taken again after so long."""
        free_at = self._connections.now() + timedelta(seconds=after_seconds)
        with self._connections.write() as connection:
            connection.execute(
                update(SOURCE_TURNS).where(_of(source, account), SOURCE_TURNS.c.slot == slot).values(free_at=free_at)
            )
        return free_at

    def used_today(self, source: str, account: str) -> int:
        """How often a source was asked today (UTC)."""
        day = self._connections.now().date().isoformat()
        query = select(func.sum(SOURCE_TURNS.c.used)).where(_of(source, account), SOURCE_TURNS.c.day == day)
        with self._connections.read() as connection:
            return int(connection.execute(query).scalar_one() or 0)


def _of(source: str, account: str) -> ColumnElement[bool]:
    return and_(SOURCE_TURNS.c.source == source, SOURCE_TURNS.c.account == account)
