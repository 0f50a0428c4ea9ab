"""The workspace: the folder in which a team's versions live, and the one place where parts meet."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from leadloop.errors import LeadLoopError, Problem
from leadloop.registry import Registry

SETTINGS = "leadloop.toml"
VARIABLE = "LEADLOOP_WORKSPACE"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with a registry of versions in it, by default the current one."""

    root: Path
    """The folder; versions are kept in `registry` inside it."""

    @property
    def registry(self) -> Registry:
        """The versions of this workspace."""
        return Registry(self.root / "registry")

    def now(self) -> str:
        """The time now, as it is written down everywhere: UTC, to the second."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

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
        if (place / SETTINGS).is_file():
            return Workspace(place)
    return Workspace(here)
