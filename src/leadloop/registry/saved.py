"""Saved versions, a folder each: saved whole or not at all, and loaded only if they are what they say."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from leadloop.errors import Problem, VersionError, VersionMissing
from leadloop.registry.artefacts import unpack
from leadloop.registry.files import hash_bytes, locked, sync_folder, write_durably
from leadloop.registry.manifest import NAME, VERSION_ID, ModelVersion
from leadloop.scoring import TrainedPlaybook

_PLAYBOOK = re.compile(r"[a-z][a-z0-9_]{0,62}")
_INCOMING = ".incoming-"
_REMOVED = ".removed-"
LOCK = ".lock"


class SavedVersions:
    """Versions under one folder: `<root>/<playbook>/<version>/`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, playbook: str, version: str = "") -> Path:
        """Where a playbook's versions, or one of them, are kept. Names are checked, so that none can lead elsewhere."""
        if not _PLAYBOOK.fullmatch(playbook):
            mend = "use small letters, digits and _, beginning with a letter, as in insurance"
            raise VersionError("registry", Problem("playbook", f"“{playbook}” is no name of a playbook", mend))
        if version and not VERSION_ID.fullmatch(version):
            mend = "give it as `leadloop models list` shows it"
            raise VersionMissing("registry", Problem("version", f"“{version}” is no name of a version", mend))
        return self.root / playbook / version if version else self.root / playbook

    def playbooks(self) -> list[str]:
        """The playbooks that have versions here."""
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if path.is_dir() and _PLAYBOOK.fullmatch(path.name))

    def versions(self, playbook: str) -> list[ModelVersion]:
        """Every version of a playbook, oldest first; raises VersionError naming every one that is damaged."""
        versions, problems = [], []
        for identity in self._ids(playbook):
            try:
                versions.append(self._read(playbook, identity))
            except VersionError as error:
                if not self.folder(playbook, identity).exists():
                    continue  # it was cleaned up meanwhile
                problems += [replace(problem, where=f"{identity}/{problem.where}") for problem in error.problems]
        if problems:
            raise VersionError(playbook, problems)
        return versions

    def find(self, playbook: str, name: str) -> ModelVersion:
        """The version of this id or release, or the newest for "latest".

        Where an id will do, only that version is read: that another one is damaged keeps nobody from scoring. Raises
        VersionMissing where there is none of this name, VersionError where it is damaged, or two have this release.
        """
        identities = self._ids(playbook)
        if name == "latest" and identities:
            name = identities[-1]
        if name in identities:
            return self._read(playbook, name)
        named = [] if VERSION_ID.fullmatch(name) else [v for v in self.versions(playbook) if v.release == name]
        if len(named) == 1:
            return named[0]
        if named:  # two trainings at once can take the same release
            these = ", ".join(version.id for version in named)
            raise VersionError(
                playbook, Problem("version", f"“{name}” is the release of {these}", "name one by its id")
            )
        known = ", ".join(identities[-5:]) or "none"
        raise VersionMissing(playbook, Problem("version", f"there is no “{name}”", f"the versions here are: {known}"))

    def _ids(self, playbook: str) -> list[str]:
        folder = self.folder(playbook)
        if not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if VERSION_ID.fullmatch(path.name))

    def _read(self, playbook: str, identity: str) -> ModelVersion:
        version = ModelVersion.read(self.folder(playbook, identity))
        if version.playbook != playbook:
            raise VersionError(
                identity,
                Problem(NAME, f"is the manifest of a version of {version.playbook}", "move the folder back there"),
            )
        return version

    def save(self, version: ModelVersion, files: Mapping[str, bytes]) -> ModelVersion:
        """Save a version: its folder appears complete, with everything on disk, or not at all.

        Raises VersionError where there is one of this id already, or where the disk refuses.
        """
        parent = self.folder(version.playbook)
        final = self.folder(version.playbook, version.id)
        with refusing(version.id, parent):
            parent.mkdir(parents=True, exist_ok=True)
            for above in (parent.parent, parent.parent.parent):
                sync_folder(above)
            with locked(parent / LOCK):
                return self._save(version, files, parent, final)

    def _save(self, version: ModelVersion, files: Mapping[str, bytes], parent: Path, final: Path) -> ModelVersion:
        # Whoever holds the lock is the only one that saves: what lies about is of a process that is no more.
        sweep(parent)
        if final.exists():
            raise VersionError(version.playbook, Problem("version", f"{version.id} exists already", "train again"))
        incoming = parent / f"{_INCOMING}{version.id}"
        incoming.mkdir()
        try:
            for name, content in files.items():
                write_durably(incoming / name, content)
            whole = replace(version, files={name: describe(content) for name, content in sorted(files.items())})
            write_durably(incoming / NAME, whole.as_bytes())
            sync_folder(incoming)
            os.rename(incoming, final)
        except BaseException:
            shutil.rmtree(incoming, ignore_errors=True)
            raise
        sync_folder(parent)
        return whole

    def remove(self, playbook: str, identities: Iterable[str]) -> None:
        """Delete versions for good; whoever is killed meanwhile leaves each of them whole or gone. The lock must be held."""
        parent = self.folder(playbook)
        with refusing(playbook, parent):
            sweep(parent)
            for identity in identities:
                os.rename(self.folder(playbook, identity), parent / f"{_REMOVED}{identity}")
            sync_folder(parent)
            sweep(parent)

    def load(self, version: ModelVersion) -> TrainedPlaybook:
        """Load a version after checking every byte of it; raises VersionError where anything is not as it was saved."""
        return unpack(version.read_files(self.folder(version.playbook, version.id)), version.id)


@contextmanager
def refusing(subject: str, folder: Path) -> Iterator[None]:
    """Say as a VersionError what the disk refuses: no room, no right to write."""
    try:
        yield
    except OSError as error:
        place, why = error.filename or folder, error.strerror or str(error)
        problem = Problem(str(place), f"cannot be written: {why}", "make room, or choose another workspace")
        raise VersionError(subject, problem) from error


def describe(content: bytes) -> dict[str, Any]:
    """Size and SHA-256 of a file's contents, as a manifest lists them."""
    return {"bytes": len(content), "sha256": hash_bytes(content)}


def sweep(parent: Path) -> None:
    """Remove what processes that are no more left of versions that never were, or are no longer; the lock must be held."""
    for name in (_INCOMING, _REMOVED):
        for left in parent.glob(f"{name}*"):
            shutil.rmtree(left, ignore_errors=True)
