"""A table of firmographics as an enricher: rows of a file, found by domain or by the company's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from leadloop.enrich.enricher import Company, Fact, Found, shorten
from leadloop.outbound.targets import Refused, read_host, read_target

_FORMS = frozenset(
    [
        "ab",
        "ag",
        "as",
        "aps",
        "bv",
        "co",
        "company",
        "corp",
        "corporation",
        "gmbh",
        "group",
        "holding",
        "holdings",
        "inc",
        "incorporated",
        "kft",
        "kg",
        "limited",
        "llc",
        "llp",
        "lp",
        "ltd",
        "nv",
        "oy",
        "oyj",
        "plc",
        "pte",
        "pty",
        "sa",
        "sarl",
        "sas",
        "se",
        "spa",
        "spzoo",
        "srl",
        "ug",
    ]
)
_DOMAIN, _NAME = ("domain", "website", "url", "company_domain"), ("company_name", "company", "name", "account_name")


@dataclass(frozen=True)
class Firmographics:
    """Facts of a table by domain, else by name where only one row has it.

    `rows` are the lines of the file with their numbers; the columns that name the company are not facts themselves.
    """

    name: str
    facts: frozenset[str]
    by_domain: Mapping[str, tuple[int, Mapping[str, str]]]
    by_name: Mapping[str, tuple[int, Mapping[str, str]] | None]
    file: str = ""
    days: float = 365.0
    cost: float = 0.0

    @property
    def gives(self) -> frozenset[str]:
        """Its columns."""
        return self.facts

    def key(self, company: Company) -> str:
        """The domain, else the name in its plain form."""
        return company.domain.removeprefix("www.") or plain_name(company.name)

    def find(self, company: Company) -> Found:
        """The row of the company, if there is one."""
        row = self.by_domain.get(company.domain.removeprefix("www.")) if company.domain else None
        plain = plain_name(company.name)
        if row is None and plain in self.by_name:
            row = self.by_name[plain]
            if row is None:
                return Found(note="several rows have this name")
        if row is None:
            return Found(note="no row has its domain or name")
        line, values = row
        source = f"{self.file}, line {line}"
        return Found({name: Fact(shorten(value), source) for name, value in values.items() if value})


def make_firmographics(
    name: str, file: str, rows: Iterable[tuple[int, Mapping[str, str]]], *, days: float = 365.0
) -> Firmographics:
    """Find the columns that name a company, and put the rows in order by them.

    >>> table = make_firmographics(
    ...     "list", "list.csv", [(2, {"Domain": "https://www.acme.example/", "industry": "SaaS"})]
    ... )
    >>> table.find(Company(domain="acme.example")).facts["industry"].value
    'SaaS'
    """
    by_domain: dict[str, tuple[int, Mapping[str, str]]] = {}
    by_name: dict[str, tuple[int, Mapping[str, str]] | None] = {}
    facts: set[str] = set()
    for line, row in rows:
        small = {
            re.sub(r"\W+", "_", column.strip().lower()).strip("_"): (value or "").strip()
            for column, value in row.items()
        }
        values = {column: value for column, value in small.items() if column not in (*_DOMAIN, *_NAME)}
        facts |= values.keys()
        domain = next((host for column in _DOMAIN if (host := host_of(small.get(column, "")))), "")
        if domain:
            by_domain.setdefault(domain, (line, values))
        plain = plain_name(next((small[column] for column in _NAME if small.get(column)), ""))
        if plain:
            known = by_name.get(plain, (line, values))
            by_name[plain] = None if known is None or known[1] != values else known
    return Firmographics(name, frozenset(facts), by_domain, by_name, file, days)


def host_of(text: str) -> str:
    """The host of an address or a bare domain, without www; empty where it is none.

    >>> host_of("https://www.Acme.example/about"), host_of("acme.example"), host_of("n/a")
    ('acme.example', 'acme.example', '')
    """
    bare = text.strip()
    if "://" in bare:
        try:
            target = read_target(bare)
        except Refused:
            return ""
        return "" if target.literal else target.host.removeprefix("www.")
    return read_host(bare.split("/")[0]).removeprefix("www.")


def plain_name(name: str) -> str:
    """A company's name without its legal form, case and punctuation.

    >>> plain_name("ACME Systems, Inc."), plain_name("acme systems GmbH & Co. KG")
    ('acme systems', 'acme systems')
    """
    words = re.findall(r"\w+", name.casefold())
    kept = [word for word in words if word not in _FORMS]
    return " ".join(kept or words)
