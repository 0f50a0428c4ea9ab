"""Since when leads teach what holds now: what came before the world changed would teach what does not hold any more."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from leadloop.errors import LeadLoopError
from leadloop.flows.training.version_record import SINCE
from leadloop.monitoring.triggers import LoopFacts

if TYPE_CHECKING:
    from leadloop.flows.loop.course import Going


def learn_since(going: Going, facts: LoopFacts) -> datetime | None:
    """The moment from which on leads are learned from; None where all of them are.

    It is the newest change for the worse that outcomes have surely shown, as soon as enough leads have ended that came since.
    What serves has begun at such a moment itself where it was trained after a change; so does what comes after it.
    """
    if not going.rules.forget_before_change:
        return None
    moments = [datetime.fromisoformat(one) for one in (facts.changed_at, _of_serving(going)) if one]
    return next((one for one in sorted(moments, reverse=True) if _has_enough(going, one)), None)


def _of_serving(going: Going) -> str:
    """The moment from which on the version in service has learned; empty where it learned from all leads."""
    registry = going.work.place.registry
    serving = registry.champion(going.playbook)
    return str(registry.find(going.playbook, serving).data.get(SINCE, "")) if serving else ""


def _has_enough(going: Going, since: datetime) -> bool:
    """Whether enough leads have ended that came since a moment, even once some of them are kept back to test on."""
    from leadloop.flows.watch.logged_leads import read_logged, watch_playbook

    place = going.work.place
    try:
        watched = watch_playbook(place, going.playbook)
        if not watched.playbook.is_ordered_by_time:
            return False
        now = place.store.now()
        ended = read_logged(watched, since, now, now)["outcome"].drop_nulls()
    except LeadLoopError:
        return False
    training = watched.playbook.training
    learned = 1 - training.test_share
    won = float(ended.sum())
    least = min(won, len(ended) - won)
    return learned * len(ended) >= training.min_leads and learned * least >= training.min_positives
