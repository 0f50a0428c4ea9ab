"""The history of quality: what checks found, kept and read, and given out in the form that dashboards were promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.field_points import score_points
from leadloop.flows.watch.look import tested, values_of
from leadloop.monitoring import MEASURES, Check, QualityPoint, QualityReport
from leadloop.registry import ModelVersion

if TYPE_CHECKING:
    from leadloop.store import QualityRecord, Store

_LAST = 12
MATURED = "matured"
"""The kind under which the table `model_metrics` has what outcomes said of a version, beside what its training did."""


def keep_check(place: Workspace, found: Check) -> None:
    """Keep what a check found as a point of history, and the version's matured measures in the table of metrics."""
    from leadloop.store import QualityRecord

    quality, store = found.quality, place.store
    measures = values_of({name: quality.value(name) for name in MEASURES})
    record = QualityRecord(
        quality.model_version,
        quality.target,
        quality.start,
        quality.end,
        quality.scored,
        quality.matured,
        quality.won,
        quality.open,
        quality.not_worked,
        measures,
        values_of({one.name: one.value for one in found.estimate.measures}),
        found.drift.level,
        found.as_json(),
        measured_at=found.at,
    )
    with store.transaction():
        store.quality.keep(found.playbook, record)
        if quality.model_version and quality.is_judged:
            store.metrics.record(found.playbook, _row(store, found))


def _row(store: Store, found: Check) -> Any:
    from leadloop.store import ModelMetrics

    quality = found.quality
    counts = store.feedback.counts(found.playbook, since=quality.start)
    contacts = sum(one.contacts for one in counts)
    return ModelMetrics(
        model_version=quality.model_version,
        model_type=MATURED,
        precision=quality.value("precision"),
        recall=quality.value("recall"),
        f1_score=quality.value("F1"),
        auc_roc=quality.value("AUC"),
        accuracy=quality.value("accuracy"),
        conversion_rate=quality.won / quality.matured if quality.matured else None,
        contact_success_rate=sum(one.contacts_successful for one in counts) / contacts if contacts else None,
        validation_samples=quality.matured,
    )


def points_before(store: Store, playbook: str, version: str, quality: QualityReport) -> tuple[QualityPoint, ...]:
    """The points of history before a stretch: those of the version in service, then those of what served before."""
    found = store.quality.newest(playbook, before=quality.end, most=10 * _LAST)
    earlier = [one for one in found if (one.model_version, one.start, one.end) != _place(quality)]
    own = [one for one in earlier if one.model_version == version]
    others = [one for one in earlier if one.model_version != version]
    return tuple(_point(one) for one in (*own, *others)[:_LAST])


def _place(quality: QualityReport) -> tuple[Any, ...]:
    return quality.model_version, quality.start, quality.end


def _point(one: QualityRecord) -> QualityPoint:
    assert one.measured_at is not None
    return QualityPoint(
        one.id,
        one.model_version,
        one.start,
        one.end,
        one.measured_at,
        one.scored,
        one.matured,
        one.won,
        one.open,
        dict(one.measures),
        dict(one.expected),
        one.drift,
    )


def list_history(place: Workspace, playbook: str, *, version: str | None = None, most: int = 100) -> list[QualityPoint]:
    """What checks found of a playbook's versions, the newest first."""
    return [_point(one) for one in place.store.quality.newest(playbook, model_version=version, most=most)]


def export_performance(place: Workspace, playbook: str) -> list[dict[str, Any]]:
    """The performance of every version, the oldest first, as a list that JSON can say.

    Each has `model_version`, `training_date`, `metrics` (`accuracy`, `precision`, `recall`, `f1_score`, `auc_roc`: those of its
    test leads) and `feature_importance` (`feature`, `importance`: its share in what moves the scores); and, beside these,
    `matured`: what its logged scores were worth by the outcomes that came since, point by point.
    """
    versions = place.registry.versions(playbook)
    points = list_history(place, playbook, most=10_000) if place.has_store() else []
    return [_performance(place, playbook, version, points) for version in versions]


def _performance(
    place: Workspace, playbook: str, version: ModelVersion, points: Sequence[QualityPoint]
) -> dict[str, Any]:
    try:
        weights = score_points(place.registry, playbook, version.id)
    except (OSError, ValueError):
        weights = {}
    total = sum(weights.values()) or 1.0
    return {
        "model_version": version.id,
        "training_date": version.created_at,
        "metrics": seed_metrics(tested(version)),
        "feature_importance": [
            {"feature": name, "importance": points_of / total}
            for name, points_of in sorted(weights.items(), key=lambda each: -each[1])
        ],
        "matured": [
            {
                "from": one.start.isoformat(),
                "to": one.end.isoformat(),
                "scored": one.scored,
                "matured": one.matured,
                "open": one.open,
                "metrics": seed_metrics(one.measures),
            }
            for one in reversed(points)
            if one.model_version == version.id
        ],
    }


def seed_metrics(measures: Any) -> dict[str, float | None]:
    """Measures under the names that were promised to those who read them elsewhere."""
    names = {"accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1_score": "F1", "auc_roc": "AUC"}
    return {name: measures.get(ours) for name, ours in names.items()}
