"""Who is signed in: a random name in the browser's cookie stands for a key, as long as that is good.

The keys are looked up in the store every second at most. While it is away they are those that were known last, or, at the
start, those of the copy in the workspace, as the service has it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic

from leadloop.errors import LeadLoopError, tell_briefly
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.key_ring import ANYBODY, Caller, KeyRing

COOKIE = "leadloop_session"
"""The cookie's name."""
_EVERY_SECONDS = 1.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Session:
    text: str
    """The key, by which it is known whether it is still good; in memory alone."""
    ends_at: datetime


class Sessions:
    """The sessions of one dashboard."""

    def __init__(self, place: Workspace, hours: float, clock: Callable[[], datetime] | None = None) -> None:
        self._place, self._hours = place, hours
        self._clock = clock or (lambda: datetime.now(UTC))
        self._known: dict[str, _Session] = {}
        self._lock = Lock()
        self._looked_at = float("-inf")
        self.ring = KeyRing(clock=self._clock)
        self.problem = ""
        """What keeps the store from saying which keys there are; empty where it does."""

    @property
    def seconds(self) -> int:
        """How long a session lasts."""
        return int(self._hours * 3600)

    def look(self) -> None:
        """See which keys there are, unless that was just done."""
        with self._lock:
            if monotonic() - self._looked_at < _EVERY_SECONDS:
                return
            self._looked_at = monotonic()
            try:
                known = self._place.store.keys.known()
                if not known and not self.ring.is_empty and self.ring.is_known:
                    self.problem = "knows no key, though keys were made: it is another one, or was emptied"
                    return
                self.ring.learn(known)
                self.problem = ""
            except LeadLoopError as error:
                self.problem = tell_briefly(error.problems)
                if not self.ring.is_known and (copied := self._place.key_copy().read()) is not None:
                    self.ring.learn(copied)

    def is_open(self) -> bool:
        """Whether anybody on this machine may look, since no key was ever made."""
        self.look()
        return self.ring.is_empty

    def begin(self, key: str) -> str | None:
        """A new session of a key, as the cookie says it; None where the key is not good."""
        self.look()
        text = key.strip()
        if self.ring.find(text) is None:
            return None
        name, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if one.ends_at > now}
            while len(self._known) >= _MOST:
                self._known.pop(next(iter(self._known)))
            self._known[_hash(name)] = _Session(text, now + timedelta(hours=self._hours))
        return name

    def who(self, name: str | None) -> Caller | None:
        """Whose session this is; None where it is nobody's, has ended, or its key is good no more."""
        self.look()
        if self.ring.is_empty:
            return ANYBODY
        found = self._known.get(_hash(name)) if name else None
        if found is None or found.ends_at <= self._clock():
            return None
        return self.ring.find(found.text)

    def end(self, name: str | None) -> None:
        """Forget a session."""
        if name:
            with self._lock:
                self._known.pop(_hash(name), None)


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
