"""What the service is told of leads: outcomes, events and feedback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a lead ended.

    Give it a `key` of your own, such as the number of the deal: an outcome that is told twice under one key is stored once.
    """

    lead_id: str
    """The lead's identifier."""
    target: str
    """What was to be reached, by its name in the playbook."""
    value: float
    """1 where it was reached, 0 where not; a grade where the target has grades."""
    at: datetime
    """When, with its zone."""
    source: str | None = None
    """Who says so."""
    key: str | None = None
    """The sender's key."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a lead on its way."""

    lead_id: str
    """The lead's identifier."""
    name: str
    """What happened, such as `quote_sent`."""
    at: datetime
    """When, with its zone."""
    details: Mapping[str, Any] | None = None
    """More about it."""
    key: str | None = None
    """The sender's key: an event that is told twice under one key is stored once."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody did with a lead, or said of it."""

    lead_id: str
    """The lead's identifier."""
    action_type: str
    """`view`, `contact`, `archive`, `rate` or `convert`."""
    user_rating: float | None = None
    """0 to 100; required where the action is `rate`."""
    interaction_duration: float | None = None
    """Seconds."""
    contact_successful: bool | None = None
    """Whether somebody was reached."""
    contact_response_time: float | None = None
    """Hours."""
    conversion_value: float | None = None
    """What came of it, in money."""
    session_id: str | None = None
    """The session that it was given in."""
    user_agent: str | None = None
    """The program that it was given with."""
    ip_address: str | None = None
    """Where it came from."""
    key: str | None = None
    """The sender's key: feedback that is given twice under one key is stored once."""
    feedback_source: str | None = None
    """`manual` or `implicit`; without it `manual`."""
    view_count: int | None = None
    """How often the lead was viewed."""
