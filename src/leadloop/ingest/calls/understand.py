"""Understanding a call."""

from __future__ import annotations

from typing import Any

from leadloop.ingest.calls.call import Call
from leadloop.ingest.calls.own import OwnCompany
from leadloop.ingest.calls.understood import Company, Signals, Talk, Understood


def understand(call: Call, *, own: OwnCompany) -> Understood:
    """What a call says: the company, who spoke how much, products, urgency, mood, signals, and the values of a lead."""
    ours = tuple(one for one in call.attendees if own.has(one))
    contacts = tuple(one for one in call.attendees if not own.has(one))
    domain = next((one.email.rpartition("@")[2] for one in contacts if one.email), "")
    said = "\n".join(f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text for turn in call.turns)
    notes = "\n".join(part for part in (call.summary, said or call.agenda) if part)
    fields: dict[str, Any] = {
        "call_title": call.title,
        "call_notes": notes,
        "domain": domain,
        "company_name": domain.partition(".")[0].capitalize(),
        "call_at": call.started_at.isoformat() if call.started_at else None,
        "ae_name": ours[0].name or ours[0].email if ours else None,
    }
    return Understood(
        call_id=call.id,
        company=Company(fields["company_name"], domain, "attendees" if domain else ""),
        contacts=contacts,
        ours=ours,
        not_a_lead="" if contacts else "nobody of another company was there",
        began_at=call.started_at,
        ended_at=call.ended_at,
        minutes=None,
        talk=Talk(),
        products=(),
        urgency=None,
        sentiment=None,
        signals=Signals(),
        notes=notes,
        said=said,
        fields={name: value for name, value in fields.items() if value},
    )
