"""The manifest of a version: what it is, what it was made from, and the hash of every file in its folder.

Nothing in a version's folder is parsed before its bytes have been checked against the manifest, and the manifest carries a
checksum of itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from leadloop.errors import Problem, VersionError
from leadloop.registry.files import hash_bytes

FORMAT = 2
SEVERAL_TARGETS = 3
"""The format of versions that predict more than one thing; whoever knows only the other refuses them."""
_READ = (FORMAT, SEVERAL_TARGETS)
NAME = "manifest.json"
VERSION_ID = re.compile(r"v\d{8}_\d{6}_[0-9a-f]{8}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_LARGEST = 4 << 20
_RESTORE = "restore the folder from a backup"
_LEFT_BY_DESKTOPS = ("desktop.ini", "thumbs.db")
_LISTS = ("fields", "columns", "members")
_KINDS: Mapping[str, type] = {"str": str, "bool": bool, "int": int}


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A saved version, as its manifest describes it.

    `id` and `release` both address it. `configuration` is the hash of everything that shaped training (playbook, seed,
    settings), `data` describes the leads it learned from (sources, fingerprint, counts), `metrics` the quality on the
    test leads (value, low, high and baselines a measure), `files` each file's size and SHA-256.
    """

    id: str
    """The version's own name, made of its time and of what it was made from."""
    release: str
    """A name for people, as in “leads-v2.0.0”."""
    playbook: str
    """The playbook's name."""
    target: str
    """What is predicted."""
    created_at: str
    """When it was made, in UTC."""
    created_by: str
    """Who made it."""
    synthetic: bool
    """Whether it was trained on made-up leads."""
    playbook_fingerprint: str
    """Changes whenever the playbook does, guesses apart."""
    policy_fingerprint: str
    """Changes whenever a band, a route or the capacity does."""
    configuration: str
    """The hash of everything that shaped training: playbook, seed, settings."""
    seed: int
    """What every draw of chance started from."""
    data: Mapping[str, Any]
    """The leads that it learned from: sources, fingerprint, counts."""
    metrics: Mapping[str, Mapping[str, Any]]
    """The quality on the test leads: value, low, high and baselines of each measure."""
    fields: tuple[str, ...]
    """The fields, and the functions beside the playbook, that features are made of."""
    columns: tuple[str, ...]
    """The feature columns that the models see, in order."""
    members: tuple[Mapping[str, Any], ...]
    """The models of the blend, with their weights."""
    libraries: Mapping[str, str]
    """The versions of the libraries that made it."""
    parent: str
    """The version that was saved before it; empty for the first."""
    files: Mapping[str, Mapping[str, Any]]
    """Each file's size and SHA-256."""
    format: int = FORMAT
    """The number of the format that it is written in: 3 where several targets are predicted, else 2."""
    targets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Each target but the main one, by its name: its data, metrics, members, columns, and its weight in the score."""

    @property
    def recalibration(self) -> Mapping[str, Any] | None:
        """How its probabilities were moved since it was trained, and by what; None where they were not."""
        told: Mapping[str, Any] | None = self.data.get("recalibration")
        return told

    @property
    def trained_at(self) -> str:
        """When its models were trained, in UTC."""
        return str(self.recalibration["trained_at"]) if self.recalibration else self.created_at

    @property
    def trained_id(self) -> str:
        """The version whose models it has: its own, or the one that was recalibrated."""
        return str(self.recalibration["base"]) if self.recalibration else self.id

    def as_bytes(self) -> bytes:
        """The manifest as it is written to disk, with its checksum."""
        body = self._body()
        return json.dumps({**body, "checksum": _checksum(body)}, indent=1).encode() + b"\n"

    @property
    def checksum(self) -> str:
        """The SHA-256 of all that the manifest says, the hash of every file among it: the version itself, in 64 signs."""
        return _checksum(self._body())

    def _body(self) -> dict[str, Any]:
        body = asdict(self)
        if not self.targets:
            del body["targets"]  # so that whoever knows of one target only can read it
        return body

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the manifest of a version's folder; raises VersionError where it is missing, damaged or of another format."""
        path = folder / NAME
        subject = folder.name
        if not path.is_file():
            raise VersionError(subject, Problem(NAME, "is missing", _RESTORE))
        if path.stat().st_size > _LARGEST:
            raise VersionError(subject, Problem(NAME, "is larger than any manifest can be", _RESTORE))
        try:
            body = json.loads(path.read_bytes())
            found = body.pop("checksum")
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
            raise VersionError(subject, Problem(NAME, "is damaged", _RESTORE)) from None
        if body.get("format") not in _READ:
            known = " or ".join(map(str, _READ))
            raise VersionError(
                subject,
                Problem(NAME, f"has format {body.get('format')}, not {known}", "use the release that wrote it"),
            )
        if found != _checksum(body):
            raise VersionError(subject, Problem(NAME, "does not match its checksum", _RESTORE))
        try:
            version = cls(**{**body, **{name: tuple(body[name]) for name in _LISTS}})
        except (TypeError, KeyError) as error:
            raise VersionError(subject, Problem(NAME, f"is not a manifest: {error}", _RESTORE)) from None
        if wrong := [each.name for each in fields(cls) if not _holds(version, each.name)]:
            what = f"is not a manifest: {', '.join(wrong)} cannot be what it says"
            raise VersionError(subject, Problem(NAME, what, _RESTORE))
        if version.id != folder.name:
            raise VersionError(
                subject, Problem(NAME, f"is the manifest of {version.id}", "do not rename version folders")
            )
        return version

    def read_files(self, folder: Path) -> dict[str, bytes]:
        """The contents of every file, each checked against its size and hash; raises VersionError naming those that differ.

        What is returned is what was checked: nothing is read a second time. A file that the manifest does not know is a
        difference too, but for those that a desktop leaves in any folder it shows.
        """
        problems, contents = [], {}
        for name, facts in self.files.items():
            path = folder / name
            if not _FILE_NAME.fullmatch(name):
                problems.append(Problem(name, "is not a name that a version's file can have", _RESTORE))
            elif path.is_symlink():
                problems.append(Problem(name, "is a link to another place", _RESTORE))
            elif not path.is_file():
                problems.append(Problem(name, "is missing", _RESTORE))
            elif path.stat().st_size != facts["bytes"]:
                problems.append(Problem(name, f"has {path.stat().st_size:,} bytes, not {facts['bytes']:,}", _RESTORE))
            else:
                contents[name] = path.read_bytes()
                if hash_bytes(contents[name]) != facts["sha256"]:
                    problems.append(Problem(name, "has other contents than when it was saved", _RESTORE))
        for name in sorted(path.name for path in folder.iterdir()):
            known = name in self.files or name == NAME
            if not known and not name.startswith(".") and name.lower() not in _LEFT_BY_DESKTOPS:
                problems.append(Problem(name, "was not there when the version was saved", "move it out of the folder"))
        if problems:
            raise VersionError(self.id, problems)
        return contents


def _holds(version: ModelVersion, name: str) -> bool:
    """Whether a part of a manifest is of the kind that it is declared as."""
    value = getattr(version, name)
    declared = ModelVersion.__annotations__[name]
    if declared in _KINDS:
        return type(value) is _KINDS[declared]
    if name == "files":
        return isinstance(value, dict) and all(
            isinstance(facts, dict) and type(facts.get("bytes")) is int and isinstance(facts.get("sha256"), str)
            for facts in value.values()
        )
    if name in ("fields", "columns"):
        return all(isinstance(one, str) for one in value)
    if name == "members":
        return all(isinstance(member, dict) for member in value)
    return isinstance(value, dict)


def _checksum(body: Mapping[str, Any]) -> str:
    return hash_bytes(json.dumps(body, sort_keys=True, default=list).encode())
