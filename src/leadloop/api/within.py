"""The service from within: asks for scores as over HTTP, with neither socket nor threads, for whoever plays both sides.

What is asked goes the way of every request: fields are read lead by lead, arms chosen, scores logged, versions on trial counted.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from leadloop.api.measures.logs import EventLog
from leadloop.api.scoring.live import Scored
from leadloop.api.scoring.score_log import StoredScoreLog
from leadloop.api.service import make_service
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace


class WithinService:
    """One process of the service, which answers this process alone."""

    def __init__(self, place: Workspace) -> None:
        self._service = make_service(place, read_settings(place.root), log=EventLog("error", "text", sys.stderr))
        self._service.database.open()
        self._numbers = count(1)

    def score(self, playbook: str, leads: Sequence[Mapping[str, Any]]) -> int:
        """Score leads by whatever serves them now, and write that down; says how many could be scored.

        Raises LeadLoopError where nothing serves, and StoreUnavailable where the database takes nothing.
        """
        service = self._service
        service.versions.refresh()
        service.arms.refresh()
        served = service.versions.get(playbook)
        number = f"within-{next(self._numbers):06}"
        answers = service.live.score(served, [dict(one) for one in leads], explain=False, request_id=number)
        log = service.live.log
        if isinstance(log, StoredScoreLog):
            log.write_now()
        return sum(isinstance(one, Scored) for one in answers)


def open_within(place: Workspace) -> WithinService:
    """The service of a workspace, for this process alone."""
    return WithinService(place)
