"""The record of a new version: its names, its parent, and the hash of everything that shaped it."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import metadata
from typing import Any

import leadloop
from leadloop.flows.place.playbook_folder import PlaybookFolder
from leadloop.flows.place.workspace import Workspace
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.training import Contender
from leadloop.playbook import Playbook, fingerprint_playbook
from leadloop.registry import ModelVersion
from leadloop.registry.manifest import FORMAT, SEVERAL_TARGETS
from leadloop.scoring import TrainedPlaybook

SINCE = "since"
"""Under which a version's data say from when on leads were learned from; it is not there where no lead was left out for that."""
_LIBRARIES = ("numpy", "polars", "onnxruntime", "scikit-learn", "lightgbm", "onnx")


def hash_configuration(found: PlaybookFolder) -> str:
    """The hash of everything that shapes training besides the data: the playbook and the Python files beside it."""
    digest = hashlib.sha256(fingerprint_playbook(found.playbook).encode())
    for path in sorted(found.folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    digest.update(leadloop.__version__.encode())
    return digest.hexdigest()[:16]


def name_version(made_at: str, configuration: str, data: str) -> str:
    """The id of a version: when it was made, and eight hex digits of what it was made from."""
    moment = made_at.replace("-", "").replace(":", "").replace("T", "_").removesuffix("Z")
    return f"v{moment}_{hashlib.sha256(f'{configuration}{data}'.encode()).hexdigest()[:8]}"


def _release(
    place: Workspace, playbook: Playbook, fields: tuple[str, ...], others: Mapping[str, Mapping[str, Any]]
) -> tuple[str, str]:
    """The release name of a new version, and the id of the version it follows.

    A change of targets, or of the fields that features are made of, makes a new major release, anything else a new minor one.
    """
    versions = place.registry.versions(playbook.name)
    if not versions:
        return f"{playbook.name}-v1.0.0", ""
    last = versions[-1]
    major, minor, _ = (int(part) for part in last.release.rsplit("-v", 1)[1].split("."))
    same = last.target == playbook.target.name and set(last.fields) == set(fields)
    same = same and _fields_of(last.targets) == _fields_of(others)
    return f"{playbook.name}-v{major}.{minor + 1}.0" if same else f"{playbook.name}-v{major + 1}.0.0", last.id


def _fields_of(targets: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    return {name: set(said["fields"]) for name, said in targets.items()}


def describe_version(
    place: Workspace,
    found: PlaybookFolder,
    trained: TrainedPlaybook,
    contenders: Mapping[str, Sequence[Contender]],
    report: TrainingReport,
    configuration: str,
    made_by: str,
    since: datetime | None = None,
) -> ModelVersion:
    """The record of a version that was just trained, files not yet listed; `contenders` are those of each target.

    `since` is the moment before which no lead was learned from, where there is one.
    """
    playbook = found.playbook
    fields = trained.features.fields
    others = {other.target: _describe_target(trained, contenders[other.target], other) for other in report.others}
    release, parent = _release(place, playbook, fields, others)
    return ModelVersion(
        id=trained.version,
        release=release,
        playbook=playbook.name,
        target=playbook.target.name,
        created_at=report.made_at,
        created_by=made_by,
        synthetic=playbook.synthetic,
        playbook_fingerprint=fingerprint_playbook(playbook),
        policy_fingerprint=playbook.policy.fingerprint,
        configuration=configuration,
        seed=playbook.training.seed,
        data={
            "sources": list(report.data.sources),
            "fingerprint": report.data.fingerprint,
            "rows": report.data.rows,
            **_count_leads(report),
            "split": report.split.kind,
            **({SINCE: since.isoformat()} if since else {}),
        },
        metrics=_metrics(report),
        fields=fields,
        columns=tuple(column.name for column in trained.features.columns),
        members=tuple(_members(contenders[playbook.target.name])),
        libraries={"leadloop": leadloop.__version__, "python": platform.python_version(), **library_versions()},
        parent=parent,
        files={},
        format=SEVERAL_TARGETS if others else FORMAT,
        targets=others,
    )


def _describe_target(
    trained: TrainedPlaybook, contenders: Sequence[Contender], report: TrainingReport
) -> dict[str, Any]:
    """What the manifest holds of a target that is not the main one."""
    features = trained.models[report.target].features
    return {
        "weight": trained.playbook.weights.get(report.target, 0.0),
        "data": _count_leads(report),
        "metrics": _metrics(report),
        "fields": list(features.fields),
        "columns": len(features.columns),
        "members": _members(contenders),
    }


def _count_leads(report: TrainingReport) -> dict[str, int]:
    return {
        "used": report.data.used,
        "positives": report.data.positives,
        "train": report.split.train.leads,
        "test": report.split.test.leads,
    }


def _metrics(report: TrainingReport) -> dict[str, dict[str, Any]]:
    return {
        measure.name: {
            "value": measure.value,
            "low": measure.low,
            "high": measure.high,
            "baselines": dict(measure.baselines),
        }
        for measure in report.measures
    }


def _members(contenders: Sequence[Contender]) -> list[dict[str, Any]]:
    return [
        {"name": contender.name, "weight": contender.weight, "settings": dict(contender.settings)}
        for contender in contenders
    ]


def library_versions() -> dict[str, str]:
    """The versions of the libraries that a model depends on."""
    return {name: metadata.version(name) for name in _LIBRARIES}
