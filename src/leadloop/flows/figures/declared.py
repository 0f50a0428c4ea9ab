"""What a playbook says that pages need: its bands, its target, and how long a lead takes; read once for each version."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from leadloop.errors import LeadLoopError
from leadloop.flows.place.known_playbooks import find_source
from leadloop.flows.place.packaged import FILE
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.place.workspace import Workspace
from leadloop.playbook import Playbook
from leadloop.registry import Registry


def read_declared(place: Workspace, playbook: str) -> Playbook | None:
    """The playbook of the version in service, or of its folder where none is; None where it is found nowhere.

    Pages show what there is, with or without it: they then know no bands' limits and no target.
    """
    try:
        serving = place.registry.champion(playbook)
        if serving:
            return _of_version(place.root, playbook, serving)
        source = find_source(place, playbook)
        file = Path(source) / FILE if Path(source).is_dir() else Path(source)
        return _of_folder(source, file.stat().st_mtime_ns if file.is_file() else 0)
    except (LeadLoopError, OSError):
        return None


@lru_cache(64)
def _of_folder(source: str, changed: int) -> Playbook:
    """What a folder says; read anew once it has changed. A packaged playbook never does."""
    return read_playbook(source).playbook


@lru_cache(64)
def _of_version(root: Path, playbook: str, version: str) -> Playbook:
    """What a saved version knows: it never changes, and takes a while to load."""
    registry: Registry = Workspace(root).registry
    return registry.load(registry.find(playbook, version)).playbook


def within_days(playbook: Playbook | None) -> float | None:
    """How long a lead takes to be settled; None where it is as soon as an outcome is told."""
    if playbook is None:
        return None
    return playbook.target.within_days if playbook.events is None else playbook.events.within_days


def high_band(playbook: Playbook | None) -> str:
    """The name of the highest band; empty where that is not known."""
    return playbook.policy.bands[0].name if playbook and playbook.policy.bands else ""


def priority_of(playbook: Playbook | None, route: str, noted: object) -> str:
    """How urgent a route is: as it was noted with the score, else as the playbook says where it says one thing."""
    if noted or playbook is None:
        return str(noted or "")
    said = {one.priority for one in playbook.policy.routes if one.name == route}
    return said.pop() if len(said) == 1 else ""
