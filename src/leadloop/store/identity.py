"""Identity: what sources say of companies and people with every version of it, and what of it was found to be of the same one.

A record is one mention, by one source, in one lead. Records of the same company or person share an entity, which is a number and
nothing else. Whatever joined two entities is kept with its reasons and the records that it moved, so that it can be undone.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from leadloop.errors import Problem, StoreConflict, StoreError
from leadloop.store.connections import Connections
from leadloop.store.identity_tables import ENTITIES, KEYS, MATCHES, RECORDS, VERSIONS
from leadloop.store.paging import LARGEST_PAGE, Page, read_page
from leadloop.store.values import digest_of

MERGED, DOUBTFUL, REJECTED, UNDONE = "merged", "doubtful", "rejected", "undone"
STATES = (MERGED, DOUBTFUL, REJECTED, UNDONE)
"""What a match can be: done, waiting for a person, refused by one, or taken back by one."""
SECRET = "identity"
_LOCK = 6
_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Mention:
    """What a source says of one company or person in one lead."""

    kind: str
    """`company` or `contact`."""
    key: str
    """The source's own name for it: told again under this key, it is the same record."""
    lead_id: str
    """The lead in which it is mentioned."""
    fields: Mapping[str, Any] = field(repr=False)
    """What is said, by name."""
    keys: tuple[str, ...] = field(repr=False)
    """By what its likes are found; only hashes of these are kept."""
    at: datetime | None = None
    """Since when this is so; where the source does not say, since it is recorded."""


@dataclass(frozen=True, slots=True)
class IdentityRecord:
    """A record as it holds now."""

    id: int
    """Its number."""
    lead_id: str
    """The lead in which it is mentioned."""
    kind: str
    """`company` or `contact`."""
    source: str
    """Who says so."""
    entity: int
    """The company or person that it is of."""
    version: int
    """How many times it changed, from 1."""
    fields: Mapping[str, Any] = field(repr=False)
    """What is said, by name."""


@dataclass(frozen=True, slots=True)
class IdentityVersion:
    """What a record said from one moment to the next change."""

    version: int
    """Counts from 1."""
    at: datetime
    """Since when this was so."""
    recorded_at: datetime
    """When it was stored."""
    fields: Mapping[str, Any] = field(repr=False)
    """What was said, by name."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Two entities that were found to be the same, or may be."""

    kind: str
    """`company` or `contact`."""
    entity: int
    """The one that stays."""
    other: int
    """The one that joins it."""
    score: float
    """How sure it is, from 0 to 1."""
    reasons: tuple[str, ...]
    """Why, in words that name nobody."""
    moved: tuple[int, ...] = ()
    """The records that go over."""


@dataclass(frozen=True, slots=True)
class IdentityMatch:
    """A joining that was done, or waits for a person, or was refused or taken back."""

    id: int
    """Its number."""
    playbook: str
    """The playbook."""
    kind: str
    """`company` or `contact`."""
    state: str
    """One of `STATES`."""
    entity: int
    """The entity that stays."""
    other: int
    """The entity that joins it."""
    score: float
    """How sure it was, from 0 to 1."""
    reasons: tuple[str, ...]
    """Why."""
    moved: tuple[int, ...]
    """The records that went over."""
    at: datetime
    """When it was found."""
    who: str
    """Who found it: `rules`, or a person."""
    decided_at: datetime | None
    """When a person decided; none where nobody did."""
    decided_by: str | None
    """Who decided."""


@dataclass(frozen=True, slots=True)
class KeptMention:
    """What became of a mention."""

    record: int
    """The number of its record."""
    state: str
    """`new`, `changed` or `same`."""


