"""The copy of a database's keys in the workspace, for when the database is away or lost: hashes, never keys."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadloop.store import KnownKey

COPY = "keys.copy.json"
"""The copy's name in the workspace."""


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
