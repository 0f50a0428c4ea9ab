"""Leads that came another way than by a call -> their companies and people, matched with all that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from leadloop.flows.calls.listening import read_listening
from leadloop.flows.calls.matching import Matched, match_all, match_records
from leadloop.flows.past.stored_past import require_store
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.crm_names import find_meaning
from leadloop.ingest.identity import COMPANY, CONTACT, Record, keys_of
from leadloop.ingest.identity.domains import company_domain
from leadloop.playbook import Playbook

if TYPE_CHECKING:
    from leadloop.store import LeadVersion, Mention

SOURCE = "leads"
"""Who tells of companies and people that stand in the fields of leads."""
_AT_ONCE = 2_000
_FEW = 2_000
"""More new records than so many are matched with all that are known at once: quicker than to look for the likes of each."""
_ROLES = {
    "company_name": "company", "domain": "domain", "website": "domain", "email": "email", "phone": "phone",
    "first_name": "first", "last_name": "last", "contact_name": "person", "full_name": "person", "name": "person",
}  # fmt: skip

Tick = Callable[[str], None]


def match_leads(place: Workspace, playbook: str, *, tick: Tick = lambda stage: None) -> Matched:
    """Match the companies and people in the fields of stored leads with one another and with those of calls, all or nothing.

    Names, domains, addresses and numbers are known by the names of their fields, as CRMs write them. Leads that came of calls
    have told of theirs already. Run again, it looks at what is new or changed.
    """
    found = read_listening(place, playbook).playbook
    require_store(place, found.name)
    store = place.store
    roles = _roles(found)
    with store.transaction():
        calls = store.identity.leads_told_of(found.name, but_by=SOURCE)
        fresh: list[int] = []
        seen = 0
        for some in _batches(store.leads.stream(found.name)):
            mentions = [one for lead in some if lead.lead_id not in calls for one in _mentions(lead, roles)]
            kept = store.identity.keep(found.name, mentions, source=SOURCE)
            fresh += [one.record for one in kept if one.state != "same"]
            seen += len(some)
            tick(f"reading leads: {seen:,}")
        tick(f"matching {len(fresh):,} records")
        return match_all(store, found.name) if len(fresh) > _FEW else match_records(store, found.name, fresh)


def _batches(leads: Iterator[LeadVersion]) -> Iterator[list[LeadVersion]]:
    some: list[LeadVersion] = []
    for lead in leads:
        some.append(lead)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _roles(playbook: Playbook) -> dict[str, str]:
    """Which field tells what of a company or person."""
    roles = {}
    for one in playbook.scoring_schema.fields:
        meaning = find_meaning(one.name)
        role = _ROLES.get(one.name) or (_ROLES.get(meaning.name) if meaning else None)
        if role is None and one.type in ("email", "phone"):
            role = one.type
        if role and not one.made_from:
            roles[one.name] = role
    return roles


def _mentions(lead: LeadVersion, roles: Mapping[str, str]) -> Iterator[Mention]:
    from leadloop.store import Mention

    said: dict[str, str] = {}
    for name, role in roles.items():
        if value := _text(lead.fields.get(name)):
            said.setdefault(role, value)
    domain = company_domain(said.get("domain", "")) or company_domain(said.get("email", ""))
    person = said.get("person") or " ".join(filter(None, (said.get("first"), said.get("last"))))
    company = Record(COMPANY, said.get("company", ""), domain=domain)
    contact = Record(
        CONTACT, person, said.get("email", "").lower(), said.get("phone", ""), domain, said.get("company", "")
    )
    for one, told in ((company, company.fields), (contact, person or said.get("email") or said.get("phone"))):
        if told:
            yield Mention(one.kind, lead.lead_id, lead.lead_id, one.fields, keys_of(one), lead.at)


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
