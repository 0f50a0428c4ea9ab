"""Workspaces for services that are written to: the versions of another one, and a database of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from leadloop.flows.keys import ROLES, new_key
from leadloop.flows.workspace import Workspace


def copy_workspace(root: Path, to: Path) -> Workspace:
    """The versions of a workspace in a new one that has no database yet."""
    to.mkdir(parents=True, exist_ok=True)
    shutil.copytree(root / "registry", to / "registry")
    return Workspace(to)


def make_keys(workspace: Workspace) -> dict[str, str]:
    """A key for every role."""
    return {role: new_key(role, f"a {role}", workspace=workspace).text for role in ROLES}
