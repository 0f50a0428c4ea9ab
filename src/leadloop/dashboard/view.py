"""What a page is drawn of: the workspace, the playbook that was chosen, and who looks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from leadloop.dashboard.person import Person
from leadloop.errors import LeadLoopError
from leadloop.flows.place.packaged import find_playbook
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
        return load_version(self.place, self.playbook, self.serving) if self.serving else None

    @cached_property
    def declared(self) -> Playbook | None:
        """The playbook as the version in service has it; else as it is declared; None where neither is there."""
        if self.serving:
            return _declared_by(self.place, self.playbook, self.serving)
        if find_playbook(self.playbook):
            from leadloop.flows.place.playbook_folder import read_playbook

            return read_playbook(self.playbook).playbook
        return None

    @property
    def bands(self) -> tuple[str, ...]:
        """The names of the bands, the highest first."""
        return tuple(band.name for band in self.declared.policy.bands) if self.declared else ()


@st.cache_resource(max_entries=6, show_spinner="Reading the version in service …")
def load_version(_place: Workspace, playbook: str, version: str) -> TrainedPlaybook:
    """A version in memory, kept for all who look."""
    return load(playbook, version, workspace=_place)


def _declared_by(place: Workspace, playbook: str, version: str) -> Playbook | None:
    try:
        return load_version(place, playbook, version).playbook
    except LeadLoopError:
        return None
