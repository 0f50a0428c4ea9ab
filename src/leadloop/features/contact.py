"""Contact details: whether a lead can be reached, and what an address gives away about its owner."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from math import nan
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadloop.features.block import FeatureColumn
from leadloop.features.mail_domains import DISPOSABLE, FREE_MAIL

_ROLES = """
    abuse accounting accounts admin administration administrator ap ar billing booking bookings buero business
    career careers commercial compliance contact contact-us contacto contactus contato customercare customerservice
    dev dpo enquiries enquiry events export feedback finance frontdesk gdpr general hello help helpdesk hi
    hostmaster hr human-resources info informacion information inquiries inquiry it jobs kontakt legal mail mailbox
    management marketing media news newsletter no-reply noreply office operations orders partner partners post
    postmaster pr press privacy procurement purchasing recepcion reception recruiting recruitment reservations root
    sales secretariat secretary security service services shop staff store support team tech vendas ventas verkauf
    webmaster welcome
"""
ROLES = frozenset(_ROLES.split())
"""Names before the @ that stand for a function, not for a person."""

_LOCAL = re.compile(r"(?!\.)(?!.*\.\.)[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?<!\.)")
_DIGIT, _NO_DIGITS = re.compile(r"\d"), re.compile(r"\D+")
_PARTS = re.compile(r"[._-]+")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_SECOND_LEVEL = frozenset(
    {"ac", "co", "com", "edu", "gob", "gouv", "gov", "govt", "go", "gv", "mil", "ne", "net", "or", "org"}
)
_EDUCATION = frozenset({"edu", "ac"})
_GOVERNMENT = frozenset({"gov", "govt", "gob", "gouv", "go", "gv", "mil"})
_GOVERNMENT_DOMAINS = frozenset({"admin.ch", "bund.de", "canada.ca", "europa.eu", "gc.ca", "gov.uk", "overheid.nl"})
_SCHOOL = re.compile(r"k12$|univ?-")


def split_host(host: str) -> tuple[str, ...]:
    """The labels of a host name from left to right, or nothing where it is not one.

    >>> split_host("mail.acme.co.uk"), split_host("acme"), split_host("acme..com"), split_host("10.0.0.1")
    (('mail', 'acme', 'co', 'uk'), (), (), ())
    """
    if len(host) > 253:
        return ()
    labels = tuple(host.removesuffix(".").split("."))
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return ()
    last = labels[-1]
    return labels if len(last) > 1 and (last.isalpha() or last.startswith("xn--")) else ()


def split_email(address: str) -> tuple[str, tuple[str, ...]]:
    """The name before the @ and the labels of the domain; both empty where it is not an e-mail address.

    >>> split_email("Jane.Doe@Acme.com"), split_email("call me")
    (('jane.doe', ('acme', 'com')), ('', ()))
    """
    name, _, host = address.strip().lower().rpartition("@")
    labels = split_host(host)
    return (name, labels) if labels and _LOCAL.fullmatch(name) else ("", ())


def domain_kind(labels: Sequence[str], free_mail: frozenset[str], disposable: frozenset[str]) -> str:
    """What kind of mail domain it is: free mail, disposable, education, government or business.

    An entry "yahoo.*" stands for the name under every country ("yahoo.co.uk"); a subdomain counts as its domain.

    >>> free = frozenset({"gmail.com", "yahoo.*"})
    >>> [domain_kind(name.split("."), free, frozenset()) for name in ("yahoo.co.uk", "cs.mit.edu", "acme.com")]
    ['free mail', 'education', 'business']
    """
    places = range(len(labels) - 1)
    names = {".".join(labels[place:]) for place in places} | {f"{labels[place]}.*" for place in _owners(labels)}
    if names & disposable:
        return "disposable"
    if names & free_mail:
        return "free mail"
    last, second = labels[-1], labels[-2] if len(labels[-1]) == 2 and len(labels) > 2 else ""
    if last == "edu" or second in _EDUCATION or any(_SCHOOL.match(label) for label in labels[:-1]):
        return "education"
    if last in ("gov", "mil") or second in _GOVERNMENT or names & _GOVERNMENT_DOMAINS:
        return "government"
    return "business"


def _owners(labels: Sequence[str]) -> tuple[int, ...]:
    """Where the owner's name stands: before the top-level domain, or before a pair such as co.uk."""
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        return (len(labels) - 3,)
    return (len(labels) - 2,)


