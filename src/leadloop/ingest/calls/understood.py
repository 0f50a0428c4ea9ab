"""What a call says: with whom it was, who spoke, what came up, and what was agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadloop.ingest.calls.call import Person


@dataclass(frozen=True, slots=True)
class Company:
    """The company on the other side of a call."""

    name: str = ""
    """Its name as people write it; empty where nothing names it."""
    domain: str = ""
    """The domain of its people's addresses; empty where they have none of their own."""
    said_by: str = ""
    """What named it: `title`, `attendees` (their domain), `summary`; empty where nothing did."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Who spoke how much. Shares are of words, from 0 to 1, and None where nobody can be told apart."""

    words: int = 0
    """Words in the transcript."""
    prospect_words: int = 0
    """Words of people of the other company."""
    prospect_share: float | None = None
    """Their share of all words of people who are known to be theirs or ours."""
    speakers: int = 0
    """How many people spoke."""
    questions_of_prospect: int = 0
    """Questions that they asked."""
    questions_of_ours: int = 0
    """Questions that we asked."""
    longest_monologue_words: int = 0
    """The most words that one of us spoke while nobody of theirs said more than a few."""
    longest_monologue_seconds: float | None = None
    """How long the longest such stretch took; None where turns have no times."""
    turns_per_minute: float | None = None
    """How often the speaker changed in a minute; None where the length is not known."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What points to a deal and what away from it, each list by the names of what was found."""

    towards: tuple[str, ...] = ()
    """What speaks for the next stage, as in "asks the price"."""
    against: tuple[str, ...] = ()
    """What speaks against it, as in "no money"."""
    next_meeting: bool | None = None
    """Whether a next meeting is set; None where nothing is said of it."""
    price_asked: bool | None = None
    """Whether they asked for the price; None where nothing is said of it."""
    days_to_act: int | None = None
    """In how many days they mean to act, by the soonest time that they name; None where they name none."""
    next_steps: tuple[str, ...] = ()
    """What was agreed to be done, in the words of notes and action items."""


@dataclass(frozen=True, slots=True)
class Understood:
    """All that was understood of a call, by rules that can be read and with no network."""

    call_id: str
    """The source's identifier of the recording."""
    company: Company
    """The company on the other side."""
    contacts: tuple[Person, ...]
    """Its people, as far as addresses or names tell."""
    ours: tuple[Person, ...]
    """Our people, the account executive first."""
    not_a_lead: str
    """Why this call makes no lead, in words; empty where it does."""
    began_at: datetime | None
    """When the call began (UTC)."""
    ended_at: datetime | None
    """When it was over (UTC); None where neither the source nor the transcript says."""
    minutes: float | None
    """How long it took."""
    talk: Talk
    """Who spoke how much."""
    products: tuple[str, ...]
    """The products that came up, the first named first."""
    urgency: int | None
    """How soon something has to happen, from 0 (no hurry) to 5 (at once); None where nothing is said of it."""
    sentiment: float | None
    """The mood of what the other side says, from 0 to 10, 5 where it is neither good nor bad; None where they said too little."""
    signals: Signals
    """What points to a deal and what away from it."""
    notes: str
    """The call in words: what was summed up and agreed, then the transcript, our own people marked as AE."""
    said: str
    """The call itself, without anything that was written down after it."""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The values of a lead by the field names of the playbook `b2b_calls`; what is not known is left out."""
    fields_of_call: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The same of the call itself, without anything that was written down after it."""

    @property
    def is_lead(self) -> bool:
        """Whether this call makes a lead."""
        return not self.not_a_lead
