"""What is said of companies and people, and of two of them that may be the same: the words in which identity is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MERGED, DOUBTFUL, REJECTED, UNDONE = "merged", "doubtful", "rejected", "undone"
STATES = (MERGED, DOUBTFUL, REJECTED, UNDONE)
"""What a match can be: done, waiting for a person, refused by one, or taken back by one."""


@dataclass(frozen=True, slots=True)
class Mention:
    """What a source says of one company or person in one lead."""

    kind: str
    """`company` or `contact`."""
    key: str
    """The source's own name for it: told again under this key, it is the same record."""
    lead_id: str
    """The lead in which it is mentioned."""
    fields: Mapping[str, Any] = field(repr=False)
    """What is said, by name."""
    keys: tuple[str, ...] = field(repr=False)
    """By what its likes are found; only hashes of these are kept."""
    at: datetime | None = None
    """Since when this is so; where the source does not say, since it is recorded."""


@dataclass(frozen=True, slots=True)
class IdentityRecord:
    """A record as it holds now."""

    id: int
    """Its number."""
    lead_id: str
    """The lead in which it is mentioned."""
    kind: str
    """`company` or `contact`."""
    source: str
    """Who says so."""
    entity: int
    """The company or person that it is of."""
    version: int
    """How many times it changed, from 1."""
    fields: Mapping[str, Any] = field(repr=False)
    """What is said, by name."""


@dataclass(frozen=True, slots=True)
class IdentityVersion:
    """What a record said from one moment to the next change."""

    version: int
    """Counts from 1."""
    at: datetime
    """Since when this was so."""
    recorded_at: datetime
    """When it was stored."""
    fields: Mapping[str, Any] = field(repr=False)
    """What was said, by name."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Two entities that were found to be the same, or may be."""

    kind: str
    """`company` or `contact`."""
    entity: int
    """The one that stays."""
    other: int
    """The one that joins it."""
    score: float
    """How sure it is, from 0 to 1."""
    reasons: tuple[str, ...]
    """Why, in words that name nobody."""
    moved: tuple[int, ...] = ()
    """The records that go over."""


@dataclass(frozen=True, slots=True)
class IdentityMatch:
    """A joining that was done, or waits for a person, or was refused or taken back."""

    id: int
    """Its number."""
    playbook: str
    """The playbook."""
    kind: str
    """`company` or `contact`."""
    state: str
    """One of `STATES`."""
    entity: int
    """The entity that stays."""
    other: int
    """The entity that joins it."""
    score: float
    """How sure it was, from 0 to 1."""
    reasons: tuple[str, ...]
    """Why."""
    moved: tuple[int, ...]
    """The records that went over."""
    at: datetime
    """When it was found."""
    who: str
    """Who found it: `rules`, or a person."""
    decided_at: datetime | None
    """When a person decided; none where nobody did."""
    decided_by: str | None
    """Who decided."""


@dataclass(frozen=True, slots=True)
class KeptMention:
    """What became of a mention."""

    record: int
    """The number of its record."""
    state: str
    """`new`, `changed` or `same`."""
