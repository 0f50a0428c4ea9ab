"""What a person decides of companies and people that may be the same: the review list, yes, no, and taking a joining back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadloop.flows.calls.listening import read_listening
from leadloop.flows.past.stored_past import require_store
from leadloop.flows.place.workspace import Workspace

if TYPE_CHECKING:
    from leadloop.store import IdentityMatch, IdentityRecord, IdentityVersion, Store

DOUBTFUL = "doubtful"
_SHOWN = 3


@dataclass(frozen=True)
class Review:
    """Two companies or people side by side."""

    match: IdentityMatch
    """What was found, and why."""
    one: str
    """The one that stays, in words."""
    other: str
    """The one that joins it, in words."""


@dataclass(frozen=True)
class Told:
    """One record of a lead with its versions."""

    record: IdentityRecord
    """What holds now."""
    versions: tuple[IdentityVersion, ...]
    """Everything that it ever said."""
    with_leads: tuple[str, ...]
    """The other leads of the same company or person."""


def list_matches(place: Workspace, playbook: str, *, state: str = DOUBTFUL, most: int = 50) -> list[Review]:
    """Matches of one state, by default those that wait for a person."""
    name = _named(place, playbook)
    store = place.store
    found = store.identity.matches(name, state=state, limit=most).items
    if state != DOUBTFUL:
        return [Review(one, *_sides(store, name, one, one.entity, one.other)) for one in found]
    now = store.identity.stands(name, {number for one in found for number in (one.entity, one.other)})
    sides = [(one, now[one.entity], now[one.other]) for one in found]
    # What rules joined since, by what they learned later, needs nobody any more.
    return [Review(one, *_sides(store, name, one, left, right)) for one, left, right in sides if left != right]


def accept_match(place: Workspace, number: int) -> IdentityMatch:
    """Say that two are the same: they are joined, which can be undone."""
    return _decide(place, number, "accept")


def reject_match(place: Workspace, number: int) -> IdentityMatch:
    """Say that two are not the same: no rule joins them, and nobody is asked again."""
    return _decide(place, number, "reject")


def undo_match(place: Workspace, number: int) -> IdentityMatch:
    """Take a joining back, whoever made it; no rule joins the two again."""
    return _decide(place, number, "undo")


def tell_of(place: Workspace, playbook: str, lead_id: str) -> list[Told]:
    """What is known of the company and the people of a lead, with every version, and the other leads that they are in."""
    name = _named(place, playbook)
    identity = place.store.identity
    told = []
    for one in identity.records(name, lead_ids=[lead_id]):
        beside = sorted({other.lead_id for other in identity.records(name, entities=[one.entity])} - {lead_id})
        told.append(Told(one, identity.versions(name, one.id), tuple(beside)))
    return told


def _decide(place: Workspace, number: int, verb: str) -> IdentityMatch:
    store, who = place.store, place.who()
    with store.transaction():
        done: IdentityMatch = getattr(store.identity, verb)(number, who=who)
        store.audit.add(who, f"{verb} match", {"match": number, "playbook": done.playbook})
    return done


def _named(place: Workspace, playbook: str) -> str:
    name = read_listening(place, playbook).playbook.name
    require_store(place, name)
    return name


def _sides(store: Store, playbook: str, match: IdentityMatch, one: int, other: int) -> tuple[str, str]:
    """Both sides in words; of a joining that was done, what moved and what it joined."""
    identity = store.identity
    if match.moved:
        moved = set(match.moved)
        stays = [record for record in identity.records(playbook, entities=[one]) if record.id not in moved]
        return _words(stays), _words(identity.records(playbook, numbers=moved))
    return _words(identity.records(playbook, entities=[one])), _words(identity.records(playbook, entities=[other]))


def _words(records: Sequence[IdentityRecord]) -> str:
    """Some records in a line: what they say, each thing once."""
    parts: dict[str, None] = {}
    for one in records:
        said = one.fields
        words = [str(said[name]) for name in ("name", "email", "phone", "domain", "company") if said.get(name)]
        parts[", ".join(dict.fromkeys(words))] = None
    shown = list(parts)[:_SHOWN]
    more = len(parts) - len(shown)
    leads = len({one.lead_id for one in records})
    text = " | ".join(shown) + (f" | {more} more" if more else "")
    return f"{text} ({leads} lead{'' if leads == 1 else 's'})" if records else "nothing is left of it"
