"""Erasing a person: everywhere at once, with a receipt, going on after a crash, and again on every backup that is restored.

What is kept of an erasure are keyed hashes of what was erased, never the thing itself. They are first noted, then acted on
lead by lead, each with all its rows in one transaction; so whatever stops the process, the rest is done at the next start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, select, text, update

from leadloop.errors import Problem, StoreError
from leadloop.store import (
    action_tables,
    enrichment_tables,
    identity_tables,
    loop_tables,
    source_tables,
    standing_tables,
    tables,
    watch_tables,
    webhook_tables,
)
from leadloop.store.audit import Audit
from leadloop.store.connections import Connections
from leadloop.store.identifiers import Marks, plain_email, plain_phone

_AT_ONCE = 500
SECRET = "erasures"
OF_A_LEAD = (
    *tables.OF_A_LEAD,
    source_tables.SOURCE_RECORDS,
    *identity_tables.OF_A_LEAD,
    enrichment_tables.QUEUE,
    enrichment_tables.ENRICHMENTS,
    webhook_tables.MESSAGES,
    *action_tables.OF_A_LEAD,
    standing_tables.STANDINGS,
)
"""The tables whose rows belong to one lead, by its playbook and id; what hangs on a row goes with it."""
_MENTIONS: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (tables.LEAD_VERSIONS, ("fields", "source")),
    (standing_tables.STANDINGS, ("name", "company", "owner", "industry", "words")),
    (tables.EVENTS, ("details",)),
    (tables.OUTCOMES, ("source",)),
    (tables.SCORES, ("fields", "card")),
    (tables.FEEDBACK, ("user_agent", "session_id")),
    (tables.TESTS, ("settings",)),
    (tables.EXPOSURES, ("unit",)),
    (tables.PROMOTIONS, ("why", "evidence")),
    (tables.IDEMPOTENCY, ("answer",)),
    (tables.JOBS, ("payload", "note", "result", "error")),
    (tables.KEYS, ("name",)),
    (loop_tables.JOB_STEPS, ("result",)),
    (loop_tables.ROLLOUTS, ("why", "evidence")),
    (loop_tables.ROLLOUT_CHANGES, ("why", "evidence")),
    (loop_tables.ALERTS, ("title", "text", "mend")),
    (loop_tables.QUARANTINE, ("source", "why")),
    (watch_tables.QUALITY, ("details",)),
    (identity_tables.RECORDS, ("source",)),
    (identity_tables.VERSIONS, ("fields",)),
    (source_tables.SOURCE_VERSIONS, ("raw",)),
    (source_tables.SOURCE_EVENTS, ("payload",)),
    (enrichment_tables.QUEUE, ("why", "filled", "note")),
    (enrichment_tables.ENRICHMENTS, ("facts", "note")),
    (enrichment_tables.ANSWERS, ("found",)),
    (webhook_tables.WEBHOOKS, ("url", "types", "routes", "bands", "fields", "why", "made_by")),
    (webhook_tables.MESSAGES, ("said", "error")),
    *action_tables.MENTIONS,
)
"""Where somebody may be mentioned who is not the lead that the row is about."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was removed of a person."""

    id: str
    """The number of the receipt."""
    asked_at: datetime
    """When it was asked for."""
    finished_at: datetime | None
    """When everything was done; none while something is left to do."""
    removed: Mapping[str, int]
    """How many rows were removed from each table; under `mentions in TABLE`, in how many others a mention was blotted out."""
    beyond: tuple[str, ...]
    """Where the store cannot reach, and who must."""


