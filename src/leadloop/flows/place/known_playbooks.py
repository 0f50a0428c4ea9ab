"""Which playbook a name means: one that the settings name, that lies in the workspace, or that an installed package brings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from leadloop.errors import PlaybookError, Problem
from leadloop.flows.place.packaged import FILE, find_playbook, packaged_names
from leadloop.flows.place.playbook_folder import PlaybookFolder, playbook_name, read_playbook
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace


def named_folders(place: Workspace, *first: Path) -> Iterator[tuple[str, str]]:
    """The name and the folder of each playbook that the settings name, or that lies in the workspace; what cannot be read is not
    among them. Folders that are given `first` come after those of the settings.
    """
    sources = [path for told in read_settings(place.root).playbooks for path in (Path(told), place.root / told)]
    sources += [*first, *sorted(file.parent for file in place.root.glob(f"*/{FILE}"))]
    for path in sources:
        if (path / FILE).is_file() or path.is_file():
            try:
                yield playbook_name(path), str(path)
            except PlaybookError:
                continue


def find_source(place: Workspace, name: str) -> str:
    """Where a playbook of this name lies: as the settings name it, in the workspace, or in a package.

    Raises PlaybookError where it is nowhere.
    """
    for known, folder in named_folders(place, place.root / name):
        if known == name:
            return folder
    if find_playbook(name):
        return name
    cure = f"put its folder into {place.root}, or name it under `playbooks` in leadloop.toml; {packaged_names()}"
    raise PlaybookError(name, Problem("playbook", "is not found", cure))


def read_found(place: Workspace, name: str) -> PlaybookFolder:
    """The playbook of this name, read from where it lies; raises PlaybookError where it is nowhere, or is wrong."""
    return read_playbook(find_source(place, name))


def read_meant(place: Workspace, playbook: Path | str) -> PlaybookFolder:
    """A playbook by its folder, or by the name of one that lies in the workspace or a package; raises PlaybookError."""
    try:
        return read_playbook(playbook)
    except PlaybookError:
        if Path(playbook).name != str(playbook):
            raise
        return read_found(place, str(playbook))
