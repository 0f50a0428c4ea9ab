"""Our own company: what a call must know of us, so that we are not taken for the customer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from leadloop.ingest.calls.call import Person

_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class OwnCompany:
    """Who we are: names and domains of the company, and people of ours who use other addresses.

    >>> own = OwnCompany(names=("Dialtone Inc.",), domains=("dialtone.example",), people=("Ann Lee", "ann@gmail.com"))
    >>> own.has(Person("bob@eu.dialtone.example")), own.has(Person("ann@gmail.com")), own.has(Person("", "Ann Lee"))
    (True, True, True)
    """

    names: tuple[str, ...] = ()
    """What the company goes by in titles, as in "Acme" or "Acme Telecom"."""
    domains: tuple[str, ...] = ()
    """The domains of its addresses; those under them count too."""
    people: tuple[str, ...] = ()
    """Names or addresses of people of ours, where the domain does not tell."""

    @cached_property
    def _domains(self) -> frozenset[str]:
        return frozenset(domain.strip().lower().removeprefix("www.").lstrip("@") for domain in self.domains)

    @cached_property
    def _people(self) -> frozenset[str]:
        return frozenset(plain_name(one) for one in self.people) - {""}

    @property
    def is_known(self) -> bool:
        """Whether anything is known of us."""
        return bool(self.names or self.domains or self.people)

    def owns(self, domain: str) -> bool:
        """Whether a domain is ours, or lies under one that is."""
        labels = domain.lower().split(".")
        return any(".".join(labels[place:]) in self._domains for place in range(len(labels)))

    def has(self, person: Person) -> bool:
        """Whether somebody is one of us, by address or name."""
        if person.email and self.owns(person.email.rpartition("@")[2]):
            return True
        return bool({plain_name(person.email), plain_name(person.name)} & self._people)


def plain_name(text: str) -> str:
    """A name or address as it is compared: small letters, words with one space between.

    >>> plain_name(" Lee,  Ann ")
    'lee ann'
    """
    return " ".join(_WORDS.findall(text.casefold()))
