"""Calls -> what they say -> whom they were with -> versions of leads, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.calls import Call, OwnCompany, understand


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


def keep_calls(place: Workspace, playbook: str, calls: Sequence[Call], *, source: str) -> KeptCalls:
    """Keep what calls say as leads of a playbook, in the caller's transaction if there is one (`place.store.transaction()`).

    A call that was kept before gets a new version where it says something else now, and none where it does not. `source` names
    where the calls come from, as in `fellow`: a call is known again by its source and its own identifier.
    """
    from leadloop.store import LeadRecord

    new, changed, unchanged, left_out, lead_of = [], [], [], [], {}
    with place.store.transaction():
        for call in calls:
            understood = understand(call, own=OwnCompany())
            if not understood.is_lead:
                left_out.append(LeftOut(call.id, call.title, understood.not_a_lead))
                continue
            lead_id = lead_of[call.id] = f"{source}:{call.id}"
            record = LeadRecord(lead_id, understood.fields, call.updated_at)
            done = place.store.leads.record(playbook, [record], source=source)
            (new if done.new else changed if done.changed else unchanged).append(lead_id)
    return KeptCalls(tuple(new), tuple(changed), tuple(unchanged), tuple(left_out), lead_of)
