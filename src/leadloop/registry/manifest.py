"""The manifest of a version: what it is, what it was made from, and the hash of every file in its folder.

Nothing in a version's folder is parsed before its bytes have been checked against the manifest, and the manifest carries a
checksum of itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from leadloop.errors import Problem, VersionError
from leadloop.registry.files import hash_bytes

FORMAT = 1
NAME = "manifest.json"
VERSION_ID = re.compile(r"v\d{8}_\d{6}_[0-9a-f]{8}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_LARGEST = 4 << 20
_RESTORE = "restore the folder from a backup"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A saved version, as its manifest describes it.

    `id` and `release` both address it. `configuration` is the hash of everything that shaped training (playbook, seed,
    settings), `data` describes the leads it learned from (sources, fingerprint, counts), `metrics` the quality on the
    test leads (value, low, high and baselines a measure), `files` each file's size and SHA-256.
    """

    id: str
    release: str
    playbook: str
    target: str
    created_at: str
    created_by: str
    synthetic: bool
    playbook_fingerprint: str
    policy_fingerprint: str
    configuration: str
    seed: int
    data: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]]
    columns: tuple[str, ...]
    members: tuple[Mapping[str, Any], ...]
    libraries: Mapping[str, str]
    parent: str
    files: Mapping[str, Mapping[str, Any]]
    format: int = FORMAT

    def as_bytes(self) -> bytes:
        """The manifest as it is written to disk, with its checksum."""
        body = asdict(self)
        return json.dumps({**body, "checksum": _checksum(body)}, indent=1, sort_keys=True).encode() + b"\n"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the manifest of a version's folder; raises VersionError where it is missing, damaged or of another format."""
        path = folder / NAME
        subject = folder.name
        if not path.is_file():
            raise VersionError(subject, Problem(NAME, "is missing", _RESTORE))
        if path.stat().st_size > _LARGEST:
            raise VersionError(subject, Problem(NAME, "is larger than any manifest can be"))
        try:
            body = json.loads(path.read_bytes())
            found = body.pop("checksum")
        except (ValueError, AttributeError, KeyError, RecursionError):
            raise VersionError(subject, Problem(NAME, "is damaged", _RESTORE)) from None
        if body.get("format") != FORMAT:
            raise VersionError(
                subject,
                Problem(NAME, f"has format {body.get('format')}, not {FORMAT}", "use the release that wrote it"),
            )
        if found != _checksum(body):
            raise VersionError(subject, Problem(NAME, "does not match its checksum", _RESTORE))
        try:
            version = cls(**{**body, "columns": tuple(body["columns"]), "members": tuple(body["members"])})
        except TypeError as error:
            raise VersionError(subject, Problem(NAME, f"is not a manifest: {error}")) from None
        if version.id != folder.name:
            raise VersionError(
                subject, Problem(NAME, f"is the manifest of {version.id}", "do not rename version folders")
            )
        return version

    def read_files(self, folder: Path) -> dict[str, bytes]:
        """The contents of every file, each checked against its size and hash; raises VersionError naming those that differ.

        What is returned is what was checked: nothing is read a second time.
        """
        problems, contents = [], {}
        for name, facts in self.files.items():
            path = folder / name
            if not _FILE_NAME.fullmatch(name) or path.is_symlink():
                problems.append(Problem(name, "is not a name that a version's file can have"))
            elif not path.is_file():
                problems.append(Problem(name, "is missing", _RESTORE))
            elif path.stat().st_size != facts["bytes"]:
                problems.append(Problem(name, f"has {path.stat().st_size:,} bytes, not {facts['bytes']:,}", _RESTORE))
            else:
                contents[name] = path.read_bytes()
                if hash_bytes(contents[name]) != facts["sha256"]:
                    problems.append(Problem(name, "has other contents than when it was saved", _RESTORE))
        if problems:
            raise VersionError(self.id, problems)
        return contents


def _checksum(body: Mapping[str, Any]) -> str:
    return hash_bytes(json.dumps(body, sort_keys=True, default=list).encode())
