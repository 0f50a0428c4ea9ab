"""Understanding a call: with whom it was, who spoke, what came up, how urgent it is, how they felt, and what was agreed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from leadloop.ingest.calls.call import Call
from leadloop.ingest.calls.company import OtherSide, find_company
from leadloop.ingest.calls.own import OwnCompany
from leadloop.ingest.calls.reading import CallReading
from leadloop.ingest.calls.speakers import OURS, Speakers, name_of, tell_speakers
from leadloop.ingest.calls.understood import Understood
from leadloop.ingest.calls.words import CallWords

_NOTHING_LISTENED_FOR = CallWords()
_TEMPLATE = re.compile(
    r"^[\s#*_>-]*(?:talking points|action items|notepad|notes|agenda|next steps|objectives?|"
    r"add (?:a |your )?.{0,40}(?:here|point))?[\s*_:…-]*$",
    re.IGNORECASE,
)


def understand(call: Call, *, own: OwnCompany, words: CallWords = _NOTHING_LISTENED_FOR) -> Understood:
    """What a call says, by rules that can be read: no model, no network, in time that grows with its length and no faster.

    `own` says who we are, so that we are not taken for the customer; `words` what is listened for. What is not known stays
    unknown: nobody's mood is told where nobody is known to be theirs.

    >>> from leadloop.ingest.calls import Call, Person
    >>> call = Call(
    ...     "c1",
    ...     "Intro call: Acme GmbH <> Dialtone",
    ...     attendees=(Person("jane@acme.example"), Person("vera@dialtone.example")),
    ... )
    >>> understand(call, own=OwnCompany(("Dialtone",), ("dialtone.example",))).company.name
    'Acme GmbH'
    """
    other = find_company(call, own)
    speakers = tell_speakers(call, own, other.ours, other.contacts)
    written = _written(call)
    reading = CallReading(call, speakers, words, written)
    ended_at, minutes = _length(call)
    theirs, turns = reading.their_rows, reading.turn_rows
    read, everything = np.append(theirs, reading.written_rows), np.append(turns, reading.written_rows)
    said = _transcript(call, speakers)
    notes = "\n".join((*written, said)) if said else "\n".join(written)
    urgency, _ = reading.urgency(read)
    talk = reading.talk(minutes)
    facts = _facts(call, other, speakers, minutes)
    whole = _values(reading, read, everything, notes) | {"prospect_share": talk.prospect_share}
    of_call = whole if not written else _values(reading, theirs, turns, said) | {"prospect_share": talk.prospect_share}
    return Understood(
        call_id=call.id,
        company=other.company,
        contacts=speakers.contacts,
        ours=speakers.ours,
        not_a_lead=other.not_a_lead,
        began_at=call.started_at,
        ended_at=ended_at,
        minutes=minutes,
        talk=talk,
        products=reading.products(everything),
        urgency=urgency,
        sentiment=reading.sentiment,
        signals=reading.signals(read, everything),
        notes=notes,
        said=said,
        fields=_known(facts | whole),
        fields_of_call=_known(facts | of_call),
    )


def _facts(call: Call, other: OtherSide, speakers: Speakers, minutes: float | None) -> dict[str, Any]:
    """Who, when and how long: the values of a lead that nothing written down later changes."""
    return {
        "call_title": call.title,
        "call_at": call.started_at.isoformat() if call.started_at else None,
        "call_minutes": None if minutes is None else round(minutes, 1),
        "company_name": other.company.name,
        "domain": other.company.domain,
        "ae_name": name_of(speakers.ours[0]) if speakers.ours else None,
    }


def _values(reading: CallReading, theirs: np.ndarray, everything: np.ndarray, notes: str) -> dict[str, Any]:
    """What was said, as values of a lead: `theirs` are the rows that speak for the other side, `everything` all that are read."""
    urgency, days = reading.urgency(theirs)
    signals = reading.signals(theirs, everything)
    return {
        "call_notes": notes,
        "products_discussed": "; ".join(reading.products(everything)),
        "urgency_level": urgency,
        "sentiment": reading.sentiment,
        "days_to_act": days,
        "next_meeting_set": signals.next_meeting,
        "price_asked": signals.price_asked,
        "signals_towards": len(signals.towards) if notes else None,
        "signals_against": len(signals.against) if notes else None,
    }


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _written(call: Call) -> tuple[str, ...]:
    """What was written down of a call: its summary, what was agreed, and notes that are more than an empty template."""
    parts = [call.summary.strip()]
    if call.action_items:
        parts.append("\n".join(["Action items:", *(f"- {item.text.strip()}" for item in call.action_items)]))
    agenda = [line.rstrip() for line in call.agenda.splitlines() if not _TEMPLATE.match(line)]
    parts.append("\n".join(agenda).strip())
    return tuple(part for part in parts if part)


def _transcript(call: Call, speakers: Speakers) -> str:
    """The transcript a line a turn, our own people as AE, as notes are written that playbooks learn from."""
    lines = []
    for turn in call.turns:
        label = "AE" if speakers.of(turn.speaker) == OURS else turn.speaker
        text = " ".join(turn.text.split())
        if text:
            lines.append(f"{label}: {text}" if label else text)
    return "\n".join(lines)


def _length(call: Call) -> tuple[datetime | None, float | None]:
    """When a call ended and how many minutes it took; the transcript says it where the source does not."""
    last = max((turn.end for turn in call.turns if turn.end is not None), default=None)
    ended_at = call.ended_at
    if ended_at is None and call.started_at is not None and last is not None:
        ended_at = call.started_at + timedelta(seconds=last)
    if call.started_at is not None and ended_at is not None and ended_at >= call.started_at:
        return ended_at, (ended_at - call.started_at).total_seconds() / 60
    return ended_at, None if last is None else last / 60
