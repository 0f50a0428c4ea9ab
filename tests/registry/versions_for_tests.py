"""Versions made up for tests of files and history; what they hold is not a model."""

from __future__ import annotations

from leadloop.registry import ModelVersion

FILES = {"model.json": b"{}", "weights.npz": bytes(range(256)) * 40, "report.html": b"<p>Report</p>"}
FIRST, SECOND, THIRD = (f"v20240{month}01_120000_{month:08x}" for month in (1, 2, 3))


def make_version(identity: str, release: str = "tiny-v1.0.0", playbook: str = "tiny") -> ModelVersion:
    """A version of this id, its files not yet listed."""
    return ModelVersion(
        id=identity,
        release=release,
        playbook=playbook,
        target="won",
        created_at="2024-01-01T12:00:00Z",
        created_by="somebody",
        synthetic=True,
        playbook_fingerprint="0" * 12,
        policy_fingerprint="0" * 12,
        configuration="0" * 16,
        seed=7,
        data={"used": 1},
        metrics={"AUC": {"value": 0.7, "low": 0.6, "high": 0.8, "baselines": {"prior": 0.5}}},
        fields=("visits",),
        columns=("visits",),
        members=({"name": "logistic", "weight": 1.0, "settings": {}},),
        libraries={"leadloop": "0"},
        parent="",
        files={},
    )
