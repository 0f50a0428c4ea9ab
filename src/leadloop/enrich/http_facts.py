"""Facts from a service over HTTP as an enricher: an address with blanks to fill in, and where in its JSON each fact stands."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from leadloop.enrich.enricher import Company, Fact, Found, shorten
from leadloop.enrich.manners import Rate
from leadloop.errors import LeadLoopError, Problem
from leadloop.outbound.connection import unreachable
from leadloop.outbound.requests import Limits, Outside
from leadloop.outbound.targets import read_target

_BLANK = re.compile(r"\{(\w+)\}")
_LIMITS = Limits(seconds=15.0, body_bytes=500_000)
_DEEPEST = 8


@dataclass(frozen=True)
class HttpFacts:
    """Asks `url`, in which `{domain}` and `{name}` are filled in, and reads facts out of the JSON that comes back.

    `places` says for each fact where it stands, as in `company.metrics.employees` or `tags.0`. `headers` are sent along; a key
    stands in one of them.
    """

    name: str
    url: str
    places: Mapping[str, str]
    outside: Outside
    rate: Rate
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cost: float = 0.0
    days: float = 180.0

    @property
    def gives(self) -> frozenset[str]:
        """The facts that it reads."""
        return frozenset(self.places)

    def key(self, company: Company) -> str:
        """What is filled into the address; empty where something for it is not known."""
        known = {"domain": company.domain, "name": company.name}
        wanted = [known[name] for name in blanks_of(self.url)]
        return "" if not all(wanted) else "|".join(one.casefold() for one in wanted)[:255]

    def find(self, company: Company) -> Found:
        """Ask. Raises Unreachable where the service is down or wants us to wait, and LeadLoopError where it does not know us."""
        known = {"domain": company.domain, "name": company.name}
        url = _BLANK.sub(lambda blank: quote(known[blank[1]], safe=""), self.url)
        self.rate.wait()
        answer = self.outside.get(url, headers={"Accept": "application/json", **self.headers}, limits=_LIMITS)
        where = answer.target.origin
        if answer.status in (204, 404):
            return Found(note="it does not know the company")
        if answer.status in (401, 402, 403):
            raise LeadLoopError(self.name, Problem(where, f"answers {answer.status}", "see its key and what it allows"))
        if answer.status != 200:
            raise unreachable(where, "service", f"answers {answer.status}")
        if not answer.media_type.endswith("json"):
            raise unreachable(where, "service", f"answers with {answer.media_type[:40] or 'no type'} and not with JSON")
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise unreachable(where, "service", "answers with broken JSON") from None
        facts = {name: text for name, place in self.places.items() if (text := _read(said, place))}
        return Found(
            {name: Fact(text, where) for name, text in facts.items()}, "" if facts else "it knows nothing of it"
        )


def blanks_of(url: str) -> list[str]:
    """The names of the blanks in an address.

    >>> blanks_of("https://api.example.com/v1/companies?domain={domain}")
    ['domain']
    """
    return _BLANK.findall(url)


def explain_url(url: str) -> str:
    """What is wrong with such an address; empty where nothing is."""
    unknown = [name for name in blanks_of(url) if name not in ("domain", "name")]
    if unknown or not blanks_of(url):
        return (
            f"has a blank {{{unknown[0]}}}, and only {{domain}} and {{name}} are known"
            if unknown
            else "has no {domain} or {name}"
        )
    host = url.partition("://")[2].partition("/")[0]
    if "{" in host:
        return "has a blank in its host, which would let a lead say who is asked"
    try:
        read_target(_BLANK.sub("x", url))
    except LeadLoopError as error:
        return error.problems[0].what
    return ""


def _read(said: Any, place: str) -> str:
    for step in place.split(".")[:_DEEPEST]:
        if isinstance(said, dict):
            said = said.get(step)
        elif isinstance(said, list) and step.isdigit():
            said = said[int(step)] if int(step) < len(said) else None
        else:
            return ""
    if isinstance(said, list):
        said = "; ".join(str(one) for one in said if isinstance(one, str | int | float))
    if isinstance(said, bool):
        return "yes" if said else "no"
    return shorten(str(said)).strip() if isinstance(said, str | int | float) else ""
