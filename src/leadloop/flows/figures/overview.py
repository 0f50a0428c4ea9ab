"""Overview: what came in lately, how good it is, and what somebody should look at now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leadloop.flows.figures.amounts import Mean, Share
from leadloop.flows.place.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that somebody should look at now."""

    severity: str
    """`info`, `warning` or `critical`."""
    title: str
    """It in a few words."""
    text: str
    """It in full; no word about any person."""
    mend: str
    """What to do about it."""
    since: datetime | None
    """Since when."""
    page: str
    """Where more is to be seen: `work list`, `data`, `models`, `experiments` or `governance`."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A playbook in the last days, beside the days before."""

    playbook: str
    """The playbook."""
    since: datetime
    """From when on things count."""
    until: datetime
    """Until when."""
    days: int
    """How many days that is."""
    calls: int
    """Calls that were held in this time."""
    calls_before: int
    """Calls in as many days before."""
    leads: int
    """Leads that came in in this time."""
    leads_before: int
    """Leads in as many days before."""
    leads_known: int
    """Leads that are known altogether."""
    leads_scored: int
    """Leads that have a score."""
    scores: int
    """Scores that were given in this time."""
    scores_before: int
    """Scores in as many days before."""
    sentiment: Mean | None
    """The mood of the calls of this time, 0 to 10; None where none is known."""
    sentiment_before: Mean | None
    """The mood of the calls in as many days before."""
    high_band: str
    """The playbook's highest band; empty where the playbook is not found."""
    high_value: Share | None
    """The share of the leads scored in this time that are in the highest band by their newest score."""
    enriched: int
    """Leads whose companies were looked up."""
    enrichment_waiting: int
    """Leads that wait for it."""
    not_touched: int
    """Leads of the highest band, scored in this time, of which there is no outcome, feedback or event."""
    synthetic: bool
    """Whether leads of it are synthetic."""
    attention: tuple[Attention, ...]
    """What somebody should look at, the most urgent first."""


def read_overview(place: Workspace, playbook: str, *, days: int = 30, now: datetime | None = None) -> Overview:
    """The overview of a playbook by its name; all of it is nothing where nothing was ever stored."""
    raise NotImplementedError
