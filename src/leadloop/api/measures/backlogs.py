"""What piles up where calls come in and leads go out: leads to be enriched, events, messages, and syncs that fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from leadloop.api.measures.counts import Counts
from leadloop.flows.sync.account import SOURCE

if TYPE_CHECKING:
    from leadloop.store import Store

_WHOLE = "sync"


@dataclass(frozen=True)
class Backlog:
    """What waits, and how fetching fares."""

    leads: Mapping[str, int] = field(default_factory=dict)
    """Leads of each playbook that wait to be enriched."""
    messages: int | None = None
    """Messages that wait to be sent to webhooks; None where nobody knows."""
    events: int | None = None
    """Events that a source of calls sent and nobody has worked on."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """How often fetching from each account failed since it last came to its end."""
    succeeded_at: Mapping[str, float] = field(default_factory=dict)
    """When the last fetching began that came to its end, by account, in seconds since 1970."""


class BacklogCounts(Counts[Backlog]):
    """The backlogs of a store."""

    def nothing(self) -> Backlog:
        """Nothing that is known."""
        return Backlog()

    def count(self, store: Store, before: Backlog) -> Backlog:
        """A playbook that was seen once stays, with 0."""
        wholes = [one for one in store.source_states.all(SOURCE) if one.stream == _WHOLE]
        return Backlog(
            leads={**dict.fromkeys(before.leads, 0), **store.enrichment.backlog()},
            messages=store.webhooks.waiting(),
            events=store.source_events.counts(SOURCE).get("waiting", 0),
            failures={one.account: one.failures for one in wholes},
            succeeded_at={one.account: one.succeeded_at.timestamp() for one in wholes if one.succeeded_at},
        )
