"""API keys: who may do what until when. The store knows only a hash of each; the key itself is shown once, when it is made."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from leadloop.errors import Problem, StoreError
from leadloop.store.audit import Audit
from leadloop.store.connections import Connections
from leadloop.store.paging import Page, read_page
from leadloop.store.tables import KEYS

PREFIX = "leadloop"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, as far as the store knows it."""

    id: str
    """Its public half, by which it is named in logs and revoked."""
    role: str
    """What its holder may do."""
    name: str
    """What it was made for."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime | None
    """Until when it is good; none where it is until revoked."""
    revoked_at: datetime | None
    """When it was revoked; none where it was not."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made, and the only time that its secret is seen."""

    key: ApiKey
    """What the store knows of it."""
    text: str = field(repr=False)
    """What its holder sends."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key with the hash of its secret: what somebody needs who checks keys without asking the store each time."""

    key: ApiKey
    """What the store knows of it."""
    secret_hash: str = field(repr=False)
    """The hash of its secret."""

    def is_of(self, secret: str) -> bool:
        """Whether this is its secret; takes as long for a wrong one."""
        return hmac.compare_digest(_hash(secret), self.secret_hash)

    def is_good(self, now: datetime) -> bool:
        """Whether it was not revoked and has not expired."""
        return self.key.revoked_at is None and (self.key.expires_at is None or self.key.expires_at > now)


def take_apart(text: str) -> tuple[str, str] | None:
    """The id and the secret of a key as it was sent; none where it does not look like one of ours.

    >>> take_apart("leadloop_0a1b_secret"), take_apart("guess")
    (('0a1b', 'secret'), None)
    """
    prefix, _, rest = text.partition("_")
    identity, _, secret = rest.partition("_")
    if prefix != PREFIX or len(text) > 200 or not text.isascii() or not text.isprintable():
        return None
    return identity[:32], secret


def find_key(known: Mapping[str, KnownKey], text: str, now: datetime) -> ApiKey | None:
    """The key that was sent, where it is one of these (by their ids), has not expired and was not revoked; else none.

    This is the one check of keys. The secret is a random number of 256 bits, so a plain hash of it cannot be guessed back.
    """
    parts = take_apart(text)
    found = known.get(parts[0]) if parts else None
    if parts is None or found is None or not found.is_of(parts[1]) or not found.is_good(now):
        return None
    return found.key


class Keys:
    """The API keys of one store."""

    def __init__(self, connections: Connections, audit: Audit) -> None:
        self._connections = connections
        self._audit = audit

    def issue(self, role: str, name: str, *, who: str, expires_at: datetime | None = None) -> NewKey:
        """Make a key; raises StoreError where it would have expired already."""
        now = self._connections.now()
        if expires_at is not None and expires_at <= now:
            raise StoreError("key", Problem("expires_at", "has passed", "name a later moment"))
        identity = self._connections.random_bytes(6).hex()
        secret = self._connections.random_bytes(32).hex()
        key = ApiKey(identity, role, name, now, expires_at, None)
        with self._connections.write() as connection:
            connection.execute(
                KEYS.insert().values(
                    id=identity,
                    secret_hash=_hash(secret),
                    role=role,
                    name=name,
                    created_at=now,
                    expires_at=expires_at,
                    revoked_at=None,
                )
            )
            self._audit.add(who, "issue key", {"key": identity, "role": role})
        return NewKey(key, f"{PREFIX}_{identity}_{secret}")

    def known(self) -> tuple[KnownKey, ...]:
        """Every key with its hash, by its id, the expired and revoked among them."""
        with self._connections.read() as connection:
            return tuple(
                KnownKey(_key(row), row.secret_hash) for row in connection.execute(select(KEYS).order_by(KEYS.c.id))
            )

    def revoke(self, identity: str, *, who: str) -> None:
        """Let a key be good for nothing from now on; revoking it twice is fine. Raises StoreError where there is none."""
        now = self._connections.now()
        with self._connections.write() as connection:
            if connection.execute(select(KEYS.c.id).where(KEYS.c.id == identity)).first() is None:
                raise StoreError("key", Problem(identity, "is not known", "name one that `page` lists"))
            done = connection.execute(
                update(KEYS).where(KEYS.c.id == identity, KEYS.c.revoked_at.is_(None)).values(revoked_at=now)
            )
            if done.rowcount:
                self._audit.add(who, "revoke key", {"key": identity})

    def carry_over(self, keys: Iterable[KnownKey]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Take over the keys of the store that this one replaces; the ids of those added, and of those revoked again.

        What was revoked in either is revoked, from the earlier moment on; all else is as the store that is replaced had it. No
        rows of the audit log are written: who restores writes one for all.
        """
        added, revoked = [], []
        with self._connections.write() as connection:
            for one in keys:
                key = one.key
                query = select(KEYS.c.revoked_at).where(KEYS.c.id == key.id)
                found = connection.execute(query).first()
                moments = [at for at in (key.revoked_at, found.revoked_at if found else None) if at is not None]
                values = {"expires_at": key.expires_at, "revoked_at": min(moments, default=None)}
                values |= {"secret_hash": one.secret_hash, "role": key.role}
                if found is None:
                    connection.execute(
                        KEYS.insert().values(id=key.id, name=key.name, created_at=key.created_at, **values)
                    )
                    added.append(key.id)
                    continue
                connection.execute(update(KEYS).where(KEYS.c.id == key.id).values(**values))
                if found.revoked_at is None and key.revoked_at is not None:
                    revoked.append(key.id)
        return tuple(added), tuple(revoked)

    def page(self, *, after: str | None = None, limit: int = 100) -> Page[ApiKey]:
        """Every key, by its id, the expired and revoked among them."""
        return read_page(self._connections, "keys", select(KEYS), KEYS.c.id, _key, after=after, limit=limit)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Any) -> ApiKey:
    return ApiKey(row.id, row.role, row.name, row.created_at, row.expires_at, row.revoked_at)
