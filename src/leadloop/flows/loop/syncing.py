"""What sources have is fetched before anything is looked at, where there is a part that fetches it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace

if TYPE_CHECKING:
    from leadloop.store import Job

SYNC = "sync"
"""The kind of job that fetches."""


def ask_to_sync(place: Workspace, playbook: str, *, since: datetime) -> Job | None:
    """The job that fetches what is new for a playbook, asked for once since a moment; None where no source is configured."""
    from leadloop.flows.sync.account import may_ask
    from leadloop.flows.work.jobs import ask_for

    if playbook != read_settings(place.root).calls_playbook or not may_ask(place):
        return None
    jobs = place.store.jobs
    there = [one for one in jobs.page(kind=SYNC, playbook=playbook, limit=5).items if one.created_at >= since]
    if there:
        return there[0]
    return jobs.get(ask_for(place, SYNC, playbook, {}, who="loop"))
