"""Which version serves under which name (`champion`, `challenger`, `shadow`), since when, by whose word and why.

A change of a name, its record and its row in the audit log are one transaction: there is never one without the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from leadloop.errors import Problem, StoreConflict, StoreError
from leadloop.store.audit import Audit
from leadloop.store.connections import Connections
from leadloop.store.paging import Page, read_page
from leadloop.store.tables import ALIASES, PROMOTIONS

MANIFEST = "manifest"
"""What the checksum of the manifest is called in a change's evidence and in the audit log."""
_LOCK = 3


@dataclass(frozen=True, slots=True)
class Alias:
    """A name and the version that it stands for now."""

    alias: str
    """The name."""
    model_version: str
    """The version."""
    policy: str
    """The fingerprint of the policy that goes with it; empty for the version's own."""
    since: datetime
    """Since when."""


@dataclass(frozen=True, slots=True)
class PromotionRecord:
    """One change of what a name stands for."""

    alias: str
    """The name."""
    action: str
    """`promote`, `rollback` or `clear`."""
    model_version: str | None
    """The version it stands for since; none after `clear`."""
    previous: str | None
    """The version it stood for until then."""
    policy: str
    """The fingerprint of the policy that goes with it."""
    at: datetime
    """When."""
    who: str
    """By whom."""
    why: str
    """The reason that was given."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """The quality that was known at that moment, and as `manifest` the checksum of the version's manifest."""

    @property
    def manifest(self) -> str:
        """The checksum of the version's manifest at that moment; empty for a change that was made before it was noted."""
        said = self.evidence.get(MANIFEST, "")
        return said if isinstance(said, str) else ""