class Erasures:
    """The erasures of one store."""

    def __init__(self, connections: Connections, audit: Audit, list_beside: Path | None) -> None:
        self._connections = connections
        self._audit = audit
        self._list_beside = list_beside

    def erase_person(
        self,
        *,
        who: str,
        email: str = "",
        phone: str = "",
        playbook: str = "",
        lead_id: str = "",
        contact_fields: Collection[str] | None = None,
    ) -> Receipt:
        """Remove everything about a person who is known by any of these; erasing twice is fine.

        A lead is theirs where one of its fields is their address or number and nothing else (one of `contact_fields`, where these
        are given, else any), or where it is named by its playbook and id. It goes with all that belongs to it. Elsewhere
        mentions of their address and number are blotted out. Names in running text are not looked for.
        """
        if self._connections.in_transaction:
            problem = Problem("transaction", "is open", "erase outside of it: an erasure is stored step by step")
            raise StoreError("erasure", problem)
        marks = self._marks()
        problems = []
        if email and not plain_email(email):
            problems.append(Problem("email", "is no e-mail address", "give it as in name@example.com"))
        if phone and not plain_phone(phone):
            problems.append(Problem("phone", "is no phone number", "give its digits, seven or more"))
        if lead_id and not playbook:
            problems.append(Problem("playbook", "is missing", "name the lead's playbook"))
        if not (email or phone or lead_id):
            problems.append(Problem("person", "is not named", "give an email, a phone or a lead_id"))
        if problems:
            raise StoreError("erasure", problems)
        identity = self._connections.random_bytes(16).hex()
        person = marks.of_contact(plain_email(email), plain_phone(phone))
        leads = marks.of_lead(playbook, lead_id) if lead_id else frozenset()
        entry = {
            "id": identity,
            "asked_at": self._connections.now().isoformat(),
            "who": who,
            "marks": {
                "person": sorted(person),
                "leads": sorted(leads),
                "contact_fields": None if contact_fields is None else sorted(contact_fields),
            },
        }
        self.replay([{**entry, "seal": self._seal(marks)}])
        return self.receipt(identity)

    def resume(self) -> int:
        """Do what is left of every erasure that was asked for; says how many there were."""
        with self._connections.read() as connection:
            query = select(tables.ERASURES.c.id).where(tables.ERASURES.c.finished_at.is_(None))
            open_ones = list(connection.execute(query.order_by(tables.ERASURES.c.asked_at)).scalars())
        for identity in open_ones:
            self._carry_out(identity)
        return len(open_ones)

    def entries(self) -> list[dict[str, Any]]:
        """The erasure list, to be kept beside backups and given to `replay` after one was restored. It names nobody."""
        seal = self._seal(self._marks())
        with self._connections.read() as connection:
            rows = connection.execute(select(tables.ERASURES).order_by(tables.ERASURES.c.asked_at)).all()
        return [
            {"id": row.id, "asked_at": row.asked_at.isoformat(), "who": row.who, "marks": row.marks, "seal": seal}
            for row in rows
        ]

    def replay(self, entries: Iterable[Mapping[str, Any]]) -> int:
        """Carry out the erasures of a list that this store does not know of; says how many.

        Raises StoreError where the list is of another store: its hashes would find nobody here.
        """
        seal = self._seal(self._marks())
        added = 0
        known = set()
        given = list(entries)
        if any(entry.get("seal") != seal for entry in given):
            raise StoreError(
                "erasures", Problem("list", "is of another store", "give the list that was made for this one's data")
            )
        with self._connections.write() as connection:
            known = set(connection.execute(select(tables.ERASURES.c.id)).scalars())
            for entry in given:
                if entry["id"] in known:
                    continue
                connection.execute(
                    tables.ERASURES.insert().values(
                        id=entry["id"],
                        asked_at=datetime.fromisoformat(entry["asked_at"]),
                        who=entry["who"],
                        marks=entry["marks"],
                        removed={},
                    )
                )
                known.add(entry["id"])
                added += 1
        self.resume()
        return added

    def erased(self, playbook: str, lead_ids: Collection[str]) -> set[str]:
        """Which of these leads were erased: a source that tells of them again must not bring them back."""
        marks = self._marks()
        with self._connections.read() as connection:
            noted = {
                one for held in connection.execute(select(tables.ERASURES.c.marks)).scalars() for one in held["leads"]
            }
        return {lead_id for lead_id in lead_ids if noted and marks.hash("lead", playbook, lead_id) in noted}

    def receipt(self, identity: str) -> Receipt:
        """The receipt of an erasure; raises StoreError where there is none."""
        with self._connections.read() as connection:
            row = connection.execute(select(tables.ERASURES).where(tables.ERASURES.c.id == identity)).first()
        if row is None:
            raise StoreError("erasures", Problem("receipt", "is not known", "see that it is of this store"))
        beyond = ["backups made before: they are cleaned when they are restored", "files that were exported before"]
        if not self._connections.is_sqlite:
            beyond.append("PostgreSQL's own log and replicas: they forget as the server's settings say")
        return Receipt(row.id, row.asked_at, row.finished_at, row.removed, tuple(beyond))

    def _marks(self) -> Marks:
        return Marks(secret_of(self._connections, SECRET))

    def _seal(self, marks: Marks) -> str:
        return marks.hash("seal")

    def _note_beside(self, identity: str) -> None:
        """Keep the list in a file too, so that it outlives the database."""
        if self._list_beside is None or any(entry["id"] == identity for entry in read_list(self._list_beside)):
            return
        [entry] = [one for one in self.entries() if one["id"] == identity]
        new = not self._list_beside.exists()
        with open(
            os.open(self._list_beside, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="ascii"
        ) as file:
            file.write(("" if new else "\n") + json.dumps(entry))
            file.flush()
            os.fsync(file.fileno())

    def _carry_out(self, identity: str) -> None:
        self._note_beside(identity)
        row = self._row(identity)
        fields = row.marks["contact_fields"]
        found = sorted(self._leads_of(self._with(row), fields))
        for start in range(0, len(found), 50):
            self._remove(identity, found[start : start + 50])
        self._remove_nameless(identity, self._with(row), fields)
        marks = self._with(self._row(identity))
        for table, columns in _MENTIONS:
            for key in list(self._mentioning(table, columns, marks)):
                self._blot_out(identity, table, columns, key, marks)
        self._scrub()
        with self._connections.write() as connection:
            self._connections.lock(connection, 4)
            still = tables.ERASURES.c.id == identity, tables.ERASURES.c.finished_at.is_(None)
            done = connection.execute(update(tables.ERASURES).where(*still).values(finished_at=self._connections.now()))
            if done.rowcount:  # of two processes that did this at once, one says so
                self._audit.add(row.who, "erase", {"receipt": identity})

    def _row(self, identity: str) -> Any:
        with self._connections.read() as connection:
            return connection.execute(select(tables.ERASURES).where(tables.ERASURES.c.id == identity)).one()

    def _with(self, row: Any) -> Marks:
        return Marks(self._marks().secret, frozenset(row.marks["person"]), frozenset(row.marks["leads"]))

    def _leads_of(self, marks: Marks, contact_fields: list[str] | None) -> set[tuple[str, str]]:
        """The leads that are this person's, wherever anything of them is left."""
        found: set[tuple[str, str]] = set()
        if marks.leads:
            for table in OF_A_LEAD:
                for row in self._rows(table, ("playbook", "lead_id")):
                    if marks.is_lead(row.playbook, row.lead_id):
                        found.add((row.playbook, row.lead_id))
        if marks.person:
            for table in (tables.LEAD_VERSIONS, tables.SCORES):
                for row in self._rows(table, ("playbook", "lead_id", "fields")):
                    if row.lead_id and marks.names(row.fields, contact_fields):
                        found.add((row.playbook, row.lead_id))
            # Whoever took part in a call is not named among the lead's own fields: what they said is.
            for row in self._rows(identity_tables.VERSIONS, ("playbook", "lead_id", "fields")):
                if marks.names(row.fields, None):
                    found.add((row.playbook, row.lead_id))
        return found

    def _remove_nameless(self, identity: str, marks: Marks, contact_fields: list[str] | None) -> None:
        """Remove this person's scores of leads without an identifier, row by row: others stand under the same empty one."""
        scores = tables.SCORES
        for row in self._rows(scores, ("lead_id", "fields")) if marks.person else ():
            if not row.lead_id and marks.names(row.fields, contact_fields):
                with self._connections.write() as connection:
                    count = connection.execute(delete(scores).where(scores.c.id == row.its_key)).rowcount
                    self._count(connection, identity, scores.name, count)

    def _count(self, connection: Connection, identity: str, name: str, count: int) -> None:
        """Add to what the receipt says of a table."""
        query = select(tables.ERASURES.c.removed).where(tables.ERASURES.c.id == identity).with_for_update()
        removed = dict(connection.execute(query).scalar_one())
        if count:
            self._note(connection, identity, removed={**removed, name: removed.get(name, 0) + count})

    def _rows(self, table: Table, columns: Collection[str]) -> Iterator[Any]:
        """Every row of a table, some at a time and no lock between."""
        key = _key_of(table)
        place: Any = None
        while True:
            query = select(key.label("its_key"), *(table.c[name] for name in columns)).order_by(key).limit(_AT_ONCE)
            with self._connections.read() as connection:
                rows = connection.execute(query if place is None else query.where(key > place)).all()
            yield from rows
            if len(rows) < _AT_ONCE:
                return
            place = rows[-1].its_key

    def _remove(self, identity: str, leads: list[tuple[str, str]]) -> None:
        """Remove all rows of some leads, and note which ones and how many, in one transaction."""
        with self._connections.write() as connection:
            row = connection.execute(
                select(tables.ERASURES).where(tables.ERASURES.c.id == identity).with_for_update()
            ).one()
            marks, noted = self._with(row), set(row.marks["leads"])
            removed = dict(row.removed)
            for playbook, lead_id in leads:
                noted |= marks.of_lead(playbook, lead_id)
                for table in OF_A_LEAD:
                    mine = table.c.playbook == playbook, table.c.lead_id == lead_id
                    count = connection.execute(delete(table).where(*mine)).rowcount
                    if count:
                        removed[table.name] = removed.get(table.name, 0) + count
            self._note(connection, identity, marks={**row.marks, "leads": sorted(noted)}, removed=removed)

    def _mentioning(self, table: Table, columns: tuple[str, ...], marks: Marks) -> Iterator[Any]:
        for row in self._rows(table, columns):
            values = [row._mapping[name] for name in columns]
            if [marks.redact(value) for value in values] != values:
                yield row.its_key

    def _blot_out(self, identity: str, table: Table, columns: tuple[str, ...], key: Any, marks: Marks) -> None:
        with self._connections.write() as connection:
            mine = _key_of(table) == key
            asked = select(*(table.c[name] for name in columns)).where(mine).with_for_update()
            row = connection.execute(asked).first()
            if row is None:
                return
            clean = {name: marks.redact(row._mapping[name]) for name in columns}
            connection.execute(update(table).where(mine).values(clean))
            self._count(connection, identity, f"mentions in {table.name}", 1)

    def _note(self, connection: Connection, identity: str, **values: Any) -> None:
        connection.execute(update(tables.ERASURES).where(tables.ERASURES.c.id == identity).values(**values))

    def _scrub(self) -> None:
        """Let the database's own files forget what was removed: SQLite overwrites it at once, its log is emptied here."""
        if self._connections.is_sqlite:
            raw = self._connections.engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            finally:
                raw.close()
            return
        touched = {table.name for table in OF_A_LEAD} | {table.name for table, _ in _MENTIONS}
        with self._connections.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in sorted(touched):
                connection.execute(text(f"VACUUM {name}"))


def _key_of(table: Table) -> Column[Any]:
    [key] = table.primary_key.columns
    return key


def secret_of(connections: Connections, name: str) -> bytes:
    """A secret of this store, made when it is first asked for."""
    query = select(tables.SECRETS.c.secret).where(tables.SECRETS.c.name == name)
    with connections.read() as connection:
        secret = connection.execute(query).scalar_one_or_none()
    if secret is not None:
        return bytes(secret)
    with connections.write() as connection:
        connection.execute(
            connections.insert(tables.SECRETS)
            .values(name=name, secret=connections.random_bytes(32))
            .on_conflict_do_nothing()
        )
        return bytes(connection.execute(query).scalar_one())


def read_list(path: Path) -> list[dict[str, Any]]:
    """The erasures that were noted in a file; a line that breaks off was noted in the database alone."""
    entries = []
    if path.is_file():
        for line in path.read_text(encoding="ascii", errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and {"id", "marks", "seal"} <= set(entry):
                entries.append(entry)
    return entries