def name_kind(name: str) -> str:
    """Whether the part before the @ names a role, looks like a person's full name, or neither.

    >>> name_kind("info"), name_kind("jane.doe"), name_kind("j_doe82"), name_kind("sales-emea"), name_kind("xk42")
    ('role', 'person', 'person', 'role', '')
    """
    bare = name.partition("+")[0]
    parts = [bare_part for part in _PARTS.split(bare) if (bare_part := part.strip("0123456789"))]
    if bare.strip("0123456789") in ROLES or (parts and parts[0] in ROLES):
        return "role"
    if 2 <= len(parts) <= 3 and all(map(str.isalpha, parts)) and max(map(len, parts)) > 1:
        return "person"
    return ""


@dataclass(frozen=True)
class EmailBlock:
    """An e-mail address as flags: given, well formed, what kind of domain, a person or a role.

    The lists of free-mail and disposable domains are kept with the block, so that a saved version answers the same after
    the lists have grown. Without an address every flag but the first is missing; with a malformed one all after the
    second are.
    """

    kind: ClassVar[str] = "email"
    field: str
    free_mail: frozenset[str] = FREE_MAIL
    disposable: frozenset[str] = DISPOSABLE

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.field,)

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        return _flags(
            self.field,
            ("is given", "is given", "is not given"),
            ("is well formed", "is well formed", "cannot be right"),
            ("is free mail", "uses a free mail address (such as gmail)", "uses no free mail address (such as gmail)"),
            ("is disposable", "is made to be thrown away", "is not made to be thrown away"),
            ("is of education", "is of a school or university", "is of no school or university"),
            ("is of government", "is of a public authority", "is of no public authority"),
            ("is of business", "is of a domain of its own, as companies have", "is of no company's domain"),
            ("names a role", "is a shared mailbox (such as info@)", "is no shared mailbox (such as info@)"),
            ("names a person", "holds a person's full name", "holds no full name"),
            ("has digits", "has digits before the @", "has no digits before the @"),
        )

    def values(self, data: pl.DataFrame) -> np.ndarray:
        return _each_once(data[self.field], len(self.columns), self._describe)

    def _describe(self, address: str) -> tuple[float, ...]:
        name, _, host = address.strip().lower().rpartition("@")
        domains = self._domains.get(host) or self._describe_domain(host)
        if len(domains) == 1 or not _LOCAL.fullmatch(name):
            return (1.0, 0.0, *(nan,) * (len(self.columns) - 2))
        person = name_kind(name)
        return (1.0, 1.0, *domains, person == "role", person == "person", _DIGIT.search(name) is not None)

    @cached_property
    def _domains(self) -> dict[str, tuple[float, ...]]:
        """What is known of domains that were asked about: leads have far fewer of them than names before the @."""
        return {}

    def _describe_domain(self, host: str) -> tuple[float, ...]:
        """A flag for each kind of domain; a single one where it is no domain."""
        labels = split_host(host)
        domain = domain_kind(labels, self.free_mail, self.disposable) if labels else ""
        flags: tuple[float, ...] = tuple(domain == kind for kind in _DOMAINS) if labels else (False,)
        if len(self._domains) >= _MOST_DOMAINS:
            self._domains.clear()
        self._domains[host] = flags
        return flags

    def state(self) -> dict[str, Any]:
        return {"field": self.field, "free_mail": sorted(self.free_mail), "disposable": sorted(self.disposable)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(
            str(state["field"]), frozenset(map(str, state["free_mail"])), frozenset(map(str, state["disposable"]))
        )


_DOMAINS = ("free mail", "disposable", "education", "government", "business")
_MOST_DOMAINS = 20_000

_LONGEST_PHONE = 60
_EXTENSION = re.compile(r"(?:extension|ext|x|#)\.?\s*\d{1,6}$")
_PHONE = re.compile(r"[\d\s+()./\-–\u00a0\u2011]+")
_MADE_UP = re.compile(r"(\d)\1{5}|1234567|7654321|0123456|9876543|2345678|8765432")


@dataclass(frozen=True)
class PhoneBlock:
    """A phone number as flags: given, plausible (7 to 15 digits), with a country code, made up.

    Fifteen digits are the most that an international number may have (ITU-T E.164). Without a number every flag but the
    first is missing.
    """

    kind: ClassVar[str] = "phone"
    field: str

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.field,)

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        return _flags(
            self.field,
            ("is given", "is given", "is not given"),
            ("is plausible", "is plausible", "cannot be right"),
            ("has a country code", "has a country code", "has no country code"),
            ("looks made up", "looks made up (such as 0000000)", "does not look made up"),
        )

    def values(self, data: pl.DataFrame) -> np.ndarray:
        return _each_once(data[self.field], len(self.columns), _describe_phone)

    def state(self) -> dict[str, Any]:
        return {"field": self.field}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(str(state["field"]))


