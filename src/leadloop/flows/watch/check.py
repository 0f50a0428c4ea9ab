"""Check: one look at the version in service, kept as a point of the history of quality."""

from __future__ import annotations

from datetime import datetime

from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.workspace import Workspace
from leadloop.monitoring import Check


def check(
    place: Workspace,
    playbook: str,
    *,
    now: datetime | None = None,
    days: float = 28.0,
    keep: bool = True,
    tick: Tick = lambda stage: None,
) -> Check:
    """Measure matured quality, estimate today's, look for drift, and keep all of it as history.

    `quality` is of the leads scored in the `days` before the newest ones that had the time to mature, `estimate` and `drift` of
    those scored in the last 7 days (or as many as it takes to have enough). Raises VersionError where nothing is in service.
    """
    raise NotImplementedError
