"""Packaged playbooks: those that come with an installed package, found by name through the entry points `leadloop.playbooks`.

LeadLoop's own come in by this door, as anyone's do:

    [project.entry-points."leadloop.playbooks"]
    solar = "acme_playbooks.solar"

`acme_playbooks.solar` is a package with a `playbook.toml` in it. It is found without being imported.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from leadloop.errors import PlaybookError, Problem

GROUP = "leadloop.playbooks"
FILE = "playbook.toml"
_CHECKOUT = Path(__file__).resolve().parents[4] / "pyproject.toml"


@dataclass(frozen=True)
class PackagedPlaybook:
    """A playbook that an installed package brings."""

    name: str
    """The name that commands take in place of a folder."""
    module: str
    """The package that holds it."""
    folder: Path | None
    """Where it lies; None where the package is not there, or holds no playbook."""


def list_packaged() -> tuple[PackagedPlaybook, ...]:
    """Every playbook that installed packages bring, by name."""
    return tuple(PackagedPlaybook(name, module, _folder_of(module)) for name, module in sorted(_declared().items()))


def find_playbook(playbook: Path | str) -> Path | None:
    """Where a playbook lies: the folder or file of this path, else the packaged one of this name; None where there is neither."""
    place = Path(playbook)
    if (place / FILE).is_file() or (place.suffix == ".toml" and place.is_file()):
        return place
    found = [one.folder for one in list_packaged() if one.name == str(playbook)]
    return found[0] if found else None


def copy_playbook(name: str, to: Path | str) -> Path:
    """Copy a packaged playbook into a new folder, to be edited there; gives the folder.

    The copy keeps the playbook's name, so that versions trained on it stand in line with those trained before. Raises
    PlaybookError where there is no such playbook, or something is at that place already.
    """
    source = find_playbook(name)
    if source is None:
        raise PlaybookError(name, Problem("name", "is no packaged playbook", packaged_names()))
    if not source.is_dir():
        source = source.parent
    place = Path(to)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise PlaybookError(name, Problem(str(place), "is there already", "name a folder that is new"))
    shutil.copytree(
        source, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "__init__.py", ".*")
    )
    return place


def is_packaged(folder: Path) -> bool:
    """Whether a folder belongs to a package, where nothing should be changed."""
    return any(one.folder is not None and one.folder.resolve() == folder.resolve() for one in list_packaged())


def packaged_names() -> str:
    """What packaged playbooks there are, as a sentence."""
    names = [one.name for one in list_packaged() if one.folder]
    return f"packaged playbooks are {', '.join(names)}" if names else "no packaged playbook is installed"


def _declared() -> Mapping[str, str]:
    """The module of each name. The first of two packages that claim a name has it, as on Python's path."""
    declared: dict[str, str] = {}
    for one in metadata.entry_points(group=GROUP):
        declared.setdefault(one.name, one.value)
    return {**_of_checkout(), **declared}


def _of_checkout() -> Mapping[str, str]:
    """What installing this checkout would declare, where LeadLoop runs from a checkout that nobody has installed."""
    try:
        metadata.version("leadloop")
    except metadata.PackageNotFoundError:
        if _CHECKOUT.is_file():
            project = tomllib.loads(_CHECKOUT.read_text(encoding="utf-8")).get("project", {})
            declared: Mapping[str, str] = project.get("entry-points", {}).get(GROUP, {})
            return declared
    return {}


def _folder_of(module: str) -> Path | None:
    """The folder of a package. Asking for the spec of a package inside another would import the outer one, so only that is
    asked for and the rest is a path."""
    top, *inner = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    for root in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(root, *inner)
        if (folder / FILE).is_file():
            return folder
    return None
