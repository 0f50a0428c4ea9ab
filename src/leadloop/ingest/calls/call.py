"""A call: who met, what was said, and what was written down of it. Every source of recordings gives this one form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was invited to a call, or who owns something that came of it."""

    email: str = ""
    """The address, in lower case; empty where it is not known."""
    name: str = ""
    """The name as the source gives it; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person said until the next one spoke."""

    speaker: str
    """The speaker's name as the source gives it; empty where it is not known."""
    text: str
    """The words."""
    start: float | None = None
    """Seconds from the beginning of the recording; None where it is not known."""
    end: float | None = None
    """Seconds from the beginning of the recording; None where it is not known."""


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something that was agreed to be done."""

    id: str
    """The source's own identifier."""
    text: str
    """What is to be done."""
    done: bool = False
    """Whether it was done when the source was last asked."""
    assignees: tuple[Person, ...] = ()
    """Who is to do it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One meeting, with everything that its source knows of it."""

    id: str
    """The source's own identifier of the recording."""
    title: str
    """The meeting's title in the calendar."""
    started_at: datetime | None = None
    """When it began (UTC); None where the source does not say."""
    ended_at: datetime | None = None
    """When it ended (UTC); None where the source does not say."""
    updated_at: datetime | None = None
    """When the source last changed anything of it (UTC)."""
    attendees: tuple[Person, ...] = ()
    """Who was invited, our own people included."""
    turns: tuple[Turn, ...] = ()
    """The transcript in order; empty where there is none."""
    language: str = ""
    """The language of the transcript, as in `en`; empty where it is not known."""
    summary: str = ""
    """What a machine or a person summed up after the call; empty where there is nothing."""
    agenda: str = ""
    """What was written down before or during the call; empty where there is nothing."""
    action_items: tuple[ActionItem, ...] = ()
    """What was agreed to be done."""
    series: str = ""
    """What all meetings of one series share; empty for a single one, or where it is not known."""
