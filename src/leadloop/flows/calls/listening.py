"""What a workspace knows before it understands a call: the playbook with what it listens for, and who we are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.packaged import find_playbook
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.calls import CallWords, OwnCompany, read_call_words
from leadloop.ingest.calls.words import FILE
from leadloop.playbook import Playbook


@dataclass(frozen=True)
class Listening:
    """How calls are read for one playbook."""

    playbook: Playbook
    """The playbook whose leads the calls are."""
    words: CallWords
    """What is listened for."""


def read_listening(place: Workspace, playbook: str) -> Listening:
    """The playbook of a name or folder, and what `calls.toml` beside it says; without that file nothing is listened for.

    A playbook of which there is nothing but saved versions is read from the one in service. Raises LeadLoopError where there is
    neither.
    """
    named = find_playbook(playbook) or find_playbook(place.root / playbook) or _served_folder(place, playbook)
    if named is None and place.has_store() and place.registry.champion(playbook):
        from leadloop.flows.scoring.score import load_scorer

        return Listening(load_scorer(playbook, "champion", workspace=place).playbook, CallWords())
    found = read_playbook(named or playbook)
    file = found.folder / FILE
    words = CallWords()
    if file.is_file():
        words = _words(file.read_text(encoding="utf-8-sig"), found.playbook.phrases, found.playbook.name)
    return Listening(found.playbook, words)


@lru_cache(8)
def _words(text: str, phrases: tuple[tuple[str, tuple[str, ...]], ...], name: str) -> CallWords:
    """What is listened for; kept, since making its phrases ready takes longer than to read a call."""
    return read_call_words(text, dict(phrases), name)


def _served_folder(place: Workspace, playbook: str) -> Path | None:
    """The folder among the setting `playbooks` that is called so."""
    for one in read_settings(place.root).playbooks:
        for folder in (Path(one), place.root / one):
            if folder.name == playbook and (found := find_playbook(folder)) is not None:
                return found
    return None


def read_own(place: Workspace) -> OwnCompany:
    """Who we are, by the settings `own_names`, `own_domains` and `own_people`.

    Raises LeadLoopError where they say nothing: our own people would be taken for customers.
    """
    said = read_settings(place.root)
    own = OwnCompany(said.own_names, said.own_domains, said.own_people)
    if not own.is_known:
        mend = 'say who we are in leadloop.toml, as in own_domains = ["acme.com"] and own_names = ["Acme"]'
        raise LeadLoopError(
            "calls", Problem("own_domains", "is not set, so that nobody can tell customers from us", mend)
        )
    return own
