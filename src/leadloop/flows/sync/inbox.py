"""What Fellow sends by itself is kept when it comes, and a job is asked for that works on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import SOURCE
from leadloop.flows.work.jobs import SYNC_EVENT, ask_for
from leadloop.ingest.signatures import Signed


def keep_event(place: Workspace, payload: Mapping[str, Any], signed: Signed) -> bool:
    """Keep an event and ask for a job that works on it, in one transaction; False where it came before, and nothing is done."""
    kind = str(payload.get("event_type") or "unknown")
    with place.store.transaction():
        number = place.store.source_events.add(SOURCE, signed.id, kind[:100], dict(payload), sent_at=signed.at)
        if number is None:
            return False
        playbook = read_settings(place.root).calls_playbook
        ask_for(place, SYNC_EVENT, playbook, {"event": number}, who="webhook")
    return True
