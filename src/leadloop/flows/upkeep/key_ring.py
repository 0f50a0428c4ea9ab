"""Who may ask for what: keys with a role, known by their hash alone.

A role may do what its routes say, and nothing follows from another role except for `admin`, who may do everything. Keys are made
and revoked in the store; each process looks there every second and checks requests against what it saw last, so that no
request waits for a database, and keys go on working while there is none. A copy in the workspace lets a server that starts
without its database check keys, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.upkeep.keys import ROLES, Role

if TYPE_CHECKING:
    from leadloop.store import KnownKey


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

    def name_of(self, caller: Caller) -> str:
        """What a caller's key was made for; the key's id where that is not known, and nothing where nobody needs a key."""
        if caller is ANYBODY:
            return ""
        found = (self._known or {}).get(caller.name.removeprefix("key "))
        return (found.key.name if found else "") or caller.name

    def tell_refused(self, text: str) -> dict[str, str]:
        """What may be written down of a key that `find` does not know: why, and its id where it was once good; never its text."""
        from leadloop.store.keys import take_apart

        parts = take_apart(text)
        known = (self._known or {}).get(parts[0]) if parts else None
        if parts is None or known is None or not known.is_of(parts[1]):
            return {"why": "unknown key"}
        return {"why": "revoked key" if known.key.revoked_at else "expired key", "key": known.key.id}


def require_good_key(ring: KeyRing, host: str, problem: str = "") -> None:
    """See that what others can reach at `host` has a key that is good; raises LeadLoopError where it has none.

    Where it is not known which keys there are, for the `problem` that the database has, it is refused too.
    """
    if ring.has_good:
        return
    reached = f"{host} can be reached from other machines"
    if ring.is_known:
        mend = "make one with `leadloop keys new admin --name NAME`, or listen on 127.0.0.1"
        raise LeadLoopError("service", Problem("host", f"{reached}, and there is no key that is good", mend))
    what = f"{reached}, and it cannot be told whether there is a key: {problem}"
    raise LeadLoopError("service", Problem("host", what, "see to the database, or listen on 127.0.0.1"))
