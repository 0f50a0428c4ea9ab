"""What an enricher is: something that is asked about a company, and answers with facts that each say where they come from.

Anything with these attributes will do. A package of your own offers one under the entry point group `leadloop.enrichers`:

    [project.entry-points."leadloop.enrichers"]
    clearfacts = "acme_facts:make"

where `make(options, outside)` is given its table of `enrich.toml` and the safe way to ask the internet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

LONGEST_FACT = 16_000
"""No fact has more signs: what is found goes into leads, which are kept with every version."""


@dataclass(frozen=True, slots=True)
class Company:
    """Whom something is to be found out about."""

    name: str = ""
    """The company's name; empty where it is not known."""
    domain: str = ""
    """The host of its website or of its people's business addresses, in small letters; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was found."""

    value: str
    """As a cell of a file would hold it."""
    source: str
    """Where it was read: the address of a page, a line of a file."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an enricher answered. That nothing was found is an answer, too."""

    facts: Mapping[str, Fact] = field(default_factory=dict)
    """By the common name of a lead's field: `website_text`, `employees`, `industry`."""
    note: str = ""
    """What else is to be known: why there is nothing, or which pages could not be read."""

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "facts": {name: {"value": one.value, "source": one.source} for name, one in self.facts.items()},
            "note": self.note,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Found:
        """What `as_json` gave."""
        return cls({name: Fact(one["value"], one["source"]) for name, one in said["facts"].items()}, said["note"])


@runtime_checkable
class Enricher(Protocol):
    """Something that knows about companies."""

    @property
    def name(self) -> str:
        """What it is called in `enrich.toml`, in the queue and beside every fact that it gave."""

    @property
    def gives(self) -> frozenset[str]:
        """The facts that it may give; it is not asked where none of them is missing."""

    @property
    def cost(self) -> float:
        """What one question costs, in the currency of your budget; 0 where it is free."""

    @property
    def days(self) -> float:
        """How long an answer is good for."""

    def key(self, company: Company) -> str:
        """Under which name its answer is kept for the next lead of the same company; empty where it cannot be asked."""

    def find(self, company: Company) -> Found:
        """What it knows. Raises Unreachable where it may know more another time, and any other LeadLoopError where it never
        will.
        """


def shorten(text: str, most: int = LONGEST_FACT) -> str:
    """A text of bounded length without signs that no text holds.

    >>> shorten("a\\x00b" + "c" * 20_000)[:4], len(shorten("c" * 20_000))
    ('abcc', 16000)
    """
    clean = "".join(
        sign for sign in text if sign in "\n\t" or (sign.isprintable() and not "\ud800" <= sign <= "\udfff")
    )
    return clean[:most]