class Promotions:
    """The names of every playbook's versions, and how they changed."""

    def __init__(self, connections: Connections, audit: Audit) -> None:
        self._connections = connections
        self._audit = audit

    def promote(
        self,
        playbook: str,
        alias: str,
        model_version: str,
        *,
        who: str,
        why: str,
        policy: str = "",
        evidence: Mapping[str, Any] | None = None,
        manifest: str = "",
        instead_of: str | None = None,
    ) -> PromotionRecord:
        """Let a name stand for this version from now on; with the checksum of its manifest, only for what has that one.

        Where `instead_of` is given, the name must still stand for that version (or for none, where it is empty), else
        StoreConflict is raised: what was compared with is no longer what serves.
        """
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            current = self._current(connection, playbook, alias)
            if instead_of is not None and (current.model_version if current else "") != instead_of:
                raise StoreConflict(
                    playbook, Problem(alias, "was changed by somebody else meanwhile", "look again at what serves")
                )
            previous = current.model_version if current else None
            noted = {**(evidence or {}), **({MANIFEST: manifest} if manifest else {})}
            return self._change(
                connection, playbook, alias, "promote", model_version, previous, policy, who, why, noted
            )

    def roll_back(self, playbook: str, alias: str, *, who: str, why: str) -> PromotionRecord:
        """Let a name stand for what it stood for before; raises StoreError where there was nothing before."""
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            current = self._current(connection, playbook, alias)
            stack = self._stack(connection, playbook, alias)
            if current is None or len(stack) < 2:
                problem = Problem(alias, "stood for nothing before", "promote the version that shall serve")
                raise StoreError(playbook, problem)
            version, policy = stack[-2]
            manifest = self._manifest(connection, playbook, version)
            noted = {MANIFEST: manifest} if manifest else {}
            return self._change(
                connection, playbook, alias, "rollback", version, current.model_version, policy, who, why, noted
            )

    def clear(self, playbook: str, alias: str, *, who: str, why: str) -> PromotionRecord:
        """Let a name stand for nothing from now on; raises StoreError where it stands for nothing."""
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            current = self._current(connection, playbook, alias)
            if current is None:
                named = ", ".join(one.alias for one in self.aliases(playbook)) or "none"
                raise StoreError(playbook, Problem(alias, "stands for nothing", f"names of versions are: {named}"))
            return self._change(connection, playbook, alias, "clear", None, current.model_version, "", who, why, {})

    def _current(self, connection: Connection, playbook: str, alias: str) -> Alias | None:
        query = select(ALIASES).where(ALIASES.c.playbook == playbook, ALIASES.c.alias == alias)
        row = connection.execute(query).first()
        return None if row is None else _alias(row)

    def _stack(self, connection: Connection, playbook: str, alias: str) -> list[tuple[str, str]]:
        """The versions and policies that were put in service and not rolled back since, oldest first."""
        query = select(PROMOTIONS).where(PROMOTIONS.c.playbook == playbook, PROMOTIONS.c.alias == alias)
        stack: list[tuple[str, str]] = []
        for row in connection.execute(query.order_by(PROMOTIONS.c.id)):
            if row.action == "promote":
                stack.append((row.model_version, row.policy))
            elif row.action == "clear":
                stack.clear()
            elif stack:
                stack.pop()
        return stack

    def _change(
        self,
        connection: Connection,
        playbook: str,
        alias: str,
        action: str,
        version: str | None,
        previous: str | None,
        policy: str,
        who: str,
        why: str,
        evidence: Mapping[str, Any],
    ) -> PromotionRecord:
        now = self._connections.now()
        record = PromotionRecord(alias, action, version, previous, policy, now, who, why, dict(evidence))
        added = connection.execute(
            PROMOTIONS.insert()
            .values(
                playbook=playbook,
                alias=alias,
                action=action,
                model_version=version,
                previous=previous,
                policy=policy,
                at=now,
                who=who,
                why=why,
                evidence=dict(evidence),
            )
            .returning(PROMOTIONS.c.id)
        ).scalar_one()
        if version is None:
            connection.execute(delete(ALIASES).where(ALIASES.c.playbook == playbook, ALIASES.c.alias == alias))
        else:
            holding = {"model_version": version, "policy": policy, "promotion_id": added, "since": now}
            connection.execute(
                self._connections.insert(ALIASES)
                .values(playbook=playbook, alias=alias, **holding)
                .on_conflict_do_update(index_elements=["playbook", "alias"], set_=holding)
            )
        self._audit.add(
            who,
            action,
            {"playbook": playbook, "alias": alias, "version": version, "previous": previous, "promotion": added}
            | ({MANIFEST: record.manifest} if record.manifest else {}),
        )
        return record

    def alias(self, playbook: str, alias: str) -> Alias | None:
        """What a name stands for now; none where it stands for nothing."""
        with self._connections.read() as connection:
            return self._current(connection, playbook, alias)

    def aliases(self, playbook: str) -> tuple[Alias, ...]:
        """Every name that stands for a version of this playbook, by name."""
        query = select(ALIASES).where(ALIASES.c.playbook == playbook).order_by(ALIASES.c.alias)
        with self._connections.read() as connection:
            return tuple(_alias(row) for row in connection.execute(query))

    def stack(self, playbook: str, alias: str) -> tuple[str, ...]:
        """What a name stands for, and what it goes back to with each rollback: the versions, newest first."""
        with self._connections.read() as connection:
            return tuple(version for version, _ in reversed(self._stack(connection, playbook, alias)))

    def manifest(self, playbook: str, version: str) -> str:
        """The checksum of a version's manifest when it first got a name; empty where it had none, or none was noted."""
        with self._connections.read() as connection:
            return self._manifest(connection, playbook, version)

    def _manifest(self, connection: Connection, playbook: str, version: str) -> str:
        query = select(PROMOTIONS).where(PROMOTIONS.c.playbook == playbook, PROMOTIONS.c.model_version == version)
        noted = (_record(row).manifest for row in connection.execute(query.order_by(PROMOTIONS.c.id)))
        return next((one for one in noted if one), "")

    def at(self, playbook: str, alias: str, moment: datetime) -> PromotionRecord | None:
        """The change that held at a moment: the last one until then; none where there was none yet."""
        query = select(PROMOTIONS).where(
            PROMOTIONS.c.playbook == playbook, PROMOTIONS.c.alias == alias, PROMOTIONS.c.at <= moment
        )
        with self._connections.read() as connection:
            row = connection.execute(query.order_by(PROMOTIONS.c.id.desc()).limit(1)).first()
        return None if row is None else _record(row)

    def page(
        self, playbook: str, *, alias: str | None = None, after: str | None = None, limit: int = 100
    ) -> Page[PromotionRecord]:
        """Every change so far, of one name on request, the oldest first."""
        query = select(PROMOTIONS).where(PROMOTIONS.c.playbook == playbook)
        if alias is not None:
            query = query.where(PROMOTIONS.c.alias == alias)
        return read_page(self._connections, "promotions", query, PROMOTIONS.c.id, _record, after=after, limit=limit)

    def newest(self, playbook: str, *, most: int = 50) -> tuple[PromotionRecord, ...]:
        """The newest changes, the newest first."""
        query = select(PROMOTIONS).where(PROMOTIONS.c.playbook == playbook).order_by(PROMOTIONS.c.id.desc()).limit(most)
        with self._connections.read() as connection:
            return tuple(_record(row) for row in connection.execute(query))


def _alias(row: Any) -> Alias:
    return Alias(row.alias, row.model_version, row.policy, row.since)


def _record(row: Any) -> PromotionRecord:
    return PromotionRecord(
        row.alias, row.action, row.model_version, row.previous, row.policy, row.at, row.who, row.why, row.evidence
    )