class Identity:
    """Who is who, in every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def keep(self, playbook: str, mentions: Sequence[Mention], *, source: str) -> list[KeptMention]:
        """Keep what a source says, all or nothing. A new record is an entity of its own until it is joined to another.

        A record that changes keeps its entity, and gets a version; what was found of it before is for whoever matches
        to look at again.
        """
        now = self._connections.now()
        kept: list[KeptMention] = []
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            for start in range(0, len(mentions), _AT_ONCE):
                kept += self._keep(connection, playbook, mentions[start : start + _AT_ONCE], source, now)
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

    def _new_entity(self, connection: Connection, playbook: str, kind: str, now: datetime) -> int:
        made = connection.execute(ENTITIES.insert().values(playbook=playbook, kind=kind, made_at=now))
        return _added(made)

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
            for start in range(0, len(hashes), _AT_ONCE):
                query = (
                    select(RECORDS.c.entity)
                    .join(KEYS, KEYS.c.record_id == RECORDS.c.id)
                    .where(
                        KEYS.c.playbook == playbook,
                        KEYS.c.hash.in_(hashes[start : start + _AT_ONCE]),
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
            for start in range(0, len(ordered), _AT_ONCE):
                part = query.where(column.in_(ordered[start : start + _AT_ONCE]))
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

    def join(self, playbook: str, joinings: Sequence[Joining], *, who: str) -> list[int]:
        """Join entities, all or nothing, each with its reasons; says the numbers of the matches."""
        return self._note(playbook, joinings, MERGED, who)

    def propose(self, playbook: str, joinings: Sequence[Joining], *, who: str) -> list[int]:
        """Put entities that may be the same on the review list, each pair once: what was decided before is not asked again."""
        asked = self._pairs(playbook, (DOUBTFUL, REJECTED, UNDONE)) if joinings else set()
        fresh = {frozenset((one.entity, one.other)): one for one in joinings}
        return self._note(playbook, [one for pair, one in fresh.items() if pair not in asked], DOUBTFUL, who)

    def _note(self, playbook: str, joinings: Sequence[Joining], state: str, who: str) -> list[int]:
        now = self._connections.now()
        numbers: list[int] = []
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            rows = [
                {
                    "playbook": playbook, "kind": one.kind, "state": state, "entity": one.entity, "other": one.other,
                    "score": float(one.score), "reasons": list(one.reasons), "moved": list(one.moved), "at": now, "who": who,
                    "decided_at": None, "decided_by": None,
                }
                for one in joinings
            ]  # fmt: skip
            if state == MERGED:
                goes = {number: one.entity for one in joinings for number in one.moved}
                if goes:
                    moving = update(RECORDS).where(RECORDS.c.id == bindparam("number")).values(entity=bindparam("to"))
                    connection.execute(moving, [{"number": number, "to": to} for number, to in sorted(goes.items())])
            if rows:
                before = connection.execute(select(func.max(MATCHES.c.id))).scalar() or 0
                connection.execute(MATCHES.insert(), rows)
                query = select(MATCHES.c.id).where(MATCHES.c.id > before, MATCHES.c.playbook == playbook)
                numbers = list(connection.execute(query.order_by(MATCHES.c.id)).scalars())
        return numbers

    def apart(self, playbook: str) -> set[frozenset[int]]:
        """Pairs of entities of which a person said that they are not the same, by what stands for them now."""
        return self._pairs(playbook, (REJECTED, UNDONE))

    def _pairs(self, playbook: str, states: tuple[str, ...]) -> set[frozenset[int]]:
        """The pairs of all matches of some states, by what stands for them now."""
        query = select(MATCHES.c.entity, MATCHES.c.other).where(
            MATCHES.c.playbook == playbook, MATCHES.c.state.in_(states)
        )
        with self._connections.read() as connection:
            pairs = [(row.entity, row.other) for row in connection.execute(query)]
        now = self.stands(playbook, {number for pair in pairs for number in pair})
        return {frozenset((now[one], now[other])) for one, other in pairs if now[one] != now[other]}

    def stands(self, playbook: str, numbers: Collection[int]) -> dict[int, int]:
        """What stands for each of these entities now: what it joined, and what that joined, or itself."""
        now = {number: number for number in numbers}
        open_ones = set(numbers)
        with self._connections.read() as connection:
            while open_ones:
                joined: dict[int, int] = {}
                ordered = sorted(open_ones)
                for start in range(0, len(ordered), _AT_ONCE):
                    query = select(MATCHES.c.other, MATCHES.c.entity).where(
                        MATCHES.c.playbook == playbook,
                        MATCHES.c.state == MERGED,
                        MATCHES.c.other.in_(ordered[start : start + _AT_ONCE]),
                    )
                    # What is merged always joined a lower number, so that this comes to an end.
                    joined |= {
                        row.other: row.entity
                        for row in connection.execute(query.order_by(MATCHES.c.id))
                        if row.entity < row.other
                    }
                now = {number: joined.get(held, held) for number, held in now.items()}
                open_ones = set(joined.values())
        return now

    def matches(
        self, playbook: str, *, state: str = DOUBTFUL, after: str | None = None, limit: int = 100
    ) -> Page[IdentityMatch]:
        """Matches of one state, in the order in which they were found; by default those that wait for a person."""
        if state not in STATES:
            raise StoreError("identity", Problem("state", f"is “{state}”", f"give one of {', '.join(STATES)}"))
        query = select(MATCHES).where(MATCHES.c.playbook == playbook, MATCHES.c.state == state)
        return read_page(self._connections, "identity", query, MATCHES.c.id, _match, after=after, limit=limit)

    def match(self, number: int) -> IdentityMatch:
        """One match; raises StoreError where there is none of this number."""
        with self._connections.read() as connection:
            row = connection.execute(select(MATCHES).where(MATCHES.c.id == number)).first()
        if row is None:
            raise StoreError("identity", Problem(f"match {number}", "is not known", "see `leadloop identity review`"))
        return _match(row)

    def accept(self, number: int, *, who: str) -> IdentityMatch:
        """A person says that two are the same: they are joined. Raises StoreConflict where that was decided already."""
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            found = self._waiting(number, DOUBTFUL, "accept")
            now = self.stands(found.playbook, {found.entity, found.other})
            kept, joins = sorted((now[found.entity], now[found.other]))
            moved = self._members(connection, joins) if kept != joins else []
            if moved:
                connection.execute(update(RECORDS).where(RECORDS.c.id.in_(moved)).values(entity=kept))
            self._decide(connection, number, MERGED, who, entity=kept, other=joins, moved=moved)
        return self.match(number)

    def reject(self, number: int, *, who: str) -> IdentityMatch:
        """A person says that two are not the same: they are never joined by rules, and never asked about again."""
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            self._waiting(number, DOUBTFUL, "reject")
            self._decide(connection, number, REJECTED, who)
        return self.match(number)

    def undo(self, number: int, *, who: str) -> IdentityMatch:
        """Take a joining back: what it moved goes back to where it was, and rules never join the two again.

        What came since and was put with the one that stayed remains there. Raises StoreConflict where it was undone already.
        """
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            found = self._waiting(number, MERGED, "undo")
            # What a later undoing took out of it has gone its own way, and stays there.
            later = select(MATCHES.c.moved).where(
                MATCHES.c.playbook == found.playbook, MATCHES.c.state == UNDONE, MATCHES.c.entity == found.other
            )
            gone = {record for moved in connection.execute(later).scalars() for record in moved}
            back = [record for record in found.moved if record not in gone]
            for start in range(0, len(back), _AT_ONCE):
                some = back[start : start + _AT_ONCE]
                connection.execute(update(RECORDS).where(RECORDS.c.id.in_(some)).values(entity=found.other))
            self._decide(connection, number, UNDONE, who)
        return self.match(number)

    def detach(self, playbook: str, record: int) -> int:
        """Give a record that says something else now an entity of its own, to be matched anew; says its number."""
        now = self._connections.now()
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            kind = connection.execute(select(RECORDS.c.kind).where(RECORDS.c.id == record)).scalar_one()
            entity = self._new_entity(connection, playbook, kind, now)
            connection.execute(update(RECORDS).where(RECORDS.c.id == record).values(entity=entity))
        return entity

    def _waiting(self, number: int, state: str, verb: str) -> IdentityMatch:
        found = self.match(number)
        if found.state != state:
            mend = {
                "accept": "it is not on the review list",
                "reject": "it is not on the review list",
                "undo": "only what is merged can be undone",
            }[verb]
            raise StoreConflict("identity", Problem(f"match {number}", f"is {found.state}", mend))
        return found

    def _members(self, connection: Connection, entity: int) -> list[int]:
        return list(
            connection.execute(select(RECORDS.c.id).where(RECORDS.c.entity == entity).order_by(RECORDS.c.id)).scalars()
        )

    def _decide(self, connection: Connection, number: int, state: str, who: str, **values: Any) -> None:
        said = {"state": state, "decided_at": self._connections.now(), "decided_by": who, **values}
        connection.execute(update(MATCHES).where(MATCHES.c.id == number).values(said))

    def counts(self, playbook: str) -> dict[str, int]:
        """How many records, companies and people there are, and how many matches of each state."""
        with self._connections.read() as connection:
            mine = RECORDS.c.playbook == playbook
            by_kind = connection.execute(
                select(RECORDS.c.kind, func.count(), func.count(func.distinct(RECORDS.c.entity)))
                .where(mine)
                .group_by(RECORDS.c.kind)
            ).all()
            states = connection.execute(
                select(MATCHES.c.state, func.count()).where(MATCHES.c.playbook == playbook).group_by(MATCHES.c.state)
            ).all()
        found = dict.fromkeys(STATES, 0) | {state: int(count) for state, count in states}
        for kind, records, entities in by_kind:
            found |= {f"{kind} records": int(records), kind: int(entities)}
        return found


def _added(made: Any) -> int:
    """The number of a row that was added."""
    return int(made.inserted_primary_key[0])


def _record(row: Any) -> IdentityRecord:
    return IdentityRecord(row.id, row.lead_id, row.kind, row.source, row.entity, row.version, row.fields)


def _match(row: Any) -> IdentityMatch:
    return IdentityMatch(
        row.id, row.playbook, row.kind, row.state, row.entity, row.other, row.score, tuple(row.reasons), tuple(row.moved),
        row.at, row.who, row.decided_at, row.decided_by,
    )  # fmt: skip


def read_all(identity: Identity, playbook: str, state: str) -> Iterable[IdentityMatch]:
    """Every match of a state, a page in memory at a time."""
    after: str | None = None
    while True:
        page = identity.matches(playbook, state=state, after=after, limit=LARGEST_PAGE // 10)
        yield from page.items
        if page.next is None:
            return
        after = page.next
