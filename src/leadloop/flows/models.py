"""Models: see the saved versions of a workspace, put one in service, go back to the one before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leadloop.flows.mlflow_server import require_server
from leadloop.flows.score import playbook_name
from leadloop.flows.workspace import Workspace, open_workspace
from leadloop.registry import ModelVersion, Promotion

if TYPE_CHECKING:
    from leadloop.flows.mlflow_run import MlflowRun


@dataclass(frozen=True)
class VersionLine:
    """A saved version, and whether it is in service."""

    version: ModelVersion
    serves: bool


@dataclass(frozen=True)
class VersionPage:
    """A saved version with everything that is known of it."""

    version: ModelVersion
    serves: bool
    folder: Path
    promotions: tuple[Promotion, ...]


def list_versions(playbook: str = "", *, workspace: Workspace | Path | str | None = None) -> list[VersionLine]:
    """Every saved version of a playbook (or of all), oldest first."""
    registry = _open(workspace).registry
    names = [playbook_name(playbook)] if playbook else registry.playbooks()
    return [
        VersionLine(version, version.id == champion)
        for name in names
        for champion in [registry.champion(name)]
        for version in registry.versions(name)
    ]


def show_version(playbook: str, version: str, *, workspace: Workspace | Path | str | None = None) -> VersionPage:
    """One version with its history of promotions; raises VersionError where there is none of that name."""
    registry = _open(workspace).registry
    name = playbook_name(playbook)
    found = registry.find(name, version)
    promotions = tuple(step for step in registry.history(name) if found.id in (step.version, step.previous))
    return VersionPage(found, registry.champion(name) == found.id, registry.folder(name, found.id), promotions)


def promote(
    playbook: str, version: str, *, why: str = "", workspace: Workspace | Path | str | None = None
) -> Promotion:
    """Put a version in service, on the record; raises VersionError where it is missing, damaged or in service already."""
    place = _open(workspace)
    name = playbook_name(playbook)
    evidence = {"metrics": dict(place.registry.find(name, version).metrics)}
    return place.registry.promote(name, version, who=place.who(), why=why, at=place.now(), evidence=evidence)


def rollback(playbook: str, *, why: str = "", workspace: Workspace | Path | str | None = None) -> Promotion:
    """Go back to the version before, on the record; raises VersionError where there was none."""
    place = _open(workspace)
    return place.registry.rollback(playbook_name(playbook), who=place.who(), why=why, at=place.now())


def log(playbook: str, version: str, *, workspace: Workspace | Path | str | None = None) -> MlflowRun:
    """Log a saved version to the MLflow server that LEADLOOP_MLFLOW_URI names; one that was logged before keeps its run.

    Raises LeadLoopError where that names no server, or where the server does not do what it is asked.
    """
    place = _open(workspace)
    name = playbook_name(playbook)
    server = require_server(name)
    from leadloop.flows.mlflow_run import log_version

    return log_version(place, place.registry.find(name, version), server)


def _open(workspace: Workspace | Path | str | None) -> Workspace:
    return workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
