"""Metrics: what was measured of each version when it was trained, and whether it serves."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from leadloop.errors import Problem, StoreError
from leadloop.store.connections import Connections
from leadloop.store.paging import Page, read_page
from leadloop.store.tables import METRICS


@dataclass(frozen=True, slots=True)
class ModelMetrics:
    """What was measured of one version."""

    model_version: str
    """The version."""
    model_type: str
    """What kind of model it is."""
    precision: float | None = None
    """Of the best leads, as many as the team has time for, the share that was won."""
    recall: float | None = None
    """Of the won leads, the share that is among these."""
    f1_score: float | None = None
    """The harmonic mean of both."""
    auc_roc: float | None = None
    """How often a won lead ranks above a lost one."""
    accuracy: float | None = None
    """The share of leads called right."""
    conversion_rate: float | None = None
    """The share of leads that were won."""
    contact_success_rate: float | None = None
    """The share of contacts that reached somebody."""
    avg_prediction_score: float | None = None
    """The mean score."""
    training_samples: int | None = None
    """How many leads it learned from."""
    validation_samples: int | None = None
    """How many leads it was measured on."""
    feature_count: int | None = None
    """How many features it reads."""
    training_duration: float | None = None
    """Seconds."""
    is_active: bool = False
    """Whether it serves."""
    deployed_at: datetime | None = None
    """Since when it serves, or when it last began to."""
    created_at: datetime | None = None
    """When it was first recorded; the store sets it."""
    updated_at: datetime | None = None
    """When it was last changed; the store sets it."""


_COLUMNS = tuple(one.name for one in fields(ModelMetrics))
_SET_HERE = {"created_at", "updated_at", "is_active", "deployed_at"}


class Metrics:
    """The metrics of every playbook's versions."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def record(self, playbook: str, metrics: ModelMetrics) -> None:
        """Keep what was measured of a version, in place of what was kept before; whether it serves stays as it is."""
        now = self._connections.now()
        measured = {name: getattr(metrics, name) for name in _COLUMNS if name not in _SET_HERE}
        row = {**measured, "playbook": playbook, "created_at": now, "updated_at": now, "is_active": False}
        insertion = self._connections.insert(METRICS).values(row)
        with self._connections.write() as connection:
            connection.execute(
                insertion.on_conflict_do_update(
                    index_elements=["playbook", "model_version", "model_type"], set_={**measured, "updated_at": now}
                )
            )

    def activate(self, playbook: str, model_version: str) -> None:
        """Note that this version serves from now on, and no other of the playbook; raises StoreError where it is not known."""
        now = self._connections.now()
        mine = METRICS.c.playbook == playbook
        with self._connections.write() as connection:
            connection.execute(
                update(METRICS)
                .where(mine, METRICS.c.is_active, METRICS.c.model_version != model_version)
                .values(is_active=False, updated_at=now)
            )
            done = connection.execute(
                update(METRICS)
                .where(mine, METRICS.c.model_version == model_version)
                .values(is_active=True, deployed_at=now, updated_at=now)
            )
            if not done.rowcount:
                raise StoreError(playbook, Problem(model_version, "has no metrics here", "record them first"))

    def of_version(self, playbook: str, model_version: str) -> tuple[ModelMetrics, ...]:
        """What was measured of a version, by the kind of model."""
        query = select(METRICS).where(METRICS.c.playbook == playbook, METRICS.c.model_version == model_version)
        with self._connections.read() as connection:
            return tuple(_metrics(row) for row in connection.execute(query.order_by(METRICS.c.model_type)))

    def page(self, playbook: str, *, after: str | None = None, limit: int = 100) -> Page[ModelMetrics]:
        """What was measured of every version, the newest first."""
        query = select(METRICS).where(METRICS.c.playbook == playbook)
        return read_page(
            self._connections, "metrics", query, METRICS.c.id, _metrics, after=after, limit=limit, newest_first=True
        )


def _metrics(row: Any) -> ModelMetrics:
    return ModelMetrics(**{name: getattr(row, name) for name in _COLUMNS})
