"""Leads, with every version of what was known of each: what holds now, and what held at any moment before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, select, update

from leadloop.store.connections import Connections
from leadloop.store.paging import LARGEST_PAGE, Page, all_pages, read_page
from leadloop.store.standings import note_leads
from leadloop.store.tables import LEAD_VERSIONS, LEADS, SCORES, SHADOW
from leadloop.store.values import digest_of

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """What a source says of one lead."""

    lead_id: str
    """The lead's identifier in its playbook."""
    fields: Mapping[str, Any] = field(repr=False)
    """Its fields by their name, as plain values."""
    at: datetime | None = None
    """Since when this is so; where the source does not say, since it is recorded."""


@dataclass(frozen=True, slots=True)
class LeadVersion:
    """What was known of a lead from one moment to the next change."""

    playbook: str
    """The playbook that the lead belongs to."""
    lead_id: str
    """The lead's identifier."""
    version: int
    """Counts from 1 in the order in which changes arrived."""
    at: datetime
    """Since when this was so."""
    recorded_at: datetime
    """When it was stored."""
    source: str
    """Where it came from."""
    fields: Mapping[str, Any] = field(repr=False)
    """The lead's fields by their name."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the records of one call."""

    new: int
    """Leads that were not known before."""
    changed: int
    """Records that changed what is known of a lead."""
    unchanged: int
    """Records that said what was known already; nothing was stored for them."""


