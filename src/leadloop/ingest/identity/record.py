"""What a source says of one company or one person: the form in which records are matched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from leadloop.ingest.identity.domains import company_domain
from leadloop.ingest.identity.names import company_key, company_words, person_words
from leadloop.ingest.identity.phones import phone_key

COMPANY, CONTACT = "company", "contact"
KINDS = (COMPANY, CONTACT)


@dataclass(frozen=True, slots=True)
class Record:
    """A company or a person, as one source tells of it. What is not known is empty."""

    kind: str
    """`company` or `contact`."""
    name: str = ""
    """The company's name, or the person's."""
    email: str = ""
    """An address of it."""
    phone: str = ""
    """A phone number of it, as it was written."""
    domain: str = ""
    """The company's domain or web address; that of the person's company, where the address does not tell."""
    company: str = ""
    """Of a person: the name of the company."""

    @property
    def fields(self) -> dict[str, str]:
        """Everything that is known, by name; the kind is left out."""
        return {one.name: said for one in fields(self) if one.name != "kind" and (said := getattr(self, one.name))}

    @classmethod
    def from_fields(cls, kind: str, said: Mapping[str, Any]) -> Record:
        """A record from what `fields` gave."""
        known = {one.name for one in fields(cls)} - {"kind"}
        return cls(kind, **{name: str(value) for name, value in said.items() if name in known and value})


@dataclass(frozen=True)
class Profile:
    """Everything that several records of the same company or person say together, in the form in which it is compared."""

    kind: str
    names: frozenset[str] = frozenset()
    """The names as they were written."""
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    """Domains that the company owns; free mail is none."""
    companies: frozenset[str] = frozenset()
    """Of a person: the companies' names as they are compared."""
    keys: frozenset[str] = field(default=frozenset(), compare=False)
    """Of a company: the names as they are compared."""

    def join(self, other: Profile) -> Profile:
        """Both together."""
        return Profile(
            self.kind,
            self.names | other.names,
            self.emails | other.emails,
            self.phones | other.phones,
            self.domains | other.domains,
            self.companies | other.companies,
            self.keys | other.keys,
        )


def profile_of(record: Record) -> Profile:
    """One record in the form in which it is compared.

    >>> sorted(profile_of(Record("company", "Acme GmbH", domain="https://www.acme.com")).domains)
    ['acme.com']
    """
    email = record.email.strip().lower()
    domains = {company_domain(record.domain)} if record.domain else set()
    if email:
        domains.add(company_domain(email))
    phone = phone_key(record.phone) if record.phone else ""
    key = company_key(record.name) if record.kind == COMPANY else ""
    company = company_key(record.company) if record.company else ""
    return Profile(
        record.kind,
        frozenset({record.name} if record.name else ()),
        frozenset({email} if email else ()),
        frozenset({phone} if phone else ()),
        frozenset(domains - {""}),
        frozenset({company} if company else ()),
        frozenset({key} if key else ()),
    )


def keys_of(record: Record) -> tuple[str, ...]:
    """By what others that may be the same are found: all of them share one of these with it.

    >>> keys_of(Record("company", "Acme Robotics GmbH", domain="acme.com"))
    ('domain:acme.com', 'name:acmerobotics', 'begins:acmer', 'ends:cme robotics', 'round:a robotics')
    """
    profile = profile_of(record)
    found = [f"phone:{phone}" for phone in sorted(profile.phones)]
    if record.kind == COMPANY:
        found += [f"domain:{domain}" for domain in sorted(profile.domains)]
        found += [f"name:{key}" for key in sorted(profile.keys)]
        return (*found, *name_blocks(company_words(record.name)))
    found += [f"email:{email}" for email in sorted(profile.emails)]
    words = person_words(record.name)
    if words:
        places = [*sorted(profile.domains), *sorted(profile.companies)]
        found += [f"at:{words[-1][:3]}:{place}" for place in places]
        found += [f"at:{words[0][:3]}:{place}" for place in places] if len(words) > 1 else []
    return tuple(dict.fromkeys(found))


_BLOCK, _SHORT = 5, 6


def name_blocks(words: tuple[str, ...]) -> tuple[str, ...]:
    """The blocks in which the likes of a company's name are found: names that begin alike, and those that go on alike.

    A typing mistake spares one of them. What many names end with ("logistics") is a block only together with what stands before.
    """
    key = "".join(words)
    if len(key) <= _BLOCK:
        return ()
    first, rest = words[0], " ".join(words[1:])
    blocks = [f"begins:{key[:_BLOCK]}", f"ends:{first[-3:]} {rest}" if rest else f"ends:{key[-_BLOCK:]}"]
    if rest and len(first) <= _SHORT:
        blocks.append(f"round:{first[0]} {rest}")
    return tuple(blocks)
