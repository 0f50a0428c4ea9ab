"""Trust: whether what would be learned from can be trusted, or a source or a field of it went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from leadloop.errors import JobLost, LeadLoopError, StoreUnavailable, tell_briefly
from leadloop.flows.loop.rules import LoopRules
from leadloop.flows.past.labelled import label
from leadloop.flows.past.past_leads import read_past_leads
from leadloop.flows.place.known_playbooks import read_found
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.workspace import Workspace
from leadloop.leads import Field, LeadFrame
from leadloop.monitoring.field_health import BrokenField, find_broken_fields
from leadloop.monitoring.sources import DoubtfulSource, doubt_sources
from leadloop.scoring import TrainedPlaybook

_TAILS = (0.05, 0.1, 0.2, 0.3)
"""The newest shares of leads that are held against the older half, one after the other: a field may have broken lately."""
_SAMPLE = 20_000
UNNAMED = "(no source was named)"


@dataclass(frozen=True)
class Trust:
    """What speaks against learning from what the store holds now."""

    sources: tuple[DoubtfulSource, ...] = ()
    """Sources whose outcomes contradict all others."""
    broken: tuple[BrokenField, ...] = ()
    """Fields that broke."""
    crowding: tuple[str, ...] = ()
    """Sources that tell more than their share, in words."""

    @property
    def objections(self) -> tuple[str, ...]:
        """All of it in words."""
        told = (*(one.said for one in self.sources), *(one.said for one in self.broken), *self.crowding)
        return told


def look_at_trust(place: Workspace, playbook: str, rules: LoopRules, *, tick: Tick = lambda stage: None) -> Trust:
    """Hold what the store has of a playbook against the version in service, source by source and field by field.

    Sources that are held already are not looked at: nothing is learned from them. Without a version in service, or where it reads
    fields in another way, nothing can be said. Raises LeadLoopError where leads cannot be read at all.
    """

    serving = place.registry.champion(playbook)
    if serving is None:
        return Trust()
    champion = place.registry.load(place.registry.find(playbook, serving))
    past = read_past_leads(read_found(place, playbook), None, place=place, tick=tick)
    leads = past.imported.leads
    if not reads_alike(champion, leads):
        return Trust()
    tick("looking for fields that broke")
    read = set(champion.features.reads)
    kinds = [(field.name, field.type) for field in champion.schema.fields if field.name in read]
    broken = _broken(leads, kinds)
    if past.found.playbook.events is not None or not past.found.playbook.lead_id:
        return Trust(broken=broken)  # what grades leads then is feedback, which no outcome's source stands beside
    tick("comparing what sources tell")
    playbook_now = past.found.playbook
    labelled = label(playbook_now, leads, past.found.label_of(playbook_now.target.name))
    places = np.arange(len(labelled))[-_SAMPLE:]
    told = place.store.outcomes.sources(playbook, past.found.playbook.target.name)
    ids = labelled.leads.data[past.found.playbook.lead_id].cast(pl.String)[places.tolist()]
    named = [told.get(one) for one in ids]
    known = places[[name is not None for name in named]]
    sources = [name or UNNAMED for name in named if name is not None]
    if not len(known):
        return Trust(broken=broken)
    said = champion.score_table(labelled.leads.take(known), explain=False)["probability"].to_numpy()
    seed = past.found.playbook.training.seed
    doubted = doubt_sources(sources, labelled.won[known], said, seed=seed) if rules.hold_sources else ()
    trusted = {one.source for one in place.store.quarantine.all(playbook) if one.state == "trusted"}
    doubted = tuple(one for one in doubted if one.source not in trusted)
    return Trust(doubted, broken, tuple(_crowding(sources, rules)))


def _broken(leads: LeadFrame, kinds: Sequence[tuple[str, str]]) -> tuple[BrokenField, ...]:
    """The fields that are broken in any of the newest shares of leads, against the older half."""
    older = leads.data[: len(leads) // 2]
    found: dict[str, BrokenField] = {}
    for share in _TAILS:
        newest = leads.data[-max(1, round(share * len(leads))) :]
        for one in find_broken_fields(older, newest, kinds):
            found.setdefault(one.field, one)
    return tuple(found.values())


def _crowding(sources: list[str], rules: LoopRules) -> Iterator[str]:
    if rules.max_source_share >= 1:
        return
    names, counts = np.unique(np.array(sources, dtype=object).astype(str), return_counts=True)
    for name, count in zip(names, counts, strict=True):
        if count > rules.max_source_share * len(sources):
            share = f"{count / len(sources):.0%} of what is learned from, and may tell {rules.max_source_share:.0%}"
            yield f"“{name}” tells {share}"


def reads_alike(trained: TrainedPlaybook, leads: LeadFrame) -> bool:
    """Whether a version reads the very fields that leads have."""
    return all(
        field.name in leads.data.columns and _bare(leads.schema[field.name]) == _bare(field)
        for field in trained.schema.fields
    )


def _bare(field: Field) -> Field:
    return replace(field, guess=(), use=True, required=False, known_at="", actionable=False)


def find_objections(place: Workspace, playbook: str, rules: LoopRules) -> tuple[str, ...]:
    """What speaks against trusting a comparison on what the store holds; that nobody can look at it is an objection too."""
    try:
        return look_at_trust(place, playbook, rules).objections
    except (StoreUnavailable, JobLost):
        raise
    except LeadLoopError as error:
        return (f"what it was compared on cannot be looked at: {tell_briefly(error.problems)}",)