class Leads:
    """The leads of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def record(self, playbook: str, leads: Sequence[LeadRecord], *, source: str = "") -> Recorded:
        """Keep what is said of some leads, all or nothing. A record that changes nothing is not kept twice.

        A record of an earlier moment than what holds now is kept among the versions and does not change what holds.
        """
        new = changed = 0
        now = self._connections.now()
        ordered = sorted(
            leads, key=lambda lead: lead.lead_id
        )  # in one order, so that two writers never wait for each other
        groups = [list(group) for _, group in groupby(ordered, key=lambda lead: lead.lead_id)]
        with self._connections.write() as connection:
            for start in range(0, len(groups), _AT_ONCE):
                added, altered = self._record(connection, playbook, groups[start : start + _AT_ONCE], source, now)
                new += added
                changed += altered
        return Recorded(new, changed, len(leads) - new - changed)

    def _record(
        self, connection: Connection, playbook: str, groups: list[list[LeadRecord]], source: str, now: datetime
    ) -> tuple[int, int]:
        ids = [group[0].lead_id for group in groups]
        empty = [
            {"playbook": playbook, "lead_id": lead_id, "version": 0, "at": now, "first_at": now, "recorded_at": now}
            for lead_id in ids
        ]
        connection.execute(self._connections.insert(LEADS).on_conflict_do_nothing(), empty)
        mine = and_(LEADS.c.playbook == playbook, LEADS.c.lead_id.in_(ids))
        holding = {
            row.lead_id: row.id
            for row in connection.execute(
                select(LEADS.c.lead_id, LEADS.c.id).where(mine).order_by(LEADS.c.lead_id).with_for_update()
            )
        }
        versions: dict[str, list[tuple[datetime, int, str]]] = {lead_id: [] for lead_id in ids}
        there = select(*(LEAD_VERSIONS.c[name] for name in ("lead_id", "at", "version", "digest"))).where(
            LEAD_VERSIONS.c.playbook == playbook, LEAD_VERSIONS.c.lead_id.in_(ids)
        )
        for row in connection.execute(there):
            versions[row.lead_id].append((row.at, row.version, row.digest))
        new, changed, rows, current, standing = 0, 0, [], [], []
        for group in groups:
            lead_id = group[0].lead_id
            known = versions[lead_id]
            before = len(known)
            written: dict[int, Mapping[str, Any]] = {}
            for record in group:
                at = record.at or now
                digest = digest_of(record.fields)
                held = max((one for one in known if one[0] <= at), default=None)
                if held is not None and held[2] == digest:
                    continue
                number = max((version for _, version, _ in known), default=0) + 1
                known.append((at, number, digest))
                written[number] = record.fields
                rows.append(
                    {
                        "playbook": playbook,
                        "lead_id": lead_id,
                        "version": number,
                        "at": at,
                        "recorded_at": now,
                        "source": source,
                        "fields": dict(record.fields),
                        "digest": digest,
                    }
                )
            if len(known) == before:
                continue
            new += not before
            changed += len(known) - before - (not before)
            at, version, _ = max(known)
            current.append({"number": holding[lead_id], "version": version, "at": at, "first_at": min(known)[0]})
            standing.append((lead_id, written.get(version), min(known)[0]))
        if rows:
            connection.execute(LEAD_VERSIONS.insert(), rows)
            moved = update(LEADS).where(LEADS.c.id == bindparam("number")).values(recorded_at=now)
            connection.execute(moved, current)
            note_leads(self._connections, connection, playbook, standing)
        return new, changed

    def get(self, playbook: str, lead_id: str) -> LeadVersion | None:
        """What holds of a lead now; none where it is not known."""
        return self._one(_current().where(LEADS.c.playbook == playbook, LEADS.c.lead_id == lead_id))

    def as_of(self, playbook: str, lead_id: str, moment: datetime) -> LeadVersion | None:
        """What held of a lead at a moment; none where it was not known yet."""
        query = _versions(playbook, lead_id).where(LEAD_VERSIONS.c.at <= moment)
        return self._one(query.order_by(LEAD_VERSIONS.c.at.desc(), LEAD_VERSIONS.c.version.desc()).limit(1))

    def versions(self, playbook: str, lead_id: str) -> tuple[LeadVersion, ...]:
        """Every version of a lead, in the order in which they arrived."""
        with self._connections.read() as connection:
            rows = connection.execute(_versions(playbook, lead_id).order_by(LEAD_VERSIONS.c.version)).all()
        return tuple(_version(row) for row in rows)

    def first_and_last(
        self, playbook: str, lead_ids: Sequence[str]
    ) -> tuple[dict[str, Mapping[str, Any]], dict[str, Mapping[str, Any]]]:
        """The fields of some leads as they first came in, and as they were last told; leads that are not kept are left out."""
        first: dict[str, Mapping[str, Any]] = {}
        last: dict[str, Mapping[str, Any]] = {}
        table = LEAD_VERSIONS
        for start in range(0, len(lead_ids), 500):
            some = table.c.playbook == playbook, table.c.lead_id.in_(lead_ids[start : start + 500])
            query = select(table.c.lead_id, table.c.fields).where(*some).order_by(table.c.lead_id, table.c.version)
            with self._connections.read() as connection:
                for row in connection.execute(query):
                    first.setdefault(row.lead_id, row.fields)
                    last[row.lead_id] = row.fields
        return first, last

    def page(
        self,
        playbook: str,
        *,
        after: str | None = None,
        limit: int = 100,
        unscored: bool = False,
        since: datetime | None = None,
        among: Collection[str] | None = None,
    ) -> Page[LeadVersion]:
        """What holds of each lead now, by lead id; only those never scored, or that changed at or after a moment, or of some
        leads, on request."""
        query = _current().where(*_which(playbook, unscored, since, among))
        return read_page(self._connections, "leads", query, LEADS.c.lead_id, _version, after=after, limit=limit)

    def stream(self, playbook: str, *, unscored: bool = False, since: datetime | None = None) -> Iterator[LeadVersion]:
        """Every lead as it holds now, a page in memory at a time."""
        return all_pages(
            lambda after: self.page(playbook, after=after, limit=LARGEST_PAGE // 10, unscored=unscored, since=since)
        )

    def count(
        self,
        playbook: str,
        *,
        unscored: bool = False,
        since: datetime | None = None,
        among: Collection[str] | None = None,
    ) -> int:
        """How many leads are known; only those never scored, that changed at or after a moment, or of some leads, on request."""
        with self._connections.read() as connection:
            query = select(func.count()).select_from(LEADS).where(*_which(playbook, unscored, since, among))
            return int(connection.execute(query).scalar_one())

    def _one(self, query: Select[Any]) -> LeadVersion | None:
        with self._connections.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _version(row)


def _which(
    playbook: str, unscored: bool, since: datetime | None, among: Collection[str] | None = None
) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = [LEADS.c.playbook == playbook]
    if unscored:
        scored = select(SCORES.c.id).where(SCORES.c.playbook == playbook, SCORES.c.lead_id == LEADS.c.lead_id)
        scored = scored.where(SCORES.c.arm != SHADOW)
        asked.append(~scored.exists())
    if since is not None:
        asked.append(LEADS.c.at >= since)
    if among is not None:
        asked.append(LEADS.c.lead_id.in_(sorted(among)))
    return asked


def _current() -> Select[Any]:
    version = and_(
        LEAD_VERSIONS.c.playbook == LEADS.c.playbook,
        LEAD_VERSIONS.c.lead_id == LEADS.c.lead_id,
        LEAD_VERSIONS.c.version == LEADS.c.version,
    )
    return select(LEAD_VERSIONS).join(LEADS, version)


def _versions(playbook: str, lead_id: str) -> Select[Any]:
    return select(LEAD_VERSIONS).where(LEAD_VERSIONS.c.playbook == playbook, LEAD_VERSIONS.c.lead_id == lead_id)


def _version(row: Any) -> LeadVersion:
    return LeadVersion(row.playbook, row.lead_id, row.version, row.at, row.recorded_at, row.source, row.fields)
