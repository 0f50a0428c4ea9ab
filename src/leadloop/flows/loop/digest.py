"""Digest: what happened in a week, in one paragraph and a few numbers, for people who do not open the dashboard every day.

It goes where alerts go. It names no lead and no person, unless the setting `digest_leads` asks for so many of the best leads by
name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.figures.amounts import Mean, Share
from leadloop.flows.figures.overview import Attention, Overview, read_overview
from leadloop.flows.figures.work_list import WorkItem, read_work_list
from leadloop.flows.loop.alerts import NotTold, read_addresses
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.learning.report.escape import html_text
from leadloop.learning.report.page import page_head

_MOST_ATTENTION = 8
_STYLE = "table.digest td:nth-child(n+2),table.digest th:nth-child(n+2){text-align:right;white-space:nowrap}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the digest."""

    name: str
    """What it is."""
    now: str
    """What it is in these days, with its interval where it has one."""
    before: str
    """The same of as many days before; empty where that says nothing."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened with one playbook."""

    playbook: str
    """The playbook."""
    since: datetime
    """From when on."""
    until: datetime
    """Until when."""
    days: int
    """How many days that is."""
    synthetic: bool
    """Whether its leads are made up."""
    answer: str
    """All of it in one paragraph."""
    figures: tuple[Figure, ...]
    """The numbers."""
    attention: tuple[Attention, ...]
    """What somebody should look at, the most urgent first."""
    leads: tuple[WorkItem, ...]
    """The best open leads, as many as `digest_leads` says."""
    links: tuple[tuple[str, str], ...]
    """Where more is to be seen: a name and an address; none without the setting `dashboard_url`."""


def make_digest(place: Workspace, playbook: str, *, days: int = 7, now: datetime | None = None) -> Digest:
    """What happened with a playbook in the last days; raises LeadLoopError where nothing of it was ever stored."""
    settings = read_settings(place.root)
    seen = read_overview(place, playbook, days=days, now=now)
    if not seen.leads_known:
        mend = "name one of which leads are kept or were scored; `leadloop playbooks list` shows them"
        raise LeadLoopError("digest", Problem(playbook, "has no leads here", mend))
    leads: tuple[WorkItem, ...] = ()
    if settings.digest_leads:
        leads = read_work_list(place, playbook, settled=False, limit=settings.digest_leads, reasons=1).items
    base = settings.dashboard_url.rstrip("/")
    pages = (("Overview", "overview"), ("Work list", "work"), ("Data health", "data")) if base else ()
    return Digest(
        playbook=playbook,
        since=seen.since,
        until=seen.until,
        days=days,
        synthetic=seen.synthetic,
        answer=_answer(seen),
        figures=tuple(_figures(seen)),
        attention=seen.attention[:_MOST_ATTENTION],
        leads=leads,
        links=tuple((name, f"{base}/{path}?playbook={playbook}") for name, path in pages),
    )


def _answer(seen: Overview) -> str:
    """The paragraph."""
    said = [
        f"In the {seen.days} days to {seen.until:%-d %B %Y}, {_many(seen.leads, 'lead')} of {seen.playbook} came in"
    ]
    said[0] += f" ({seen.leads_before:,} in the {seen.days} days before) and {_many(seen.scores, 'score')} were given."
    if seen.high_value is not None:
        said.append(f"{_share(seen.high_value)} of the leads that were scored are {seen.high_band}.")
    if seen.won is not None:
        said.append(f"Of {_many(seen.won.of, 'lead')} whose time ended, {_share(seen.won)} were won{_compare(seen)}.")
    else:
        said.append("No lead's outcome was settled in these days.")
    urgent = [one for one in seen.attention if one.severity != "info"]
    if urgent:
        first = urgent[0]
        more = f", and {len(urgent) - 1} more" if len(urgent) > 1 else ""
        said.append(f"Somebody should look at this now: {first.title}{more}.")
    else:
        said.append("Nothing calls for anybody now.")
    if seen.not_touched:
        said.append(
            f"{_many(seen.not_touched, 'lead')} among the best {'was' if seen.not_touched == 1 else 'were'} not touched yet."
        )
    return " ".join(said)


def _compare(seen: Overview) -> str:
    """How that is beside the days before, where the intervals can tell."""
    now, before = seen.won, seen.won_before
    if now is None or before is None:
        return ""
    if now.low > before.high:
        return f", more than before ({before.value:.0%})"
    if now.high < before.low:
        return f", less than before ({before.value:.0%})"
    return f", which is no clear change from {before.value:.0%} before"


def _figures(seen: Overview) -> list[Figure]:
    found = [
        Figure("Leads that came in", f"{seen.leads:,}", f"{seen.leads_before:,}"),
        Figure("Scores given", f"{seen.scores:,}", f"{seen.scores_before:,}"),
    ]
    if seen.calls or seen.calls_before:
        found.append(Figure("Calls", f"{seen.calls:,}", f"{seen.calls_before:,}"))
        found.append(Figure("Mood of calls, 0 to 10", _mean(seen.sentiment), _mean(seen.sentiment_before)))
    if seen.high_value is not None:
        found.append(Figure(f"In the band {seen.high_band}", _share(seen.high_value), ""))
    found.append(Figure("Won, of those settled", _share(seen.won), _share(seen.won_before)))
    if seen.enriched or seen.enrichment_waiting:
        found.append(Figure("Companies looked up, altogether", f"{seen.enriched:,}", ""))
        found.append(Figure("Companies that wait for it", f"{seen.enrichment_waiting:,}", ""))
    return found


