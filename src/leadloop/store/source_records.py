"""What sources said, word for word, with every version of it: what was made of it can be made again, and better."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from leadloop.store.connections import Connections
from leadloop.store.source_tables import SOURCE_RECORDS, SOURCE_VERSIONS
from leadloop.store.values import digest_of

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record as a source gives it."""

    record_id: str
    """The source's own identifier."""
    raw: Mapping[str, Any] = field(repr=False)
    """The record as it came."""
    changed_at: datetime | None = None
    """When the source last changed it; None where it does not say."""
    parent: str = ""
    """The record that it belongs to, as a recording to its note."""


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """A record as it was from one change to the next."""

    version: int
    """Counts from 1."""
    raw: Any = field(repr=False)
    """The record as it came."""
    changed_at: datetime | None
    """When the source changed it."""
    recorded_at: datetime
    """When it was stored."""


@dataclass(frozen=True, slots=True)
class KeptRecords:
    """What became of some records."""

    new: tuple[str, ...]
    """The ids of those that were not known before."""
    changed: tuple[str, ...]
    """The ids of those of which another version was known."""
    unchanged: int
    """How many said what was known already, or less than that."""


class SourceRecords:
    """The records of every source."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def keep(self, source: str, kind: str, records: Sequence[SourceRecord]) -> KeptRecords:
        """Keep what a source says, all or nothing; what says the same as before makes no version.

        A record that is older than what is known, by the source's own clock, arrived late and changes nothing. What is null says
        no more than what is missing.
        """
        now = self._connections.now()
        new: list[str] = []
        changed: list[str] = []
        latest = {record.record_id: record for record in records}
        with self._connections.write() as connection:
            ids = sorted(latest)  # in one order, so that two writers never wait for each other
            for start in range(0, len(ids), _AT_ONCE):
                part = ids[start : start + _AT_ONCE]
                rows = [
                    {
                        "source": source,
                        "kind": kind,
                        "record_id": one,
                        "parent": latest[one].parent,
                        "playbook": "",
                        "lead_id": "",
                        "version": 0,
                        "recorded_at": now,
                        "digest": "",
                    }
                    for one in part
                ]
                connection.execute(self._connections.insert(SOURCE_RECORDS).on_conflict_do_nothing(), rows)
                query = select(SOURCE_RECORDS).where(_named(source, kind, part)).order_by(SOURCE_RECORDS.c.record_id)
                for known in connection.execute(query.with_for_update()).all():
                    record = latest[known.record_id]
                    digest = digest_of({name: value for name, value in record.raw.items() if value is not None})
                    late = known.changed_at and record.changed_at and record.changed_at < known.changed_at
                    if known.digest == digest or late:
                        continue
                    said = {"version": known.version + 1, "digest": digest, "changed_at": record.changed_at}
                    connection.execute(
                        update(SOURCE_RECORDS)
                        .where(SOURCE_RECORDS.c.id == known.id)
                        .values(**said, parent=record.parent, recorded_at=now)
                    )
                    connection.execute(
                        SOURCE_VERSIONS.insert().values(**said, record=known.id, raw=dict(record.raw), recorded_at=now)
                    )
                    (changed if known.version else new).append(known.record_id)
        return KeptRecords(tuple(new), tuple(changed), len(latest) - len(new) - len(changed))

    def current(self, source: str, kind: str, ids: Collection[str]) -> dict[str, Any]:
        """Some records as they are now, by their id; those that are not known are missing."""
        found: dict[str, Any] = {}
        ordered = sorted(set(ids))
        with self._connections.read() as connection:
            for start in range(0, len(ordered), _AT_ONCE):
                query = _now().where(_named(source, kind, ordered[start : start + _AT_ONCE]))
                found |= {row.record_id: row.raw for row in connection.execute(query)}
        return found

    def belonging(self, source: str, kind: str, parents: Collection[str]) -> dict[str, dict[str, Any]]:
        """The records that belong to each of some others, as they are now: by the parent's id and their own."""
        found: dict[str, dict[str, Any]] = {}
        ordered = sorted(set(parents) - {""})
        with self._connections.read() as connection:
            for start in range(0, len(ordered), _AT_ONCE):
                mine = SOURCE_RECORDS.c.parent.in_(ordered[start : start + _AT_ONCE])
                query = _now().where(SOURCE_RECORDS.c.source == source, SOURCE_RECORDS.c.kind == kind, mine)
                for row in connection.execute(query.order_by(SOURCE_RECORDS.c.record_id)):
                    found.setdefault(row.parent, {})[row.record_id] = row.raw
        return found

    def assign(self, source: str, kind: str, record_id: str, *, playbook: str, lead_id: str) -> None:
        """Note which lead was made of a record and of what belongs to the same parent; it then goes where the lead goes."""
        with self._connections.write() as connection:
            mine = _named(source, kind, [record_id])
            parent = connection.execute(select(SOURCE_RECORDS.c.parent).where(mine)).scalar_one_or_none()
            own: list[ColumnElement[bool]] = [mine]
            if parent:
                of_parent = and_(SOURCE_RECORDS.c.kind != kind, SOURCE_RECORDS.c.parent == parent)
                itself = and_(SOURCE_RECORDS.c.kind != kind, SOURCE_RECORDS.c.record_id == parent)
                own += [and_(SOURCE_RECORDS.c.source == source, one) for one in (of_parent, itself)]
            other = or_(SOURCE_RECORDS.c.playbook != playbook, SOURCE_RECORDS.c.lead_id != lead_id)
            connection.execute(
                update(SOURCE_RECORDS).where(or_(*own), other).values(playbook=playbook, lead_id=lead_id)
            )

    def lead_of(self, source: str, kind: str, record_id: str) -> tuple[str, str] | None:
        """The playbook and id of the lead that was made of a record; None where none was."""
        query = select(SOURCE_RECORDS.c.playbook, SOURCE_RECORDS.c.lead_id)
        with self._connections.read() as connection:
            row = connection.execute(query.where(_named(source, kind, [record_id]))).first()
        return (row.playbook, row.lead_id) if row and row.lead_id else None

    def of_lead(self, playbook: str, lead_id: str) -> tuple[tuple[str, str, SourceVersion], ...]:
        """Every version of every record that a lead was made of, each with its source and kind."""
        query = select(SOURCE_RECORDS.c.source, SOURCE_RECORDS.c.kind, SOURCE_VERSIONS).join(
            SOURCE_RECORDS, SOURCE_RECORDS.c.id == SOURCE_VERSIONS.c.record
        )
        mine = SOURCE_RECORDS.c.playbook == playbook, SOURCE_RECORDS.c.lead_id == lead_id
        with self._connections.read() as connection:
            rows = connection.execute(query.where(*mine).order_by(SOURCE_VERSIONS.c.id)).all()
        return tuple(
            (row.source, row.kind, SourceVersion(row.version, row.raw, row.changed_at, row.recorded_at)) for row in rows
        )

    def versions(self, source: str, kind: str, record_id: str) -> tuple[SourceVersion, ...]:
        """Every version of a record, the oldest first."""
        query = (
            select(SOURCE_VERSIONS)
            .join(SOURCE_RECORDS, SOURCE_RECORDS.c.id == SOURCE_VERSIONS.c.record)
            .where(_named(source, kind, [record_id]))
        )
        with self._connections.read() as connection:
            rows = connection.execute(query.order_by(SOURCE_VERSIONS.c.version)).all()
        return tuple(SourceVersion(row.version, row.raw, row.changed_at, row.recorded_at) for row in rows)

    def counts(self, source: str) -> dict[str, int]:
        """How many records of each kind are known of a source."""
        query = select(SOURCE_RECORDS.c.kind, func.count()).where(SOURCE_RECORDS.c.source == source)
        with self._connections.read() as connection:
            return {kind: int(count) for kind, count in connection.execute(query.group_by(SOURCE_RECORDS.c.kind))}


def _named(source: str, kind: str, ids: Sequence[str]) -> ColumnElement[bool]:
    table = SOURCE_RECORDS.c
    return and_(table.source == source, table.kind == kind, table.record_id.in_(ids))


def _now() -> Any:
    """The records with their newest version."""
    newest = and_(
        SOURCE_VERSIONS.c.record == SOURCE_RECORDS.c.id, SOURCE_VERSIONS.c.version == SOURCE_RECORDS.c.version
    )
    return select(SOURCE_RECORDS.c.record_id, SOURCE_RECORDS.c.parent, SOURCE_VERSIONS.c.raw).join(
        SOURCE_VERSIONS, newest
    )
