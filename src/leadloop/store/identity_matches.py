"""Matches of identity: which companies and people were joined, why, what a person said of it, and how it is taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from leadloop.errors import Problem, StoreConflict, StoreError
from leadloop.store.connections import Connections
from leadloop.store.identity_records import AT_ONCE, LOCK
from leadloop.store.identity_tables import ENTITIES, MATCHES, RECORDS
from leadloop.store.identity_words import DOUBTFUL, MERGED, REJECTED, STATES, UNDONE, IdentityMatch, Joining
from leadloop.store.paging import Page, read_page


class IdentityMatches:
    """What was found to be the same, in every playbook."""

    _connections: Connections

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
            self._connections.lock(connection, LOCK)
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
                for start in range(0, len(ordered), AT_ONCE):
                    query = select(MATCHES.c.other, MATCHES.c.entity).where(
                        MATCHES.c.playbook == playbook,
                        MATCHES.c.state == MERGED,
                        MATCHES.c.other.in_(ordered[start : start + AT_ONCE]),
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
            self._connections.lock(connection, LOCK)
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
            self._connections.lock(connection, LOCK)
            self._waiting(number, DOUBTFUL, "reject")
            self._decide(connection, number, REJECTED, who)
        return self.match(number)

    def undo(self, number: int, *, who: str) -> IdentityMatch:
        """Take a joining back: what it moved goes back to where it was, and rules never join the two again.

        What came since and was put with the one that stayed remains there. Raises StoreConflict where it was undone already.
        """
        with self._connections.write() as connection:
            self._connections.lock(connection, LOCK)
            found = self._waiting(number, MERGED, "undo")
            # What a later undoing took out of it has gone its own way, and stays there.
            later = select(MATCHES.c.moved).where(
                MATCHES.c.playbook == found.playbook, MATCHES.c.state == UNDONE, MATCHES.c.entity == found.other
            )
            gone = {record for moved in connection.execute(later).scalars() for record in moved}
            back = [record for record in found.moved if record not in gone]
            for start in range(0, len(back), AT_ONCE):
                some = back[start : start + AT_ONCE]
                connection.execute(update(RECORDS).where(RECORDS.c.id.in_(some)).values(entity=found.other))
            self._decide(connection, number, UNDONE, who)
        return self.match(number)

    def detach(self, playbook: str, record: int) -> int:
        """Give a record that says something else now an entity of its own, to be matched anew; says its number."""
        now = self._connections.now()
        with self._connections.write() as connection:
            self._connections.lock(connection, LOCK)
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

    def _new_entity(self, connection: Connection, playbook: str, kind: str, now: datetime) -> int:
        made = connection.execute(ENTITIES.insert().values(playbook=playbook, kind=kind, made_at=now))
        return _added(made)


def _added(made: Any) -> int:
    """The number of a row that was added."""
    return int(made.inserted_primary_key[0])


def _match(row: Any) -> IdentityMatch:
    return IdentityMatch(
        row.id, row.playbook, row.kind, row.state, row.entity, row.other, row.score, tuple(row.reasons), tuple(row.moved),
        row.at, row.who, row.decided_at, row.decided_by,
    )  # fmt: skip
