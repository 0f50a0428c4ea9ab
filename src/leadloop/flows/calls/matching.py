"""Records of companies and people that are new or changed -> joined with those that are the same, or put on the review list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadloop.ingest.identity import COMPANY, CONTACT, SAME, Record, compare, keys_of, match, profile_of

if TYPE_CHECKING:
    from leadloop.store import IdentityRecord, Store

RULES = "rules"
"""Who joined what no person joined."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What matching did."""

    records: int = 0
    """How many records were looked at."""
    joined: int = 0
    """How many companies and people were joined with another."""
    doubtful: int = 0
    """How many pairs went on the review list."""


def match_records(store: Store, playbook: str, numbers: Collection[int]) -> Matched:
    """Match records, by their numbers, with all that are known, in the caller's transaction if there is one.

    Only what shares a key with them is looked at, so that it costs as little with a million records as with a thousand.
    """
    if not numbers:
        return Matched()
    fresh = store.identity.records(playbook, numbers=numbers)
    for one in fresh:
        if one.version > 1:
            _detach(store, playbook, one)
    near = {one.entity for one in store.identity.records(playbook, numbers=numbers)}
    for kind in (COMPANY, CONTACT):
        keys = {key for one in fresh if one.kind == kind for key in keys_of(as_record(one))}
        near |= store.identity.likes(playbook, kind, keys)
    known = {one.id: one for one in store.identity.records(playbook, entities=near)}
    # What company people are of, the records of their own leads say.
    leads = {one.lead_id for one in known.values() if one.kind == CONTACT}
    known |= {one.id: one for one in store.identity.records(playbook, lead_ids=leads) if one.kind == COMPANY}
    return settle(store, playbook, [known[number] for number in sorted(known)])


def match_all(store: Store, playbook: str) -> Matched:
    """Match everything that is known of a playbook's companies and people with one another."""
    return settle(store, playbook, store.identity.records(playbook))


def settle(store: Store, playbook: str, records: Sequence[IdentityRecord]) -> Matched:
    """Match records with one another, and store what was found."""
    from leadloop.store import Joining

    companies = {(one.lead_id, one.source): place for place, one in enumerate(records) if one.kind == COMPANY}
    company_of = [companies.get((one.lead_id, one.source), -1) if one.kind == CONTACT else -1 for one in records]
    found = match(
        [as_record(one) for one in records],
        company_of=company_of,
        known=[one.entity for one in records],
        apart=store.identity.apart(playbook),
    )
    entity, members = _begin(records)
    joinings = []
    for pair in found.merges:
        one, other = _root(entity, records[pair.one].entity), _root(entity, records[pair.other].entity)
        kept, joins = min(one, other), max(one, other)
        entity[joins] = kept
        moved = members.pop(joins)
        members[kept] = members[kept] + moved
        joinings.append(
            Joining(records[pair.one].kind, kept, joins, pair.judgement.score, pair.judgement.reasons, tuple(moved))
        )
    asked = []
    for pair in found.doubtful:
        one, other = _root(entity, records[pair.one].entity), _root(entity, records[pair.other].entity)
        judged = pair.judgement
        asked.append(Joining(records[pair.one].kind, min(one, other), max(one, other), judged.score, judged.reasons))
    with store.transaction():
        store.identity.join(playbook, joinings, who=RULES)
        proposed = store.identity.propose(playbook, [one for one in asked if one.entity != one.other], who=RULES)
    return Matched(len(records), len(joinings), len(proposed))


def as_record(one: IdentityRecord) -> Record:
    """A stored record in the form in which it is matched."""
    return Record.from_fields(one.kind, one.fields)


def _begin(records: Sequence[IdentityRecord]) -> tuple[dict[int, int], dict[int, list[int]]]:
    """Every entity standing for itself, and its records."""
    members: dict[int, list[int]] = {}
    for one in records:
        members.setdefault(one.entity, []).append(one.id)
    return {number: number for number in members}, members


def _root(entity: dict[int, int], number: int) -> int:
    while entity[number] != number:
        entity[number] = entity[entity[number]]
        number = entity[number]
    return number


def _detach(store: Store, playbook: str, one: IdentityRecord) -> None:
    """Let a record go that says something else now than the others of its company or person."""
    others = [other for other in store.identity.records(playbook, entities=[one.entity]) if other.id != one.id]
    if not others:
        return
    whole = profile_of(as_record(others[0]))
    for other in others[1:]:
        whole = whole.join(profile_of(as_record(other)))
    if compare(profile_of(as_record(one)), whole).verdict != SAME:
        store.identity.detach(playbook, one.id)
