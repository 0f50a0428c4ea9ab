"""Recommenders on disk: a folder a version, every file with its hash, and a small file that names the one that serves.

What is read was checked first, and nothing of it can be executed: graphs (ONNX), arrays (npz) and plain values (JSON).
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from leadloop.errors import Problem, VersionError, VersionMissing
from leadloop.flows.place.workspace import Workspace
from leadloop.recommend.recommender import Recommender
from leadloop.registry.files import hash_bytes, locked, replace_durably, sync_folder, write_durably
from leadloop.registry.manifest import VERSION_ID

FORMAT = 1
FOLDER, SERVED, MANIFEST, REPORT = "recommenders", "served.json", "manifest.json", "report.md"
_STATE, _ARRAYS = "recommender.json", "recommender.npz"
_MOST_BYTES = 64 << 20
_RESTORE = "restore the folder from a backup, or train again"


@dataclass(frozen=True, slots=True)
class SavedRecommender:
    """A recommender that was saved."""

    id: str
    """The version's own name."""
    release: str
    """A name for people, as in `leads-recommender-v1.2.0`."""
    recommender: Recommender
    """The recommender."""
    facts: Mapping[str, Any]
    """What is told of it: when and of what it was made, what it is worth, who can do it and how well."""


def folder_of(place: Workspace, playbook: str) -> Path:
    """Where the recommenders of a playbook are."""
    return place.root / FOLDER / playbook


def save(
    place: Workspace,
    playbook: str,
    recommender: Recommender,
    facts: Mapping[str, Any],
    report: str,
    *,
    now: datetime,
    serve: bool,
    others: Mapping[str, bytes] | None = None,
) -> SavedRecommender:
    """Save a version, whole or not at all, and let it serve if asked. `others` are further files that are only kept."""
    folder = folder_of(place, playbook)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = io.BytesIO()
    held: dict[str, Any] = dict(recommender.arrays())
    np.savez_compressed(arrays, **held)
    files = {
        **recommender.files(),
        _ARRAYS: arrays.getvalue(),
        _STATE: json.dumps(recommender.state(), ensure_ascii=False).encode(),
        REPORT: report.encode(),
        **(others or {}),
    }
    mark = hash_bytes(json.dumps({name: hash_bytes(one) for name, one in sorted(files.items())}).encode())[:8]
    identity = f"v{now:%Y%m%d_%H%M%S}_{mark}"
    with locked(folder / ".lock"):
        known = sorted(one.name for one in folder.iterdir() if VERSION_ID.fullmatch(one.name))
        release = _release(playbook, folder, recommender, known)
        told = {**facts, "id": identity, "release": release, "playbook": playbook, "format": FORMAT}
        hashes = {name: {"bytes": len(one), "sha256": hash_bytes(one)} for name, one in files.items()}
        manifest = json.dumps({"facts": told, "files": hashes}, indent=1, ensure_ascii=False).encode()
        new = folder / f".{identity}.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        for name, content in {**files, MANIFEST: manifest}.items():
            write_durably(new / name, content)
        sync_folder(new)
        if (folder / identity).exists():  # the very same one, made in the same second
            shutil.rmtree(new)
        else:
            os.replace(new, folder / identity)
            sync_folder(folder)
        if serve:
            _serve(folder, identity, hash_bytes((folder / identity / MANIFEST).read_bytes()), now)
    return SavedRecommender(identity, release, recommender, told)


def load(place: Workspace, playbook: str, version: str = "") -> SavedRecommender:
    """A version by its id or release; by default the one that serves.

    Raises VersionMissing where there is none, and VersionError where a file is missing, changed or holds anything unexpected.
    """
    folder = folder_of(place, playbook)
    identity, expected = (version, "") if version else _served(folder)
    if version and not VERSION_ID.fullmatch(version):
        identity = next(
            (one for one in versions(place, playbook) if _facts(folder / one).get("release") == version), ""
        )
    if not identity or not VERSION_ID.fullmatch(identity) or not (folder / identity / MANIFEST).is_file():
        what = f"“{version}” is not there" if version else "is not there yet"
        raise VersionMissing(playbook, Problem("recommender", what, f"train one: leadloop recommend train {playbook}"))
    told = (folder / identity / MANIFEST).read_bytes()
    if expected and hash_bytes(told) != expected:
        raise VersionError(identity, Problem(MANIFEST, "has other contents than when it began to serve", _RESTORE))
    try:
        manifest = json.loads(told)
        files = _read(folder / identity, manifest["files"])
        arrays = dict(np.load(io.BytesIO(files[_ARRAYS]), allow_pickle=False))
        recommender = Recommender.load(json.loads(files[_STATE]), arrays, files)
        facts = dict(manifest["facts"])
    except (KeyError, ValueError, TypeError, OSError, RecursionError) as error:
        raise VersionError(identity, Problem("recommender", f"cannot be read: {error}", _RESTORE)) from error
    return SavedRecommender(identity, str(facts["release"]), recommender, facts)


