"""The history of quality: what was measured of each version in each stretch of time, and what was estimated of it before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from leadloop.store.connections import Connections
from leadloop.store.paging import Page, read_page
from leadloop.store.watch_tables import QUALITY


@dataclass(frozen=True, slots=True)
class QualityRecord:
    """What was measured of one version in one stretch of time."""

    model_version: str
    """The version; empty for whatever served."""
    target: str
    """What was predicted."""
    start: datetime
    """The first moment of the stretch in which the scores were given."""
    end: datetime
    """The first moment after it."""
    scored: int
    """How many leads were scored in it."""
    matured: int
    """How many of them had an outcome."""
    won: int
    """How many of these were won."""
    open: int
    """How many might still have become anything."""
    not_worked: int = 0
    """How many nobody worked."""
    measures: Mapping[str, float] = field(default_factory=dict)
    """The value of each measure by its name."""
    expected: Mapping[str, float] = field(default_factory=dict)
    """What was estimated of the newest leads at the time, by its name."""
    drift: str = "quiet"
    """The level of drift that was found."""
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All that the look found."""
    measured_at: datetime | None = None
    """When it was measured; the store sets it where it is not given."""
    id: int = 0
    """Its number in the store; the store sets it."""


_COLUMNS = tuple(one.name for one in fields(QualityRecord))


class QualityHistory:
    """The history of quality of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def keep(self, playbook: str, record: QualityRecord) -> None:
        """Keep what was measured, in place of what was measured of the same version and stretch before."""
        measured = {name: getattr(record, name) for name in _COLUMNS if name != "id"}
        measured["measured_at"] = record.measured_at or self._connections.now()
        measured |= {name: dict(measured[name]) for name in ("measures", "expected", "details")}
        insertion = self._connections.insert(QUALITY).values({**measured, "playbook": playbook})
        same = ["playbook", "model_version", "start", "end"]
        changed = {name: value for name, value in measured.items() if name not in same}
        with self._connections.write() as connection:
            connection.execute(insertion.on_conflict_do_update(index_elements=same, set_=changed))

    def page(
        self, playbook: str, *, model_version: str | None = None, after: str | None = None, limit: int = 100
    ) -> Page[QualityRecord]:
        """What was measured, the newest first; of one version on request."""
        query = _of(playbook, model_version)
        listing = "quality history"
        return read_page(
            self._connections, listing, query, QUALITY.c.id, _record, after=after, limit=limit, newest_first=True
        )

    def newest(
        self, playbook: str, *, model_version: str | None = None, before: datetime | None = None, most: int = 10
    ) -> tuple[QualityRecord, ...]:
        """The newest stretches, by their end and then by when they were measured; those that ended by a moment, on request."""
        query = _of(playbook, model_version)
        if before is not None:
            query = query.where(QUALITY.c.end <= before)
        query = query.order_by(QUALITY.c.end.desc(), QUALITY.c.measured_at.desc(), QUALITY.c.id.desc()).limit(most)
        with self._connections.read() as connection:
            return tuple(_record(row) for row in connection.execute(query))


def _of(playbook: str, model_version: str | None) -> Select[Any]:
    query = select(QUALITY).where(QUALITY.c.playbook == playbook)
    return query if model_version is None else query.where(QUALITY.c.model_version == model_version)


def _record(row: Any) -> QualityRecord:
    return QualityRecord(**{name: getattr(row, name) for name in _COLUMNS})
