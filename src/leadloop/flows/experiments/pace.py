"""How many leads come a day and how many of them are won, by what the store knows: what a plan begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadloop.store import Store

DAYS = 90.0


@dataclass(frozen=True)
class Pace:
    """What the last months were like."""

    leads_a_day: float | None
    """Leads that were scored a day, each once; None where none was."""
    rate: float | None
    """The share of known outcomes that were won; None where none is known."""


def find_pace(store: Store, playbook: str, target: str, *, now: datetime, days: float = DAYS) -> Pace:
    """The pace of the last so many days."""
    since = now - timedelta(days=days)
    leads, first = store.scores.leads_since(playbook, since)
    told, won = store.outcomes.told_since(playbook, target, since)
    watched = max(1.0, (now - first).total_seconds() / 86_400) if first else 1.0
    return Pace(leads / watched if leads else None, won / told if told else None)
