"""Who may ask for what: keys with a role, known by their hash alone.

A role may do what its routes say, and nothing follows from another role except for `admin`, who may do everything.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from leadloop.errors import LeadLoopError, Problem

Role = Literal["scorer", "feedback", "analyst", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
_LINE = re.compile(r"(?P<role>[a-z]+):(?P<hash>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a name for the record, and the role."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether this caller may use a route that asks for a role."""
        return self.role in (role, "admin")


ANYBODY = Caller("anybody on this machine", "admin")
"""Who asks where there are no keys."""


class KeyRing(Protocol):
    """The keys that are known: those of the settings, or those of a database."""

    @property
    def is_empty(self) -> bool:
        """Whether there are no keys, so that anybody on this machine may ask."""

    def find(self, key: str) -> Caller | None:
        """Whose key this is; None where nobody's is."""


class HashedKeys:
    """The keys of the settings: each a role and the SHA-256 of the key.

    >>> key = "a long random text"
    >>> HashedKeys([f"scorer:{hash_key(key)}"]).find(key).role
    'scorer'
    """

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._callers: Mapping[str, Caller] = dict(_read_lines(lines))

    @property
    def is_empty(self) -> bool:
        """Whether there are no keys."""
        return not self._callers

    def find(self, key: str) -> Caller | None:
        """Whose key this is. Every hash is compared, each in the same time, so that an answer's time tells nothing."""
        asked, found = hash_key(key), None
        for known, caller in self._callers.items():
            if hmac.compare_digest(known, asked):
                found = caller
        return found


def hash_key(key: str) -> str:
    """What is kept of a key. Keys are long and random, so that a plain hash cannot be guessed backwards."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def make_key() -> str:
    """A new key: 256 bits of chance."""
    return f"ll_{secrets.token_urlsafe(32)}"


def _read_lines(lines: Iterable[str]) -> Iterable[tuple[str, Caller]]:
    problems = []
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line.strip())
        if found and found["role"] in ROLES:
            # The name is for logs and records: enough of the hash to tell keys apart, and nothing of the key.
            yield found["hash"], Caller(f"{found['role']} {found['hash'][:8]}", found["role"])
        else:
            what = "is not a role, a colon and a SHA-256 in hex"
            problems.append(Problem(f"api_keys, {number}", what, "make one with `leadloop serve --new-key ROLE`"))
    if problems:
        raise LeadLoopError("settings", problems)
