"""The audit log: who did what and when, only ever added to, and each row vouches for the one before.

A row's hash covers its content and the hash of the row before, so whoever changes, removes or reorders rows breaks the chain at
that place. Whoever can rewrite the whole database can make a new chain: note `head()` elsewhere to notice that too. Leads
stand here under pseudonyms made with a secret of their own; when a person is erased the secret goes, and nobody can tell any
more whom the rows were about, while the chain stays whole.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from leadloop.errors import Problem, StoreError
from leadloop.store.connections import Connections
from leadloop.store.paging import Page, read_page
from leadloop.store.tables import AUDIT, AUDIT_HEAD, AUDIT_SUBJECTS
from leadloop.store.values import to_json

_LOCK = 2
_START = "0" * 64
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that somebody did."""

    number: int
    """Counts from 1 without a gap."""
    at: datetime
    """When."""
    who: str
    """Who: a user, a key's id, or LeadLoop itself."""
    action: str
    """What was done, as in `promote`."""
    subject: str
    """The pseudonym of the lead it was done to; empty where it was none."""
    details: Mapping[str, Any]
    """What else is to be known of it; never what a person told us."""
    hash: str
    """The hash of this row and of all before it."""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where the log ends."""

    number: int
    """How many rows there are."""
    hash: str
    """The hash of the last one."""


class Audit:
    """The audit log of one store."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self,
        who: str,
        action: str,
        details: Mapping[str, Any] | None = None,
        *,
        playbook: str = "",
        lead_id: str = "",
    ) -> AuditRow:
        """Add a row; about a lead, where one is named. Details may hold nothing that a person told us: it stays for good."""
        at = self._connections.now()
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            head = connection.execute(select(AUDIT_HEAD)).one()
            subject = self.subject(playbook, lead_id) if lead_id else ""
            row = AuditRow(head.number + 1, at, who, action, subject, dict(details or {}), "")
            hashed = _hash(row, head.hash)
            connection.execute(
                AUDIT.insert().values(
                    number=row.number,
                    at=at,
                    who=who,
                    action=action,
                    subject=subject,
                    details=row.details,
                    previous=head.hash,
                    hash=hashed,
                )
            )
            connection.execute(update(AUDIT_HEAD).values(number=row.number, hash=hashed))
        return AuditRow(row.number, at, who, action, subject, row.details, hashed)

    def subject(self, playbook: str, lead_id: str) -> str:
        """The pseudonym under which a lead stands in the log."""
        mine = AUDIT_SUBJECTS.c.playbook == playbook, AUDIT_SUBJECTS.c.lead_id == lead_id
        with self._connections.write() as connection:
            connection.execute(
                self._connections.insert(AUDIT_SUBJECTS)
                .values(playbook=playbook, lead_id=lead_id, secret=self._connections.random_bytes(32))
                .on_conflict_do_nothing()
            )
            secret = connection.execute(select(AUDIT_SUBJECTS.c.secret).where(*mine)).scalar_one()
        return hmac.new(secret, to_json([playbook, lead_id]).encode(), hashlib.sha256).hexdigest()[:32]

    def page(
        self,
        *,
        subject: str | None = None,
        action: str = "",
        who: str = "",
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page[AuditRow]:
        """Rows in their order, or the other way round; of one subject, one kind of action or one person on request."""
        query = select(AUDIT)
        if subject is not None:
            query = query.where(AUDIT.c.subject == subject)
        if action:
            query = query.where(AUDIT.c.action == action)
        if who:
            query = query.where(AUDIT.c.who == who)
        listing, by = "audit, newest first" if newest_first else "audit", AUDIT.c.number
        return read_page(
            self._connections, listing, query, by, _row, after=after, limit=limit, newest_first=newest_first
        )

    def head(self) -> AuditHead:
        """Where the log ends now; kept elsewhere, it proves later that nothing before was rewritten."""
        with self._connections.read() as connection:
            row = connection.execute(select(AUDIT_HEAD)).one_or_none()
        if row is None:
            raise _broken(1, "the log has lost the note of where it ends")
        return AuditHead(row.number, row.hash)

    def verify(self, noted: AuditHead | None = None) -> AuditHead:
        """Follow the chain from its start and answer where it ends; raises StoreError naming the first row that is broken.

        `noted` is a head that was kept elsewhere: the chain must pass through it.
        """
        expected, previous = 1, _START
        while True:
            query = select(AUDIT).where(AUDIT.c.number >= expected).order_by(AUDIT.c.number).limit(_AT_ONCE)
            with self._connections.read() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                if row.number != expected:
                    raise _broken(expected, "is missing")
                if row.previous != previous or _hash(_row(row), previous) != row.hash:
                    raise _broken(expected, "is not what was written, or not in its place")
                if noted is not None and noted.number == expected and noted.hash != row.hash:
                    raise _broken(expected, "is not the one that was noted")
                expected, previous = expected + 1, row.hash
            if len(rows) < _AT_ONCE:
                break
        return self._end(expected - 1, noted)

    def _end(self, read: int, noted: AuditHead | None) -> AuditHead:
        last = select(func.max(AUDIT.c.number)).scalar_subquery()
        first = select(func.min(AUDIT.c.number)).scalar_subquery()
        with (
            self._connections.read() as connection
        ):  # one statement, so that rows added meanwhile are in both or in neither
            head = connection.execute(select(AUDIT_HEAD, last.label("last"), first.label("first"))).one_or_none()
            if head is None:
                raise _broken(1, "the log has lost the note of where it ends")
            end = select(AUDIT.c.hash).where(AUDIT.c.number == head.number)
            hashed = connection.execute(end).scalar_one_or_none() or _START
        if head.first is not None and head.first < 1:
            raise _broken(head.first, "comes before the first row")
        if (head.last or 0) != head.number or head.number < read:
            raise _broken(min(head.last or 0, head.number) + 1, "is missing, or was never noted as added")
        if hashed != head.hash:
            raise _broken(head.number, "is not the one that was noted as the last")
        if noted is not None and noted.number > head.number:
            raise _broken(head.number + 1, "is missing, though it had been noted")
        return AuditHead(head.number, head.hash)


def _hash(row: AuditRow, previous: str) -> str:
    content = [row.number, row.at.isoformat(), row.who, row.action, row.subject, row.details, previous]
    return hashlib.sha256(to_json(content).encode()).hexdigest()


def _row(row: Any) -> AuditRow:
    return AuditRow(row.number, row.at, row.who, row.action, row.subject, row.details, row.hash)


def _broken(number: int, what: str) -> StoreError:
    return StoreError(
        "audit", Problem(f"row {number}", what, "somebody changed the log; compare it with a backup from before")
    )
