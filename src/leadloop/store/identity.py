"""Identity: what sources say of companies and people with every version of it, and what of it was found to be of the same one.

A record is one mention, by one source, in one lead. Records of the same company or person share an entity, which is a number and
nothing else. Whatever joined two entities is kept with its reasons and the records that it moved, so that it can be undone.
"""

from __future__ import annotations

from sqlalchemy import func, select

from leadloop.store.connections import Connections
from leadloop.store.identity_matches import IdentityMatches
from leadloop.store.identity_records import SECRET, IdentityRecords
from leadloop.store.identity_tables import MATCHES, RECORDS
from leadloop.store.identity_words import (
    DOUBTFUL,
    MERGED,
    REJECTED,
    STATES,
    UNDONE,
    IdentityMatch,
    IdentityRecord,
    IdentityVersion,
    Joining,
    KeptMention,
    Mention,
)

__all__ = [
    "DOUBTFUL",
    "MERGED",
    "REJECTED",
    "SECRET",
    "STATES",
    "UNDONE",
    "Identity",
    "IdentityMatch",
    "IdentityRecord",
    "IdentityVersion",
    "Joining",
    "KeptMention",
    "Mention",
]


class Identity(IdentityRecords, IdentityMatches):
    """Who is who, in every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

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
