"""What a page is drawn of: the workspace, the playbook that was chosen, and who looks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from leadloop.dashboard.person import Person
from leadloop.errors import LeadLoopError
from leadloop.flows.figures.declared import read_declared
from leadloop.flows.place.settings import Settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import load
from leadloop.playbook import Playbook
from leadloop.scoring import TrainedPlaybook


@dataclass(frozen=True)
class View:
    """What a page is drawn of."""

    place: Workspace
    settings: Settings
    person: Person
    playbook: str
    """The playbook's name."""

    @cached_property
    def serving(self) -> str:
        """The version in service; empty where there is none, or it cannot be told."""
        try:
            return self.place.registry.in_service(self.playbook).version or ""
        except LeadLoopError:
            return ""

    @cached_property
    def synthetic(self) -> bool:
        """Whether the version in service learned from synthetic leads."""
        try:
            return bool(self.serving) and self.place.registry.find(self.playbook, self.serving).synthetic
        except LeadLoopError:
            return False

    @cached_property
    def trained(self) -> TrainedPlaybook | None:
        """The version in service in memory; None where there is none."""
        return load_version(self.place.root, self.playbook, self.serving) if self.serving else None

    @cached_property
    def declared(self) -> Playbook | None:
        """The playbook as the version in service has it; else as it is declared; None where neither is there."""
        return read_declared(self.place, self.playbook)

    @property
    def bands(self) -> tuple[str, ...]:
        """The names of the bands, the highest first."""
        return tuple(band.name for band in self.declared.policy.bands) if self.declared else ()


@lru_cache(maxsize=6)
def load_version(root: Path, playbook: str, version: str) -> TrainedPlaybook:
    """A version in memory, kept for all who look."""
    return load(playbook, version, workspace=Workspace(root))


def warm_up(place: Workspace) -> None:
    """Read what the first page needs before somebody asks for it; whatever is wrong is told on the pages."""
    with suppress(LeadLoopError, OSError, ValueError):
        for playbook in place.registry.playbooks():
            if read_declared(place, playbook) and (serving := place.registry.champion(playbook)):
                load_version(place.root, playbook, serving)
