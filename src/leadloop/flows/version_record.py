"""The record of a new version: its names, its parent, and the hash of everything that shaped it."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from importlib import metadata

import leadloop
from leadloop.flows.playbook_folder import PlaybookFolder
from leadloop.flows.workspace import Workspace
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.training import Contender
from leadloop.playbook import Playbook, fingerprint_playbook
from leadloop.registry import ModelVersion
from leadloop.scoring import TrainedPlaybook

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


def _release(place: Workspace, playbook: Playbook, fields: tuple[str, ...]) -> tuple[str, str]:
    """The release name of a new version, and the id of the version it follows.

    A change of target, or of the fields that features are made of, makes a new major release, anything else a new minor one.
    """
    versions = place.registry.versions(playbook.name)
    if not versions:
        return f"{playbook.name}-v1.0.0", ""
    last = versions[-1]
    major, minor, _ = (int(part) for part in last.release.rsplit("-v", 1)[1].split("."))
    same = last.target == playbook.target.name and set(last.fields) == set(fields)
    return f"{playbook.name}-v{major}.{minor + 1}.0" if same else f"{playbook.name}-v{major + 1}.0.0", last.id


def describe_version(
    place: Workspace,
    found: PlaybookFolder,
    trained: TrainedPlaybook,
    contenders: Sequence[Contender],
    report: TrainingReport,
    configuration: str,
) -> ModelVersion:
    """The record of a version that was just trained, files not yet listed."""
    playbook = found.playbook
    fields = trained.features.fields
    release, parent = _release(place, playbook, fields)
    return ModelVersion(
        id=trained.version,
        release=release,
        playbook=playbook.name,
        target=playbook.target.name,
        created_at=report.made_at,
        created_by=place.who(),
        synthetic=playbook.synthetic,
        playbook_fingerprint=fingerprint_playbook(playbook),
        policy_fingerprint=playbook.policy.fingerprint,
        configuration=configuration,
        seed=playbook.training.seed,
        data={
            "sources": list(report.data.sources),
            "fingerprint": report.data.fingerprint,
            "rows": report.data.rows,
            "used": report.data.used,
            "positives": report.data.positives,
            "train": report.split.train.leads,
            "test": report.split.test.leads,
            "split": report.split.kind,
        },
        metrics={
            measure.name: {
                "value": measure.value,
                "low": measure.low,
                "high": measure.high,
                "baselines": dict(measure.baselines),
            }
            for measure in report.measures
        },
        fields=fields,
        columns=tuple(column.name for column in trained.features.columns),
        members=tuple(
            {"name": contender.name, "weight": contender.weight, "settings": dict(contender.settings)}
            for contender in contenders
        ),
        libraries={"leadloop": leadloop.__version__, "python": platform.python_version(), **library_versions()},
        parent=parent,
        files={},
    )


def library_versions() -> dict[str, str]:
    """The versions of the libraries that a model depends on."""
    return {name: metadata.version(name) for name in _LIBRARIES}
