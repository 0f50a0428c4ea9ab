"""Whether calls still come in: what failed last, how long ago the last sync came to its end, and what waits to be worked on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from leadloop.errors import LeadLoopError, StoreError, tell_briefly
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import SOURCE, find_account
from leadloop.flows.sync.fetch import WHOLE, open_fellow

if TYPE_CHECKING:
    from leadloop.store import SourceState


@dataclass(frozen=True)
class SyncHealth:
    """How the sync fares."""

    healthy: bool
    """Whether nothing is wrong."""
    problems: tuple[str, ...]
    """What is wrong, in words."""
    last_began_at: datetime | None
    """When the last sync began that came to its end; None where none did."""
    last_ended_at: datetime | None
    """When that was."""
    failures: int
    """How often it failed since."""
    events_waiting: int
    """How many events that Fellow sent by itself wait to be worked on."""
    requests_today: int
    """How often Fellow was asked today (UTC)."""


def look_at_sync(place: Workspace, *, ask: bool = False) -> SyncHealth:
    """How the sync of this workspace fares; with `ask` Fellow is asked whether it takes the key.

    Raises SourceError only where no Fellow is named at all.
    """
    account, settings, store = find_account(place), read_settings(place.root), place.store
    problems = []
    if ask:
        try:
            with open_fellow(place) as fellow:
                fellow.me()
        except StoreError:
            raise
        except LeadLoopError as error:
            problems.append(tell_briefly(error.problems))
    state = store.source_states.get(SOURCE, account.subdomain, WHOLE)
    if state is None or state.succeeded_at is None:
        problems.append("no sync has come to its end yet")
    elif is_late(state, now=datetime.now(UTC), hours=settings.sync_late_hours):
        problems.append(f"the last sync that came to its end began at {state.succeeded_at:%Y-%m-%d %H:%M} UTC")
    if state and state.failures:
        often = "once" if state.failures == 1 else f"{state.failures:,} times"
        why = " ".join((state.failure or "").split())
        problems.append(f"the sync has failed {often} since one came to its end, at last because: {why}")
    waiting = store.source_events.counts(SOURCE).get("waiting", 0)
    return SyncHealth(
        not problems,
        tuple(problems),
        state.succeeded_at if state else None,
        state.ended_at if state else None,
        state.failures if state else 0,
        waiting,
        store.source_turns.used_today(SOURCE, account.subdomain),
    )


def is_late(state: SourceState, *, now: datetime, hours: float) -> bool:
    """Whether no sync came to its end for so many hours."""
    since = state.succeeded_at or state.begun_at
    return since is not None and now - since > timedelta(hours=hours)
