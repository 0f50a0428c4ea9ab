"""A check as a job, which a worker does, by itself or by a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadloop.flows.work.kind import Work

CHECK = "check"


def run_check(work: Work) -> Any:
    """Look at the version in service, keep what was found, and answer it in short."""
    from leadloop.flows.watch.check import check

    found = check(work.place, work.told["playbook"], keep=work.told["keep"], tick=work.tick)
    return {
        "version": found.model_version,
        "from": found.quality.start.isoformat(),
        "to": found.quality.end.isoformat(),
        "scored": found.quality.scored,
        "matured": found.quality.matured,
        "metrics": {one.name: one.value for one in found.quality.measures},
        "expected": {one.name: one.value for one in found.estimate.measures},
        "drift": found.drift.level,
        "reasons": list(found.drift.reasons),
    }
