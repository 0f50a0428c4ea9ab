"""Calls: what was said in the calls with a lead, with the sentences that mattered quoted.

A call that was fetched from where it was recorded is read again as it stands there; of a lead that came with notes, those
are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadloop.errors import LeadLoopError
from leadloop.flows.calls.listening import read_listening, read_own
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.merge import calls_of_lead
from leadloop.ingest.calls import Call, CallWords, OwnCompany, Turn, understand
from leadloop.ingest.calls.mood import read_moods

_NOTES = ("call_notes", "notes", "transcript", "meeting_notes")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_SPEAKER = re.compile(r"([^\s:][^:\n]{0,60}):\s+(.+)")
_MOST_QUOTES = 12
_LONGEST = 400
_FELT = 0.5
"""From this mood on, to either side, a sentence matters by itself."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a call that mattered."""

    text: str
    """The sentence, as it was said or written."""
    about: str
    """What it is a sign of, as in "asks the price"; the field whose words it holds."""
    towards: bool | None
    """Whether it speaks for the lead; None where that cannot be said of it alone."""
    speaker: str
    """Who said it; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class LeadCall:
    """A call with a lead."""

    title: str
    """The meeting's title."""
    at: datetime | None
    """When it was held."""
    minutes: float | None
    """How long it took."""
    source: str
    """Where it was recorded; empty where the notes came with the lead."""
    sentiment: float | None
    """The mood of the other side, 0 to 10."""
    next_meeting: bool | None
    """Whether a next meeting is set."""
    towards: tuple[str, ...]
    """What speaks for the next stage."""
    against: tuple[str, ...]
    """What speaks against it."""
    next_steps: tuple[str, ...]
    """What was agreed."""
    quotes: tuple[Quote, ...]
    """The sentences that mattered, in the order in which they were said."""


def read_calls(
    place: Workspace, playbook: str, lead_id: str, known: Mapping[str, Any], traits: Mapping[str, Any]
) -> tuple[LeadCall, ...]:
    """The calls with a lead, the newest first; `known` are the lead's fields, `traits` what is read off them."""
    words, own = _listening(place, playbook)
    told = [(source, call) for source, call in calls_of_lead(place.store, playbook, lead_id)]
    if not told:
        notes = next((str(known[name]) for name in _NOTES if known.get(name)), "")
        if not notes.strip():
            return ()
        turns = tuple(_turns(notes))
        title = str(known.get("call_title") or known.get("title") or "")
        told = [("", Call(lead_id, title, started_at=traits.get("called_at"), turns=turns))]
    found = [_tell(source, call, words, own, traits) for source, call in told]
    return tuple(sorted(found, key=lambda one: one.at.timestamp() if one.at else 0.0, reverse=True))


def _listening(place: Workspace, playbook: str) -> tuple[CallWords, OwnCompany]:
    """What is listened for, and who we are; nothing of either where nobody said so."""
    try:
        words = read_listening(place, playbook).words
    except LeadLoopError:
        words = CallWords()
    try:
        return words, read_own(place)
    except LeadLoopError:
        return words, OwnCompany()


def _tell(source: str, call: Call, words: CallWords, own: OwnCompany, traits: Mapping[str, Any]) -> LeadCall:
    said = understand(call, own=own, words=words)
    by_fields = not source  # of notes that came with the lead, its own fields say more
    sentiment = traits.get("sentiment") if by_fields and traits.get("sentiment") is not None else said.sentiment
    follow_up = traits.get("follow_up") if by_fields else None
    return LeadCall(
        title=call.title,
        at=said.began_at,
        minutes=said.minutes,
        source=source,
        sentiment=sentiment,
        next_meeting=said.signals.next_meeting if follow_up is None else follow_up,
        towards=said.signals.towards,
        against=said.signals.against,
        next_steps=said.signals.next_steps,
        quotes=quote(call, words),
    )


def quote(call: Call, words: CallWords) -> tuple[Quote, ...]:
    """The sentences of a call in which something was found that is listened for, or that were felt, in their order; where there
    are too many, those with the most in them.

    >>> call = Call("c", "Intro", turns=(Turn("Jane", "We have two offices. I love the demo!"),))
    >>> [(one.text, one.about, one.speaker) for one in quote(call, CallWords())]
    [('I love the demo!', 'a good mood', 'Jane')]
    """
    sentences = list(_sentences(call))
    if not sentences:
        return ()
    said = words.matcher.read(words.vocabulary.encode([text for _, text in sentences]))
    rows = said.tokens.rows[said.found.starts]
    about: dict[int, dict[str, bool | None]] = {}
    for row, number, denied in zip(rows.tolist(), said.found.lists.tolist(), said.denied.tolist(), strict=True):
        name = words.names[number]
        side = True if name in words.towards else False if name in words.against else None
        if side is None and name not in (*words.products, *words.urgent, *words.soon, *words.no_hurry):
            continue  # a word of moods
        label, side = (f"says no to {name}", None if side is None else not side) if denied else (name, side)
        about.setdefault(row, {})[label] = side
    for row, mood in enumerate(read_moods([text for _, text in sentences])):
        if abs(mood) >= _FELT:
            about.setdefault(row, {})["a good mood" if mood > 0 else "a bad mood"] = mood > 0
    best = sorted(about, key=lambda row: (-len(about[row]), row))[:_MOST_QUOTES]
    quotes = []
    for row in sorted(best):
        sides = {side for side in about[row].values() if side is not None}
        speaker, text = sentences[row]
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}…"
        quotes.append(Quote(shown, ", ".join(about[row]), sides.pop() if len(sides) == 1 else None, speaker))
    return tuple(quotes)


def _sentences(call: Call) -> Iterator[tuple[str, str]]:
    """Who said it, and each sentence: of the transcript, then of what was written down."""
    for turn in call.turns:
        for text in _SENTENCE.findall(turn.text):
            if text.strip():
                yield turn.speaker, text.strip()
    for written in (call.summary, call.agenda, *(item.text for item in call.action_items)):
        for text in _SENTENCE.findall(written):
            if text.strip():
                yield "", text.strip(" -*#")


def _turns(notes: str) -> Iterator[Turn]:
    """Notes a line a turn, as they are written that playbooks learn from: `AE: …`."""
    for line in notes.splitlines():
        named = _SPEAKER.fullmatch(line.strip())
        if named:
            yield Turn(named[1], named[2])
        elif line.strip():
            yield Turn("", line.strip())