def versions(place: Workspace, playbook: str) -> list[str]:
    """The ids of all versions, the oldest first."""
    folder = folder_of(place, playbook)
    return sorted(one.name for one in folder.iterdir() if VERSION_ID.fullmatch(one.name)) if folder.is_dir() else []


def facts_of(place: Workspace, playbook: str, version: str) -> Mapping[str, Any]:
    """What is told of a version, without opening it."""
    return _facts(folder_of(place, playbook) / version)


def serve(place: Workspace, playbook: str, version: str, *, now: datetime) -> SavedRecommender:
    """Let a version serve from now on; raises as `load` does, and then nothing changes."""
    found = load(place, playbook, version)
    folder = folder_of(place, playbook)
    with locked(folder / ".lock"):
        _serve(folder, found.id, hash_bytes((folder / found.id / MANIFEST).read_bytes()), now)
    return found


def served_id(place: Workspace, playbook: str) -> str:
    """The id of the version that serves; empty where none does."""
    return _served(folder_of(place, playbook))[0]


def report_of(place: Workspace, playbook: str, version: str = "") -> str:
    """The report of a version."""
    found = load(place, playbook, version)
    return (folder_of(place, playbook) / found.id / REPORT).read_text(encoding="utf-8")


def _serve(folder: Path, identity: str, manifest: str, now: datetime) -> None:
    said = {"version": identity, "manifest": manifest, "since": now.isoformat()}
    replace_durably(folder / SERVED, json.dumps(said).encode())


def _served(folder: Path) -> tuple[str, str]:
    path = folder / SERVED
    if not path.is_file():
        return "", ""
    try:
        said = json.loads(path.read_bytes())
        return str(said["version"]), str(said["manifest"])
    except (ValueError, KeyError, TypeError) as error:
        raise VersionError(folder.name, Problem(SERVED, "is damaged", _RESTORE)) from error


def _facts(folder: Path) -> Mapping[str, Any]:
    try:
        facts: Mapping[str, Any] = json.loads((folder / MANIFEST).read_bytes())["facts"]
        return facts
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _read(folder: Path, said: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """Every file, each checked against its size and hash."""
    problems, contents = [], {}
    for name, facts in said.items():
        path = folder / name
        if "/" in name or name.startswith(".") or path.is_symlink() or not path.is_file():
            problems.append(Problem(name, "is missing", _RESTORE))
        elif path.stat().st_size != facts["bytes"] or path.stat().st_size > _MOST_BYTES:
            problems.append(Problem(name, f"has {path.stat().st_size:,} bytes, not {facts['bytes']:,}", _RESTORE))
        else:
            contents[name] = path.read_bytes()
            if hash_bytes(contents[name]) != facts["sha256"]:
                problems.append(Problem(name, "has other contents than when it was saved", _RESTORE))
    if problems:
        raise VersionError(folder.name, problems)
    return contents


def _release(playbook: str, folder: Path, recommender: Recommender, known: list[str]) -> str:
    """The next release: a major one where other actions or days are foreseen, else a minor one."""
    now = [list(recommender.vocabulary.actions), recommender.within_days]
    for one in reversed(known):
        facts = _facts(folder / one)
        found = str(facts.get("release", "")).rpartition("-v")[2].split(".")
        if len(found) == 3 and all(part.isdigit() for part in found):
            major, minor = int(found[0]), int(found[1])
            same = [facts.get("actions"), facts.get("within_days")] == now
            return (
                f"{playbook}-recommender-v{major}.{minor + 1}.0" if same else f"{playbook}-recommender-v{major + 1}.0.0"
            )
    return f"{playbook}-recommender-v1.0.0"
