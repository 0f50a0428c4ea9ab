"""Calls -> what they say -> whom they were with -> versions of leads, all or nothing.

One call is one lead: an account executive qualifies what was said in it, and its outcome is that of the call. What calls of one
company have in common, identity keeps.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadloop.flows.calls.listening import Listening, read_listening, read_own
from leadloop.flows.calls.matching import match_records
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.calls import Call, OwnCompany, Person, Understood, understand
from leadloop.ingest.identity import COMPANY, CONTACT, Record, keys_of
from leadloop.ingest.identity.domains import company_domain

if TYPE_CHECKING:
    from leadloop.store import LeadRecord, Mention, Store

_WRITTEN_UP_HOURS = 24.0
"""What the source last changed within this time after a call counts as written of the call itself."""
_FROM_TEXT = frozenset(
    {"call_notes", "products_discussed", "urgency_level", "sentiment", "days_to_act", "next_meeting_set", "price_asked",
     "signals_towards", "signals_against", "prospect_share"}
)  # fmt: skip
"""The fields that a call alone fills: what it does not say any more goes."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A call that makes no lead."""

    call_id: str
    """The source's identifier of the recording."""
    title: str
    """The meeting's title."""
    because: str
    """Why, in words."""


@dataclass(frozen=True, slots=True)
class KeptCalls:
    """What became of some calls."""

    new: tuple[str, ...]
    """The ids of leads that were not known before."""
    changed: tuple[str, ...]
    """The ids of leads of which something else is known now."""
    unchanged: tuple[str, ...]
    """The ids of leads that said what was known already; nothing was stored for them."""
    left_out: tuple[LeftOut, ...]
    """The calls that make no lead, and why."""
    lead_of: Mapping[str, str]
    """The lead of each call that makes one, by the call's own identifier."""
    joined: int = 0
    """How many companies and people were found to be known already."""
    doubtful: int = 0
    """How many pairs of companies or people went on the review list."""


def keep_calls(
    place: Workspace, playbook: str, calls: Sequence[Call], *, source: str, own: OwnCompany | None = None
) -> KeptCalls:
    """Keep what calls say as leads of a playbook, in the caller's transaction if there is one (`place.store.transaction()`).

    A call that was kept before gets a new version where it says something else now, and none where it does not. `source` names
    where the calls come from, as in `fellow`: a call is known again by its source and its own identifier. `own` says who we are,
    by default the settings `own_names`, `own_domains` and `own_people`.

    A version holds from the end of its call. Where the source changed something more than a day later, the call itself (title,
    people, transcript) is one version, and what was written down since is another, from the time of that change: what was known
    later is in no version of before. What others know of the lead, such as its industry, stays.

    Raises LeadLoopError where nothing says who we are, and PlaybookError where there is no such playbook.
    """
    listening = read_listening(place, playbook)
    own = own if own is not None else read_own(place)
    said = [(call, understand(call, own=own, words=listening.words)) for call in calls]
    left_out = [LeftOut(call.id, call.title, one.not_a_lead) for call, one in said if not one.is_lead]
    leads = [(f"{source}:{call.id}", call, one) for call, one in said if one.is_lead]
    name, store = listening.playbook.name, place.store
    states: dict[str, str] = {}
    with store.transaction():
        gone = store.erasures.erased(name, [lead_id for lead_id, _, _ in leads])
        left_out += [LeftOut(call.id, call.title, "it was erased") for lead_id, call, _ in leads if lead_id in gone]
        leads = [one for one in leads if one[0] not in gone]
        kept = store.identity.keep(name, [one for lead in leads for one in _mentions(*lead)], source=source)
        matched = match_records(store, name, [one.record for one in kept if one.state != "same"])
        domains = _known_domains(store, name, leads)
        for lead_id, call, one in leads:
            records = _versions(store, listening, lead_id, call, one, domains.get(lead_id, ""))
            before = store.leads.get(name, lead_id) is not None
            done = store.leads.record(name, records, source=source)
            state = "new" if not before else "changed" if done.changed else "unchanged"
            # Told twice at once, a call is new once, and changed where it says something else the second time.
            states[lead_id] = (
                states.get(lead_id, state) if states.get(lead_id) == "new" or state == "unchanged" else state
            )
        _log_calls(store, name, source, leads)
    return KeptCalls(
        new=tuple(lead_id for lead_id, state in states.items() if state == "new"),
        changed=tuple(lead_id for lead_id, state in states.items() if state == "changed"),
        unchanged=tuple(lead_id for lead_id, state in states.items() if state == "unchanged"),
        left_out=tuple(left_out),
        lead_of={call.id: lead_id for lead_id, call, _ in leads},
        joined=matched.joined,
        doubtful=matched.doubtful,
    )


