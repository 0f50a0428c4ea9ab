"""Records of identity: what sources say of companies and people, each with every version of it, and how likes are found."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from leadloop.store.connections import Connections
from leadloop.store.identity_tables import ENTITIES, KEYS, RECORDS, VERSIONS
from leadloop.store.identity_words import IdentityRecord, IdentityVersion, KeptMention, Mention
from leadloop.store.values import digest_of

SECRET = "identity"
LOCK = 6
"""Held by whoever changes who is who: of two writers one waits."""
AT_ONCE = 400


class IdentityRecords:
    """What was said of companies and people, in every playbook."""

    _connections: Connections

    def keep(self, playbook: str, mentions: Sequence[Mention], *, source: str) -> list[KeptMention]:
        """Keep what a source says, all or nothing. A new record is an entity of its own until it is joined to another.

        A record that changes keeps its entity, and gets a version; what was found of it before is for whoever matches
        to look at again.
        """
        now = self._connections.now()
        kept: list[KeptMention] = []
        with self._connections.write() as connection:
            self._connections.lock(connection, LOCK)
            for start in range(0, len(mentions), AT_ONCE):
                kept += self._keep(connection, playbook, mentions[start : start + AT_ONCE], source, now)
        return kept

    def _keep(
        self, connection: Connection, playbook: str, mentions: Sequence[Mention], source: str, now: datetime
    ) -> list[KeptMention]:
        known = self._known(connection, playbook, mentions, source)
        # What is told twice at once counts as it was told last.
        last = {(mention.kind, mention.key): mention for mention in mentions}
        digests = {place: digest_of(mention.fields) for place, mention in last.items()}
        fresh = [place for place in last if place not in known]
        place_of = {place: number for number, place in enumerate(fresh)}
        numbers = self._add(connection, playbook, [last[place] for place in fresh], source, now)
        states: dict[tuple[str, str], KeptMention] = {}
        versions: list[dict[str, Any]] = []
        hashes: list[dict[str, Any]] = []
        changed: list[int] = []
        for place, mention in last.items():
            held = known.get(place)
            if held is not None and held[2] == digests[place]:
                states[place] = KeptMention(held[0], "same")
                continue
            number, version = numbers[place_of[place]] if held is None else held[0], 1 if held is None else held[1] + 1
            states[place] = KeptMention(number, "new" if held is None else "changed")
            if held is not None:
                changed.append(number)
                mine = RECORDS.c.id == number
                connection.execute(update(RECORDS).where(mine).values(version=version, recorded_at=now))
            of = {"playbook": playbook, "lead_id": mention.lead_id, "record_id": number}
            said = {
                "at": mention.at or now,
                "recorded_at": now,
                "fields": dict(mention.fields),
                "digest": digests[place],
            }
            versions.append({**of, **said, "kind": mention.kind, "version": version})
            hashes += [{**of, "hash": self._hash(mention.kind, key)} for key in dict.fromkeys(mention.keys)]
        if changed:
            connection.execute(delete(KEYS).where(KEYS.c.record_id.in_(changed)))
        if versions:
            connection.execute(VERSIONS.insert(), versions)
        if hashes:
            connection.execute(KEYS.insert(), hashes)
        return [states[mention.kind, mention.key] for mention in mentions]

    def _add(
        self, connection: Connection, playbook: str, mentions: Sequence[Mention], source: str, now: datetime
    ) -> list[int]:
        """New records, each an entity of its own; says their numbers."""
        if not mentions:
            return []
        made = ENTITIES.insert().returning(ENTITIES.c.id, sort_by_parameter_order=True)
        entities = connection.execute(
            made, [{"playbook": playbook, "kind": mention.kind, "made_at": now} for mention in mentions]
        ).scalars()
        rows = [
            {
                "playbook": playbook, "lead_id": mention.lead_id, "kind": mention.kind, "source": source,
                "key": mention.key, "entity": entity, "version": 1, "recorded_at": now,
            }
            for mention, entity in zip(mentions, entities, strict=True)
        ]  # fmt: skip
        added = RECORDS.insert().returning(RECORDS.c.id, sort_by_parameter_order=True)
        return [int(number) for number in connection.execute(added, rows).scalars()]

    def _known(
        self, connection: Connection, playbook: str, mentions: Sequence[Mention], source: str
    ) -> dict[tuple[str, str], tuple[int, int, str]]:
        """The records of these mentions that there are: number, version and digest by kind and key."""
        query = (
            select(RECORDS.c.kind, RECORDS.c.key, RECORDS.c.id, RECORDS.c.version, VERSIONS.c.digest)
            .join(VERSIONS, and_(VERSIONS.c.record_id == RECORDS.c.id, VERSIONS.c.version == RECORDS.c.version))
            .where(RECORDS.c.playbook == playbook, RECORDS.c.source == source)
            .where(RECORDS.c.key.in_([mention.key for mention in mentions]))
        )
        return {(row.kind, row.key): (row.id, row.version, row.digest) for row in connection.execute(query)}

    def _hash(self, kind: str, key: str) -> str:
        return hmac.digest(self._secret, f"{kind}\x1f{key}".encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    @property
    def _secret(self) -> bytes:
        held: bytes | None = self.__dict__.get("_held")
        if held is None:
            from leadloop.store.erasure import secret_of

            held = self.__dict__["_held"] = secret_of(self._connections, SECRET)
        return held

    def likes(self, playbook: str, kind: str, keys: Collection[str]) -> set[int]:
        """The entities of which a record has any of these keys."""
        found: set[int] = set()
        hashes = sorted({self._hash(kind, key) for key in keys})
        with self._connections.read() as connection:
            for start in range(0, len(hashes), AT_ONCE):
                query = (
                    select(RECORDS.c.entity)
                    .join(KEYS, KEYS.c.record_id == RECORDS.c.id)
                    .where(
                        KEYS.c.playbook == playbook,
                        KEYS.c.hash.in_(hashes[start : start + AT_ONCE]),
                        RECORDS.c.kind == kind,
                    )
                    .distinct()
                )
                found |= set(connection.execute(query).scalars())
        return found

    def records(
        self, playbook: str, *, entities: Collection[int] | None = None, lead_ids: Collection[str] | None = None,
        numbers: Collection[int] | None = None,
    ) -> list[IdentityRecord]:  # fmt: skip
        """Records as they hold now, in the order in which they came: of some entities, of some leads, by number, or all."""
        query = (
            select(RECORDS, VERSIONS.c.fields)
            .join(VERSIONS, and_(VERSIONS.c.record_id == RECORDS.c.id, VERSIONS.c.version == RECORDS.c.version))
            .where(RECORDS.c.playbook == playbook)
            .order_by(RECORDS.c.id)
        )
        asked: tuple[tuple[Any, Collection[Any] | None], ...] = (
            (RECORDS.c.entity, entities),
            (RECORDS.c.lead_id, lead_ids),
            (RECORDS.c.id, numbers),
        )
        column, some = next(((column, some) for column, some in asked if some is not None), (None, None))
        found: list[IdentityRecord] = []
        with self._connections.read() as connection:
            if column is None or some is None:
                return [_record(row) for row in connection.execute(query)]
            ordered = sorted(some)
            for start in range(0, len(ordered), AT_ONCE):
                part = query.where(column.in_(ordered[start : start + AT_ONCE]))
                found += [_record(row) for row in connection.execute(part)]
        return sorted(found, key=lambda record: record.id)

    def leads_told_of(self, playbook: str, *, but_by: str) -> set[str]:
        """The leads of which any source but this one tells of companies or people."""
        query = select(RECORDS.c.lead_id).where(RECORDS.c.playbook == playbook, RECORDS.c.source != but_by).distinct()
        with self._connections.read() as connection:
            return set(connection.execute(query).scalars())

    def versions(self, playbook: str, record: int) -> tuple[IdentityVersion, ...]:
        """Everything that a record ever said, in the order in which it arrived."""
        query = select(VERSIONS).where(VERSIONS.c.playbook == playbook, VERSIONS.c.record_id == record)
        with self._connections.read() as connection:
            rows = connection.execute(query.order_by(VERSIONS.c.version)).all()
        return tuple(IdentityVersion(row.version, row.at, row.recorded_at, row.fields) for row in rows)


def _record(row: Any) -> IdentityRecord:
    return IdentityRecord(row.id, row.lead_id, row.kind, row.source, row.entity, row.version, row.fields)
