"""Qualification: how scores are spread, where leads are sent, how many of each band are won, and whose leads are the best."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from leadloop.flows.figures.amounts import Mean, Share, mean_of, share_of
from leadloop.flows.figures.declared import high_band, read_declared, within_days
from leadloop.flows.place.workspace import Workspace
from leadloop.learning.labels import NOT_WORKED, WORKED

if TYPE_CHECKING:
    from leadloop.playbook import Playbook
    from leadloop.store.standing_sums import EndSums, GroupSums


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """Scores from one number to before the next; the last bin holds 100 too."""

    low: float
    """From this score on."""
    high: float
    """To before this one."""
    leads: int
    """Leads whose newest score is among them."""


@dataclass(frozen=True, slots=True)
class BandLine:
    """One band."""

    band: str
    """The band."""
    lowest: float | None
    """Its lowest score; None where the playbook does not know the band (any more)."""
    meant: float | None
    """The share of leads that it is meant to hold."""
    leads: int
    """Leads whose newest score is in it."""
    share: Share | None
    """Their share of all leads."""
    won: Share | None
    """Of the leads that were first scored into it and whose outcome is settled, the share that was won."""
    expected: float | None
    """The share of these that the probabilities of their first scores promised; None where rules scored."""
    open: int
    """Leads that were first scored into it and may yet be won."""


@dataclass(frozen=True, slots=True)
class RouteLine:
    """One route."""

    route: str
    """What is done with these leads."""
    leads: int
    """Leads whose newest score is sent there."""
    share: Share | None
    """Their share of all leads."""


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One segment."""

    segment: str
    """The segment; empty for leads that have none."""
    leads: int
    """Leads whose newest score is of it."""
    share: Share | None
    """Their share of all leads."""
    won: Share | None
    """Of those whose outcome is settled, the share that was won."""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The leads of one company, or of one industry."""

    name: str
    """The company or the industry."""
    leads: int
    """Its leads that have a score."""
    score: Mean | None
    """Their newest scores."""
    best_score: float
    """The best of them."""
    best_lead: str
    """The lead that has it."""
    high_value: Share | None
    """The share of them in the highest band."""
    won: Share | None
    """Of those whose outcome is settled, the share that was won."""


@dataclass(frozen=True, slots=True)
class Qualification:
    """How the leads of a playbook qualify."""

    playbook: str
    """The playbook."""
    since: datetime | None
    """Leads scored from then on count; None: all."""
    target: str
    """What winning means: the playbook's main target; empty where the playbook is not found."""
    within_days: float | None
    """How long a lead takes to be settled; None where it is once its outcome is told."""
    leads: int
    """Leads that have a score."""
    scores: tuple[ScoreBin, ...]
    """The newest score of each lead, in twenty bins."""
    bands: tuple[BandLine, ...]
    """The bands, the highest first."""
    routes: tuple[RouteLine, ...]
    """The routes, the most used first."""
    segments: tuple[SegmentLine, ...]
    """The segments, the largest first; none where the playbook has none."""
    companies: tuple[GroupLine, ...]
    """The companies with the best leads, the best first."""
    industries: tuple[GroupLine, ...]
    """The industries with the most leads."""


def read_qualification(
    place: Workspace, playbook: str, *, days: int | None = 180, most: int = 20, now: datetime | None = None
) -> Qualification:
    """How the leads qualify that were scored in the last days (or ever, with None); `most` companies and industries at most."""
    from leadloop.store.standing_sums import BINS

    until = now or place.store.now()
    since = None if days is None else until - timedelta(days=days)
    declared, sums = read_declared(place, playbook), place.store.sums
    high = high_band(declared)
    bands: Counter[str] = Counter()
    routes: Counter[str] = Counter()
    segments: Counter[str] = Counter()
    bins: Counter[int] = Counter()
    for band, route, segment, twentieth, count in sums.spread(playbook, since=since):
        bands[band] += count
        routes[route] += count
        segments[segment] += count
        bins[twentieth] += count
    leads = bands.total()
    companies = sums.groups(playbook, "company", high=high, most=most, best_first=True, since=since)
    industries = sums.groups(playbook, "industry", high=high, most=most, best_first=False, since=since)
    ends: tuple[EndSums, ...] = ()
    of_companies: tuple[EndSums, ...] = ()
    if declared is not None:
        ask = partial(
            sums.ends,
            playbook,
            declared.target.name,
            within_days=within_days(declared),
            now=until,
            since=since,
            idle=(NOT_WORKED, WORKED),
        )
        ends = ask(("band", "industry", "segment"))
        of_companies = ask(("company",), among=("company", [one.by for one in companies]))
    width, won_by_segment = 100 / BINS, _won_by(ends, 2)
    return Qualification(
        playbook=playbook,
        since=since,
        target=declared.target.name if declared else "",
        within_days=within_days(declared),
        leads=leads,
        scores=tuple(ScoreBin(one * width, (one + 1) * width, bins[one]) for one in range(BINS)),
        bands=_band_lines(declared, bands, leads, ends),
        routes=tuple(RouteLine(route, count, share_of(count, leads)) for route, count in routes.most_common()),
        segments=tuple(
            SegmentLine(name, count, share_of(count, leads), won_by_segment.get(name))
            for name, count in segments.most_common()
            if set(segments) != {""}
        ),
        companies=_group_lines(place, playbook, "company", companies, high, _won_by(of_companies, 0)),
        industries=_group_lines(place, playbook, "industry", industries, high, _won_by(ends, 1)),
    )


def _band_lines(
    declared: Playbook | None, counts: Counter[str], leads: int, ends: tuple[EndSums, ...]
) -> tuple[BandLine, ...]:
    """The bands that the playbook knows, the highest first, then those of earlier playbooks."""
    known = {band.name: band for band in declared.policy.bands} if declared else {}
    others = sorted({*counts, *(one.by[0] for one in ends)} - set(known), key=lambda name: -counts[name])
    lines = []
    for name in (*known, *others):
        mine = [one for one in ends if one.by[0] == name]
        settled, promised = sum(one.settled for one in mine), sum(one.promised for one in mine)
        lines.append(
            BandLine(
                band=name,
                lowest=known[name].lowest if name in known else None,
                meant=known[name].share if name in known else None,
                leads=counts[name],
                share=share_of(counts[name], leads),
                won=share_of(sum(one.won for one in mine), settled),
                expected=sum(one.expected for one in mine) / promised if promised else None,
                open=sum(one.leads for one in mine) - settled,
            )
        )
    return tuple(lines)


def _won_by(ends: tuple[EndSums, ...], place: int) -> dict[str, Share | None]:
    won: Counter[str] = Counter()
    settled: Counter[str] = Counter()
    for one in ends:
        won[one.by[place]] += one.won
        settled[one.by[place]] += one.settled
    return {name: share_of(won[name], count) for name, count in settled.items()}


def _group_lines(
    place: Workspace, playbook: str, column: str, found: tuple[GroupSums, ...], high: str, won: dict[str, Share | None]
) -> tuple[GroupLine, ...]:
    best = place.store.sums.best_leads(playbook, column, {one.by: one.best for one in found})
    return tuple(
        GroupLine(
            name=one.by,
            leads=one.score.count,
            score=mean_of(one.score.count, one.score.total, one.score.squares),
            best_score=one.best,
            best_lead=best.get(one.by, ""),
            high_value=share_of(one.high, one.score.count) if high else None,
            won=won.get(one.by),
        )
        for one in found
    )
