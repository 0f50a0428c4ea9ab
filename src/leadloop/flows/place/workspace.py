"""The workspace: the folder in which a team's versions live, and the one place where parts meet."""

from __future__ import annotations

import getpass
import os
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from leadloop.errors import LeadLoopError, Problem, StoreUnavailable
from leadloop.flows.place.key_copy import KeyCopy
from leadloop.flows.place.settings import FILE, read_settings
from leadloop.registry import Registry
from leadloop.registry.registry import Silence

if TYPE_CHECKING:
    from leadloop.store import Store

VARIABLE = "LEADLOOP_WORKSPACE"
_OPENING = Lock()
"""Threads open a store one after the other, so that they share one."""


def real_time() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Workspace:
    """A folder with a registry of versions in it, by default the current one, and the database that goes with it."""

    root: Path
    """The folder; versions are kept in `registry` inside it."""
    clock: Callable[[], datetime] = field(default=real_time, compare=False, repr=False)
    """What says the time, in UTC: whatever happens in this workspace goes by it. A simulated world hands in its own."""

    @property
    def registry(self) -> Registry:
        """The versions of this workspace, and which of them is in service."""
        return Registry(self.root / "registry", lambda: self.store, self.has_store, self._silence)

    @cached_property
    def _silence(self) -> Silence:
        # It is this that is kept, and no registry: one that held us, and that we held, would keep the store open for longer.
        return Silence()

    @property
    def database(self) -> str | Path:
        """Where the store is: a PostgreSQL address, or a file, by its setting `database`."""
        said = read_settings(self.root).database
        return said if "://" in said else self.root / Path(said).expanduser()

    def has_store(self) -> bool:
        """Whether there is a store already: a database at an address counts as there, an empty file as none."""
        place = self.database
        return isinstance(place, str) or (place.exists() and place.stat().st_size > 0)

    @cached_property
    def store(self) -> Store:
        """The store of this workspace, opened when it is first asked for, and made where there is none.

        Raises StoreError where it cannot be used, and StoreUnavailable where it cannot be reached now, or where it has gone.
        """
        # Databases cost a third of a second to import, which commands without one need not pay.
        from leadloop.store import open_store

        with _OPENING:
            opened: Store | None = self.__dict__.get("store")  # by another thread, while this one waited for its turn
            if opened is None:
                if not self.has_store():
                    self.registry.require_new()
                    self._require_no_keys()
                self.root.mkdir(parents=True, exist_ok=True)
                opened = self.__dict__["store"] = open_store(self.database, now=self.clock)
                # Its connections end with the workspace, not when memory is next cleared.
                weakref.finalize(self, opened.close)
        return opened

    def key_copy(self) -> KeyCopy:
        """The copy of the database's keys in the workspace, which counts for this very database alone."""
        from leadloop.store.engine import address_of, describe

        return KeyCopy(self.root, describe(address_of(self.database)))

    def _require_no_keys(self) -> None:
        """Raise StoreUnavailable where the database that is missing had keys: a new one would let anybody in."""
        copy = self.key_copy()
        if known := copy.read():
            what = f"is not where it was, and {copy.path.name} knows {len(known)} of its keys"
            mend = "restore it (`leadloop store restore`), or set `database` to where it is"
            mend += (
                f"; to begin a new one that has no keys and lets in anybody on this machine, delete {copy.path} first"
            )
            raise StoreUnavailable("workspace", Problem("database", what, mend))

    def now(self) -> str:
        """The time now, as it is written down everywhere: UTC, to the second."""
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")

    def who(self) -> str:
        """Who is at work here, for the record of changes."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return "unknown"


def open_workspace(folder: Path | str | None = None) -> Workspace:
    """The workspace of this folder; else of LEADLOOP_WORKSPACE; else the nearest folder above that holds `leadloop.toml`;
    else the current folder.
    """
    named = folder or os.environ.get(VARIABLE)
    if named:
        root = Path(named).expanduser()
        if root.exists() and not root.is_dir():
            raise LeadLoopError("workspace", Problem(str(root), "is a file", "name a folder"))
        return Workspace(root)
    here = Path.cwd()
    for place in (here, *here.parents):
        if (place / FILE).is_file():
            return Workspace(place)
    return Workspace(here)
