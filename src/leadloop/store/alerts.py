"""Alerts: what somebody should look at. Said again, it is the same alert until it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, or_, select, update

from leadloop.errors import Problem, StoreError
from leadloop.store.connections import Connections
from leadloop.store.loop_tables import ALERTS
from leadloop.store.paging import Page, read_page

SEVERITIES = ("info", "warning", "critical")
"""How urgent an alert is, from what may wait to what may not."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody should look at."""

    id: int
    """Its number."""
    playbook: str
    """The playbook that it is about; empty for none."""
    rule: str
    """What watches for it, as in `accuracy`."""
    about: str
    """Which of several things it is about."""
    severity: str
    """`info`, `warning` or `critical`."""
    title: str
    """It in a few words."""
    text: str
    """It in full; no word about any person."""
    mend: str
    """What to do about it."""
    times: int
    """How often it was seen."""
    first_at: datetime
    """When it was first seen."""
    last_at: datetime
    """When it was last seen."""
    told_at: datetime | None
    """When somebody was last told; none where nobody was yet."""
    ended_at: datetime | None
    """When it was over; none while it goes on."""


class Alerts:
    """The alerts of one store."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self, rule: str, *, playbook: str = "", about: str = "", severity: str, title: str, text: str, mend: str
    ) -> Alert:
        """Note what somebody should look at; what goes on already is seen once more, and may have become more urgent."""
        if severity not in SEVERITIES:
            raise StoreError("alerts", Problem("severity", f"is “{severity}”", f"take {', '.join(SEVERITIES)}"))
        now = self._connections.now()
        said = {
            "severity": severity,
            "title": title[:255],
            "text": text[:2000],
            "mend": mend[:1000],
            "last_at": now,
        }
        first = {"times": 1, "first_at": now, "told_times": 0}
        name = {"playbook": playbook, "rule": rule, "about": about, "open_name": _name(playbook, rule, about)}
        insertion = self._connections.insert(ALERTS).values(**name, **said, **first)
        with self._connections.write() as connection:
            row = connection.execute(
                insertion.on_conflict_do_update(
                    index_elements=["open_name"], set_={**said, "times": ALERTS.c.times + 1}
                ).returning(ALERTS)
            ).one()
        return _alert(row)

    def end(self, rule: str, *, playbook: str = "", about: str = "") -> bool:
        """Note that it is over; false where it did not go on."""
        now = self._connections.now()
        going_on = update(ALERTS).where(ALERTS.c.open_name == _name(playbook, rule, about))
        with self._connections.write() as connection:
            return bool(connection.execute(going_on.values(open_name=None, ended_at=now)).rowcount)

    def close(self, number: int) -> bool:
        """Note that the alert of this number is over, since somebody looked at it; false where it did not go on."""
        going_on = update(ALERTS).where(ALERTS.c.id == number, ALERTS.c.open_name.is_not(None))
        with self._connections.write() as connection:
            now = self._connections.now()
            return bool(connection.execute(going_on.values(open_name=None, ended_at=now)).rowcount)

    def untold(self, *, cool_down: timedelta, limit: int = 100) -> tuple[Alert, ...]:
        """What to tell now: what nobody was told of yet, what became more urgent, and what is seen still after a while."""
        before = self._connections.now() - cool_down
        again = and_(ALERTS.c.open_name.is_not(None), ALERTS.c.times > ALERTS.c.told_times, ALERTS.c.told_at <= before)
        worse = and_(ALERTS.c.open_name.is_not(None), _rank(ALERTS.c.severity) > _rank(ALERTS.c.told_severity))
        query = select(ALERTS).where(or_(ALERTS.c.told_at.is_(None), again, worse)).order_by(ALERTS.c.id).limit(limit)
        with self._connections.read() as connection:
            return tuple(_alert(row) for row in connection.execute(query))

    def told(self, alert: Alert) -> None:
        """Note that somebody was told of an alert as it was read."""
        said = {"told_at": self._connections.now(), "told_severity": alert.severity, "told_times": alert.times}
        with self._connections.write() as connection:
            connection.execute(update(ALERTS).where(ALERTS.c.id == alert.id).values(said))

    def open(self, playbook: str | None = None) -> tuple[Alert, ...]:
        """Those that go on, the most urgent first; of one playbook on request."""
        query = select(ALERTS).where(ALERTS.c.open_name.is_not(None))
        if playbook is not None:
            query = query.where(ALERTS.c.playbook == playbook)
        query = query.order_by(_rank(ALERTS.c.severity).desc(), ALERTS.c.id.desc()).limit(1000)
        with self._connections.read() as connection:
            return tuple(_alert(row) for row in connection.execute(query))

    def page(self, playbook: str | None = None, *, after: str | None = None, limit: int = 100) -> Page[Alert]:
        """All alerts, those that are over too, the newest first; of one playbook on request."""
        query = select(ALERTS)
        if playbook is not None:
            query = query.where(ALERTS.c.playbook == playbook)
        return read_page(
            self._connections, "alerts", query, ALERTS.c.id, _alert, after=after, limit=limit, newest_first=True
        )


def _name(playbook: str, rule: str, about: str) -> str:
    return f"{playbook}:{rule}:{about}"[:255]


def _rank(column: Any) -> Any:
    return case(*((column == name, place) for place, name in enumerate(SEVERITIES)), else_=-1)


def _alert(row: Any) -> Alert:
    return Alert(
        row.id,
        row.playbook,
        row.rule,
        row.about,
        row.severity,
        row.title,
        row.text,
        row.mend,
        row.times,
        row.first_at,
        row.last_at,
        row.told_at,
        row.ended_at,
    )
