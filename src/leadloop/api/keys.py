"""Who may ask for what: keys with a role, known by their hash alone.

A role may do what its routes say, and nothing follows from another role except for `admin`, who may do everything.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.keys import ROLES, Role, hash_key

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
