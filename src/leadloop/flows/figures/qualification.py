"""Qualification: how scores are spread, where leads are sent, how many of each band are won, and whose leads are the best."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leadloop.flows.figures.amounts import Mean, Share
from leadloop.flows.place.workspace import Workspace


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
    companies: tuple[GroupLine, ...]
    """The companies with the best leads, the best first."""
    industries: tuple[GroupLine, ...]
    """The industries with the most leads."""


def read_qualification(
    place: Workspace, playbook: str, *, days: int | None = 180, most: int = 20, now: datetime | None = None
) -> Qualification:
    """How the leads qualify that were scored in the last days (or ever, with None); `most` companies and industries at most."""
    raise NotImplementedError
