"""Schedules: what is to be asked for by the clock, when next, and when it last was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from leadloop.errors import Problem, StoreError
from leadloop.store.connections import Connections
from leadloop.store.loop_tables import SCHEDULES


@dataclass(frozen=True, slots=True)
class Schedule:
    """A kind of job that is asked for again and again."""

    id: int
    """Its number."""
    name: str
    """What it is called."""
    kind: str
    """The kind of job."""
    playbook: str
    """The playbook that it is about; empty for every one."""
    cron: str
    """When: five fields as cron reads them."""
    zone: str
    """The time zone that these are meant in."""
    is_on: bool
    """Whether it is asked for at all."""
    next_at: datetime
    """When it is next asked for."""
    last_at: datetime | None
    """The time it was last due; none where it never was."""
    last_job: int | None
    """The job that was asked for then."""
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the job is told."""


class Schedules:
    """The schedules of one store."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def put(
        self,
        name: str,
        kind: str,
        *,
        playbook: str = "",
        cron: str,
        zone: str = "UTC",
        next_at: datetime,
        payload: Mapping[str, Any] | None = None,
        is_on: bool = True,
    ) -> Schedule:
        """Keep a schedule under a name, in place of the one that was there."""
        now = self._connections.now()
        said = {
            "kind": kind,
            "playbook": playbook,
            "cron": cron,
            "zone": zone,
            "payload": dict(payload or {}),
            "is_on": is_on,
            "next_at": next_at,
            "updated_at": now,
        }
        with self._connections.write() as connection:
            row = connection.execute(
                self._connections.insert(SCHEDULES)
                .values(name=name, created_at=now, **said)
                .on_conflict_do_update(index_elements=["name"], set_=said)
                .returning(SCHEDULES)
            ).one()
        return _schedule(row)

    def add_missing(
        self,
        name: str,
        kind: str,
        *,
        cron: str,
        next_at: datetime,
        playbook: str = "",
        payload: Mapping[str, Any] | None = None,
        is_on: bool = True,
    ) -> bool:
        """Keep a schedule unless there is one of this name, whatever became of it; says whether it was new."""
        now = self._connections.now()
        row = {
            "name": name,
            "kind": kind,
            "playbook": playbook,
            "cron": cron,
            "zone": "UTC",
            "payload": dict(payload or {}),
            "is_on": is_on,
            "next_at": next_at,
            "created_at": now,
            "updated_at": now,
        }
        insertion = self._connections.insert(SCHEDULES).values(row).on_conflict_do_nothing(index_elements=["name"])
        with self._connections.write() as connection:
            return connection.execute(insertion.returning(SCHEDULES.c.id)).first() is not None

    def switch(self, name: str, *, on: bool, next_at: datetime) -> Schedule:
        """Switch a schedule on or off; raises StoreError where there is none of this name."""
        said = {"is_on": on, "next_at": next_at, "updated_at": self._connections.now()}
        with self._connections.write() as connection:
            row = connection.execute(
                update(SCHEDULES).where(SCHEDULES.c.name == name).values(said).returning(SCHEDULES)
            ).first()
        if row is None:
            raise _unknown(name)
        return _schedule(row)

    def remove(self, name: str) -> None:
        """Let a schedule be no more; raises StoreError where there is none of this name."""
        with self._connections.write() as connection:
            if not connection.execute(delete(SCHEDULES).where(SCHEDULES.c.name == name)).rowcount:
                raise _unknown(name)

    def named(self, name: str) -> Schedule | None:
        """The schedule of a name."""
        with self._connections.read() as connection:
            row = connection.execute(select(SCHEDULES).where(SCHEDULES.c.name == name)).first()
        return None if row is None else _schedule(row)

    def all(self) -> tuple[Schedule, ...]:
        """Every schedule, by name."""
        with self._connections.read() as connection:
            return tuple(_schedule(row) for row in connection.execute(select(SCHEDULES).order_by(SCHEDULES.c.name)))

    def due(self) -> tuple[Schedule, ...]:
        """Those whose time has come, the one that has waited longest first."""
        query = select(SCHEDULES).where(SCHEDULES.c.is_on, SCHEDULES.c.next_at <= self._connections.now())
        with self._connections.read() as connection:
            return tuple(
                _schedule(row) for row in connection.execute(query.order_by(SCHEDULES.c.next_at, SCHEDULES.c.id))
            )

    def move(self, schedule: Schedule, next_at: datetime) -> bool:
        """Note that its time came, and when it comes next; false where somebody else did so already.

        In one `transaction` with the job that is asked for, each time is acted on once, however many workers look.
        """
        said: dict[str, Any] = {"next_at": next_at, "updated_at": self._connections.now()}
        same = SCHEDULES.c.id == schedule.id, SCHEDULES.c.next_at == schedule.next_at, SCHEDULES.c.is_on
        with self._connections.write() as connection:
            return bool(connection.execute(update(SCHEDULES).where(*same).values(said)).rowcount)

    def asked(self, schedule: Schedule, job: int) -> None:
        """Note which job was asked for when its time came."""
        with self._connections.write() as connection:
            connection.execute(
                update(SCHEDULES).where(SCHEDULES.c.id == schedule.id).values(last_at=schedule.next_at, last_job=job)
            )


def _unknown(name: str) -> StoreError:
    return StoreError("schedules", Problem(name, "is no schedule", "`leadloop schedules list` shows them all"))


def _schedule(row: Any) -> Schedule:
    return Schedule(
        row.id,
        row.name,
        row.kind,
        row.playbook,
        row.cron,
        row.zone,
        row.is_on,
        row.next_at,
        row.last_at,
        row.last_job,
        row.payload,
    )
