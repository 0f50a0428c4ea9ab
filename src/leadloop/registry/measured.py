"""What was measured of a version on its test leads, as the table `model_metrics` of the store holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop.registry.manifest import ModelVersion

if TYPE_CHECKING:
    from leadloop.store import ModelMetrics


def metrics_of(version: ModelVersion) -> ModelMetrics:
    """The row of a version by its manifest; what was not measured stays unknown.

    Precision, recall and F1 are those of the best leads, as many as the team has time for (`capacity`).
    """
    from leadloop.store import ModelMetrics

    def measured(name: str) -> float | None:
        return next(
            (told["value"] for key, told in version.metrics.items() if key == name or key.startswith(f"{name} at ")),
            None,
        )

    members = [str(member.get("name")) for member in version.members]
    used, positives = version.data.get("used"), version.data.get("positives")
    return ModelMetrics(
        model_version=version.id,
        model_type=members[0] if len(members) == 1 else "blend",
        precision=measured("precision"),
        recall=measured("gain"),
        f1_score=measured("F1"),
        auc_roc=measured("AUC"),
        accuracy=measured("accuracy"),
        conversion_rate=positives / used if used and positives is not None else None,
        training_samples=version.data.get("train"),
        validation_samples=version.data.get("test"),
        feature_count=len(version.columns),
    )
