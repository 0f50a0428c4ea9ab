"""What stands in the database and in no row of the audit log: a key that nobody made, a version that nobody promoted.

The chain of the log proves that its rows are those that were written. It does not prove that nothing was written beside it:
whoever can write to the database can give himself a key. That key has no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from leadloop.errors import Problem

if TYPE_CHECKING:
    from leadloop.registry import Registry
    from leadloop.store import Store

_PAGE = 1_000
_UNKNOWN = "somebody wrote to the database itself"


def find_unlogged(store: Store, registry: Registry) -> list[Problem]:
    """Every key and every named version that the audit log does not account for, with what to do about it.

    Keys that a restore kept have a row of the restore. What was there before the log was kept is told as well.
    """
    log = _Log()
    for action, details in _rows(store):
        log.read(action, details)
    return [*_keys(store, log), *_versions(store, registry, log)]


class _Log:
    """What the log says of keys and of names."""

    def __init__(self) -> None:
        self.roles: dict[str, str] = {}
        self.kept: set[str] = set()
        self.revoked: set[str] = set()
        self.named: dict[tuple[str, str], str | None] = {}

    def read(self, action: str, details: dict[str, object]) -> None:
        if action == "issue key":
            self.roles[str(details.get("key"))] = str(details.get("role"))
        elif action == "revoke key":
            self.revoked.add(str(details.get("key")))
        elif action == "restore":
            self.kept |= _texts(details.get("keys added"))
            self.revoked |= _texts(details.get("keys revoked"))
            # What a name stands for goes back to the backup's with the database, and with its rows of the log.
        elif "alias" in details and "promotion" in details:
            version = details.get("version")
            self.named[str(details["playbook"]), str(details["alias"])] = None if version is None else str(version)


def _texts(said: object) -> set[str]:
    return {str(one) for one in said} if isinstance(said, list) else set()


def _rows(store: Store) -> Iterator[tuple[str, dict[str, object]]]:
    after: str | None = None
    while True:
        page = store.audit.page(after=after, limit=_PAGE)
        for row in page.items:
            yield row.action, dict(row.details)
        after = page.next
        if after is None:
            return


def _keys(store: Store, log: _Log) -> Iterator[Problem]:
    for known in store.keys.known():
        key = known.key
        where = f"key {key.id}"
        if key.id not in log.roles and key.id not in log.kept:
            mend = f"{_UNKNOWN}: `leadloop keys revoke {key.id}`, and change the password of the database"
            yield Problem(where, f"({key.role}) was made by nobody the log knows", mend)
        elif log.roles.get(key.id, key.role) != key.role:
            yield Problem(where, f"is {key.role}, and was made as {log.roles[key.id]}", f"{_UNKNOWN}: revoke it")
        if key.id in log.revoked and key.revoked_at is None:
            yield Problem(where, "was revoked and is good again", f"{_UNKNOWN}: revoke it again")


def _versions(store: Store, registry: Registry, log: _Log) -> Iterator[Problem]:
    for playbook in registry.playbooks():
        for alias in store.promotions.aliases(playbook):
            told = log.named.get((playbook, alias.alias))
            if told != alias.model_version:
                said = f"the log has {told}" if told else "the log knows of no promotion"
                what = f"stands for {alias.model_version}, and {said}"
                yield Problem(f"{playbook} {alias.alias}", what, f"{_UNKNOWN}: promote the right one")
