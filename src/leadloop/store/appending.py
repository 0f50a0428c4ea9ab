"""Rows that are only ever added, and once: a row that is sent again under its key is recognised, not stored twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select

from leadloop.errors import Problem, StoreConflict
from leadloop.store.connections import Connections
from leadloop.store.values import digest_of

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one row."""

    id: int
    """Its number in the store."""
    new: bool
    """Whether it was stored now; false where it had been stored before."""


def append(connections: Connections, table: Table, playbook: str, rows: Sequence[Mapping[str, Any]]) -> list[Stored]:
    """Store all rows or none; on disk when this returns, in the order given.

    Each row has a `key` of its sender's. What is not said about a row's content (when it was recorded) goes into the columns
    whose names start with an underscore. Raises StoreConflict naming every row whose key was used for another content.
    """
    prepared: dict[str, dict[str, Any]] = {}
    clashes: list[int] = []
    for position, row in enumerate(rows):
        content = {
            name: value.hex() if isinstance(value, bytes) else value
            for name, value in row.items()
            if not name.startswith("_")
        }
        full = {name.removeprefix("_"): value for name, value in row.items()}
        full |= {"playbook": playbook, "digest": digest_of(content)}
        if prepared.setdefault(row["key"], full)["digest"] != full["digest"]:
            clashes.append(position)
    found: dict[str, Stored] = {}
    with connections.write() as connection:
        keys = sorted(prepared)  # in one order, so that two writers never wait for each other
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            insertion = connections.insert(table).on_conflict_do_nothing(index_elements=["playbook", "key"])
            added = connection.execute(
                insertion.returning(table.c.key, table.c.id), [prepared[key] for key in part]
            ).all()
            found |= {key: Stored(number, True) for key, number in added}
            known = [key for key in part if key not in found]
            if not known:
                continue
            there = select(table.c.key, table.c.id, table.c.digest).where(
                table.c.playbook == playbook, table.c.key.in_(known)
            )
            for key, number, digest in connection.execute(there):
                found[key] = Stored(number, False)
                if digest != prepared[key]["digest"]:
                    clashes += [position for position, row in enumerate(rows) if row["key"] == key]
        if clashes:
            raise StoreConflict(
                table.name,
                [
                    Problem(f"row {position + 1}", "its key was used for something else", "give it a key of its own")
                    for position in sorted(set(clashes))
                ],
            )
    answers, seen = [], set()
    for row in rows:
        key = row["key"]
        answers.append(Stored(found[key].id, found[key].new and key not in seen))
        seen.add(key)
    return answers
