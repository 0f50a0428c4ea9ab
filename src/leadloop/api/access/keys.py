"""Who may ask for what: keys with a role, known by their hash alone.

A role may do what its routes say, and nothing follows from another role except for `admin`, who may do everything. Keys are made
and revoked in the store; each process looks there every second and checks requests against what it saw last, so that no
request waits for a database, and keys go on working while there is none. A copy in the workspace lets a server that starts
without its database check keys, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from leadloop.flows.upkeep.keys import ROLES, Role

if TYPE_CHECKING:
    from leadloop.store import KnownKey

COPY = "keys.copy.json"
"""The copy's name in the workspace."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the key's id for the record, and its role."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether this caller may use a route that asks for a role."""
        return self.role in (role, "admin")


ANYBODY = Caller("anybody on this machine", "admin")
"""Who asks where no key was ever made."""


class KeyRing:
    """The keys as they were last seen in the store; nothing at all is known before the first look."""

    def __init__(self, known: Iterable[KnownKey] | None = None, clock: Callable[[], datetime] | None = None) -> None:
        self._known: Mapping[str, KnownKey] | None = None
        self._clock = clock or (lambda: datetime.now(UTC))
        if known is not None:
            self.learn(known)

    def learn(self, known: Iterable[KnownKey]) -> None:
        """Take these keys for all that there are; swapped at once, so that no request sees half of them."""
        self._known = {one.key.id: one for one in known}

    @property
    def is_known(self) -> bool:
        """Whether it is known which keys there are."""
        return self._known is not None

    @property
    def is_empty(self) -> bool:
        """Whether no key was ever made, so that anybody on this machine may ask; keys that expired or were revoked count."""
        return self._known is not None and not self._known

    @property
    def has_good(self) -> bool:
        """Whether there is a key that is good now."""
        return any(one.is_good(self._clock()) for one in (self._known or {}).values())

    def find(self, text: str) -> Caller | None:
        """Whose key this is; None where nobody's is, or it has expired or was revoked."""
        from leadloop.store.keys import find_key

        found = find_key(self._known or {}, text, self._clock())
        return Caller(f"key {found.id}", found.role) if found and found.role in ROLES else None

    def tell_refused(self, text: str) -> dict[str, str]:
        """What may be written down of a key that `find` does not know: why, and its id where it was once good; never its text."""
        from leadloop.store.keys import take_apart

        parts = take_apart(text)
        known = (self._known or {}).get(parts[0]) if parts else None
        if parts is None or known is None or not known.is_of(parts[1]):
            return {"why": "unknown key"}
        return {"why": "revoked key" if known.key.revoked_at else "expired key", "key": known.key.id}


class KeyCopy:
    """The copy of the keys in the workspace, which only its owner may read: hashes, never keys.

    It says which database it was made from, and counts for no other.
    """

    def __init__(self, folder: Path, database: str) -> None:
        self.path, self._database = folder / COPY, database
        self._written = b""

    def read(self) -> list[KnownKey] | None:
        """The keys of the copy; None where there is none that can be trusted: another's, or one that others may write."""
        from leadloop.store import ApiKey, KnownKey

        try:
            status = self.path.stat()
            if os.name == "posix" and (status.st_mode & 0o077 or status.st_uid != os.getuid()):
                return None
            said = json.loads(self.path.read_bytes())
            if said["database"] != self._database:
                return None
            return [
                KnownKey(
                    ApiKey(
                        one["id"], one["role"], "", _moment(one["created_at"]),
                        _maybe(one["expires_at"]), _maybe(one["revoked_at"]),
                    ),
                    one["secret_hash"],
                )
                for one in said["keys"]
            ]  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, known: Iterable[KnownKey]) -> None:
        """Keep these keys; whole or not at all, and only where they have changed. Raises OSError where that cannot be done."""
        keys = [
            {
                "id": one.key.id,
                "role": one.key.role,
                "created_at": one.key.created_at.isoformat(),
                "expires_at": one.key.expires_at and one.key.expires_at.isoformat(),
                "revoked_at": one.key.revoked_at and one.key.revoked_at.isoformat(),
                "secret_hash": one.secret_hash,
            }
            for one in known
        ]
        content = json.dumps({"database": self._database, "keys": keys}, indent=1).encode()
        if content == self._written:
            return
        beside = self.path.with_name(f".{COPY}.{token_hex(8)}")
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self.path)
        self._written = content


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(text)


def _maybe(text: Any) -> datetime | None:
    return None if text is None else _moment(text)