def _share(share: Share | None) -> str:
    return "not known" if share is None else f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%})"


def _mean(mean: Mean | None) -> str:
    return "not known" if mean is None else f"{mean.value:.1f} ({mean.low:.1f} to {mean.high:.1f})"


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


# ---------------------------------------------------------------------------------------------------------------- in words


def title_of(digests: Sequence[Digest]) -> str:
    """The subject of the message."""
    names = ", ".join(one.playbook for one in digests[:3]) + (" …" if len(digests) > 3 else "")
    return f"LeadLoop: {names}, the {digests[0].days} days to {digests[0].until:%Y-%m-%d}"


def write_text(digests: Sequence[Digest]) -> str:
    """The digest as plain text."""
    return "\n\n\n".join("\n".join(_lines(one)) for one in digests) + "\n"


def _lines(digest: Digest) -> list[str]:
    lines = [digest.playbook.upper(), *(["(synthetic leads)"] if digest.synthetic else []), "", digest.answer, ""]
    for one in digest.figures:
        before = f", before: {one.before}" if one.before else ""
        lines.append(f"- {one.name}: {one.now}{before}")
    if digest.attention:
        lines += ["", "What needs attention"]
        lines += [f"- {one.severity}: {one.title}. {one.text} What to do: {one.mend}" for one in digest.attention]
    if digest.leads:
        lines += ["", "The best open leads"]
        lines += [f"- {one.score:.0f} {one.name}{f' ({one.owner})' if one.owner else ''}" for one in digest.leads]
    if digest.links:
        lines += ["", *(f"{name}: {address}" for name, address in digest.links)]
    return lines


def write_html(digests: Sequence[Digest]) -> str:
    """The digest as one HTML page that loads nothing; what people wrote is shown as text alone."""
    parts = [_section(one) for one in digests]
    days = f"{digests[0].since:%-d %B} to {digests[0].until:%-d %B %Y} (UTC)"
    return "\n".join(
        (
            *page_head(title_of(digests), more_style=_STYLE),
            f"<header><h1>What happened</h1><p>{html_text(days)}</p></header>",
            '<main id="answer">',
            *parts,
            "</main>",
            "<footer>Made by LeadLoop. This page is complete in itself: it loads nothing and runs nothing.</footer>",
            "</body>\n</html>\n",
        )
    )


def _before(value: str) -> str:
    return f"before: {value}" if value else ""


def _section(digest: Digest) -> str:
    name = html_text(digest.playbook)
    rows = "".join(
        f"<tr><td>{html_text(one.name)}</td><td>{html_text(one.now)}</td><td>{html_text(_before(one.before))}</td></tr>"
        for one in digest.figures
    )
    parts = [
        f'<section aria-labelledby="{name}"><h2 id="{name}">{name}</h2>',
        "<p>Its leads are synthetic.</p>" if digest.synthetic else "",
        f"<p><strong>{html_text(digest.answer)}</strong></p>",
        '<table class="digest"><thead><tr><th scope="col">What</th><th scope="col">Now</th>'
        '<th scope="col">Before</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>",
    ]
    if digest.attention:
        told = "".join(
            f"<li><strong>{html_text(one.severity)}: {html_text(one.title)}.</strong> {html_text(one.text)} "
            f"What to do: {html_text(one.mend)}</li>"
            for one in digest.attention
        )
        parts.append(f"<h3>What needs attention</h3><ul>{told}</ul>")
    if digest.leads:
        best = "".join(f"<li>{one.score:.0f}: {html_text(one.name)}</li>" for one in digest.leads)
        parts.append(f"<h3>The best open leads</h3><ul>{best}</ul>")
    if digest.links:
        links = "".join(
            f'<li><a href="{html_text(address)}">{html_text(name)}</a></li>' for name, address in digest.links
        )
        parts.append(f"<h3>More</h3><ul>{links}</ul>")
    return "".join((*parts, "</section>"))


# ------------------------------------------------------------------------------------------------------------------ sent


def send_digest(place: Workspace, digests: Sequence[Digest]) -> list[str]:
    """Send digests to every address of `alert_urls`, as HTML to those that show it; says which did not take them.

    Raises LeadLoopError where there is no address, or one is none, and NotTold where no address took the message.
    """
    urls = read_settings(place.root).alert_urls
    if not urls:
        mend = "set LEADLOOP_ALERT_URLS, or `alert_urls` in leadloop.toml, as Apprise writes addresses"
        raise LeadLoopError("digest", Problem("alert_urls", "names no address", mend))
    title, failed = title_of(digests), []
    senders = read_addresses(urls)
    for shown, sender in senders:
        html = any(str(one.notify_format) == "html" for one in sender)
        told: dict[str, Any] = {"body": write_html(digests) if html else write_text(digests)}
        if not sender.notify(title=title, body_format="html" if html else "text", notify_type="info", **told):
            failed.append(shown)
    if len(failed) == len(senders):
        raise NotTold
    return failed


def digests_of(
    place: Workspace, playbooks: Sequence[str], *, days: int = 7, now: datetime | None = None
) -> list[Digest]:
    """A digest of each of these playbooks; where none is named, of every one that has a version and leads."""
    if playbooks:
        return [make_digest(place, name, days=days, now=now) for name in playbooks]
    known = (name for name in place.registry.playbooks() if place.store.sums.known(name)[0])
    return [make_digest(place, name, days=days, now=now) for name in known]
