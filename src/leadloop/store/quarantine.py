"""Sources of outcomes that nothing is learned from until somebody has looked at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from leadloop.errors import Problem, StoreError
from leadloop.store.audit import Audit
from leadloop.store.connections import Connections
from leadloop.store.loop_tables import QUARANTINE

HELD, TRUSTED = "held", "trusted"


@dataclass(frozen=True, slots=True)
class HeldSource:
    """A source that was looked at."""

    source: str
    """Its name."""
    state: str
    """`held`: nothing is learned from it; `trusted`: somebody vouched for it, and it is not held again by itself."""
    at: datetime
    """Since when."""
    who: str
    """Who said so."""
    why: str
    """And why."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What speaks against it."""


class Quarantine:
    """The sources of every playbook that were looked at."""

    def __init__(self, connections: Connections, audit: Audit) -> None:
        self._connections, self._audit = connections, audit

    def hold(
        self, playbook: str, source: str, *, who: str, why: str, evidence: Mapping[str, Any] | None = None
    ) -> bool:
        """Learn nothing from a source from now on; false where it is held already, or where somebody vouched for it."""
        row = {
            "playbook": playbook,
            "source": source,
            "state": HELD,
            "evidence": dict(evidence or {}),
            "at": self._connections.now(),
            "who": who,
            "why": why,
        }
        insertion = self._connections.insert(QUARANTINE).values(row)
        with self._connections.write() as connection:
            added = connection.execute(
                insertion.on_conflict_do_nothing(index_elements=["playbook", "source"]).returning(QUARANTINE.c.id)
            ).first()
            if added is not None:
                self._audit.add(who, "hold source", {"playbook": playbook, "row": int(added.id)})
        return added is not None

    def settle(self, playbook: str, source: str, state: str, *, who: str, why: str) -> None:
        """Vouch for a source (`trusted`), or hold it whatever was said before (`held`)."""
        if state not in (HELD, TRUSTED):
            raise StoreError("sources", Problem("state", f"is “{state}”", f"take {HELD} or {TRUSTED}"))
        said = {"state": state, "at": self._connections.now(), "who": who, "why": why}
        insertion = self._connections.insert(QUARANTINE).values(playbook=playbook, source=source, evidence={}, **said)
        with self._connections.write() as connection:
            row = connection.execute(
                insertion.on_conflict_do_update(index_elements=["playbook", "source"], set_=said).returning(
                    QUARANTINE.c.id
                )
            ).one()
            self._audit.add(who, f"{state} source", {"playbook": playbook, "row": int(row.id)})

    def held(self, playbook: str) -> frozenset[str]:
        """The sources that nothing is learned from now."""
        return frozenset(one.source for one in self.all(playbook) if one.state == HELD)

    def all(self, playbook: str) -> tuple[HeldSource, ...]:
        """Every source that was looked at, by name."""
        query = select(QUARANTINE).where(QUARANTINE.c.playbook == playbook).order_by(QUARANTINE.c.source)
        with self._connections.read() as connection:
            return tuple(
                HeldSource(row.source, row.state, row.at, row.who, row.why, row.evidence)
                for row in connection.execute(query)
            )
