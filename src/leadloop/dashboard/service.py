"""What all pages share: the workspace, its settings, and who is signed in; set before the first page is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from leadloop.dashboard.sessions import Sessions
from leadloop.flows.place.settings import Settings
from leadloop.flows.place.workspace import Workspace


@dataclass(frozen=True)
class Service:
    """What the pages are of."""

    place: Workspace
    """The workspace."""
    settings: Settings
    """Its settings."""
    sessions: Sessions
    """Who is signed in."""


_running: list[Service] = []


def begin(service: Service) -> None:
    """Let the pages be of this."""
    _running[:] = [service]


def running() -> Service:
    """What the pages are of."""
    return _running[0]
