"""The registry of one workspace: save a version whole or not at all, load it only if it is what it says, promote, roll back."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from leadloop.errors import Problem, VersionError
from leadloop.registry.artefacts import unpack
from leadloop.registry.files import hash_bytes, sync_folder, write_durably
from leadloop.registry.history import Promotion, in_service, read_history, record
from leadloop.registry.manifest import NAME, VERSION_ID, ModelVersion
from leadloop.scoring import TrainedPlaybook

_PLAYBOOK = re.compile(r"[a-z][a-z0-9_]{0,62}")
_INCOMING = ".incoming-"
_HISTORY = "history.jsonl"


class Registry:
    """Versions and promotions under one folder: `<root>/<playbook>/<version>/`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, playbook: str, version: str = "") -> Path:
        """Where a playbook's versions, or one of them, are kept. Names are checked, so that none can lead elsewhere."""
        if not _PLAYBOOK.fullmatch(playbook):
            raise VersionError("registry", Problem("playbook", f"“{playbook}” is no name of a playbook"))
        if version and not VERSION_ID.fullmatch(version):
            raise VersionError("registry", Problem("version", f"“{version}” is no name of a version"))
        return self.root / playbook / version if version else self.root / playbook

    def playbooks(self) -> list[str]:
        """The playbooks that have versions here."""
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if path.is_dir() and _PLAYBOOK.fullmatch(path.name))

    def versions(self, playbook: str) -> list[ModelVersion]:
        """Every version of a playbook, oldest first."""
        folder = self.folder(playbook)
        if not folder.is_dir():
            return []
        names = sorted(path.name for path in folder.iterdir() if VERSION_ID.fullmatch(path.name))
        return [ModelVersion.read(folder / name) for name in names]

    def find(self, playbook: str, name: str) -> ModelVersion:
        """The version of this id or release, or the one in service for "champion", or the newest for "latest"."""
        versions = self.versions(playbook)
        if name == "champion":
            champion = self.champion(playbook)
            if champion is None:
                raise VersionError(
                    playbook,
                    Problem(
                        "champion",
                        "no version is in service",
                        "train one, and put it in service with `leadloop models promote`",
                    ),
                )
            name = champion
        if name == "latest" and versions:
            return versions[-1]
        for version in versions:
            if name in (version.id, version.release):
                return version
        known = ", ".join(version.id for version in versions[-5:]) or "none"
        raise VersionError(playbook, Problem("version", f"there is no “{name}”", f"the versions here are: {known}"))

    def save(self, version: ModelVersion, files: Mapping[str, bytes]) -> ModelVersion:
        """Save a version: its folder appears complete, with everything on disk, or not at all."""
        parent = self.folder(version.playbook)
        final = self.folder(version.playbook, version.id)
        parent.mkdir(parents=True, exist_ok=True)
        self.sweep(version.playbook)
        incoming = parent / f"{_INCOMING}{os.getpid()}-{version.id}"
        incoming.mkdir()
        try:
            for name, content in files.items():
                write_durably(incoming / name, content)
            whole = replace(version, files={name: describe(content) for name, content in sorted(files.items())})
            write_durably(incoming / NAME, whole.as_bytes())
            sync_folder(incoming)
            if final.exists():
                raise VersionError(version.playbook, Problem("version", f"{version.id} exists already", "train again"))
            os.rename(incoming, final)
        except BaseException:
            shutil.rmtree(incoming, ignore_errors=True)
            raise
        sync_folder(parent)
        return whole

    def sweep(self, playbook: str) -> None:
        """Remove what trainings that were killed left behind."""
        for path in self.folder(playbook).glob(f"{_INCOMING}*"):
            owner = path.name.removeprefix(_INCOMING).split("-")[0]
            if not _is_running(owner):
                shutil.rmtree(path, ignore_errors=True)

    def load(self, version: ModelVersion) -> TrainedPlaybook:
        """Load a version after checking every byte of it; raises VersionError where anything is not as it was saved."""
        return unpack(version.read_files(self.folder(version.playbook, version.id)), version.id)

    def history(self, playbook: str) -> tuple[Promotion, ...]:
        """Every change of what is in service, oldest first."""
        return read_history(self.folder(playbook) / _HISTORY)

    def champion(self, playbook: str) -> str | None:
        """The id of the version in service, if there is one."""
        serving = in_service(self.history(playbook))
        return serving[-1] if serving else None

    def promote(
        self, playbook: str, name: str, *, who: str, why: str, at: str, evidence: Mapping[str, Any] | None = None
    ) -> Promotion:
        """Put a version in service, after loading it to see that it works."""
        version = self.find(playbook, name)
        current = self.champion(playbook)
        if current == version.id:
            raise VersionError(playbook, Problem("version", f"{version.id} is in service already"))
        self.load(version)
        promotion = Promotion(at, who, "promote", version.id, current or "", why, dict(evidence or {}))
        record(self.folder(playbook) / _HISTORY, promotion)
        return promotion

    def rollback(self, playbook: str, *, who: str, why: str, at: str) -> Promotion:
        """Go back to the version that was in service before, after loading it to see that it works."""
        serving = in_service(self.history(playbook))
        if len(serving) < 2:
            raise VersionError(
                playbook,
                Problem("rollback", "no version was in service before this one", "promote the one you want instead"),
            )
        self.load(self.find(playbook, serving[-2]))
        promotion = Promotion(at, who, "rollback", serving[-2], serving[-1], why, {})
        record(self.folder(playbook) / _HISTORY, promotion)
        return promotion


def describe(content: bytes) -> dict[str, Any]:
    """Size and SHA-256 of a file's contents, as a manifest lists them."""
    return {"bytes": len(content), "sha256": hash_bytes(content)}


def _is_running(process: str) -> bool:
    if not process.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
