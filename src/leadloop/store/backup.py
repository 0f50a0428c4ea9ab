"""Backups of a store on SQLite, made while it is in use and restored so that whoever was erased since stays erased.

PostgreSQL brings better tools for this: `pg_dump` and `pg_restore`, and then `erasures.replay`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadloop.errors import Problem, StoreError
from leadloop.store.engine import address_of
from leadloop.store.migrating import refuse_unknown
from leadloop.store.tables import METADATA
from leadloop.store.trouble import explain

if TYPE_CHECKING:
    from leadloop.store.keys import KnownKey
    from leadloop.store.store import Store

_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    path: Path
    """The file."""
    sha256: str
    """The hash of the file."""
    rows: Mapping[str, int]
    """How many rows each table has."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore carried over from what was there before."""

    erasures: int
    """How many erasures were carried out again."""
    keys_added: tuple[str, ...]
    """The ids of the keys that the backup did not know, as good or revoked as they were."""
    keys_revoked: tuple[str, ...]
    """The ids of the keys that were good in the backup, and had been revoked since."""


def back_up(source: Path, path: Path) -> Backup:
    """Copy a store's file as it is at one moment, while others go on using it; the copy appears whole and checked, or not at all.

    Raises StoreError where there is something of this name already, or where the copy is not sound.
    """
    path = path.expanduser().absolute()
    if path.exists():
        raise StoreError("backup", Problem(str(path), "is there already", "name another file"))
    if not path.parent.is_dir():
        raise StoreError("backup", Problem(str(path.parent), "is no folder", "make it first"))
    with _beside(path) as copy, _telling_nothing():
        _copy(source, copy)
        rows = _check(copy)
        os.link(copy, path)  # fails where somebody was quicker, instead of writing over their file
    _sync(path.parent)
    return Backup(path, _hash_file(path), rows)


def restore(
    backup: str | Path,
    place: str | Path,
    *,
    now: Callable[[], datetime],
    who: str,
    erased: Iterable[Mapping[str, Any]] = (),
    keys: Iterable[KnownKey] = (),
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Restored:
    """Put a backup in the place of a store, and carry over who was erased since, every key and every revocation.

    The erasure list is taken from the store that is there now, from the file beside it, and from `erased`; keys from the store
    that is there now, or where there is none from `keys`. So no restore makes a revoked key good again, nor opens a service
    that had keys. All checks and changes are done on a copy; then one transaction replaces what was there, which other
    processes see as any other. Raises StoreError where the backup is damaged, was made by a newer LeadLoop, or its audit log
    was tampered with.
    """
    from leadloop.store.erasure import read_list
    from leadloop.store.store import list_beside, open_store

    url = address_of(place)
    if not url.drivername.startswith("sqlite"):
        raise StoreError("restore", Problem("PostgreSQL", "is not restored from here", USE_POSTGRES_TOOLS))
    source, target = Path(backup).expanduser().absolute(), Path(str(url.database))
    if not source.is_file():
        raise StoreError("restore", Problem(str(source), "is not there", "name a backup"))
    entries = [*erased, *read_list(list_beside(target))]
    with _beside(target) as copy:
        with _telling_nothing():
            _copy(source, copy)
            _check(copy)
        if target.exists() and target.stat().st_size:
            present = open_store(target, now=now, random_bytes=random_bytes)
            try:
                entries += present.erasures.entries()
                keys = present.keys.known()
            finally:
                present.close()
        restored = open_store(copy, now=now, random_bytes=random_bytes, keep_list=False)
        try:
            restored.audit.verify()
            replayed = restored.erasures.replay(entries)
            with restored.transaction():
                added, revoked = restored.keys.carry_over(keys)
                told = {"keys added": list(added), "keys revoked": list(revoked)}
                restored.audit.add(who, "restore", {"erasures": replayed, **told})
        finally:
            restored.close()
        with _telling_nothing():
            if target.exists():
                _copy(copy, target)
            else:
                os.link(copy, target)
        _sync(target.parent)
    return Restored(replayed, added, revoked)


USE_POSTGRES_TOOLS = (
    "use pg_dump and pg_restore; keep the list of `erasures.entries()` beside the dump, "
    "for `erasures.replay` afterwards, and revoke again what `leadloop keys list` showed as revoked"
)


def refuse_backup(store: Store) -> None:
    """Raise StoreError where a store's database is backed up by other means."""
    raise StoreError("backup", Problem("PostgreSQL", "is not backed up from here", USE_POSTGRES_TOOLS))


def _copy(source: Path, target: Path) -> None:
    """Copy one SQLite file over another in one step: a reader of the first, a single transaction on the second."""
    opened = sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True, timeout=_WAIT_SECONDS)
    with closing(opened) as there, closing(sqlite3.connect(target, timeout=_WAIT_SECONDS)) as here:
        for connection in (there, here):
            connection.execute(f"PRAGMA busy_timeout = {int(_WAIT_SECONDS * 1000)}").close()
        here.execute("PRAGMA synchronous = FULL").close()
        here.execute("PRAGMA secure_delete = ON").close()
        there.backup(here, pages=-1)


def _check(path: Path) -> dict[str, int]:
    """How many rows each table has; raises StoreError where the file is damaged or of a newer LeadLoop."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=_WAIT_SECONDS)) as connection:
        [[verdict]] = connection.execute("PRAGMA integrity_check(1)").fetchall()
        if verdict != "ok":
            raise StoreError("backup", Problem(path.name, "is damaged", "take another one"))
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "alembic_version" not in there:
            raise StoreError("backup", Problem(path.name, "is no store", "name a backup"))
        for (step,) in connection.execute("SELECT version_num FROM alembic_version").fetchall():
            refuse_unknown(step)
        names = sorted(there & set(METADATA.tables))
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A file of its own next to another, gone at the end with all that SQLite put beside it."""
    copy = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield copy
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            copy.with_name(copy.name + end).unlink(missing_ok=True)


@contextmanager
def _telling_nothing() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        trouble = explain(_Wrapped(error))
        raise trouble from None
    except FileExistsError as error:
        raise StoreError("backup", Problem(str(error.filename2), "is there already", "name another file")) from None


class _Wrapped(Exception):
    def __init__(self, orig: sqlite3.Error) -> None:
        super().__init__()
        self.orig = orig


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
