"""The company's own website as an enricher: a few of its pages, and what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from leadloop.enrich.enricher import Company, Fact, Found, shorten
from leadloop.enrich.manners import Manners
from leadloop.enrich.website.markup import Link, Page, decode, read_page
from leadloop.enrich.website.robots import ANYTHING, NOTHING, Robots, read_robots
from leadloop.enrich.website.technologies import find_technologies
from leadloop.errors import LeadLoopError
from leadloop.outbound.connection import Unreachable, unreachable
from leadloop.outbound.requests import Answer, Limits, Outside
from leadloop.outbound.targets import Refused, Target, read_host, read_target

KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![a-z])(?:{words})", re.IGNORECASE))
    for kind, words in (
        ("pricing", "pricing|prices?|plans|preise|tarif|precios|prezzi"),
        ("developers", "developers?|docs|documentation|api|sdk|entwickler"),
        ("about", "about|company|who-we-are|über|ueber|unternehmen|qui-sommes|chi-siamo|sobre"),
        ("product", "products?|platform|features?|solutions?|services?|produkte?|lösungen|leistungen"),
        ("contact", "contact|support|help|kontakt|hilfe|contatt"),
    )
)
"""The pages that are read besides the first one, one of each kind, by what their links say."""
_PARKED = re.compile(
    r"domain (?:name )?(?:is|may be) for sale|buy this domain|this domain is parked|parked (?:free|domain)|domain has expired",
    re.IGNORECASE,
)
_HTML = ("text/html", "application/xhtml+xml")
_ROBOTS = Limits(body_bytes=500_000)
_PAGE_SIGNS, _ALL_SIGNS = 5_000, 16_000
_LONGEST_DELAY = 10.0
_SOFT_REFUSALS = (401, 403, 429, 451)


@dataclass(frozen=True)
class Website:
    """Reads up to `pages` pages of a company's website, for at most `seconds` altogether.

    What is read is kept as the site says it, so that the lists of phrases of a playbook find in it what they find in any other
    text. Nothing is read that robots.txt forbids to `outside.user_agent`.
    """

    outside: Outside
    manners: Manners
    pages: int = 5
    seconds: float = 45.0
    days: float = 90.0
    name: str = "website"
    cost: float = 0.0
    gives: frozenset[str] = frozenset({"website_text", "description", "tech_stack"})
    clock: Callable[[], float] = field(default=monotonic, repr=False)

    def key(self, company: Company) -> str:
        """The host, with or without www."""
        return read_host(company.domain).removeprefix("www.")

    def find(self, company: Company) -> Found:
        """Read the site. Raises Unreachable where it is down, and Refused where its address is one that is never asked."""
        visit = _Visit(self, self.key(company))
        home = visit.enter()
        if home is None:
            return Found(note="; ".join(visit.notes))
        if _PARKED.search(" ".join(home[1].lines[:60])) and len(home[1].lines) < 60:
            return Found(note="the domain is parked")
        read = [home]
        for url in _choose(home[1].links, home[0].target, visit.site)[: self.pages - 1]:
            if self.clock() - visit.began > self.seconds:
                visit.notes.append("the time was up")
                break
            try:
                page = visit.read(url)
            except LeadLoopError as error:
                visit.notes.append(error.problems[0].what)
                continue
            if page is not None:
                read.append(page)
        return Found(_facts(read), "; ".join(dict.fromkeys(visit.notes))[:500])


class _Visit:
    """One look at one site."""

    def __init__(self, website: Website, site: str) -> None:
        self.website, self.site = website, site
        self.began = website.clock()
        self.notes: list[str] = []
        self._robots: dict[str, Robots] = {}
        self._seen: set[str] = set()

    def enter(self) -> tuple[Answer, Page] | None:
        """The first page: over TLS where that works, under the bare name or with www."""
        failure: Unreachable | None = None
        for start in (
            f"https://{self.site}/",
            f"https://www.{self.site}/",
            f"http://{self.site}/",
            f"http://www.{self.site}/",
        ):
            try:
                return self.read(start)
            except Unreachable as error:
                failure = failure or error
            except Refused as error:
                if error.problems[0].where == "address":
                    raise
                self.notes.append(error.problems[0].what)
                return None
        assert failure is not None
        raise failure

    def read(self, url: str) -> tuple[Answer, Page] | None:
        """One page; None where there is none to be had. Raises Unreachable, and Refused."""
        target = read_target(url)
        robots = self._robots_of(target)
        if not robots.allows(target.path):
            self.notes.append("robots.txt forbids it")
            return None
        if robots.delay > _LONGEST_DELAY and self._seen:
            self.notes.append("robots.txt wants longer pauses than we have time for")
            return None
        answer = self._ask(target, robots.delay)
        if answer.target.url in self._seen:
            return None
        self._seen.add(answer.target.url)
        if answer.status in _SOFT_REFUSALS or answer.status >= 500:
            raise unreachable(target.origin, "page", f"is answered with {answer.status}")
        if answer.status != 200 or answer.media_type not in _HTML:
            self.notes.append(f"a page is answered with {answer.status} {answer.media_type[:40]}".strip())
            return None
        if answer.target.origin != target.origin and not self._robots_of(answer.target).allows(answer.target.path):
            self.notes.append("robots.txt forbids it")
            return None
        return answer, read_page(decode(answer.body, answer.headers.get("content-type", "")))

    def _robots_of(self, target: Target) -> Robots:
        """What a host allows. One without rules allows anything; one whose rules cannot be had now allows nothing now."""
        if target.origin not in self._robots:
            try:
                answer = self._ask(read_target(target.join("/robots.txt")), 0.0, _ROBOTS)
            except Refused as error:
                if error.problems[0].where == "address":
                    raise
                self._robots[target.origin] = NOTHING
                return NOTHING
            if answer.status == 429 or answer.status >= 500:
                raise unreachable(target.origin, "robots.txt", f"is answered with {answer.status}")
            rules = ANYTHING
            if answer.status == 200:
                text = answer.body.decode("utf-8", "replace")
                rules = read_robots(text, self.website.outside.user_agent)
            self._robots[target.origin] = rules
        return self._robots[target.origin]

    def _ask(self, target: Target, delay: float, limits: Limits | None = None) -> Answer:
        with self.website.manners.turn(target.host, delay=min(delay, _LONGEST_DELAY)):
            return self.website.outside.get(
                target.url, headers={"Accept": "text/html, text/plain;q=0.8"}, limits=limits
            )


def _choose(links: Iterable[Link], home: Target, site: str) -> list[str]:
    """The best link of each kind of page that belongs to the site."""
    best: dict[str, tuple[int, str]] = {}
    for link in links:
        try:
            target = read_target(home.join(link.url))
        except Refused:
            continue
        ours = target.host == home.host or target.host == site or target.host.endswith(f".{site}")
        if (
            not ours
            or target.url == home.url
            or re.search(r"\.(?:pdf|zip|png|jpe?g|gif|svg|mp4|docx?|xlsx?)$", target.path, re.I)
        ):
            continue
        where = f"{target.host.removesuffix(site)} {target.path}"
        for kind, words in KINDS:
            # A short path is the page itself, a long one an article about it.
            fits = 4 * bool(words.search(link.text[:40])) + 3 * bool(words.search(where[:60])) - where.count("/")
            if (words.search(link.text[:40]) or words.search(where[:60])) and fits > best.get(kind, (-100, ""))[0]:
                best[kind] = fits, target.url
    return list(dict.fromkeys(best[kind][1] for kind, _ in KINDS if kind in best))


def _facts(read: list[tuple[Answer, Page]]) -> dict[str, Fact]:
    home, page = read[0]
    facts: dict[str, Fact] = {}
    known: set[str] = set()
    parts, room = [], _ALL_SIGNS
    for _, one in read:
        new = [line for line in one.lines if len(line) > 1 and not (line in known or known.add(line))]  # type: ignore[func-returns-value]
        text = "\n".join(new)[: min(_PAGE_SIGNS, room)]
        parts.append(text)
        room -= len(text) + 1
        if room <= 0:
            break
    if text := shorten("\n".join(part for part in parts if part), _ALL_SIGNS).strip():
        facts["website_text"] = Fact(text, " ".join(answer.target.url for answer, _ in read)[:2_000])
    told = page.meta.get("description") or page.meta.get("og:description") or _of_data(page.data, "description")
    if told and (told := shorten(" ".join(told.split()), 1_000).strip()):
        facts["description"] = Fact(told, home.target.url)
    made_with = [url for _, one in read for url in one.made_with]
    headers = {name: value for answer, _ in reversed(read) for name, value in answer.headers.items()}
    if found := find_technologies(made_with, headers, page.meta.get("generator", "")):
        facts["tech_stack"] = Fact("; ".join(found), home.target.url)
    return facts


def _of_data(blocks: Iterable[str], name: str) -> str:
    """What a page says to machines about its organisation."""
    for block in blocks:
        try:
            said: Any = json.loads(block)
        except (ValueError, RecursionError):
            continue
        for one in said if isinstance(said, list) else [said]:
            if isinstance(one, dict) and isinstance(one.get(name), str) and "Organization" in str(one.get("@type", "")):
                return str(one[name])
    return ""
