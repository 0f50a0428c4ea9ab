"""The steps of workflows: what came of each, written in one transaction with whatever it changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from leadloop.errors import Problem, StoreConflict
from leadloop.store.connections import Connections
from leadloop.store.loop_tables import JOB_STEPS


class JobSteps:
    """The steps that jobs have done."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, job: int, step: str, result: Any) -> None:
        """Note that a step of a job is done, and what came of it; raises StoreConflict where it was done before."""
        row = {"job_id": job, "step": step, "result": result, "at": self._connections.now()}
        insertion = self._connections.insert(JOB_STEPS).values(row)
        with self._connections.write() as connection:
            done = connection.execute(
                insertion.on_conflict_do_nothing(index_elements=["job_id", "step"]).returning(JOB_STEPS.c.id)
            ).first()
            if done is None:
                raise StoreConflict("jobs", Problem(f"job {job}, {step}", "was done before", "go on with the next"))

    def of(self, job: int) -> dict[str, Any]:
        """What came of the steps that a job has done, in the order in which it did them."""
        query = select(JOB_STEPS.c.step, JOB_STEPS.c.result).where(JOB_STEPS.c.job_id == job).order_by(JOB_STEPS.c.id)
        with self._connections.read() as connection:
            return {row.step: row.result for row in connection.execute(query)}