def _log_calls(store: Store, name: str, source: str, leads: Sequence[tuple[str, Call, Understood]]) -> None:
    """Keep each call as an action of whoever of us led it; one that is logged stays as it is, though its notes change."""
    from leadloop.store import Action

    done = [
        Action(lead_id[:255], lead_id, "call", _zoned(ended), str(one.fields.get("ae_name") or ""), source=source)
        for lead_id, call, one in leads
        if (ended := _ended(call, one)) is not None
    ]
    known = store.actions.known(name, [one.key for one in done])
    store.actions.add(name, [one for one in done if one.key not in known])


def _mentions(lead_id: str, call: Call, said: Understood) -> list[Mention]:
    """The company and the people of a call, as records to be matched."""
    from leadloop.store import Mention

    at = _ended(call, said)
    company = Record(COMPANY, said.company.name, domain=said.company.domain)
    found = [("", company)] if company.fields else []
    for person in said.contacts:
        domain = company_domain(person.email) if person.email else said.company.domain
        # A guest of another company is not of the one that the call was with.
        theirs = said.company.name if domain in ("", said.company.domain) else ""
        found.append((_key(person), Record(CONTACT, person.name, person.email, "", domain, theirs)))
    return [Mention(one.kind, f"{call.id}/{key}"[:255], lead_id, one.fields, keys_of(one), at) for key, one in found]


def _key(person: Person) -> str:
    """What a person is called among those of a call: no key holds an address or a name."""
    return hashlib.sha256((person.email or person.name).casefold().encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _ended(call: Call, said: Understood) -> datetime | None:
    """When a call was over, as well as that is known."""
    return said.ended_at or call.started_at or call.updated_at


def _versions(
    store: Store, listening: Listening, lead_id: str, call: Call, said: Understood, domain: str
) -> list[LeadRecord]:
    """What is known of a call's lead, from which moment on."""
    from leadloop.store import LeadRecord

    ended = _ended(call, said)
    changed = max(filter(None, (ended, call.updated_at)), default=None)
    name = listening.playbook.name
    facts = {"domain": domain} if domain and not said.company.domain else {}
    at_once = ended is None or changed is None or changed - ended <= timedelta(hours=_WRITTEN_UP_HOURS)
    records = []
    if not at_once and call.turns and store.leads.get(name, lead_id) is None:
        assert ended is not None
        records.append(LeadRecord(lead_id, _fit(listening, {}, said.fields_of_call), _zoned(ended)))
    moment = None if changed is None else _zoned(changed)
    held = store.leads.as_of(name, lead_id, moment) if moment else store.leads.get(name, lead_id)
    base: Mapping[str, Any] = held.fields if held is not None else records[0].fields if records else {}
    records.append(LeadRecord(lead_id, _fit(listening, base, {**facts, **said.fields}), moment))
    return records


def _fit(listening: Listening, base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What was known, with what a call says now in place of what it said: fields of the playbook, and no others."""
    fields = {one.name for one in listening.playbook.scoring_schema.fields if not one.made_from}
    kept = {name: value for name, value in base.items() if name not in _FROM_TEXT}
    return {**kept, **{name: value for name, value in values.items() if name in fields}}


def _known_domains(store: Store, playbook: str, leads: Sequence[tuple[str, Call, Understood]]) -> dict[str, str]:
    """For calls that name no domain, that of their company, as far as it was known when they ended."""
    wanted = {
        lead_id: _ended(call, said) for lead_id, call, said in leads if said.company.name and not said.company.domain
    }
    if not wanted:
        return {}
    mine = {one.lead_id: one.entity for one in store.identity.records(playbook, lead_ids=wanted) if one.kind == COMPANY}
    of_entity: dict[int, list[tuple[datetime, str]]] = {}
    for one in store.identity.records(playbook, entities=set(mine.values())):
        if domain := str(one.fields.get("domain", "")):
            since = store.identity.versions(playbook, one.id)[0].at
            of_entity.setdefault(one.entity, []).append((since, domain))
    found = {}
    for lead_id, entity in mine.items():
        ended = wanted[lead_id]
        known = Counter(
            domain for since, domain in of_entity.get(entity, ()) if ended is not None and since <= _zoned(ended)
        )
        if known:
            found[lead_id] = min(known, key=lambda domain: (-known[domain], domain))
    return found


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
