"""Workspaces for services that are written to: the versions of another one, the same one in service, and keys."""

from __future__ import annotations

from pathlib import Path

from tests import conftest

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.keys import ROLES, new_key


def copy_workspace(root: Path, to: Path) -> Workspace:
    """The versions of a workspace, and the same one in service, in a new one."""
    to.mkdir(parents=True, exist_ok=True)
    return Workspace(conftest.copy_workspace(root, to))


def make_keys(workspace: Workspace) -> dict[str, str]:
    """A key for every role."""
    return {role: new_key(role, f"a {role}", workspace=workspace).text for role in ROLES}