def _describe_phone(phone: str) -> tuple[float, ...]:
    bare = phone.strip().lower().removeprefix("tel:")
    if len(bare) > _LONGEST_PHONE:
        return (1.0, 0.0, 0.0, 0.0)
    number = _EXTENSION.sub("", bare).strip()
    digits = _NO_DIGITS.sub("", number)
    plausible = 7 <= len(digits) <= 15 and _PHONE.fullmatch(number) is not None and number.rfind("+") <= 1
    prefix = number.lstrip("( ").startswith(("+", "00"))
    return (1.0, plausible, prefix, _MADE_UP.search(digits) is not None)


_GENERIC_USE = frozenset({"ai", "co", "io", "me", "tv", "ws", "cc", "fm", "gg", "ly", "to"})


@dataclass(frozen=True)
class UrlBlock:
    """A web address as flags: given, well formed, with a path, and the kind of its top-level domain.

    Two letters are a country, except those used by companies everywhere (.io, .ai, .co). Without an address every flag
    but the first is missing; with a malformed one all after the second are.
    """

    kind: ClassVar[str] = "url"
    field: str

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.field,)

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        return _flags(
            self.field,
            ("is given", "is given", "is not given"),
            ("is well formed", "is well formed", "cannot be right"),
            ("has a path", "leads to a page within a site", "leads to no page within a site"),
            ("is .com", "ends in .com", "does not end in .com"),
            ("is .org", "ends in .org", "does not end in .org"),
            (
                "is of a country",
                "ends in a country's letters (such as .de)",
                "ends in no country's letters (such as .de)",
            ),
        )

    def values(self, data: pl.DataFrame) -> np.ndarray:
        return _each_once(data[self.field], len(self.columns), _describe_url)

    def state(self) -> dict[str, Any]:
        return {"field": self.field}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(str(state["field"]))


def _describe_url(url: str) -> tuple[float, ...]:
    bare = url.strip().lower()
    scheme, found, rest = bare.partition("://")
    if not found:
        scheme, rest = "http", bare
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    host, _, port = authority.rpartition("@")[2].partition(":")
    labels = split_host(host)
    if scheme not in ("http", "https") or not labels or (port and not port.isdecimal()) or any(map(str.isspace, rest)):
        return (1.0, 0.0, nan, nan, nan, nan)
    last = labels[-1]
    path = len(rest[len(authority) :].strip("/?#")) > 0
    return (1.0, 1.0, path, last == "com", last == "org", len(last) == 2 and last not in _GENERIC_USE)


def _flags(field: str, *flags: tuple[str, str, str]) -> tuple[FeatureColumn, ...]:
    return tuple(FeatureColumn(f"{field} {name}", field, says, says_not, True) for name, says, says_not in flags)


def _each_once(cells: pl.Series, width: int, describe: Callable[[str], tuple[float, ...]]) -> np.ndarray:
    """Describe each distinct cell once; a missing one has 0 for "is given" and the rest missing."""
    described: dict[str | None, tuple[float, ...]] = {None: (0.0, *(nan,) * (width - 1))}
    rows = []
    for cell in cells.to_list():
        if cell not in described:
            described[cell] = describe(cell)
        rows.append(described[cell])
    values = np.fromiter(chain.from_iterable(rows), dtype=np.float32, count=len(rows) * width)
    return values.reshape(len(rows), width)
