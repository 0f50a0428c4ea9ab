"""Overview: what came in lately, how good it is, and what somebody should look at now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from leadloop.errors import LeadLoopError
from leadloop.flows.figures.amounts import Mean, Share, mean_of, share_of
from leadloop.flows.figures.declared import high_band, read_declared, within_days
from leadloop.flows.loop.health import find_backlog, find_late_jobs, find_parked_jobs
from leadloop.flows.past.stored_past import SYNTHETIC
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.retrain import look_at_retraining
from leadloop.learning.labels import NOT_WORKED, WORKED

if TYPE_CHECKING:
    from leadloop.playbook import Playbook
    from leadloop.store.standing_sums import CallSums

_NONE = timedelta()
_RANK = {"critical": 0, "warning": 1, "info": 2}
_PAGES = {
    "sync": "data",
    "parked job": "data",
    "late jobs": "data",
    "enrichment backlog": "data",
    "source": "data",
    "accuracy": "models",
    "drift": "models",
    "decline": "models",
    "rollout": "models",
    "experiment": "experiments",
}
"""Where more is to be seen of what a rule finds; of any other, under `governance`."""


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
    count: int
    """How many things it is about."""
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
    won: Share | None
    """Of the leads whose time to be won ended in these days (or, where it never does, that were first scored in them) and whose
    outcome is settled, the share that was won."""
    won_before: Share | None
    """The same of as many days before."""
    synthetic: bool
    """Whether leads of it are synthetic."""
    attention: tuple[Attention, ...]
    """What somebody should look at, the most urgent first."""


def read_overview(place: Workspace, playbook: str, *, days: int = 30, now: datetime | None = None) -> Overview:
    """The overview of a playbook by its name; all of it is nothing where nothing was ever stored."""
    until = now or place.store.now()
    length = timedelta(days=days)
    since = until - length
    declared, store = read_declared(place, playbook), place.store
    high, sums = high_band(declared), place.store.sums
    calls, calls_before = (
        sums.calls(playbook, since - back, until - back, by_day=False)[0] for back in (_NONE, length)
    )
    came, came_before = (
        sums.came(playbook, since - back, until - back, high=high, by_day=False)[0] for back in (_NONE, length)
    )
    spread = sums.spread(playbook, since=since)
    scored = sum(count for *_, count in spread)
    best = sum(count for band, *_, count in spread if band == high)
    known, with_score, unscored, _ = sums.known(playbook)
    queue = store.enrichment.counts(playbook)
    won, won_before = (_won(place, playbook, declared, since - back, until - back, until) for back in (_NONE, length))
    untouched = sums.untouched(playbook, high, since) if high else 0
    return Overview(
        playbook=playbook,
        since=since,
        until=until,
        days=days,
        calls=calls.calls,
        calls_before=calls_before.calls,
        leads=came.leads,
        leads_before=came_before.leads,
        leads_known=known,
        leads_scored=with_score,
        scores=sums.scores(playbook, since, until),
        scores_before=sums.scores(playbook, since - length, since),
        sentiment=_mean(calls),
        sentiment_before=_mean(calls_before),
        high_band=high,
        high_value=share_of(best, scored) if high else None,
        enriched=sum(count for state, count in queue.items() if state in ("changed", "done")),
        enrichment_waiting=queue.get("waiting", 0),
        not_touched=untouched,
        won=won,
        won_before=won_before,
        synthetic=_is_synthetic(place, playbook, declared),
        attention=read_attention(place, playbook, untouched=untouched, unscored=unscored),
    )


def read_attention(place: Workspace, playbook: str, *, untouched: int = 0, unscored: int = 0) -> tuple[Attention, ...]:
    """What somebody should look at now, the most urgent first: open alerts, work that was given up or waits, training that is
    due, leads that nobody worked or scored, and companies or people that may be the same.
    """
    store = place.store
    found = [
        Attention(one.severity, one.title, one.text, one.mend, one.first_at, 1, _PAGES.get(one.rule, "governance"))
        for one in store.alerts.open()
        if one.playbook in ("", playbook)
    ]
    told = {one.title for one in found}
    for look in (find_parked_jobs, find_late_jobs, find_backlog):
        for one in look(place):
            if one.title not in told and one.playbook in ("", playbook):
                found.append(Attention(one.severity, one.title, one.text, one.mend, None, 1, _PAGES[one.rule]))
    found += _due(place, playbook)
    if untouched:
        title = f"{untouched:,} of the best leads {'was' if untouched == 1 else 'were'} not touched"
        text = "They are in the highest band, and there is no outcome, feedback or event of any of them yet."
        found.append(Attention("info", title, text, "work them, the best first", None, untouched, "work list"))
    if unscored:
        title = f"{unscored:,} {'lead has' if unscored == 1 else 'leads have'} no score"
        mend = f"score what is stored: `leadloop schedules add` with the job score_leads, or POST /playbooks/{playbook}/jobs"
        text = "They are kept, and were never scored."
        found.append(Attention("info", title, text, mend, None, unscored, "data"))
    doubtful = store.identity.counts(playbook).get("doubtful", 0)
    if doubtful:
        title = f"{doubtful:,} {'pair' if doubtful == 1 else 'pairs'} of companies or people may be the same"
        mend = f"`leadloop identity list {playbook}` shows them side by side"
        found.append(Attention("info", title, "Nobody has said so or otherwise yet.", mend, None, doubtful, "data"))
    return tuple(sorted(found, key=lambda one: _RANK.get(one.severity, 3)))


def _due(place: Workspace, playbook: str) -> list[Attention]:
    try:
        due = look_at_retraining(place, playbook)
    except LeadLoopError:
        return []
    if not due.due:
        return []
    why = "; ".join(due.reasons)
    mend = f"`leadloop retrain {playbook}`, or let the loop do it"
    return [Attention("info", "training again is due", f"{why[:1].upper()}{why[1:]}.", mend, None, 1, "models")]


def _won(
    place: Workspace, playbook: str, declared: Playbook | None, since: datetime, until: datetime, now: datetime
) -> Share | None:
    """Of the leads whose time to be won ended from one moment to before another, the share that was."""
    if declared is None:
        return None
    takes = timedelta(days=within_days(declared) or 0.0)
    found = place.store.sums.ends(
        playbook,
        declared.target.name,
        (),
        within_days=within_days(declared),
        now=now,
        since=since - takes,
        until=until - takes,
        idle=(NOT_WORKED, WORKED),
    )
    return share_of(found[0].won, found[0].settled) if found else None


def _mean(calls: CallSums) -> Mean | None:
    return mean_of(calls.sentiment.count, calls.sentiment.total, calls.sentiment.squares)


def _is_synthetic(place: Workspace, playbook: str, declared: Playbook | None) -> bool:
    """Whether the playbook says so, or a lead came from a file that is marked as synthetic."""
    if declared is not None and declared.synthetic:
        return True
    return place.store.sums.is_any_from(playbook, SYNTHETIC)
